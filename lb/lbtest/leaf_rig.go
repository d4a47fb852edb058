package lbtest

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/lbkit/lbkit/lb"
)

// leafRig is what a leaf is tried on: a load balancer, and in it what specs refer to,
// made when first needed.
type leafRig struct {
	*Harness

	ctx      context.Context //nolint:containedctx // a test's own
	name     string
	p        profile
	provider lb.Provider
	dialect  lb.Dialect
	leaves   []leaf

	t            testing.TB
	lb           lb.LoadBalancerID
	backends     map[string]lb.BackendID
	frontends    map[string]lb.FrontendID
	certificates map[lb.CertificateID]lb.CertificateID
}

func newLeafRig(t *testing.T, h *Harness) *leafRig {
	t.Helper()
	provider := h.Provider(t)
	return &leafRig{
		Harness: h, ctx: t.Context(), name: provider.Name(), p: profileOf(provider, h.Own), provider: provider, dialect: provider.Dialect(),
		leaves: leaves(), t: t,
		backends: map[string]lb.BackendID{}, frontends: map[string]lb.FrontendID{}, certificates: map[lb.CertificateID]lb.CertificateID{},
	}
}

// bounded gives what is done with one random spec the patience of a test.
func (r *leafRig) bounded(do func()) {
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
	defer cancel()
	r.ctx = ctx
	do()
}

// failed is err. Where that took all patience it ends the leaf's test: rapid would hang again,
// to look for a simpler way.
func (r *leafRig) failed(what string, err error) error {
	r.t.Helper()
	if r.ctx.Err() != nil {
		r.t.Fatalf("%s hung: %v", what, err)
	}
	return err
}

// writable reports whether a leaf can be written: the provider has it, and the call that
// writes it.
func (r *leafRig) writable(l leaf) bool { return r.p.Has(l.path) && !r.refusedByCall(l) }

// refusedByCall reports whether the provider has no call that could write the leaf.
func (r *leafRig) refusedByCall(l leaf) bool {
	switch l.kind() {
	case lb.KindLoadBalancer:
		return !r.p.Has("loadbalancers.create") && !r.p.Has(l.path+".update")
	case lb.KindAddress:
		return !r.p.Has("addresses.allocate")
	default:
		return false
	}
}

// problems are what the Dialect says of the part of x that is of a kind.
func (r *leafRig) problems(kind lb.Kind, x *example) lb.Problems {
	_, err := r.canonical(kind, x)
	var problems lb.Problems
	if errors.As(err, &problems) {
		return problems
	}
	if err != nil {
		return lb.Problems{err}
	}
	return nil
}

// canonical is the part of x that is of a kind as the Dialect writes it.
func (r *leafRig) canonical(kind lb.Kind, x *example) (out example, err error) {
	switch kind {
	case lb.KindLoadBalancer:
		out.LoadBalancer, err = r.dialect.LoadBalancer(x.LoadBalancer)
	case lb.KindFrontend:
		out.Frontend, err = r.dialect.Frontend(x.Frontend)
	case lb.KindBackend, lb.KindServer:
		out.Backend, out.Servers, err = r.dialect.Backend(x.Backend, x.Servers)
	case lb.KindFilter:
		out.Filters, err = r.dialect.Filters(x.Frontend, x.Filters)
	case lb.KindRoute:
		out.Routes, err = r.dialect.Routes(x.Frontend, x.Routes)
	case lb.KindCertificate:
		out.Certificate, err = r.dialect.Certificate(x.Certificate)
	case lb.KindAddress:
		out.Address, err = r.dialect.Address(x.Address)
	default:
		panic("lbtest: no spec of " + string(kind))
	}
	return out, err
}

// refuse writes what the Dialect refuses, or what there is no call for, and wants that
// nothing of it is sent.
func (r *leafRig) refuse(t *rapid.T, l leaf, x example) {
	t.Helper()
	r.bind(l.kind(), &x)
	mayRead := l.kind() == lb.KindFilter || l.kind() == lb.KindRoute || l.kind() == lb.KindLoadBalancer && !r.p.Has("loadbalancers.create")
	before := r.sent()
	_, err := r.put(l.kind(), x)
	for _, request := range r.sent()[len(before):] {
		if !mayRead || !strings.HasPrefix(request, http.MethodGet+" ") {
			t.Fatalf("%s is refused (%v), and yet there came %s", l.path, err, request)
		}
	}
	var problems lb.Problems
	switch {
	case !errors.Is(err, lb.ErrUnsupported) && !errors.Is(err, lb.ErrInvalid):
		t.Fatalf("%s is to be refused, and the call answers %v", l.path, r.failed("refusing "+string(l.path), err))
	case r.refusedByCall(l) && l.kind() == lb.KindLoadBalancer &&
		(!errors.As(err, &problems) || !slices.ContainsFunc(problems, func(problem error) bool { return pointsAt(problem, l) })):
		t.Fatalf("an update may not change %s, and the call answers %v", l.path, err)
	}
}

// sent are the requests so far.
func (r *leafRig) sent() []string {
	if r.Requests == nil {
		return nil
	}
	var out []string
	for _, request := range r.Requests() {
		out = append(out, request.Method+" "+request.URL.Path)
	}
	return out
}

// write writes what the Dialect accepts, and wants to read its canonical form.
func (r *leafRig) write(t *rapid.T, kind lb.Kind, x example) {
	t.Helper()
	r.bind(kind, &x)
	given := fingerprint(x)
	want, err := r.canonical(kind, &x)
	if err != nil {
		t.Fatalf("with IDs in the place of names it is refused: %v", err)
	}
	read, err := r.put(kind, x)
	if err != nil {
		t.Fatalf("what the Dialect accepts fails: %v", r.failed("writing what the Dialect accepts", err))
	}
	if now := fingerprint(x); now != given {
		t.Fatalf("the caller's own spec has been written to:\nwas %s\nis  %s", given, now)
	}
	got, err := read()
	if err != nil {
		t.Fatalf("what was written cannot be read: %v", r.failed("reading what was written", err))
	}
	for _, d := range differences(want, got) {
		if !excused(d) {
			t.Fatalf("what is read is not the canonical form of what was written: %s", d)
		}
	}
}
