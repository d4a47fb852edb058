package scaleway_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/internal/judge"
	"github.com/lbkit/lbkit/internal/trafficdraw"
	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/ovh"
	"github.com/lbkit/lbkit/scaleway"
)

// TestExplainAgreesWithScaleway writes filters and routes, lets the objects that the API
// then holds decide about requests, by code that knows no converter, and sees that they
// are decided as lb.Explain says.
func TestExplainAgreesWithScaleway(t *testing.T) {
	t.Parallel()
	other := must(ovh.NewClient(ovh.EU, ovh.Application("0123456789abcdef")))(t)
	trafficdraw.Compare(t, func(t *testing.T) trafficdraw.Write { return newExplained(t).write },
		ovh.NewProvider(other).Dialect(), newWorld(t).Dialect())
}

// explained are frontends whose rules change, and what they lead to.
type explained struct {
	*world

	frontends   map[string]lb.FrontendID // by name
	backends    map[string]map[lb.BackendID]lb.BackendID
	certificate lb.CertificateID
}

func newExplained(t *testing.T) *explained {
	t.Helper()
	e := &explained{world: newWorld(t), frontends: map[string]lb.FrontendID{}, backends: map[string]map[lb.BackendID]lb.BackendID{}}
	parent := e.loadBalancer()
	material := scaleway.Issue(t, "example.org")
	uploaded := must(e.Certificates().Create(t.Context(), parent, lb.CertificateSpec{Name: "web", PEM: material.Leaf + material.Issuer, Key: lb.NewSecret(material.Key)}))(t)
	e.certificate = uploaded.ID
	for _, spec := range trafficdraw.Frontends() {
		e.backends[spec.Name] = map[lb.BackendID]lb.BackendID{}
		for _, name := range trafficdraw.Backends() {
			wanted := backendSpec()
			wanted.Name, wanted.Protocol = string(name), spec.Protocol
			e.backends[spec.Name][name] = must(e.Backends().Create(t.Context(), parent, wanted))(t).ID
		}
		resolved := e.resolve(trafficdraw.Traffic{Frontend: spec})
		e.frontends[spec.Name] = must(e.Frontends().Create(t.Context(), parent, resolved.Frontend))(t).ID
	}
	return e
}

func (e *explained) resolve(drawn trafficdraw.Traffic) trafficdraw.Traffic {
	return drawn.Resolve(e.backends[drawn.Frontend.Name], e.certificate)
}

// write is trafficdraw.Write.
func (e *explained) write(drawn trafficdraw.Traffic) (trafficdraw.Traffic, trafficdraw.Judge, error) {
	id, t := e.frontends[drawn.Frontend.Name], e.resolve(drawn)
	empty := lb.SetOptions{AllowEmpty: true}
	_, filters := e.Filters().Set(e.t.Context(), id, t.Filters, empty)
	_, routes := e.Routes().Set(e.t.Context(), id, t.Routes, empty)
	if err := errors.Join(filters, routes); err != nil {
		return t, nil, err
	}
	native, err := judge.NewScaleway(
		e.get(path("frontends", id)), e.get(path("frontends", id)+"/acls?page_size=100"), e.get("/routes?page_size=100"))
	if err != nil {
		return t, nil, err
	}
	return t, func(r lb.Request, want lb.Decision) error {
		got, err := native.Decide(r)
		wanted := judge.Verdict{
			Action: string(want.Action), Backend: strings.TrimPrefix(string(want.Backend), string(zone)+"/"), Location: want.Location, Status: want.Status,
		}
		if want.Action == lb.FilterDeny {
			wanted.Status = 0 // Scaleway does not say which
		}
		// A location with {{query}} keeps its question mark where there is no query.
		got.Location = strings.TrimSuffix(got.Location, "?")
		if err == nil && got != wanted {
			err = fmt.Errorf("Scaleway decides otherwise (-lb.Explain +Scaleway):\n%s", cmp.Diff(wanted, got))
		}
		return err
	}, nil
}

// get is the answer to a call of the API below the zone, as it came.
func (e *explained) get(path string) []byte {
	e.t.Helper()
	r, err := http.NewRequestWithContext(e.t.Context(), http.MethodGet, e.api.URL+"/lb/v1/zones/"+string(zone)+path, nil)
	if err != nil {
		e.t.Fatal(err)
	}
	r.Header.Set("X-Auth-Token", e.api.SecretKey().Reveal())
	answer, err := e.api.HTTPClient().Do(r)
	if err != nil {
		e.t.Fatal(err)
	}
	body, err := io.ReadAll(answer.Body)
	if err = errors.Join(err, answer.Body.Close()); err != nil || answer.StatusCode != http.StatusOK {
		e.t.Fatalf("GET %s: %s %s %v", path, answer.Status, body, err)
	}
	return body
}
