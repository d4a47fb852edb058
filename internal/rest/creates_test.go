package rest_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/lbtest"
	"github.com/lbkit/lbkit/ovh"
)

// accident is what happens to one POST, and to the next one.
type accident struct {
	name   string
	happen func(*lbtest.Rule)
	then   func(*lbtest.Rule) // nil: nothing
}

// accidents are what can happen to a create on its way.
var accidents = []accident{
	{"dropped before", func(r *lbtest.Rule) { r.DropBeforeSend() }, nil},
	{"dropped after", func(r *lbtest.Rule) { r.DropAfterSend() }, nil},
	{"500 but done", func(r *lbtest.Rule) { r.Replace(http.StatusInternalServerError, "") }, nil},
	{"500 and not done", func(r *lbtest.Rule) { r.Status(http.StatusInternalServerError, "") }, nil},
	{"truncated", func(r *lbtest.Rule) { r.Truncate(10) }, nil},
	{"stalled then cut", func(r *lbtest.Rule) { r.Delay(time.Second).DropAfterSend() }, nil},
	{"500, dropped after", func(r *lbtest.Rule) { r.Status(http.StatusInternalServerError, "") }, func(r *lbtest.Rule) { r.DropAfterSend() }},
	{"500 but done twice", func(r *lbtest.Rule) { r.Replace(http.StatusBadGateway, "") }, func(r *lbtest.Rule) { r.Replace(http.StatusBadGateway, "") }},
	{"429, dropped after", func(r *lbtest.Rule) { r.Status(http.StatusTooManyRequests, "").RetryAfter(0) }, func(r *lbtest.Rule) { r.DropAfterSend() }},
	{"stalled", func(r *lbtest.Rule) { r.Delay(time.Hour) }, nil},
}

// TestCreatesHappenOnce: whatever happens to a create, either the caller has the
// one object that there is, or is told that the outcome is unknown while there is
// one or none. There are never two.
func TestCreatesHappenOnce(t *testing.T) {
	t.Parallel()
	_, _ = material() // before any bubble
	rooms := map[string]func(*testing.T) *room{
		"ovh":             func(t *testing.T) *room { t.Helper(); return ovhRoom(t) },
		"ovh looks first": func(t *testing.T) *room { t.Helper(); return ovhRoom(t, ovh.WithLookBefore()) },
		"scaleway":        scalewayRoom,
	}
	var columns []string
	for _, a := range accidents {
		columns = append(columns, a.name)
	}
	for name, setUp := range rooms {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cells := newTable(columns)
			t.Cleanup(func() { t.Logf("%s: what becomes of a create\n%s", name, cells) })
			for _, m := range makers {
				if !strings.HasPrefix(name, m.only) {
					continue
				}
				cells.rows = append(cells.rows, m.name)
				for _, a := range accidents {
					t.Run(m.name+"/"+a.name, func(t *testing.T) {
						t.Parallel()
						synctest.Test(t, func(t *testing.T) {
							r := setUp(t)
							r.open(t)
							a.happen(r.faults.On(isPost).Skip(m.skip).Times(1))
							if a.then != nil {
								a.then(r.faults.On(isPost).Skip(m.skip).Times(1))
							}
							cells.set(m.name, a.name, outcomeOf(t, r, m))
						})
					})
				}
			}
		})
	}
}

func isPost(r *http.Request) bool { return r.Method == http.MethodPost }

func outcomeOf(t *testing.T, r *room, m maker) string {
	t.Helper()
	id, err := m.make(t.Context(), r)
	r.faults.Reset()
	there, countErr := m.count(t.Context(), r)
	if countErr != nil {
		t.Fatal(countErr)
	}
	switch {
	case len(there) > 1:
		t.Errorf("made %d times: %v", len(there), there)
	case err == nil && (len(there) != 1 || there[0] != id):
		t.Errorf("the caller has %q, the server %v", id, there)
	case err != nil && !errors.Is(err, lb.ErrUncertain):
		t.Errorf("%v, want %v", err, lb.ErrUncertain)
	}
	switch {
	case err == nil:
		return "made"
	case strings.HasSuffix(m.name, "filter"), strings.HasSuffix(m.name, "route"):
		converges(t, r, m)
	case strings.HasPrefix(m.name, "ordered"): // what it may be has another ID as yet
	case len(there) == 1 && !strings.Contains(err.Error(), there[0]):
		t.Errorf("%v does not name the candidate %s", err, there[0])
	}
	return "unknown"
}

// converges: what sets a whole may be called again after any error, and leaves
// what was asked for.
func converges(t *testing.T, r *room, m maker) {
	t.Helper()
	id, err := m.make(t.Context(), r)
	if err != nil {
		t.Fatalf("again: %v", err)
	}
	if there, err := m.count(t.Context(), r); err != nil || len(there) != 1 || there[0] != id {
		t.Errorf("after the same call again the caller has %q, the server %v, %v", id, there, err)
	}
}
