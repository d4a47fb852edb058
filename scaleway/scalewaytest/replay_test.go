package scalewaytest

import (
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/internal/reference"
)

// The folders of recordings.
const (
	recent     = "recordings"
	historical = "recordings-historical"
)

// The recordings of 2025 and 2026: nearly every answer is the recorded one, and
// each difference has a reason.
func TestReplay(t *testing.T) {
	t.Parallel()
	replayAll(t, recent, 0.98, figures{
		Replayed: 1394, Equal: 1379,
		Apart: map[string]int{},
		Classes: map[string]extent{
			newerField:           {Values: 9, Exchanges: 7},
			"counted early":      {Values: 3, Exchanges: 2},
			"order of addresses": {Values: 4, Exchanges: 4},
			"others' addresses":  {Values: 42, Exchanges: 2},
		},
	})
}

// The recordings of 2020 to 2023, in which fields are missing that are newer than
// they: every recorded field is served, with the recorded value or one that the
// table of eras explains.
func TestReplayHistorical(t *testing.T) {
	t.Parallel()
	replayAll(t, historical, 0.95, figures{
		Replayed: 485, Equal: 377, Explained: 90,
		Apart: map[string]int{"former path": 6, "401": 1, "503": 7},
		Classes: map[string]extent{
			"letsencryt":                 {Values: 31, Exchanges: 31},
			"pending":                    {Values: 23, Exchanges: 23},
			"404 words":                  {Values: 1, Exchanges: 1},
			"two instances":              {Values: 2, Exchanges: 2},
			"embedded instances":         {Values: 47, Exchanges: 36},
			"counted late":               {Values: 2, Exchanges: 2},
			"servers that do not answer": {Values: 3, Exchanges: 2},
		},
	})
}

// figures are the result of replaying a folder. What is counted apart is among
// Replayed and nowhere else.
type figures struct {
	Replayed  int
	Equal     int // without a difference, newer fields of historical recordings aside
	Explained int // with differences that come from the age of a historical recording alone
	Apart     map[string]int
	Classes   map[string]extent
}

// extent is how often a class of difference was met.
type extent struct{ Values, Exchanges int }

// replayAll demands that a share of the exchanges come out right, that all
// differences have reasons, and that there are as many of each class as want
// says, which is to be changed by hand alone.
func replayAll(t *testing.T, folder string, share float64, want figures) {
	t.Helper()
	files := recordings(t, filepath.Join(reference.Dir(t), "scaleway", folder))
	sum := &tally{folder: folder, figures: figures{Apart: map[string]int{}, Classes: map[string]extent{}}}
	t.Cleanup(func() { // after the files, which run in parallel
		if sum.files < len(files) {
			return // some were left out by -run
		}
		sum.print(t)
		if diff := cmp.Diff(want, sum.figures); diff != "" {
			t.Errorf("the figures are not those committed (-committed +found):\n%s", diff)
		}
		if got := sum.share(); got < share {
			t.Errorf("%.1f %% are right, want %.0f %%", 100*got, 100*share)
		}
	})
	for _, rec := range files {
		t.Run(rec.name, func(t *testing.T) {
			t.Parallel()
			r := newReplay(t, rec)
			for i, e := range r.exchanges {
				for _, x := range sum.add(e, r.play(i)) {
					t.Errorf("exchange %d, %s %s: %s", e.N, e.Method, e.Path, x.difference)
				}
			}
			sum.done()
		})
	}
}

// tally adds up what the files have led to.
type tally struct {
	mu     sync.Mutex
	folder string
	files  int // that are done
	figures
}

func (s *tally) done() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.files++
}

// add counts an exchange and returns the differences that have no reason.
func (s *tally) add(e exchange, found []occurrence) []occurrence {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Replayed++
	var unexplained []occurrence
	values := map[*class]int{}
	for _, x := range found {
		c := classOf(x)
		if c == nil {
			unexplained = append(unexplained, x)
		} else if c.name != newerField || s.folder != historical {
			values[c]++
		}
	}
	if group := e.apart(); group != "" {
		s.Apart[group]++
		return unexplained
	}
	for c, n := range values {
		sum := s.Classes[c.name]
		s.Classes[c.name] = extent{sum.Values + n, sum.Exchanges + 1}
	}
	era := !slices.ContainsFunc(slices.Collect(maps.Keys(values)), func(c *class) bool { return !c.era })
	switch {
	case len(unexplained) > 0:
	case len(values) == 0:
		s.Equal++
	case s.folder == historical && era:
		s.Explained++
	}
	return unexplained
}

// apart names the group of an exchange that counts neither way, or is empty: one
// on a path that the API has replaced, one with a token that it does not know, and
// one that met a failure of the API, which is not sent at all.
func (e exchange) apart() string {
	_, regional, rest, _ := split(e.Path)
	switch {
	case !regional && formerPath.MatchString(rest):
		return "former path"
	case e.Status == http.StatusUnauthorized, e.Status == http.StatusServiceUnavailable:
		return fmt.Sprint(e.Status)
	}
	return ""
}

// share is the part of the exchanges that came out right, of those not apart.
func (s *tally) share() float64 {
	return float64(s.Equal+s.Explained) / float64(s.judged())
}

func (s *tally) judged() int {
	n := s.Replayed
	for _, apart := range s.Apart {
		n -= apart
	}
	return n
}

func (s *tally) print(t *testing.T) {
	t.Helper()
	var out strings.Builder
	fmt.Fprintf(&out, "%s: %d replayed, %d equal", s.folder, s.Replayed, s.Equal)
	if s.folder == historical {
		fmt.Fprintf(&out, ", %d explained by their age", s.Explained)
	}
	fmt.Fprintf(&out, ": %.1f %% of %d", 100*s.share(), s.judged())
	for _, group := range slices.Sorted(maps.Keys(s.Apart)) {
		fmt.Fprintf(&out, "\n  apart: %s, %d exchanges", group, s.Apart[group])
	}
	for _, c := range classes {
		if met, ok := s.Classes[c.name]; ok {
			fmt.Fprintf(&out, "\n  %s: %d values in %d exchanges: %s", c.name, met.Values, met.Exchanges, c.reason)
		}
	}
	t.Log(out.String())
}
