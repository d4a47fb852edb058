package lbtest

import (
	"time"

	"pgregory.net/rapid"

	"github.com/lbkit/lbkit/lb"
)

// tryFraction sets a leaf that is a duration, in a spec that is accepted, to one that is no
// whole number of seconds: it is kept as it is, or refused by the leaf's path. Rounded it
// would be another one.
func (r *leafRig) tryFraction(t *rapid.T, l leaf, x example) {
	t.Helper()
	f, ok := l.field.(fieldOf[lb.Duration])
	if !ok {
		return
	}
	whole := rapid.SampledFrom([]lb.Duration{0, seconds(1), f.choose(r.p, l.path, true)[0]}).Draw(t, "whole seconds")
	d := whole + lb.Duration(rapid.SampledFrom([]time.Duration{500, 3, 999}).Draw(t, "milliseconds")*time.Millisecond)
	*f.at(&x) = d
	problems := r.problems(l.kind(), &x)
	r.wellFormed(t, l.kind(), problems)
	for _, problem := range problems {
		if !pointsAt(problem, l) {
			t.Fatalf("%s was set to %s, and this is refused: %v", l.path, d, problem)
		}
	}
	if len(problems) > 0 {
		r.refuse(t, l, x)
		return
	}
	canonical, err := r.canonical(l.kind(), &x)
	if got := *f.at(&canonical); err != nil || got != d {
		t.Fatalf("%s is %s, which is not refused, and its canonical form is %s (%v)", l.path, d, got, err)
	}
	r.write(t, l.kind(), x)
}
