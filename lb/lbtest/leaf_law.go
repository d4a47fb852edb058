package lbtest

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/lbkit/lbkit/internal/codes"
	"github.com/lbkit/lbkit/lb"
)

// runLeaves proves the law of leaves. Of each leaf of each Spec, set in random specs:
// what is written is read back as the Dialect's canonical form, or it is refused, by
// exactly that leaf's path, and nothing is sent. There is no third outcome: a duration that is
// no whole number of seconds is not rounded.
//
// It asserts what it is worth, too: a third of the random specs are accepted; a leaf that
// the provider declares is accepted, and one that it does not is refused each time.
func runLeaves(t *testing.T, newHarness func(*testing.T) *Harness) {
	t.Helper()
	all := &leafTally{of: map[lb.Feature]*leafCount{}}
	t.Run("values", func(t *testing.T) {
		t.Parallel()
		tryOtherValues(t, newHarness(t))
	})
	t.Run("all at once", func(t *testing.T) {
		t.Parallel()
		tryAllAtOnce(t, newHarness(t))
	})
	t.Run("law", func(t *testing.T) {
		for _, l := range leaves() {
			t.Run(string(l.path), func(t *testing.T) {
				t.Parallel()
				tryLeaf(t, newHarness(t), l, all)
			})
		}
	})
	if t.Failed() {
		return
	}
	t.Log(all)
	all.check(t)
}

// leafCount is what became of the random specs in which a leaf was set.
type leafCount struct {
	declared, skipped          bool
	whole                      bool // it is part of what the provider lacks as a whole
	accepted, written, refused int
	foreign                    int    // refused for what else was in the spec
	beside                     string // why a plain spec is refused in which the leaf could be set; empty: it is not
}

func (c *leafCount) tried() int { return c.accepted + c.refused + c.foreign }

// leafTally counts for all leaves of a provider.
type leafTally struct {
	mu sync.Mutex
	of map[lb.Feature]*leafCount
}

func (a *leafTally) add(path lb.Feature, c *leafCount) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.of[path] = c
}

func (a *leafTally) sum() (total leafCount) {
	for _, c := range a.of {
		total.accepted += c.accepted
		total.written += c.written
		total.refused += c.refused
		total.foreign += c.foreign
	}
	return total
}

// String is one line of figures.
func (a *leafTally) String() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	sum := a.sum()
	return fmt.Sprintf("%d leaves in %d random specs: %d accepted (%d of them written and read back), %d refused by the leaf's path, %d for what else was in them, 0 with a third outcome",
		len(a.of), sum.tried(), sum.accepted, sum.written, sum.refused, sum.foreign)
}

// check asserts that the law was tried enough to mean something.
func (a *leafTally) check(t *testing.T) {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	accepted, tried := 0, 0 // of the leaves that there are: a provider may lack most
	for _, c := range a.of {
		if c.declared {
			accepted, tried = accepted+c.accepted, tried+c.tried()
		}
	}
	if 3*accepted < tried {
		t.Errorf("%d of %d random specs were accepted: fewer than a third", accepted, tried)
	}
	if leafSpecs < leafRefusals || testing.Short() {
		return // too few of each leaf to tell more
	}
	for path, c := range a.of {
		switch {
		case c.skipped:
		case c.declared && c.accepted == 0:
			t.Errorf("%s is declared, and was never accepted in %d specs", path, c.tried())
		case !c.declared && c.whole:
		case !c.declared && c.refused < leafRefusals:
			t.Errorf("%s is not declared, and was refused %d times only%s", path, c.refused, c.beside)
		}
	}
}

// leafRefusals is how often a leaf that the provider lacks has to be refused at least.
const leafRefusals = 50

// writesOf are the calls that write what is of no use without them.
var writesOf = map[lb.Kind]lb.Feature{
	lb.KindCertificate: "certificates.create", lb.KindFilter: "filters.set", lb.KindRoute: "routes.set", lb.KindAddress: "addresses.allocate",
}

// unheardOf tells of a kind that the provider cannot write and of whose settings its
// capabilities name none: then its Dialect need not tell them apart.
func (r *leafRig) unheardOf(kind lb.Kind) bool {
	write, ok := writesOf[kind]
	return ok && !r.p.Has(write) && !slices.ContainsFunc(r.leaves, func(l leaf) bool {
		_, named := r.p.Features[l.path]
		return l.kind() == kind && named
	})
}

