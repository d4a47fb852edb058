package contender

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Median is the middle of the measures of several rounds, value by value.
func Median(rounds []Measure) Measure {
	return Measure{
		Time:        middle(rounds, func(m Measure) time.Duration { return m.Time }),
		Bytes:       middle(rounds, func(m Measure) float64 { return m.Bytes }),
		Allocs:      middle(rounds, func(m Measure) float64 { return m.Allocs }),
		Requests:    middle(rounds, func(m Measure) float64 { return m.Requests }),
		Connections: middle(rounds, func(m Measure) float64 { return m.Connections }),
	}
}

func middle[V time.Duration | float64](rounds []Measure, value func(Measure) V) V {
	values := make([]V, len(rounds))
	for i, m := range rounds {
		values[i] = value(m)
	}
	slices.SortFunc(values, cmp.Compare[V])
	half := len(values) / 2
	if len(values)%2 == 1 {
		return values[half]
	}
	return (values[half-1] + values[half]) / 2
}

// Verdict is one number of a goal.
type Verdict struct {
	What  string // "time to floor"
	Got   float64
	Limit float64
	Exact bool // not at most, but exactly
}

// Met reports whether the number is within its limit.
func (v Verdict) Met() bool {
	if v.Exact {
		return v.Got == v.Limit
	}
	return v.Got <= v.Limit
}

func (v Verdict) String() string {
	sign, verdict := "<=", "met"
	if v.Exact {
		sign = "="
	}
	if !v.Met() {
		verdict = "MISSED"
	}
	return fmt.Sprintf("%s %.4g (%s %.4g) %s", v.What, v.Got, sign, v.Limit, verdict)
}

// Judge compares medians, by contender, with a goal of row. Of contenders that
// were not measured it says nothing.
func Judge(row Row, goal Goal, by map[string]Measure) []Verdict {
	got, measured := by[goal.By]
	to, compared := by[goal.To]
	if !measured || (goal.To != "" && !compared) {
		return nil
	}
	var out []Verdict
	add := func(asked bool, v Verdict) {
		if asked {
			out = append(out, v)
		}
	}
	add(goal.Time > 0, Verdict{What: "time / " + goal.To, Got: float64(got.Time) / float64(to.Time), Limit: goal.Time})
	add(goal.Allocs > 0, Verdict{What: "allocs / " + goal.To, Got: got.Allocs / to.Allocs, Limit: goal.Allocs})
	each := Verdict{What: "allocs an object", Got: got.Allocs / float64(row.Objects), Limit: goal.AllocsEach}
	if goal.To != "" {
		each = Verdict{What: "allocs an object beyond " + goal.To, Got: (got.Allocs - to.Allocs) / float64(row.Objects), Limit: goal.AllocsEach}
	}
	add(goal.AllocsEach > 0, each)
	add(goal.Requests > 0, Verdict{What: "requests", Got: got.Requests, Limit: goal.Requests, Exact: true})
	add(goal.Trips > 0, Verdict{What: "round trips", Got: float64(got.Time) / float64(row.Latency), Limit: goal.Trips})
	add(goal.Warm, Verdict{What: "new connections", Got: got.Connections, Exact: true})
	return out
}
