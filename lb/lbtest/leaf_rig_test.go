package lbtest

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/lbkit/lbkit/lb"
)

// unready is a provider that never says how far its load balancers are.
type unready struct{ lb.Provider }

func (p unready) LoadBalancers() lb.LoadBalancers {
	return unreadyLoadBalancers{p.Provider.LoadBalancers()}
}

type unreadyLoadBalancers struct{ lb.LoadBalancers }

func (s unreadyLoadBalancers) Get(ctx context.Context, id lb.LoadBalancerID) (*lb.LoadBalancer, error) {
	got, err := s.LoadBalancers.Get(ctx, id)
	if got != nil {
		got.Provisioning = ""
	}
	return got, err
}

// failing is a test that notes why it failed.
type failing struct {
	testing.TB

	said string
}

func (t *failing) Fatalf(format string, args ...any) {
	t.said = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// TestLawEndsWithinItsPatience: a wait without end takes a minute, once, and the test says
// what was waited for.
func TestLawEndsWithinItsPatience(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newLeafRig(t, &Harness{Provider: func(testing.TB) lb.Provider { return unready{NewMemory()} }})
		test := &failing{TB: t}
		r.t = test
		begin, ended := time.Now(), make(chan struct{})
		go func() {
			defer close(ended)
			rapid.Check(test, func(t *rapid.T) {
				r.bounded(func() { r.write(t, lb.KindLoadBalancer, example{LoadBalancer: lb.LoadBalancerSpec{Name: "web"}}) })
			})
		}()
		<-ended
		if took := time.Since(begin); took != patience {
			t.Errorf("it took %s, want %s", took, patience)
		}
		if !strings.Contains(test.said, "wanted ready, last seen nothing (1m0s") {
			t.Errorf("it says %q, want what was waited for, and how often it looked", test.said)
		}
	})
}
