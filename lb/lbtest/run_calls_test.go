package lbtest

import (
	"testing"

	"github.com/lbkit/lbkit/lb"
)

// TestSomething: what a call returns beside its error counts, unless there is nothing in it.
func TestSomething(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		value any
		want  bool
	}{
		"nothing":           {nil, false},
		"no model":          {(*lb.Backend)(nil), false},
		"no list":           {[]*lb.Server(nil), false},
		"an empty list":     {[]*lb.Server{}, false},
		"an empty model":    {&lb.Backend{}, true},
		"a list":            {[]*lb.Server{{}}, true},
		"an item of a list": {&lb.ServerHealth{State: lb.HealthUnknown}, true},
	} {
		if got := something(test.value); got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}
