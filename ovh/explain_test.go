package ovh_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/internal/judge"
	"github.com/lbkit/lbkit/internal/trafficdraw"
	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/ovh"
	"github.com/lbkit/lbkit/scaleway"
)

// TestExplainAgreesWithOVH writes filters and routes, lets the objects that the API then
// holds decide about requests, by code that knows no converter, and sees that they are
// decided as lb.Explain says.
func TestExplainAgreesWithOVH(t *testing.T) {
	t.Parallel()
	other := must[*scaleway.Client](t)(scaleway.NewClient(lb.NewSecret("11111111-2222-4333-8444-555555555555")))
	trafficdraw.Compare(t, func(t *testing.T) trafficdraw.Write { return newExplained(t).write },
		newWorld(t).Dialect(), must[lb.Provider](t)(scaleway.NewProvider(other, []scaleway.Zone{"fr-par-1"})).Dialect())
}

// explained are frontends whose rules change, each in a load balancer of its own, since
// one has 50 routes for all of them.
type explained struct {
	*world
	frontends map[string]explainedFrontend // by name
}

type explainedFrontend struct {
	id          lb.FrontendID
	backends    map[lb.BackendID]lb.BackendID
	certificate lb.CertificateID
}

func newExplained(t *testing.T) *explained {
	t.Helper()
	e := &explained{world: newWorld(t), frontends: map[string]explainedFrontend{}}
	certificate, key := pair(t)
	for _, spec := range trafficdraw.Frontends() {
		service := ovh.FormatLoadBalancerID(e.server.AddService("gra"))
		f := explainedFrontend{backends: map[lb.BackendID]lb.BackendID{}}
		for _, name := range trafficdraw.Backends() {
			made := must[*lb.Backend](t)(e.Backends().Create(t.Context(), service, lb.BackendSpec{Name: string(name), Protocol: spec.Protocol, Port: 80}))
			f.backends[name] = made.ID
		}
		if len(spec.Certificates) > 0 {
			made := must[*lb.Certificate](t)(e.Certificates().Create(t.Context(), service, lb.CertificateSpec{PEM: certificate, Key: lb.NewSecret(key)}))
			f.certificate = made.ID
		}
		resolved := trafficdraw.Traffic{Frontend: spec}.Resolve(f.backends, f.certificate)
		f.id = must[*lb.Frontend](t)(e.Frontends().Create(t.Context(), service, resolved.Frontend)).ID
		e.frontends[spec.Name] = f
	}
	return e
}

// write is trafficdraw.Write.
func (e *explained) write(drawn trafficdraw.Traffic) (trafficdraw.Traffic, trafficdraw.Judge, error) {
	f := e.frontends[drawn.Frontend.Name]
	t := drawn.Resolve(f.backends, f.certificate)
	empty := lb.SetOptions{AllowEmpty: true}
	_, filters := e.Filters().Set(e.t.Context(), f.id, t.Filters, empty)
	_, routes := e.Routes().Set(e.t.Context(), f.id, t.Routes, empty)
	if err := errors.Join(filters, routes); err != nil {
		return t, nil, err
	}
	service, path, _ := strings.Cut(string(f.id), "/")
	native, err := judge.NewOVH(e.server.Staged(service, "gra"), path)
	if err != nil {
		return t, nil, err
	}
	return t, func(r lb.Request, want lb.Decision) error {
		got, err := native.Decide(r)
		wanted := judge.Verdict{Action: string(want.Action), Backend: last(string(want.Backend)), Location: want.Location, Status: want.Status}
		if err == nil && got != wanted {
			err = fmt.Errorf("OVH decides otherwise (-lb.Explain +OVH):\n%s", cmp.Diff(wanted, got))
		}
		return err
	}, nil
}
