// Package account is what the examples have in common: the flags that say which load
// balancer to work on, and a provider for it. By default that is an API server of the
// cloud on loopback, with a shop on it (see shop.yaml); -live asks for a real account.
//
// A program of your own has no use for it. All that it needs is a provider:
//
//	client, err := ovh.NewClientFromEnv()
//	if err != nil {
//		return err
//	}
//	p := ovh.NewProvider(client)
package account

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/lbtest"
	"github.com/lbkit/lbkit/ovh"
	"github.com/lbkit/lbkit/scaleway"
)

// Flags say which load balancer an example works on.
type Flags struct {
	Provider     string // "ovh" or "scaleway"
	Live         bool   // the account in the environment, instead of a server on loopback
	LoadBalancer string // with Live: the ID of the load balancer
	Yes          bool   // with Live: go on where something is changed

	// Empty leaves the load balancer on loopback without the shop. It is no flag.
	Empty bool

	// Observe is told of each attempt on the wire, but not of setting up a server on
	// loopback. It is no flag; nil: nobody is told.
	Observe func(context.Context, lb.CallEvent)
}

// Register defines the flags that all examples have.
func Register(set *flag.FlagSet) *Flags {
	f := &Flags{}
	set.StringVar(&f.Provider, "provider", "ovh", "ovh or scaleway")
	f.register(set)
	return f
}

// RegisterBoth is Register for an example that runs on both clouds, one after the other,
// where Provider is empty.
func RegisterBoth(set *flag.FlagSet) *Flags {
	f := &Flags{}
	set.StringVar(&f.Provider, "provider", "", "ovh or scaleway; empty: both")
	f.register(set)
	return f
}

func (f *Flags) register(set *flag.FlagSet) {
	set.BoolVar(&f.Live, "live", false, "use the account in the environment; default: a server on loopback")
	set.StringVar(&f.LoadBalancer, "lb", "", "with -live: ID of the load balancer")
	set.BoolVar(&f.Yes, "yes", false, "with -live: change what has been announced")
}

// Account is a provider and the load balancer to work on.
type Account struct {
	lb.Provider
	LoadBalancer lb.LoadBalancerID

	server server // nil on a real account
}

// server is what the API servers of both clouds can be told.
type server interface {
	SetHealth(id lb.ServerID, state lb.Health)
	Faults() *lbtest.Faults
	Close()
}

// Open returns the account that f names. Close it.
func Open(ctx context.Context, f *Flags) (*Account, error) {
	if !f.Live {
		return openLoopback(ctx, f)
	}
	if f.LoadBalancer == "" {
		return nil, errors.New("-live needs the ID of a load balancer: -lb")
	}
	p, err := Connect(f)
	if err != nil {
		return nil, err
	}
	return &Account{Provider: p, LoadBalancer: lb.LoadBalancerID(f.LoadBalancer)}, nil
}

// Connect makes the provider for the real account that the environment names. It sends
// nothing.
func Connect(f *Flags) (lb.Provider, error) {
	switch f.Provider {
	case "ovh":
		client, err := ovh.NewClientFromEnv(ovh.WithObserver(f.observe))
		if err != nil {
			return nil, err
		}
		return ovh.NewProvider(client), nil
	case "scaleway":
		client, err := scaleway.NewClientFromEnv(scaleway.WithObserver(f.observe))
		if err != nil {
			return nil, err
		}
		return scaleway.NewProvider(client, nil)
	default:
		return nil, unknown(f.Provider)
	}
}

// observe tells f.Observe, if there is one.
func (f *Flags) observe(ctx context.Context, e lb.CallEvent) {
	if f.Observe != nil {
		f.Observe(ctx, e)
	}
}

func unknown(provider string) error {
	return fmt.Errorf("-provider %q: want ovh or scaleway", provider)
}

// Agreed says what is about to happen to a real load balancer, and reports whether the
// user wants it: with -yes. On loopback nobody is asked.
func (f *Flags) Agreed(out io.Writer, what string) bool {
	if !f.Live || f.LoadBalancer == "" { // Open says what is missing
		return true
	}
	fmt.Fprintf(out, "On %s, load balancer %s, this will %s.\n", f.Provider, f.LoadBalancer, what)
	if !f.Yes {
		fmt.Fprintln(out, "Nothing has been changed. Add -yes to go on.")
	}
	return f.Yes
}

// Close ends the server on loopback.
func (a *Account) Close() {
	if a.server != nil {
		a.server.Close()
	}
}

// Loopback reports whether the account is one on loopback.
func (a *Account) Loopback() bool { return a.server != nil }

// SetHealth decides what the health checks of a server find on loopback. On a real
// account it does nothing: there a server's health is up to the server.
func (a *Account) SetHealth(id lb.ServerID, state lb.Health) {
	if a.server != nil {
		a.server.SetHealth(id, state)
	}
}

// FailOnce has the next request of a method fail on loopback as if the cloud were out of
// order: with status 503.
func (a *Account) FailOnce(method string) {
	if a.server != nil {
		a.server.Faults().On(func(r *http.Request) bool { return r.Method == method }).Times(1).Status(http.StatusServiceUnavailable, "")
	}
}