// tryLeaf tries one leaf.
func tryLeaf(t *testing.T, h *Harness, l leaf, all *leafTally) {
	t.Helper()
	r := newLeafRig(t, h)
	count := &leafCount{declared: r.writable(l)}
	count.whole = slices.ContainsFunc(r.leaves, func(other leaf) bool {
		return !r.p.Has(other.path) && strings.HasPrefix(string(l.path), string(other.path)+".")
	})
	all.add(l.path, count)
	if r.unheardOf(l.kind()) {
		count.skipped = true
		t.Skipf("the provider has no %s and names nothing of it: subject capabilities tries the call", writesOf[l.kind()])
	}
	if l.size(r.p) == 0 {
		count.skipped = true
		t.Skipf("Harness.Own has no value for %s", l.path)
	}
	rapid.Check(t, func(t *rapid.T) {
		if count.tried() >= leafSpecs {
			return // rapid's own number of tries is another
		}
		r.bounded(func() { r.try(t, l, count) })
	})
	x := newExample(r.p)
	l.ready(r.p, &x)
	if err := r.problems(l.kind(), &x).Err(); err != nil {
		count.beside = fmt.Sprintf(": %s would be refused even without it: %v", fingerprint(specOf(&x, kindOf(l.path)).Interface()), err)
	}
}

// try draws one spec, sets the leaf in it and looks what becomes of it.
func (r *leafRig) try(t *rapid.T, l leaf, count *leafCount) {
	d := drawer{t: t, p: r.p, wild: rapid.IntRange(0, 3).Draw(t, "wild") == 0}
	x := d.example(l.kind())
	l.ready(r.p, &x)
	base := x.clone()
	before := r.asked(t, l.kind(), &x)
	if count.declared && len(before) == 0 && count.tried() < leafWrites {
		r.tryFraction(t, l, base.clone())
	}
	value := rapid.IntRange(0, l.size(r.p)-1).Draw(t, "value")
	l.set(r.p, &x, value)
	after := r.asked(t, l.kind(), &x)
	fresh := codes.Fresh(before, after, nil)
	r.wellFormed(t, l.kind(), after)
	if slices.ContainsFunc(fresh, r.unordered) {
		count.foreign++
		r.refuse(t, l, x)
		return
	}
	for _, problem := range fresh {
		if !pointsAt(problem, l) {
			t.Fatalf("%s was set, and this is refused: %v", l.path, problem)
		}
	}
	switch {
	case len(fresh) > 0 && count.declared && len(before) == 0:
		t.Fatalf("%s is declared, and is refused in a spec that is accepted without it: %v", l.path, fresh)
	case len(after) == 0 && !count.declared && !r.refusedByCall(l):
		t.Fatalf("%s is not declared, and is accepted", l.path)
	}
	switch {
	case len(after) == 0 && count.declared:
		count.accepted++
		r.kept(t, l, base, x, value)
		if count.written < leafWrites {
			count.written++
			r.write(t, l.kind(), x)
		}
	case len(fresh) > 0 || len(after) == 0:
		count.refused++
		r.refuse(t, l, x)
	default:
		count.foreign++
		r.refuse(t, l, x)
	}
}

// asked are the problems of a spec, which the Dialect has to leave as it is.
func (r *leafRig) asked(t *rapid.T, kind lb.Kind, x *example) lb.Problems {
	t.Helper()
	given := fingerprint(x)
	problems := r.problems(kind, x)
	if now := fingerprint(x); now != given {
		t.Fatalf("the Dialect has written to the caller's own spec:\nwas %s\nis  %s", given, now)
	}
	return problems
}

// kept wants the canonical form to tell the leaf's value: from none at all, and from
// another one. What a Dialect dropped would be read back as it says.
func (r *leafRig) kept(t *rapid.T, l leaf, base, x example, value int) {
	t.Helper()
	canonical, err := r.canonical(l.kind(), &x)
	if err != nil {
		t.Fatalf("asked twice, the Dialect refuses: %v", err)
	}
	without, err := r.canonical(l.kind(), &base)
	stays := plain(valueAt(&canonical, l.path)) == plain(valueAt(&x, l.path)) // its default, too
	if err == nil && !stays && len(differences(without, canonical)) == 0 {
		t.Fatalf("%s is %v, and its canonical form is that of a spec without it", l.path, valueAt(&x, l.path))
	}
	if l.size(r.p) == 1 {
		return
	}
	l.set(r.p, &base, (value+1)%l.size(r.p))
	if other, err := r.canonical(l.kind(), &base); err == nil && len(differences(other, canonical)) == 0 {
		t.Fatalf("%s is %v or %v, and the canonical forms are the same", l.path, valueAt(&x, l.path), valueAt(&base, l.path))
	}
}

// example draws what a kind of leaf is set in.
func (d drawer) example(kind lb.Kind) example {
	x := example{}
	switch kind {
	case lb.KindLoadBalancer:
		x.LoadBalancer = d.loadBalancer()
	case lb.KindFrontend:
		x.Frontend = d.frontend()
	case lb.KindBackend, lb.KindServer:
		x.Backend, x.Servers = d.backend()
	case lb.KindFilter:
		x.Frontend = d.ruled()
		x.Filters = d.filters(x.Frontend)
	case lb.KindRoute:
		x.Frontend = d.ruled()
		x.Routes = d.routes(x.Frontend)
	case lb.KindCertificate:
		x.Certificate = d.certificate()
	case lb.KindAddress:
		x.Address = d.address()
	default:
		panic("lbtest: no spec of " + string(kind))
	}
	return x
}
