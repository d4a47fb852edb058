package trafficdraw

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/lbkit/lbkit/lb"
)

// Write makes drawn rules those of their frontend. It returns them with the provider's
// IDs, and a Judge that knows them by the provider's own objects alone.
type Write func(Traffic) (Traffic, Judge, error)

// Judge says what becomes of a request, and returns an error where that is not what is
// wanted.
type Judge func(r lb.Request, want lb.Decision) error

// workers write at the same time.
const workers = 4

// Compare draws Lists rule lists that all dialects take, writes each, and has Judges look
// at what lb.Explain says of PerList requests. Each of the workers has a Write of its
// own.
func Compare(t *testing.T, newWrite func(t *testing.T) Write, dialects ...lb.Dialect) {
	t.Helper()
	var total tally
	t.Cleanup(func() { total.report(t) })
	for worker := range workers {
		t.Run(fmt.Sprint(worker), func(t *testing.T) {
			t.Parallel()
			write := newWrite(t)
			for seed := worker; seed < Lists && !t.Failed(); seed += workers {
				compareOne(t, uint64(seed), write, dialects, &total) //nolint:gosec // G115: it counts from 0
			}
		})
	}
}

func compareOne(t *testing.T, seed uint64, write Write, dialects []lb.Dialect, total *tally) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // G404: tests are to draw the same again
	drawn := Draw(r, dialects...)
	written, judge, err := write(drawn)
	if err != nil {
		t.Fatalf("list %d: %v\n%s", seed, err, show(drawn))
	}
	total.list(drawn)
	for _, request := range drawn.Requests(r, PerList) {
		want, err := lb.Explain(written.Frontend, written.Filters, written.Routes, request)
		if err != nil {
			t.Fatalf("list %d: %v\n%s\n%s", seed, err, show(request), show(written))
		}
		if err := judge(request, want); err != nil {
			t.Fatalf("list %d: %v\nbut lb.Explain: %s\n%s\nof %s\nin %s", seed, err, want.Reason, show(want), show(request), show(written))
		}
		total.request(want)
	}
}

func show(value any) string {
	text, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// tally counts what was compared, so that a test cannot pass by comparing little.
type tally struct {
	mu             sync.Mutex
	lists, rules   int
	conditions     map[string]int
	denied         int
	redirected     int
	routed         int
	byDefault      int
	laterThanFirst int // decided by another filter than the first, or another route
}

func (c *tally) list(t Traffic) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lists++
	c.rules += len(t.Filters) + len(t.Routes)
	if c.conditions == nil {
		c.conditions = map[string]int{}
	}
	for _, f := range t.Filters {
		for _, condition := range f.Match {
			c.conditions[kind("filter", condition)]++
		}
	}
	for _, route := range t.Routes {
		for _, condition := range route.Match {
			c.conditions[kind("route", condition)]++
		}
	}
}

// kind names a condition: filter path prefix not.
func kind(leaf string, c lb.Condition) string {
	text := strings.Join([]string{leaf, string(c.Field), string(c.Op)}, " ")
	if c.Not {
		text += " not"
	}
	return text
}

func (c *tally) request(d lb.Decision) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case d.Action == lb.FilterDeny:
		c.denied++
	case d.Action == lb.FilterRedirect:
		c.redirected++
	case d.Route >= 0:
		c.routed++
	default:
		c.byDefault++
	}
	if d.Filter > 0 || d.Route > 0 {
		c.laterThanFirst++
	}
}

// conditionKinds is how many kinds of conditions there are that both clouds have, by
// leaf, field and comparison, negated and not.
const conditionKinds = 2 + 2 + 2*5 + 2 + 2 + 1

func (c *tally) report(t *testing.T) {
	t.Helper()
	if t.Failed() {
		return
	}
	compared := c.denied + c.redirected + c.routed + c.byDefault
	t.Logf("%d lists with %d rules, %d requests: %d denied, %d redirected, %d routed, %d to the default backend; %d not by the first rule; conditions: %v",
		c.lists, c.rules, compared, c.denied, c.redirected, c.routed, c.byDefault, c.laterThanFirst, c.conditions)
	if c.lists != Lists || compared != Comparisons || c.rules < MinRules*Lists {
		t.Errorf("%d lists with %d rules and %d requests, want %d and %d", c.lists, c.rules, compared, Lists, Comparisons)
	}
	for what, n := range map[string]int{
		"denied": c.denied, "redirected": c.redirected, "routed": c.routed, "sent to the default backend": c.byDefault, "not decided by the first rule": c.laterThanFirst,
	} {
		if n < Comparisons/20 {
			t.Errorf("%d requests were %s: that proves little", n, what)
		}
	}
	if Lists >= 1000 && len(c.conditions) < conditionKinds {
		t.Errorf("%d kinds of conditions, want %d: %v", len(c.conditions), conditionKinds, c.conditions)
	}
}
