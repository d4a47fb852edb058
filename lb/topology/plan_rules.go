package topology

import (
	"fmt"
	"reflect"

	"github.com/lbkit/lbkit/lb"
)

// ruleSpec is a filter or a route.
type ruleSpec interface{ lb.FilterSpec | lb.RouteSpec }

// rules compares the filters of a frontend, or its routes.
type rules[S ruleSpec] struct {
	provider string
	before   func([]S) ([]S, error) // the canonical form of what is live
	after    func([]S) ([]S, error) // and of what is wanted
}

// ruleComparison is how rules differ: what is removed and what is added, by position.
type ruleComparison struct {
	changes []lb.Change
	excused bool
}

// compare compares two lists by their canonical forms. What is live passes although the
// Dialect refuses it, as the providers' Set lets it pass: each live one excuses one that
// is wanted.
func (r rules[S]) compare(live, want []S) (ruleComparison, error) {
	own := make([]S, len(want))
	for i := range want {
		own[i] = ownExtensions(r.provider, want[i])
	}
	canonical, err := r.after(own)
	if equalSpecs(live, own) {
		return ruleComparison{excused: err != nil}, nil
	}
	if err == nil {
		return ruleComparison{changes: ruleChanges(r.settled(live), canonical)}, nil
	}
	opaque, fresh := r.opaque(live, own)
	if !fresh {
		return ruleComparison{}, err
	}
	return ruleComparison{changes: ruleChanges(live, r.around(own, opaque)), excused: true}, nil
}

// settled is the canonical form of what is live. Where the Dialect refuses it, or makes
// one of several (rules that say the same), it is what was read.
func (r rules[S]) settled(live []S) []S {
	if canonical, err := r.before(live); err == nil && len(canonical) == len(live) {
		return canonical
	}
	return live
}

// opaque are those of want that are live as they are, one for each that is; ok tells
// whether the Dialect takes the others.
func (r rules[S]) opaque(live, want []S) (opaque []bool, ok bool) {
	opaque, taken := make([]bool, len(want)), make([]bool, len(live))
	var others []S
	for i, spec := range want {
		if _, err := r.after([]S{spec}); err != nil {
			for j := range live {
				if !taken[j] && lb.Equal(live[j], spec) {
					opaque[i], taken[j] = true, true
					break
				}
			}
		}
		if !opaque[i] {
			others = append(others, spec)
		}
	}
	_, err := r.after(others)
	return opaque, err == nil
}

// around is the canonical form of want in which what is opaque stands as it is. What is
// before a rule may decide about its form (a first filter may be kept elsewhere), so
// each is asked about behind those before it.
func (r rules[S]) around(want []S, opaque []bool) []S {
	var out, asked []S
	known := 0 // of the canonical form of asked
	for i, spec := range want {
		if opaque[i] {
			out = append(out, spec)
			continue
		}
		asked = append(asked, spec)
		canonical, err := r.after(asked)
		if err != nil || len(canonical) < known {
			return want
		}
		out = append(out, canonical[known:]...)
		known = len(canonical)
	}
	return out
}

// isTight tells whether there may be no room for the filters and routes that are wanted
// as long as others are there, which then go first.
func (b *planner) isTight() bool {
	filters, routes := 0, 0
	for _, n := range b.frontends {
		var are, will [2]int
		if n.live != nil {
			are = [2]int{len(n.live.Filters), len(n.live.Routes)}
		}
		if n.want != nil {
			will = [2]int{len(n.want.Filters), len(n.want.Routes)}
		}
		filters, routes = filters+max(are[0], will[0]), routes+max(are[1], will[1])
	}
	limits := b.capabilities.Limits
	if _, shared := lacks(b.capabilities, featureOwnFilterLimit); shared {
		filters, routes = 0, filters+routes
	}
	return limits.MaxFilters > 0 && filters > limits.MaxFilters || limits.MaxRoutes > 0 && routes > limits.MaxRoutes
}

// phaseOf is when so many filters or routes of a frontend become so many.
func (b *planner) phaseOf(p phase, are, will int) phase {
	if b.tight && will < are {
		return phaseRoom
	}
	return p
}

func equalSpecs[S ruleSpec](a, b []S) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !lb.Equal(a[i], b[i]) {
			return false
		}
	}
	return true
}

// ruleChanges are the fewest removals and additions that make before into after: an
// item has a path of its position, "[2]", in before where it is removed and in after
// where it is added. One that is replaced in its place is a single change.
func ruleChanges[S ruleSpec](before, after []S) []lb.Change {
	common := commonRules(before, after)
	var changes []lb.Change
	i, j := 0, 0
	for i < len(before) || j < len(after) {
		switch {
		case i < len(before) && j < len(after) && lb.Equal(before[i], after[j]) && common[i][j] == common[i+1][j+1]+1:
			i, j = i+1, j+1
		case i < len(before) && j < len(after) && common[i+1][j+1] == common[i][j]:
			changes = append(changes, lb.Change{Path: place(j), Before: whole(before[i]), After: whole(after[j])})
			i, j = i+1, j+1
		case j == len(after) || i < len(before) && common[i+1][j] == common[i][j]:
			changes = append(changes, lb.Change{Path: place(i), Before: whole(before[i])})
			i++
		default:
			changes = append(changes, lb.Change{Path: place(j), After: whole(after[j])})
			j++
		}
	}
	return changes
}

func place(i int) string { return fmt.Sprintf("[%d]", i) }

// commonRules has the length of the longest common subsequence of before[i:] and
// after[j:] at [i][j].
func commonRules[S ruleSpec](before, after []S) [][]int {
	length := make([][]int, len(before)+1)
	for i := range length {
		length[i] = make([]int, len(after)+1)
	}
	for i := len(before) - 1; i >= 0; i-- {
		for j := len(after) - 1; j >= 0; j-- {
			length[i][j] = max(length[i+1][j], length[i][j+1])
			if lb.Equal(before[i], after[j]) {
				length[i][j] = max(length[i][j], length[i+1][j+1]+1)
			}
		}
	}
	return length
}

// setFields are what a spec sets, as changes from nothing.
func setFields[S lb.Spec](spec S) []lb.Change {
	var none S
	return lb.Diff(none, spec)
}

// isZero tells whether a value in a Change says nothing.
func isZero(value any) bool { return value == nil || reflect.ValueOf(value).IsZero() }
