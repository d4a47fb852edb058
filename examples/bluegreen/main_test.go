package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/lbkit/lbkit/examples/internal/account"
	"github.com/lbkit/lbkit/examples/internal/golden"
	"github.com/lbkit/lbkit/lb"
)

func TestRun(t *testing.T) {
	t.Parallel()
	t.Run("works", func(t *testing.T) {
		t.Parallel()
		golden.Run(t, run)
	})
	t.Run("fails", func(t *testing.T) {
		t.Parallel()
		golden.Case(t, "fail", failing, "-fail")
	})
}

// failing expects that the new backend is not healthy in time.
func failing(ctx context.Context, out io.Writer, args []string) error {
	err := run(ctx, out, args)
	if !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("got %w, want context.DeadlineExceeded", err)
	}
	return nil
}

// TestGoesBack: what has been written is taken back also where it never became live, and
// where the program is interrupted.
func TestGoesBack(t *testing.T) {
	t.Parallel()
	golden.Each(t, func(t *testing.T, a *account.Account) {
		ctx, interrupt := context.WithCancel(t.Context())
		s := &shift{Provider: &interrupted{a, interrupt}, id: a.LoadBalancer, out: io.Discard, patience: time.Second}
		if err := s.release(ctx, "web", "green"); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want context.Canceled", err)
		}
		if got := leadsTo(t, a); got != "blue" {
			t.Errorf("the frontend leads to %s, want blue", got)
		}
	})
}

// interrupted is a provider whose first commit finds the program interrupted.
type interrupted struct {
	lb.Provider
	interrupt func()
}

func (i *interrupted) LoadBalancers() lb.LoadBalancers {
	return interruptedCommit{i.Provider.LoadBalancers(), i}
}

type interruptedCommit struct {
	lb.LoadBalancers
	of *interrupted
}

func (c interruptedCommit) Commit(ctx context.Context, id lb.LoadBalancerID, opts lb.CommitOptions) (*lb.Operation, error) {
	c.of.interrupt()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return c.LoadBalancers.Commit(ctx, id, opts)
}

// TestUnfit: the frontend is not led to a backend that cannot work.
func TestUnfit(t *testing.T) {
	t.Parallel()
	for name, unfit := range map[string]func(*testing.T, *account.Account, *lb.Backend){
		"down": func(_ *testing.T, a *account.Account, green *lb.Backend) {
			a.SetHealth(green.Servers[0].ID, lb.HealthDown)
		},
		"empty": func(t *testing.T, a *account.Account, green *lb.Backend) {
			t.Helper()
			if _, err := a.Servers().Set(t.Context(), green.ID, nil, lb.SetOptions{AllowEmpty: true}); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			golden.On(t, "scaleway", func(t *testing.T, a *account.Account) {
				green, err := lb.One(a.Backends().List(t.Context(), a.LoadBalancer, lb.ListOptions{Name: "green"}))
				if err != nil {
					t.Fatal(err)
				}
				unfit(t, a, green)
				var out bytes.Buffer
				s := &shift{Provider: a, id: a.LoadBalancer, out: &out, patience: time.Second}
				if err := s.release(t.Context(), "web", "green"); err == nil || out.Len() > 0 {
					t.Errorf("got error %v, after printing %q: nothing is to be led there", err, out.Bytes())
				}
			})
		})
	}
}

// leadsTo is the name of the backend that the frontend leads to.
func leadsTo(t *testing.T, a *account.Account) string {
	t.Helper()
	frontend, err := lb.One(a.Frontends().List(t.Context(), a.LoadBalancer, lb.ListOptions{Name: "web"}))
	if err != nil {
		t.Fatal(err)
	}
	backend, err := a.Backends().Get(t.Context(), frontend.DefaultBackend)
	if err != nil {
		t.Fatal(err)
	}
	return backend.Name
}
