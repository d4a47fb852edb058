package ovh_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/lbtest"
	"github.com/lbkit/lbkit/ovh"
	"github.com/lbkit/lbkit/ovh/ovhtest"
)

// interruptions are the ways in which the n-th write of a call fails, whether those after
// it work, and every code that the call may end with; nil where it finds that all is well.
var interruptions = map[string]struct {
	fail  func(r *lbtest.Rule)
	once  bool
	codes []error
}{
	"refused":              {func(r *lbtest.Rule) { r.Times(1).Status(403, `{"message":"no"}`) }, true, []error{lb.ErrForbidden}},
	"refused from then on": {func(r *lbtest.Rule) { r.Status(403, `{"message":"no"}`) }, false, []error{lb.ErrForbidden}},
	"failed":               {func(r *lbtest.Rule) { r.Times(1).Status(500, `{"message":"oops"}`) }, true, []error{nil, lb.ErrUncertain}},
	"done, not answered":   {func(r *lbtest.Rule) { r.Times(1).DropAfterSend() }, true, []error{nil, lb.ErrUncertain}},
	"done, answered 500":   {func(r *lbtest.Rule) { r.Times(1).Replace(500, `{"message":"oops"}`) }, true, []error{nil, lb.ErrUncertain}},
	"done, never answered": {func(r *lbtest.Rule) { r.DropAfterSend() }, false, []error{nil, lb.ErrUncertain, lb.ErrUnavailable}},
	"done, answered late":  {func(r *lbtest.Rule) { r.Times(4).DropAfterSend() }, false, []error{nil, lb.ErrUncertain, lb.ErrUnavailable}},
	callerGivesUp:          {func(r *lbtest.Rule) { r.Times(1).DropAfterSend() }, false, []error{context.Canceled}},
}

const callerGivesUp = "the caller gives up"

// TestInterruptedWrites has every write of every call fail, in every way. The call ends
// with the right code; nothing is there twice; what was made is returned, or named by the
// error; nothing is live that no commit has carried; and the same again, or for a create
// what the error asks for, ends as if nothing had happened.
func TestInterruptedWrites(t *testing.T) {
	t.Parallel()
	for name, call := range interruptible(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reference := newScene(t, call)
			before := reference.counts()
			var err error
			writes := len(reference.writes(func() { _, err = reference.call(t.Context()) }))
			if err != nil || writes < call.writes {
				t.Fatalf("undisturbed: %d writes, %v", writes, err)
			}
			most := reference.counts()
			for kind, n := range before {
				most[kind] = max(most[kind], n)
			}
			want := reference.shown()
			for way := range interruptions {
				for nth := range writes {
					interrupt(t, call, way, nth, most, want)
				}
			}
		})
	}
}

func interrupt(t *testing.T, call interruptibleCall, way string, nth int, most map[string]int, want []string) {
	t.Helper()
	fault := interruptions[way]
	s := newScene(t, call)
	live, asItWas := s.server.Running(s.service(), "gra"), s.shown()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var seen atomic.Int32
	fault.fail(s.server.Faults().On(func(r *http.Request) bool {
		if !isWrite(r) {
			return false
		}
		if int(seen.Add(1)) > nth && way == callerGivesUp {
			cancel()
		}
		return true
	}).Skip(nth))
	made, err := s.call(ctx)
	s.failed = err
	s.server.Faults().Reset()

	at := fmt.Sprintf("%s, write %d", way, nth)
	if !slices.ContainsFunc(fault.codes, func(code error) bool { return err == nil && code == nil || code != nil && errors.Is(err, code) }) {
		t.Errorf("%s: %v", at, err)
	}
	for kind, n := range s.counts() {
		if call.creates && n > most[kind] {
			t.Errorf("%s: %d of %s, want %d at most", at, n, kind, most[kind])
		}
	}
	for _, route := range must[[]ovh.DefinedRoute](t)(s.client.LoadBalancers.DefinedRoutes(t.Context(), s.service())) {
		if fault.once && strings.Contains(route.DisplayName, "to be attached") {
			t.Errorf("%s: route %d is left", at, route.RouteID)
		}
	}
	if !gocmp.Equal(live, s.server.Running(s.service(), "gra")) {
		t.Errorf("%s: something is live", at)
	}
	if diff := gocmp.Diff(asItWas, s.shown()); call.whole && way == "refused" && diff != "" {
		t.Errorf("%s (-was +is):\n%s", at, diff)
	}
	if fault.once && call.creates {
		for _, object := range s.objects() {
			if !slices.Contains(s.before, object) && !strings.Contains(fmt.Sprint(made, err), object) {
				t.Errorf("%s: %s was made, got %v, %v", at, object, made, err)
			}
		}
	}
	if err != nil {
		if err := s.again(); err != nil {
			t.Errorf("%s, then: %v", at, err)
		}
	}
	if diff := gocmp.Diff(want, s.shown()); diff != "" {
		t.Errorf("%s, %v, then (-want +got):\n%s", at, err, diff)
	}
}

