package lbtest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/lbkit/lbkit/lb"
)

// faultKind is one way in which a request goes wrong.
type faultKind struct {
	name string
	make func(*Rule)
}

// faultKinds are what Faults can do to a request.
func faultKinds() []faultKind {
	return []faultKind{
		{"500", func(r *Rule) { r.Status(500, `{"message":"boom"}`) }},
		{"502, in HTML", func(r *Rule) { r.Status(502, "<html>bad gateway</html>") }},
		{"503", func(r *Rule) { r.Status(503, "") }},
		{"429", func(r *Rule) { r.Status(429, `{"message":"slow down"}`).RetryAfter(0) }},
		{"400", func(r *Rule) { r.Status(400, `{"message":"no"}`) }},
		{"403", func(r *Rule) { r.Status(403, `{"message":"no"}`) }},
		{"not sent", func(r *Rule) { r.DropBeforeSend() }},
		{"sent, and the answer lost", func(r *Rule) { r.DropAfterSend() }},
		{"done, and answered 500", func(r *Rule) { r.Replace(500, `{"message":"boom"}`) }},
		{"done, and answered in HTML", func(r *Rule) { r.Replace(200, "<html>welcome</html>") }},
		{"done, and answered {}", func(r *Rule) { r.Replace(200, "{}") }},
		{"the answer cut off", func(r *Rule) { r.Truncate(1) }},
	}
}

// runFaults puts each fault in the way of each request of each call. The outcome is
// success or a typed error; what the call writes is there once at most, and entirely
// after a success; and what can be called again comes to the same end.
func runFaults(t *testing.T, s *suite) {
	t.Helper()
	if !s.has.faults || !s.has.requests {
		t.Run("each call", func(t *testing.T) {
			t.Parallel()
			t.Skip("the harness has no Faults or no Requests")
		})
		return
	}
	for _, c := range s.calls() {
		t.Run(string(c.op), func(t *testing.T) {
			t.Parallel()
			s.tests.Add(1)
			plan := s.planFaults(t, c)
			if plan == nil {
				t.Skipf("the harness has no %s", c.kind)
			}
			plan.each(func(n int, kind faultKind, request, times int) {
				if n%faultStride == 0 {
					s.fault(t, plan, kind, request, times)
				}
			})
			for request := range plan.requests {
				s.hangs(t, plan, request)
			}
		})
	}
}

// each numbers the faults of a plan: each kind at each request once, and at all of them.
func (plan *faultPlan) each(run func(n int, kind faultKind, request, times int)) {
	n := 0
	for _, kind := range faultKinds() {
		for request := range plan.requests {
			run(n, kind, request, 1)
			n++
		}
		run(n, kind, 0, -1)
		n++
	}
}

// disturbed runs one case on a scene that is ready for the call: on one for all where
// the call only reads, or else on one of its own.
func (s *suite) disturbed(t *testing.T, plan *faultPlan, what string, run func(w *world, scene *scene)) {
	t.Helper()
	s.faults.Add(1)
	t.Run(what, func(t *testing.T) {
		if plan.reads() {
			w := *plan.scene.world
			scene := *plan.scene
			w.T, scene.world = t, &w
			run(&w, &scene)
			return
		}
		w := s.newWorld(t)
		run(w, w.stage(plan.call))
	})
}

// faultPlan is what a call does without faults.
type faultPlan struct {
	call
	scene         *scene
	requests      int
	before, after int    // by call.count
	read          string // what a reading call reads
}

// planFaults makes the call once, undisturbed.
func (s *suite) planFaults(t *testing.T, c call) *faultPlan {
	t.Helper()
	w := s.newWorld(t)
	scene := w.stage(c)
	if scene == nil {
		return nil
	}
	plan := &faultPlan{call: c, scene: scene}
	if c.count != nil {
		plan.before = c.count(scene)
	}
	plan.requests = len(w.sent(func() {
		value, err := c.on(w.ctx, scene)
		w.done(string(c.op), err)
		plan.read = fingerprint(value)
	}))
	if c.count != nil {
		plan.after = c.count(scene)
	}
	return plan
}

