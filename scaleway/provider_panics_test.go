package scaleway_test

import (
	"context"
	"errors"
	"net/http"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/scaleway"
)

// breaking is a transport that does something else than to answer one of the requests.
type breaking struct {
	http.RoundTripper

	countdown atomic.Int64
	instead   func()
}

func (b *breaking) RoundTrip(r *http.Request) (*http.Response, error) {
	if b.countdown.Add(-1) == 0 {
		b.instead()
	}
	return b.RoundTripper.RoundTrip(r)
}

// TestPanicsOfTheTransport: whichever request a caller's transport panics at, the call
// panics, in the goroutine that made it. Where it ends its goroutine, the call ends.
func TestPanicsOfTheTransport(t *testing.T) {
	t.Parallel()
	r := newRuled(t)
	r.setFilters(someFilters()...)
	broken := &breaking{RoundTripper: r.api.HTTPClient().Transport}
	client := must(r.api.Client(scaleway.WithHTTPClient(&http.Client{Transport: broken}), scaleway.WithRetry(lb.RetryPolicy{MaxAttempts: 1})))(t)
	p := must(scaleway.NewProvider(client, nil))(t)
	boom := errors.New("boom")
	for name, call := range map[string]struct {
		do       func(context.Context) error
		requests int64 // at least
	}{
		"read":   {func(ctx context.Context) error { _, err := p.LoadBalancers().Read(ctx, r.parent); return err }, 6},
		"health": {func(ctx context.Context) error { _, err := p.LoadBalancers().Health(ctx, r.parent); return err }, 3},
		"users":  {func(ctx context.Context) error { return p.Backends().Delete(ctx, r.backend.ID) }, 3},
		"load balancers": {func(ctx context.Context) error {
			_, err := lb.Collect(p.LoadBalancers().List(ctx, lb.LoadBalancerListOptions{}))
			return err
		}, 8},
		"addresses": {func(ctx context.Context) error {
			_, err := lb.Collect(p.Addresses().List(ctx, lb.AddressListOptions{}))
			return err
		}, 8},
	} {
		for at := int64(1); at <= call.requests; at++ {
			broken.countdown.Store(at)
			broken.instead = func() { panic(boom) }
			func() {
				defer func() {
					value := recover()
					if err, ok := value.(error); !ok || !errors.Is(err, boom) {
						t.Errorf("%s, request %d: recovered %v", name, at, value)
					}
				}()
				t.Errorf("%s, request %d: %v", name, at, call.do(t.Context()))
			}()

			broken.countdown.Store(at)
			broken.instead = runtime.Goexit
			ended := make(chan error, 1)
			go func() {
				defer close(ended)
				ended <- call.do(t.Context())
			}()
			if err, returned := <-ended; returned && err == nil {
				t.Errorf("%s, request %d: nothing says that a goroutine was ended", name, at)
			}
		}
	}
}
