package lbtest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lbkit/lbkit/lb"
)

// faultKind is one way in which a request goes wrong.
type faultKind struct {
	name  string
	make  func(*Rule)
	match func(*http.Request) bool // what it befalls; nil: every request
}

// endless is how many requests, for each that a call takes undisturbed, no provider sends
// that means to stop.
const endless = 300

// astray is where redirects lead to, and nothing else does.
const astray = "/lbtest-astray"

// faultKinds are what Faults can do to a request.
func faultKinds() []faultKind {
	return []faultKind{
		{name: "500", make: func(r *Rule) { r.Status(500, `{"message":"boom"}`) }},
		{name: "502, in HTML", make: func(r *Rule) { r.Status(502, "<html>bad gateway</html>") }},
		{name: "503", make: func(r *Rule) { r.Status(503, "") }},
		{name: "429", make: func(r *Rule) { r.Status(429, `{"message":"slow down"}`).RetryAfter(0) }},
		{name: "400", make: func(r *Rule) { r.Status(400, `{"message":"no"}`) }},
		{name: "403", make: func(r *Rule) { r.Status(403, `{"message":"no"}`) }},
		{name: "409", make: func(r *Rule) { r.Status(409, `{"message":"no"}`) }},
		{name: "302, to the same host", make: func(r *Rule) { r.redirect(302, astray) }},
		{name: "307, to another host", make: func(r *Rule) { r.redirect(307, "https://lbtest.invalid"+astray) }},
		{name: "not sent", make: func(r *Rule) { r.DropBeforeSend() }},
		{name: "sent, and the answer lost", make: func(r *Rule) { r.DropAfterSend() }},
		{name: "done, and answered 500", make: func(r *Rule) { r.Replace(500, `{"message":"boom"}`) }},
		{name: "done, and answered in HTML", make: func(r *Rule) { r.Replace(200, "<html>welcome</html>") }},
		{name: "done, and answered {}", make: func(r *Rule) { r.Replace(200, "{}") }},
		{name: "the answer cut off", make: func(r *Rule) { r.Truncate(1) }},
	}
}

// conflicts are what an API says for ever to what writes, while reads go well: what tempts
// a provider to read and to try again. They are its own words, where it has some.
func (w *world) conflicts() []faultKind {
	kind := func(status int, meaning, body string) faultKind {
		return faultKind{
			name:  fmt.Sprintf("%d, %s", status, meaning),
			make:  func(r *Rule) { r.Status(status, body) },
			match: func(r *http.Request) bool { return r.Method != http.MethodGet && r.Method != http.MethodHead },
		}
	}
	kinds := []faultKind{kind(http.StatusConflict, "in no words", `{"message":"no"}`)}
	for _, code := range []error{lb.ErrConflict, lb.ErrBusy} {
		if w.Failure == nil {
			break
		}
		if status, body, ok := w.Failure(code); ok {
			kinds = append(kinds, kind(status, code.Error(), body))
		}
	}
	return kinds
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

// each numbers the faults of a plan: each kind at each request once, and at all of them,
// and each conflict at all that write.
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
	for _, kind := range plan.conflicts {
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
	writes        int    // of requests, those that may change something; 0 where the call only reads
	before, after int    // by call.count
	read          string // what a reading call reads
	conflicts     []faultKind
	ends          bool // with the one request of it that writes
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
	requests := w.sent(func() {
		value, err := c.on(w.ctx, scene)
		w.done(string(c.op), err)
		plan.read = fingerprint(value)
	})
	plan.requests = len(requests)
	if c.count != nil {
		plan.after = c.count(scene)
	}
	if !c.reads() {
		plan.writes, plan.conflicts = len(writes(requests)), w.conflicts()
		plan.ends = plan.writes == 1 && len(writes(requests[len(requests)-1:])) == 1
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
	switch {
	case kind.match != nil:
		what = "every write: " + kind.name
	case times < 0:
		what = "every request: " + kind.name
	}
	s.disturbed(t, plan, what, func(w *world, scene *scene) {
		ctx, count := w.counted(plan)
		rule := w.Faults.On(kind.match).Skip(request)
		if times > 0 {
			rule.Times(times)
		}
		kind.make(rule)
		var value any
		var err error
		reached := w.sent(func() { value, err = plan.on(ctx, scene) })
		w.Faults.Reset()
		if n := count.astray.Load(); n > 0 {
			w.Errorf("it followed a redirect, with %d requests", n)
		}
		switch {
		case ctx.Err() != nil && w.ctx.Err() == nil:
			w.Errorf("it goes on without end: %d requests for a call that takes %d: %v", count.all.Load(), plan.requests, err)
			return
		case errors.Is(err, context.DeadlineExceeded):
			w.Errorf("it hung: %v", err)
			return
		case err != nil:
			w.typed("with the fault", plan.call, err)
		case plan.writes > 0 && len(writes(reached)) == 0:
			w.Error("success, and nothing that writes has reached the API")
		case plan.reads() && fingerprint(value) != plan.read:
			w.Errorf("success, with another answer:\nwant %s\ngot  %s", plan.read, fingerprint(value))
		}
		if plan.count != nil {
			w.certain(scene, plan, reached, err)
			w.settled(scene, plan, value, err)
		}
	})
}

// requestCount is how many requests a provider has sent: all, and those to where a redirect led.
type requestCount struct{ all, astray atomic.Int64 }

// counted counts the requests that follow, on the provider's side of the wire, and ends
// the context of a call that sends far more than it takes. What goes astray is
// answered here.
func (w *world) counted(plan *faultPlan) (context.Context, *requestCount) {
	ctx, cancel := context.WithCancel(w.ctx)
	w.Cleanup(cancel)
	count, most := &requestCount{}, int64(endless*max(plan.requests, 1))
	w.Faults.On(func(r *http.Request) bool {
		if count.all.Add(1) > most {
			cancel()
		}
		if r.URL.Path != astray {
			return false
		}
		count.astray.Add(1)
		return true
	}).Status(http.StatusNotFound, "")
	return ctx, count
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
func (w *world) settled(s *scene, plan *faultPlan, value any, err error) {
	w.Helper()
	got := plan.count(s)
	low, high := min(plan.before, plan.after), max(plan.before, plan.after)
	switch {
	case err == nil && got != plan.after:
		w.Errorf("success, and there are %d of what it writes, want %d", got, plan.after)
	case got < low || got > high:
		w.Errorf("%v, and there are %d of what it writes, want %d to %d", err, got, low, high)
	case err != nil && got == plan.before && plan.op != "servers.set" && something(value): // which removes, too
		w.Errorf("%v, and beside it there is %s, which is not there", err, fingerprint(value))
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

// certain: what was written once, and is there, cannot be told as if nothing had happened.
func (w *world) certain(s *scene, plan *faultPlan, reached []string, err error) {
	w.Helper()
	e, failed := errors.AsType[*lb.Error](err)
	if failed && plan.ends && e.Attempts == 1 && len(writes(reached)) == 1 && errors.Is(e.Code, lb.ErrUnavailable) &&
		plan.before != plan.after && plan.count(s) == plan.after {
		w.Errorf("it has happened, and is told as %v; want ErrUncertain, as it may have", err)
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
