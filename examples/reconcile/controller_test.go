package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/lbtest"
	"github.com/lbkit/lbkit/lb/topology"
)

// flaky is a provider whose next reads fail.
type flaky struct {
	lb.Provider
	failures []error
}

func (f *flaky) LoadBalancers() lb.LoadBalancers { return flakyReads{f.Provider.LoadBalancers(), f} }

type flakyReads struct {
	lb.LoadBalancers
	of *flaky
}

func (r flakyReads) Read(ctx context.Context, id lb.LoadBalancerID) (*lb.Tree, error) {
	if len(r.of.failures) > 0 {
		err := r.of.failures[0]
		r.of.failures = r.of.failures[1:]
		return nil, err
	}
	return r.LoadBalancers.Read(ctx, id)
}

// newController has nothing to do, and ends when it has found that out.
func newController(failures ...error) (c *controller, log *bytes.Buffer) {
	memory := lbtest.NewMemory(lbtest.WithPolls(0))
	log = &bytes.Buffer{}
	return &controller{
		Provider: &flaky{memory, failures}, id: memory.AddLoadBalancer(lb.LoadBalancerSpec{Name: "shop"}),
		want: &topology.Spec{LoadBalancer: lb.LoadBalancerSpec{Name: "shop"}}, every: time.Minute,
		log:     slog.New(slog.NewTextHandler(log, nil)),
		settled: func(context.Context, int) (bool, error) { return false, nil },
	}, log
}

func TestFailuresThatPass(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, log := newController(lb.ErrUnavailable, lb.ErrConflict, lb.ErrUnavailable)
		began := time.Now()
		if err := c.loop(t.Context()); err != nil {
			t.Fatal(err)
		}
		// Pauses grow from every up to longest.
		if got, want := time.Since(began), 2*time.Minute+4*time.Minute+longest; got != want {
			t.Errorf("it took %v, want %v", got, want)
		}
		if got := strings.Count(log.String(), "round failed"); got != 3 {
			t.Errorf("%d rounds are logged as failed, want 3:\n%s", got, log)
		}
	})
}

func TestPauseThatIsAskedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, _ := newController(&lb.Error{Code: lb.ErrRateLimited, RetryAfter: time.Hour})
		began := time.Now()
		if err := c.loop(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := time.Since(began); got != time.Hour {
			t.Errorf("it took %v, want %v", got, time.Hour)
		}
	})
}

func TestFailuresThatStay(t *testing.T) {
	t.Parallel()
	c, _ := newController(lb.ErrForbidden)
	if err := c.loop(t.Context()); !errors.Is(err, lb.ErrForbidden) {
		t.Errorf("got %v, want lb.ErrForbidden", err)
	}
}

func TestInterrupted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, _ := newController()
		ctx, cancel := context.WithCancel(t.Context())
		c.settled = func(context.Context, int) (bool, error) { return true, nil } // goes on for ever
		time.AfterFunc(time.Hour, cancel)
		if err := c.loop(ctx); err != nil {
			t.Errorf("got %v: being told to stop is no error", err)
		}
	})
}