// stage is a scene that is ready for a call; nil where it lacks what the call is about.
func (w *world) stage(c call) *scene {
	w.Helper()
	scene := w.newScene()
	if !c.possible(scene) {
		return nil
	}
	if c.prepare != nil {
		c.prepare(scene)
	}
	return scene
}

// fault makes the call on a scene of its own, with a fault in the way of one request,
// times over; -1 is for ever.
func (s *suite) fault(t *testing.T, plan *faultPlan, kind faultKind, request, times int) {
	t.Helper()
	what := fmt.Sprintf("request %d of %d: %s", request+1, plan.requests, kind.name)
	if times < 0 {
		what = "every request: " + kind.name
	}
	s.disturbed(t, plan, what, func(w *world, scene *scene) {
		rule := w.Faults.On(nil).Skip(request)
		if times > 0 {
			rule.Times(times)
		}
		kind.make(rule)
		value, err := plan.on(w.ctx, scene)
		w.Faults.Reset()
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			w.Errorf("it hung: %v", err)
			return
		case err != nil:
			w.typed("with the fault", plan.call, err)
		case plan.reads() && fingerprint(value) != plan.read:
			w.Errorf("success, with another answer:\nwant %s\ngot  %s", plan.read, fingerprint(value))
		}
		if plan.count != nil {
			w.settled(scene, plan, err)
		}
	})
}

// typed wants an error of a call that failed to be an *lb.Error of it.
func (w *world) typed(what string, c call, err error) {
	w.Helper()
	e, ok := errors.AsType[*lb.Error](err)
	if !ok || e.Code == nil {
		w.Errorf("%s: got %T, want an *lb.Error with a code: %v", what, err, err)
		return
	}
	w.names(what, c, e)
}

// settled wants the state to agree with the outcome.
func (w *world) settled(s *scene, plan *faultPlan, err error) {
	w.Helper()
	got := plan.count(s)
	low, high := min(plan.before, plan.after), max(plan.before, plan.after)
	switch {
	case err == nil && got != plan.after:
		w.Errorf("success, and there are %d of what it writes, want %d", got, plan.after)
	case got < low || got > high:
		w.Errorf("%v, and there are %d of what it writes, want %d to %d", err, got, low, high)
	}
	if plan.op != "loadbalancers.delete" {
		if twice := s.doubles(); len(twice) > 0 {
			w.Errorf("%v, and there are twice: %s", err, strings.Join(twice, ", "))
		}
	}
	if err == nil || !plan.again {
		return
	}
	if _, err := plan.on(w.ctx, s); err != nil && !errors.Is(err, lb.ErrNotFound) {
		w.Errorf("called again: %v", err)
	}
	if got := plan.count(s); got != plan.after {
		w.Errorf("called again: there are %d of what it writes, want %d", got, plan.after)
	}
}

// hangs: a request that is never answered ends with the context.
func (s *suite) hangs(t *testing.T, plan *faultPlan, request int) {
	t.Helper()
	what := fmt.Sprintf("request %d of %d: never answered", request+1, plan.requests)
	s.disturbed(t, plan, what, func(w *world, scene *scene) {
		w.Faults.On(nil).Skip(request).Delay(time.Hour)
		ctx, cancel := context.WithTimeout(w.ctx, 15*time.Millisecond)
		defer cancel()
		begin := time.Now()
		_, err := plan.on(ctx, scene)
		w.Faults.Reset()
		w.code("the context has ended", err, context.DeadlineExceeded)
		if took := time.Since(begin); took > 10*time.Second {
			w.Errorf("the context has ended, and the call took %s", took)
		}
		if err != nil {
			w.typed("with the fault", plan.call, err)
		}
	})
}

// reads reports whether a call changes nothing, so that it answers the same as often as it
// is made.
func (c call) reads() bool {
	_, verb, _ := strings.Cut(string(c.op), ".")
	switch verb {
	case "list", "get", "read", "health", "egressRanges", "pending":
		return true
	default:
		return false
	}
}
