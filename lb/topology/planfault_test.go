package topology_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/lbtest"
	"github.com/lbkit/lbkit/lb/topology"
)

// breakages are the ways in which a request goes wrong: all that lbtest.Faults has. With
// cancel, the caller's context ends while the request is held back.
var breakages = []struct {
	name   string
	fault  func(rule *lbtest.Rule)
	cancel bool
}{
	{name: "drop after", fault: func(r *lbtest.Rule) { r.DropAfterSend() }},
	{name: "cancel", fault: func(r *lbtest.Rule) { r.Delay(time.Minute) }, cancel: true},
	{name: "drop before", fault: func(r *lbtest.Rule) { r.DropBeforeSend() }},
	{name: "500", fault: func(r *lbtest.Rule) { r.Status(http.StatusInternalServerError, `{"message":"broken"}`) }},
	{name: "503", fault: func(r *lbtest.Rule) { r.Status(http.StatusServiceUnavailable, "") }},
	{name: "429", fault: func(r *lbtest.Rule) { r.Status(http.StatusTooManyRequests, "").RetryAfter(0) }},
	{name: "truncate", fault: func(r *lbtest.Rule) { r.Truncate(1) }},
	{name: "replace", fault: func(r *lbtest.Rule) { r.Replace(http.StatusBadGateway, "<html>") }},
}

// TestApplyConverges: whatever goes wrong at whichever request of Apply, planning and
// applying again ends where it would have ended, with no object more or less.
//
// Random topologies change into each other and back. Requests go wrong once, and are sent
// again where that is safe, or as often as they are sent, by turns; with LBKIT_SOAK both.
func TestApplyConverges(t *testing.T) {
	t.Parallel()
	e := efforts()
	for _, name := range []string{"ovh", "scaleway"} {
		for i := 0; i < e.topologies; i += 2 {
			t.Run(fmt.Sprintf("%s/%d", name, i), func(t *testing.T) {
				t.Parallel()
				d := drawingFor(clouds[name](t))
				converges(t, clouds[name], [2]*topology.Spec{example(d, i), example(d, (i+1)%e.topologies)}, e.ways)
			})
		}
	}
}

// TestApplyConvergesOn what is hardest to get right: ports that are exchanged, and
// certificates that are replaced and ordered. The two ways that leave the most behind
// are enough: a request that is carried out without an answer, and a context that ends.
func TestApplyConvergesOn(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"ovh", "scaleway"} {
		t.Run(name+"/ports", func(t *testing.T) {
			t.Parallel()
			converges(t, clouds[name], [2]*topology.Spec{listening(8001, 8002), listening(8002, 8001)}, 2)
		})
		if name == "ovh" { // where servers have ports of their own
			t.Run(name+"/servers", func(t *testing.T) {
				t.Parallel()
				converges(t, clouds[name], [2]*topology.Spec{ported(8080, 8081), ported(8081, 8080)}, 2)
			})
		}
		t.Run(name+"/certificates", func(t *testing.T) {
			t.Parallel()
			uploaded, ordered := onlineShop(), onlineShop()
			uploaded.Certificates[0].PEM, uploaded.Certificates[0].Key = pairs()[1].pem, lb.NewSecret(pairs()[1].key)
			ordered.Certificates[0] = topology.Certificate{CertificateSpec: lb.CertificateSpec{Name: "shop", Domains: []string{"www.example.com"}}}
			converges(t, clouds[name], [2]*topology.Spec{uploaded, ordered}, 2)
		})
	}
}

// listening is a topology with two frontends on these ports.
func listening(one, two uint16) *topology.Spec {
	s := main()
	s.Backends = []topology.Backend{webBackend("web", "10.0.0.1")}
	s.Frontends = []topology.Frontend{webFrontend("one", one, "web"), webFrontend("two", two, "web")}
	return s
}

// example is the topology that is drawn from a seed.
func example(d drawing, seed int) *topology.Spec {
	return rapid.Custom(func(t *rapid.T) *topology.Spec { return drawSpec(t, d, "example") }).Example(seed)
}

