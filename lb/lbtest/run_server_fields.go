package lbtest

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/lbkit/lbkit/lb"
)

// runServerFields writes each field of a server by Set and by Add, which the law of leaves
// writes by Create alone, and subject update by Update.
func runServerFields(t *testing.T, s *suite) {
	t.Helper()
	for _, l := range leaves() {
		if l.kind() == lb.KindServer && s.supports(l.path) {
			s.test(t, string(l.path), func(w *world) { w.writesServers(l) })
		}
	}
}

// writesServers: what Set and Add write is what they were asked for.
func (w *world) writesServers(l leaf) {
	p := profileOf(w.p, w.Own)
	if l.size(p) == 0 {
		w.Skipf("Harness.Own has no value of %s", l.path)
	}
	x := newExample(p)
	l.ready(p, &x)
	if _, _, err := w.p.Dialect().Backend(x.Backend, x.Servers); err != nil { // it cannot be left out
		l.set(p, &x, 0)
	}
	id := must(w.p.Backends().Create(w.ctx, w.LoadBalancer(w.T), x.Backend, x.clone().Servers...))(w, "create a backend").ID
	check := func(what string) {
		w.Helper()
		_, want, err := w.p.Dialect().Backend(x.Backend, x.Servers)
		w.done("the dialect's servers", err)
		w.hasServers(what, id, want)
	}
	for value := range min(2, l.size(p)) {
		l.set(p, &x, value)
		what := fmt.Sprintf("set with value %d", value)
		_, err := w.p.Servers().Set(w.ctx, id, x.clone().Servers, lb.SetOptions{})
		if w.fixed(err) { // what is there stays as it is: another server comes in its place
			x.Servers[0].Address = netip.AddrFrom4([4]byte{10, 0, 0, byte(90 + value)}) //nolint:gosec // one of two
			_, err = w.p.Servers().Set(w.ctx, id, x.clone().Servers, lb.SetOptions{})
		}
		w.done(what, err)
		check(what)
	}
	more := x.clone().Servers[0]
	more.Address = netip.MustParseAddr("10.0.0.99")
	must(w.p.Servers().Add(w.ctx, id, more))(w, "add one more")
	x.Servers = append(x.Servers, more)
	check("added")
}

// fixed reports whether err refuses to change in place what is not declared to change so.
func (w *world) fixed(err error) bool {
	no, ok := errors.AsType[*lb.UnsupportedError](err)
	return ok && strings.HasSuffix(string(no.Feature), ".update") && !w.supports(no.Feature)
}

// hasServers wants a backend to have these servers, in any order.
func (w *world) hasServers(what string, id lb.BackendID, want []lb.ServerSpec) {
	w.Helper()
	var got []lb.ServerSpec
	for _, server := range must(lb.Collect(w.p.Servers().List(w.ctx, id, lb.ListOptions{})))(w, "list servers") {
		got = append(got, server.ServerSpec)
	}
	for _, d := range specDifferences("server", byEndpoint(want), byEndpoint(got)) {
		w.Errorf("%s: %s", what, d)
	}
}
