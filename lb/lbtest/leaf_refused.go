package lbtest

import (
	"errors"
	"slices"
	"testing"

	"github.com/lbkit/lbkit/internal/codes"
	"github.com/lbkit/lbkit/lb"
)

// tryOtherValues proves that of a leaf whose values Capabilities name, the other values
// of the contract are refused: by the leaf's path, and as that feature.
func tryOtherValues(t *testing.T, h *Harness) {
	t.Helper()
	r := newLeafRig(t, h)
	for _, l := range r.leaves {
		if r.unheardOf(l.kind()) {
			continue
		}
		for i := range l.beyond(r.p) {
			x := newExample(r.p)
			l.ready(r.p, &x)
			before := r.problems(l.kind(), &x)
			l.setBeyond(r.p, &x, i)
			fresh := codes.Fresh(before, r.problems(l.kind(), &x), nil)
			r.wantRefused(t, l, fresh)
		}
	}
}

// wantRefused wants problems at the leaf, and nowhere else, one of which is about its
// feature or, where it is a value that has one, the value's.
func (r *leafRig) wantRefused(t *testing.T, l leaf, problems lb.Problems) {
	t.Helper()
	named := false
	for _, problem := range problems {
		if fault := r.refusalFault(pathOf(l.kind(), problem), problem); fault != "" {
			t.Errorf("%v: %s", problem, fault)
		}
		var besides *lb.UnsupportedError // what goes with the value, and is lacking too
		if lacks := errors.As(problem, &besides) && !r.p.Has(besides.Feature); !lacks && !pointsAt(problem, l) {
			t.Errorf("%s has a value that is not among those of the capabilities, and this is refused: %v", l.path, problem)
		}
		var no *lb.UnsupportedError
		if errors.As(problem, &no) {
			named = named || no.Feature == l.path || no.Feature == l.path+"."+lb.Feature(plain(no.Value))
		}
	}
	if !named {
		t.Errorf("%s has a value that is not among those of the capabilities, and is not refused as that: %v", l.path, problems)
	}
}

// tryAllAtOnce proves that a Dialect names every problem of a spec at once: with all
// that the provider lacks set in one spec, there is a problem for each.
func tryAllAtOnce(t *testing.T, h *Harness) {
	t.Helper()
	r := newLeafRig(t, h)
	for _, kind := range []lb.Kind{
		lb.KindLoadBalancer, lb.KindFrontend, lb.KindBackend, lb.KindServer, lb.KindFilter, lb.KindRoute, lb.KindAddress,
	} {
		if r.unheardOf(kind) {
			continue
		}
		x := newExample(r.p)
		lacking := slices.DeleteFunc(slices.Clone(r.leaves), func(l leaf) bool {
			return l.kind() != kind || r.p.Has(l.path) || l.size(r.p) == 0
		})
		for _, l := range lacking {
			l.ready(r.p, &x)
		}
		for _, l := range lacking {
			l.set(r.p, &x, 0)
		}
		problems := r.problems(kind, &x)
		for _, l := range lacking {
			implied := l.path == "frontend.tls" && !r.p.Has("frontend.certificates") // by certificates, which are refused
			if !implied && !slices.ContainsFunc(problems, func(problem error) bool { return pointsAt(problem, l) }) {
				t.Errorf("with all that is lacking set, nothing says so of %s: %v", l.path, problems)
			}
		}
	}
}