func isWrite(r *http.Request) bool { return r.Method != http.MethodGet }

// interruptibleCall is a call of the provider with what goes before it.
type interruptibleCall struct {
	writes  int  // that it takes, at least
	creates bool // objects, and returns them
	whole   bool // or not at all, where one of its writes is refused
	// scene makes what the call needs, and returns it, with the IDs of what it has made.
	scene func(s *scene) func(ctx context.Context) ([]string, error)
	// again does the rest of a call that failed; nil: the same call does.
	again func(s *scene) error
}

type scene struct {
	*world
	def    interruptibleCall
	call   func(ctx context.Context) ([]string, error)
	before []string // the objects that were there
	failed error    // of the call
}

func newScene(t *testing.T, def interruptibleCall) *scene {
	t.Helper()
	world := newWorld(t, ovhtest.WithManualClock(), ovhtest.WithAssumptions(func(a *ovhtest.Assumptions) { a.Skew = time.Hour }))
	s := &scene{world: world, def: def}
	s.call = def.scene(s)
	s.before = s.objects()
	return s
}

func (s *scene) again() error {
	if s.def.again != nil {
		return s.def.again(s)
	}
	_, err := s.call(s.t.Context())
	return ignoreGone(err)
}

// ignoreGone is err unless it says that what was to be deleted is gone.
func ignoreGone(err error) error {
	if errors.Is(err, lb.ErrNotFound) {
		return nil
	}
	return err
}

// objects are the paths of what is staged, below the service: "/http/farm/1".
func (s *scene) objects() []string {
	var out []string
	for path := range s.server.Staged(s.service(), "gra") {
		out = append(out, "/"+path)
	}
	return out
}

var objectNumber = regexp.MustCompile(`/\d+`)

// counts is how many objects there are of each kind.
func (s *scene) counts() map[string]int {
	n := map[string]int{}
	for _, object := range s.objects() {
		n[objectNumber.ReplaceAllString(object, "")]++
	}
	return n
}

// shown is the load balancer as it reads, with names for IDs.
func (s *scene) shown() []string {
	s.server.Advance(2 * time.Minute) // what was begun is done
	tree := must[*lb.Tree](s.t)(s.LoadBalancers().Read(s.t.Context(), s.id))
	names := map[string]string{}
	lines := []string{text(tree.LoadBalancer.LoadBalancerSpec), fmt.Sprint(s.routeCount(), " routes"), fmt.Sprint("all live: ", len(s.pending()) == 0)}
	for _, c := range tree.Certificates {
		names[string(c.ID)] = "certificate " + c.Name
		lines = append(lines, "certificate "+c.Name+" "+c.CommonName)
	}
	for _, b := range tree.Backends {
		names[string(b.ID)] = "backend " + b.Name
		lines = append(lines, text(b.BackendSpec))
		for _, server := range b.Servers {
			lines = append(lines, b.Name+" "+text(server.ServerSpec))
		}
	}
	for _, f := range tree.Frontends {
		lines = append(lines, text(f.FrontendSpec))
		for i, filter := range f.Filters {
			lines = append(lines, fmt.Sprint(f.Name, i, text(filter.FilterSpec)))
		}
		for i, route := range f.Routes {
			lines = append(lines, fmt.Sprint(f.Name, i, text(route.RouteSpec)))
		}
	}
	for address, err := range s.Addresses().List(s.t.Context(), lb.AddressListOptions{LoadBalancer: s.id}) {
		if a := must[*lb.Address](s.t)(address, err); !a.Primary {
			lines = append(lines, "address "+string(a.ID))
		}
	}
	byLength := slices.SortedFunc(maps.Keys(names), func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	for i := range lines {
		for _, id := range byLength {
			lines[i] = strings.ReplaceAll(lines[i], id, names[id])
		}
	}
	slices.Sort(lines)
	return lines
}

func text(spec any) string {
	out, err := json.Marshal(spec)
	if err != nil {
		panic(err)
	}
	return string(out)
}
