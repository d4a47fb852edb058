package topology_test

import (
	"errors"
	"testing"
	"time"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/topology"
)

// strict is a provider whose Dialect has become stricter than what is live: it takes
// no HSTS any more, and timeouts in whole seconds alone, and does not say which one it
// refuses.
type strict struct{ lb.Provider }

type strictDialect struct{ lb.Dialect }

func (s strict) Dialect() lb.Dialect { return strictDialect{s.Provider.Dialect()} }

func (d strictDialect) Frontend(spec lb.FrontendSpec) (lb.FrontendSpec, error) {
	if spec.HSTS {
		return lb.FrontendSpec{}, lb.Problems{&lb.UnsupportedError{Provider: "memory", Path: "hsts", Value: true}}
	}
	return d.Dialect.Frontend(spec)
}

func (d strictDialect) Backend(spec lb.BackendSpec, servers []lb.ServerSpec) (lb.BackendSpec, []lb.ServerSpec, error) {
	if time.Duration(spec.ServerTimeout)%time.Second != 0 {
		return spec, servers, lb.Problems{&lb.Error{
			Code: lb.ErrInvalid, Provider: "memory", Kind: lb.KindBackend, Fields: []lb.FieldError{{Path: "serverTimeout", Reason: "whole seconds"}},
		}}
	}
	return d.Dialect.Backend(spec, servers)
}

// What the Dialect refuses of what is live excuses another value in its place as little as
// a new one, in a backend that else stays and in one that changes.
func TestPlanRefusesOtherValues(t *testing.T) {
	t.Parallel()
	c := newMemory(t)
	want := listening(80, 81)
	want.Backends[0].ServerTimeout = lb.Duration(1500 * time.Millisecond)
	c.apply(t, want)
	c.Provider = strict{c.Provider}
	c.empty(t, want)
	want.Backends[0].Algorithm = lb.AlgorithmLeastConn
	c.apply(t, want)
	want.Backends[0].ServerTimeout = lb.Duration(2500 * time.Millisecond)
	c.refuses(t, "another value", want, lb.ErrInvalid, "backends[0].serverTimeout")
	want.Backends[0].Algorithm = lb.AlgorithmRoundRobin
	want.Backends[0].Servers = append(want.Backends[0].Servers, at("10.0.0.2")...)
	c.refuses(t, "another value and other changes", want, lb.ErrInvalid, "backends[0].serverTimeout")
	want.Backends[0].ServerTimeout = lb.Duration(2 * time.Second)
	c.apply(t, want)
	c.empty(t, want)
}

// Of a frontend that the Dialect refuses everything else can be changed, to a default
// too.
func TestPlanSetsAsideWhatTheDialectRefuses(t *testing.T) {
	t.Parallel()
	c := newMemory(t)
	want := onlineShop()
	want.Frontends[0].HSTS, want.Frontends[0].Disabled, want.Frontends[0].ConnectionRate = true, true, 5
	c.apply(t, want)
	c.Provider = strict{c.Provider}
	spec := c.unsaid(t, "frontends[0].hsts")
	c.empty(t, spec, topology.Prune())
	spec.Frontends[0].Disabled, spec.Frontends[0].ConnectionRate = false, 0
	same(t, "changes", []string{"disabled", "connectionRate"}, changed(t, c.apply(t, spec)))
	c.empty(t, spec, topology.Prune())
	spec.Frontends[1].HSTS = true
	if _, err := topology.NewPlan(t.Context(), c, c.id, spec); !errors.Is(err, lb.ErrUnsupported) {
		t.Errorf("what is live excuses what is new: %v", err)
	}
	spec.Frontends[1].HSTS = false
	ports := spec.Frontends[0].Ports
	spec.Frontends[0].Ports = spec.Frontends[1].Ports
	c.refuses(t, "what is live excuses a collision that is new", spec, lb.ErrInvalid, "frontends[1].ports")
	spec.Frontends[0].Ports, spec.Frontends[0].HSTS = ports, false
	plan := c.apply(t, spec)
	same(t, "changes", []string{"hsts"}, changed(t, plan))
	if len(plan.Notes) > 0 {
		t.Errorf("what is settled is said to be left: %q", plan.Notes)
	}
}