// converges changes a load balancer from one topology to the other and back, with
// something going wrong at each request in turn, in the first of the ways.
func converges(t *testing.T, cloud func(t host) *cloud, specs [2]*topology.Spec, ways int) {
	t.Helper()
	want, counts := undisturbed(t, cloud(t), specs)
	runs, broken := 0, 0
	for k := 0; k < max(counts[0], counts[1]); k += efforts().stride {
		func() {
			part := &scope{T: t} // servers remember all that was asked of them, and grow slow
			defer part.end()
			c := cloud(part)
			c.apply(t, specs[0])
			for kind := range ways {
				for _, times := range repeats(k + kind) {
					for to := 1; to >= 0; to-- {
						if k < counts[to] {
							runs++
							broken += c.disturbed(t, specs[to], want[to], fault{k, times, kind})
							continue
						}
						c.apply(t, specs[to], topology.Prune())
					}
				}
			}
		}()
	}
	t.Logf("requests: %d and back %d; %d applications with a fault, %d of which ended with an error", counts[1], counts[0], runs, broken)
	if broken < runs/4 {
		t.Error("hardly any fault was one")
	}
}

// undisturbed is what the load balancer is with each of two topologies, and how many
// requests it takes to change to it from the other.
func undisturbed(t *testing.T, c *cloud, specs [2]*topology.Spec) (want [2]*topology.Spec, counts [2]int) {
	t.Helper()
	c.apply(t, specs[0])
	for _, to := range []int{1, 0} {
		plan := c.plan(t, specs[to], topology.Prune())
		before := len(c.requests())
		if _, err := plan.Apply(t.Context(), c, quick); err != nil {
			t.Fatal(err)
		}
		counts[to] = len(c.requests()) - before
		want[to] = c.export(t)
	}
	return want, counts
}

// repeats is how often a request goes wrong.
func repeats(turn int) []int {
	both := []int{1, 4}
	if soaking() {
		return both
	}
	return both[turn%2 : turn%2+1]
}

// fault is what goes wrong: the requests after skip, so many times, in a way.
type fault struct{ skip, times, kind int }

// disturbed applies a topology with something going wrong, then once more, and compares
// what is there then. It returns 1 where that went wrong, else 0.
func (c *cloud) disturbed(t *testing.T, to, want *topology.Spec, f fault) int {
	t.Helper()
	err := c.broken(t, to, f)
	c.apply(t, to, topology.Prune())
	if diff := cmp.Diff(want, c.export(t), equalities); diff != "" {
		t.Fatalf("%s after %d requests, %d times (%v): not as without (-want +got):\n%s", breakages[f.kind].name, f.skip, f.times, err, diff)
	}
	if err != nil {
		return 1
	}
	return 0
}

// broken plans, and applies with something going wrong.
func (c *cloud) broken(t *testing.T, want *topology.Spec, f fault) error {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	plan, err := topology.NewPlan(ctx, c, c.id, want, topology.Prune())
	if err != nil {
		t.Fatal(err)
	}
	defer c.faults.Reset()
	if breakages[f.kind].cancel {
		f.times = 1 // the look at what is staged, which comes then, is to get its answer
	}
	var seen atomic.Int64
	rule := c.faults.On(func(*http.Request) bool {
		n := int(seen.Add(1))
		hit := n > f.skip && n <= f.skip+f.times
		if hit && breakages[f.kind].cancel {
			cancel()
		}
		return hit
	})
	breakages[f.kind].fault(rule)
	_, err = plan.Apply(ctx, c, quick)
	return err
}

// TestApplyKeepsOrder looks at the load balancer after every request of Apply: no
// frontend that is enabled leads to what is not there, and what serves before and
// after serves all along.
func TestApplyKeepsOrder(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"ovh", "scaleway"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(rt *rapid.T) {
				c := clouds[name](rt)
				from, to := drawSpec(rt, drawingFor(c), "from"), drawSpec(rt, drawingFor(c), "to")
				c.watched(rt, from)
				c.watched(rt, to, topology.Prune())
			})
		})
	}
}

