package fit_test

import (
	"slices"
	"testing"

	"github.com/lbkit/lbkit/internal/fit"
	"github.com/lbkit/lbkit/lb"
)

func TestTogether(t *testing.T) {
	t.Parallel()
	const (
		healthy  = lb.HealthHealthy
		degraded = lb.HealthDegraded
		down     = lb.HealthDown
		unknown  = lb.HealthUnknown
	)
	for _, test := range []struct {
		parts []lb.Health
		want  lb.Health
	}{
		{nil, unknown},
		{[]lb.Health{healthy, healthy}, healthy},
		{[]lb.Health{down, down}, down},
		{[]lb.Health{unknown, unknown}, unknown},
		{[]lb.Health{degraded}, degraded},
		{[]lb.Health{healthy, down}, degraded},
		{[]lb.Health{healthy, unknown}, degraded},
		{[]lb.Health{healthy, degraded}, degraded},
		{[]lb.Health{degraded, down}, degraded},
		{[]lb.Health{down, unknown}, down},
	} {
		for range 2 {
			if got := fit.Together(test.parts); got != test.want {
				t.Errorf("%v: got %s, want %s", test.parts, got, test.want)
			}
			slices.Reverse(test.parts)
		}
	}
}
