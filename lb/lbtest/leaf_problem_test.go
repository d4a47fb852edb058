package lbtest

import (
	"testing"

	"github.com/lbkit/lbkit/lb"
)

func TestPathOf(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		kind lb.Kind
		path string
		want lb.Feature
	}{
		{lb.KindLoadBalancer, "name", "loadbalancer.name"},
		{lb.KindBackend, "healthCheck.http.status", "backend.healthCheck.http.status"},
		{lb.KindBackend, "servers[2].weight", "server.weight"},
		{lb.KindServer, "servers[0].extensions.ovh.cookie", "server.extensions.ovh.cookie"},
		{lb.KindServer, "maxRetries", "backend.maxRetries"},
		{lb.KindFilter, "filters[1].match[0].values", "filter.match.values"},
		{lb.KindFilter, "filters", "filter"},
		{lb.KindRoute, "routes[12].backend", "route.backend"},
		{lb.KindRoute, "frontend.protocol", "frontend.protocol"},
		{lb.KindFrontend, "certificates[0]", "frontend.certificates"},
		{lb.KindFrontend, "", ""},
	} {
		for _, problem := range []error{
			&lb.UnsupportedError{Path: tt.path}, &lb.Error{Code: lb.ErrInvalid, Fields: []lb.FieldError{{Path: tt.path}}},
		} {
			if got := pathOf(tt.kind, problem); got != tt.want {
				t.Errorf("%s of a %s: got %q, want %q", tt.path, tt.kind, got, tt.want)
			}
		}
	}
}

func TestPointsAt(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		leaf lb.Feature
		path string
		want bool
	}{
		{"backend.tls.ca", "tls.ca", true},
		{"backend.tls.ca", "tls.verify", false},
		{"backend.tls", "tls.verify", true},
		{"backend.healthCheck.http", "healthCheck.httpx", false},
		{"backend.extensions", "extensions.ovh.zone", true},
		{"server.weight", "servers[3].weight", true},
		{"server.weight", "weight", false},
		{"filter.match.not", "filters[0].match", true},
		{"filter.match", "filters[0].match[1].op", true},
		{"filter.status", "filters[0].match", false},
	} {
		l := leaf{path: tt.leaf}
		if got := pointsAt(&lb.UnsupportedError{Path: tt.path}, l); got != tt.want {
			t.Errorf("%s at %s: got %t", tt.path, tt.leaf, got)
		}
	}
}

// What a refusal has to say is held against the capabilities.
func TestRefusalFault(t *testing.T) {
	t.Parallel()
	r := &leafRig{name: "all", p: everything()}
	r.p.Features["backend.maxRetries"] = lb.Support{Hint: "leave it out"}
	r.p.Features["backend.algorithm"] = lb.Support{Supported: true, Values: []string{"first"}, Hint: "use first"}
	good := lb.UnsupportedError{Provider: "all", Feature: "backend.maxRetries", Path: "maxRetries", Value: 3, Reason: "none", Hint: "leave it out"}
	value := lb.UnsupportedError{Provider: "all", Feature: "backend.algorithm", Path: "algorithm", Value: "uri", Reason: "none", Hint: "use first"}
	with := func(no lb.UnsupportedError, change func(*lb.UnsupportedError)) error {
		change(&no)
		return &no
	}
	keep := func(*lb.UnsupportedError) {}
	for name, tt := range map[string]struct {
		path    lb.Feature
		problem error
		fine    bool
	}{
		"as it should be":    {"backend.maxRetries", with(good, keep), true},
		"a value":            {"backend.algorithm", with(value, keep), true},
		"a value that it is": {"backend.algorithm", with(value, func(no *lb.UnsupportedError) { no.Value = "first" }), false},
		"a feature that is there": {"backend.name", with(good, func(no *lb.UnsupportedError) {
			no.Feature, no.Hint = "backend.name", ""
		}), false},
		"one that nobody declared": {"backend.maxRetries", with(good, func(no *lb.UnsupportedError) { no.Feature = "backend.x" }), false},
		"another hint":             {"backend.maxRetries", with(good, func(no *lb.UnsupportedError) { no.Hint = "pray" }), false},
		"no reason":                {"backend.maxRetries", with(good, func(no *lb.UnsupportedError) { no.Reason = "" }), false},
		"another provider":         {"backend.maxRetries", with(good, func(no *lb.UnsupportedError) { no.Provider = "some" }), false},
		"another kind":             {"server.weight", with(good, keep), false},
		"malformed": {"backend.port", &lb.Error{
			Code: lb.ErrInvalid, Provider: "all", Fields: []lb.FieldError{{Path: "port", Reason: "too high"}},
		}, true},
		"malformed, it says not why": {"backend.port", &lb.Error{Code: lb.ErrInvalid, Provider: "all", Fields: []lb.FieldError{{Path: "port"}}}, false},
		"malformed, and another code": {"backend.port", &lb.Error{
			Code: lb.ErrBusy, Provider: "all", Fields: []lb.FieldError{{Path: "port", Reason: "too high"}},
		}, false},
	} {
		if fault := r.refusalFault(tt.path, tt.problem); (fault == "") != tt.fine {
			t.Errorf("%s: got %q", name, fault)
		}
	}
}

// That two routes meet says nothing of the leaf that made them, unless the provider has an
// order of routes.
func TestUnordered(t *testing.T) {
	t.Parallel()
	meet := &lb.UnsupportedError{Provider: "some", Feature: "route.order", Path: "routes[2].match", Reason: "routes[1] may match it too"}
	without, with := &leafRig{name: "some", p: everything()}, &leafRig{name: "all", p: everything()}
	with.p.Features["route.order"] = lb.Support{Supported: true}
	if !without.unordered(meet) || with.unordered(meet) || without.unordered(&lb.UnsupportedError{Feature: "route.match.host"}) {
		t.Error("only routes that meet where there is no order are no leaf's fault")
	}
}