// watched plans and applies want under a watch. What the load balancer holds changes by
// writes alone, so it is enough to look before each of them, and at the end.
func (c *cloud) watched(t tester, want *topology.Spec, opts ...topology.PlanOption) {
	t.Helper()
	plan := c.plan(t, want, opts...)
	trees := []*lb.Tree{c.look(t)}
	c.faults.On(func(r *http.Request) bool {
		if r.Method != http.MethodGet {
			trees = append(trees, c.look(t)) // writes come one after the other
		}
		return false
	})
	defer c.faults.Reset()
	if _, err := plan.Apply(context.Background(), c, quick); err != nil {
		t.Fatalf("%v\nof %s", err, plan)
	}
	trees = append(trees, c.look(t))
	for _, tree := range trees {
		if problem := dangles(tree); problem != "" {
			t.Fatalf("%s\nduring %s", problem, plan)
		}
		if problem := lacksAmong(trees[0], trees[len(trees)-1], tree); problem != "" {
			t.Fatalf("%s\nduring %s", problem, plan)
		}
		if problem := opensEarly(trees[0], trees[len(trees)-1], tree); problem != "" && c.Capabilities().Has("frontend.disabled") {
			t.Fatalf("%s\nduring %s", problem, plan)
		}
	}
}

func (c *cloud) look(t tester) *lb.Tree {
	t.Helper()
	tree, err := c.watch.LoadBalancers().Read(context.Background(), c.id)
	fatal(t, err)
	return tree
}

// dangles says what an enabled frontend leads to that is not there.
func dangles(tree *lb.Tree) string {
	there := map[string]bool{"": true}
	for _, c := range tree.Certificates {
		there[string(c.ID)] = true
	}
	for _, b := range tree.Backends {
		there[string(b.ID)] = true
	}
	for _, f := range tree.Frontends {
		if f.Disabled {
			continue
		}
		ids := []string{string(f.DefaultBackend)}
		for _, id := range f.Certificates {
			ids = append(ids, string(id))
		}
		for _, r := range f.Routes {
			ids = append(ids, string(r.Backend))
		}
		for _, id := range ids {
			if !there[id] {
				return fmt.Sprintf("frontend %q leads to %q, which is not there", f.Name, id)
			}
		}
	}
	return ""
}

// lacksAmong says which server of a backend, or denial of a frontend, is there before
// and after and not now. What was replaced is another object.
func lacksAmong(before, after, now *lb.Tree) string {
	is, was, will := held(now), held(before), held(after)
	for key := range was {
		if will[key] && !is[key] {
			return key + " is gone for a moment"
		}
	}
	return ""
}

// opensEarly says which frontend that was not enabled before is, and lacks a denial that
// it will have.
func opensEarly(before, after, now *lb.Tree) string {
	open := map[lb.FrontendID]bool{}
	for _, f := range before.Frontends {
		open[f.ID] = !f.Disabled
	}
	for _, f := range now.Frontends {
		if f.Disabled || open[f.ID] {
			continue
		}
		mine, will := held(&lb.Tree{Frontends: []lb.FrontendTree{f}}), held(&lb.Tree{Frontends: after.Frontends})
		for key := range will {
			if strings.HasSuffix(key, " of "+string(f.ID)) && !mine[key] {
				return fmt.Sprintf("frontend %q is open, and %s is not there yet", f.Name, key)
			}
		}
	}
	return ""
}

// held are the servers of backends and the denials of frontends, by the ID of what holds
// them. Denials of a frontend that is disabled count: it denies everything.
func held(tree *lb.Tree) map[string]bool {
	all := map[string]bool{}
	for _, b := range tree.Backends {
		for _, s := range b.Servers {
			all[fmt.Sprintf("server %s of %s", s.Address, b.ID)] = true
		}
	}
	for _, f := range tree.Frontends {
		for _, filter := range f.Filters {
			if filter.Action == lb.FilterDeny {
				all[fmt.Sprintf("denial %v of %s", filter.Match, f.ID)] = true
			}
		}
	}
	return all
}
