package topology_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/netip"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/topology"
)

// ward is a provider with so many backends of one server each, whose health takes a
// second to read. Backend number sick cannot be read.
type ward struct {
	lb.UnimplementedProvider
	backends int
	sick     int
	fail     func()       // in place of an error; nil: none
	now, max atomic.Int32 // how many reads are under way
	asked    atomic.Int32
}

func (w *ward) LoadBalancers() lb.LoadBalancers { return wardBalancers{w: w} }
func (w *ward) Backends() lb.Backends           { return wardBackends{w: w} }

type wardBalancers struct {
	lb.UnimplementedLoadBalancers
	w *ward
}

func (b wardBalancers) Read(context.Context, lb.LoadBalancerID) (*lb.Tree, error) {
	tree := new(lb.Tree)
	for i := range b.w.backends {
		name := fmt.Sprint(i)
		tree.Backends = append(tree.Backends, &lb.Backend{
			ID: lb.BackendID("be-" + name), BackendSpec: lb.BackendSpec{Name: "b" + name},
			Servers: []*lb.Server{{ID: lb.ServerID("s-" + name), ServerSpec: lb.ServerSpec{Address: netip.MustParseAddr("10.0.0.1")}}},
		})
	}
	return tree, nil
}

type wardBackends struct {
	lb.UnimplementedBackends
	w *ward
}

var errSick = errors.New("sick")

func (b wardBackends) Health(ctx context.Context, id lb.BackendID, _ lb.PageOptions) iter.Seq2[*lb.ServerHealth, error] {
	return func(yield func(*lb.ServerHealth, error) bool) {
		name := strings.TrimPrefix(string(id), "be-")
		b.w.asked.Add(1)
		b.w.max.Store(max(b.w.max.Load(), b.w.now.Add(1)))
		defer b.w.now.Add(-1)
		select {
		case <-ctx.Done():
			yield(nil, ctx.Err())
			return
		case <-time.After(time.Second):
		}
		if name == fmt.Sprint(b.w.sick) && b.w.fail != nil {
			b.w.fail()
		}
		if name == fmt.Sprint(b.w.sick) {
			yield(nil, errSick)
			return
		}
		yield(&lb.ServerHealth{Server: lb.ServerID("s-" + name), State: lb.HealthHealthy}, nil)
	}
}

func TestReadHealthReadsFourBackendsAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, start := &ward{backends: 10, sick: -1}, time.Now()
		health, err := topology.ReadHealth(t.Context(), w, "lb-1")
		if err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took != 3*time.Second || w.max.Load() != 4 {
			t.Errorf("it took %s, with %d reads at a time; want 3s and 4", took, w.max.Load())
		}
		spec := decode(t, "loadBalancer: {}\nbackends: [{name: b9, protocol: tcp, servers: [{address: 10.0.0.1}]}]\n")
		var out strings.Builder
		if err := spec.WriteTree(&out, health); err != nil || !strings.Contains(out.String(), "10.0.0.1  ✓ healthy") {
			t.Errorf("error %v, and drawn:\n%s", err, out.String())
		}
	})
}

func TestReadHealthEndsAtTheFirstError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &ward{backends: 100, sick: 5}
		if health, err := topology.ReadHealth(t.Context(), w, "lb-1"); !errors.Is(err, errSick) || health != nil {
			t.Errorf("health %v, error %v; want the backend's", health, err)
		}
		if asked := w.asked.Load(); asked > 12 {
			t.Errorf("%d backends were asked about after the error", asked)
		}
	})
}

func TestReadHealthEndsWithTheContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
		defer cancel()
		start := time.Now()
		if _, err := topology.ReadHealth(ctx, &ward{backends: 100, sick: -1}, "lb-1"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error is %v, want the context's", err)
		}
		if took := time.Since(start); took != 1500*time.Millisecond {
			t.Errorf("it took %s", took)
		}
	})
}

func TestReadHealthOfProvidersWithout(t *testing.T) {
	t.Parallel()
	if _, err := topology.ReadHealth(t.Context(), plain{}, "lb-1"); !errors.Is(err, lb.ErrUnsupported) {
		t.Errorf("error is %v, want ErrUnsupported", err)
	}
}

// What Read has no words for is no server whose health is asked for.
func TestReadHealthBesideWhatCannotBeRead(t *testing.T) {
	t.Parallel()
	c := newMemory(t)
	c.apply(t, onlineShop())
	unread := fakeRead{Provider: c.Provider, err: &lb.UnsupportedError{Provider: "memory", Path: "frontends.protocol", Value: "quic"}}
	health, err := topology.ReadHealth(t.Context(), unread, c.id)
	fatal(t, err)
	want, err := topology.ReadHealth(t.Context(), c, c.id)
	fatal(t, err)
	same(t, "health", fmt.Sprint(want), fmt.Sprint(health))
	unread.err = &lb.Error{Code: lb.ErrUnavailable}
	if _, err := topology.ReadHealth(t.Context(), unread, c.id); !errors.Is(err, lb.ErrUnavailable) {
		t.Error(err)
	}
}

// A panic of a provider, which may be that of a caller's transport, comes back to whoever
// reads, who can recover; a goroutine that ends is an error, not a backend without health.
func TestReadHealthOfAProviderThatPanics(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		defer func() {
			if value := recover(); value != "of a transport" {
				t.Errorf("recovered %v", value)
			}
		}()
		w := &ward{backends: 6, sick: 2, fail: func() { panic("of a transport") }}
		health, err := topology.ReadHealth(t.Context(), w, "lb")
		t.Errorf("got %v, %v", health, err)
	})
	synctest.Test(t, func(t *testing.T) {
		w := &ward{backends: 6, sick: 2, fail: runtime.Goexit}
		if health, err := topology.ReadHealth(t.Context(), w, "lb"); err == nil || health != nil {
			t.Errorf("got %v, %v", health, err)
		}
	})
}
