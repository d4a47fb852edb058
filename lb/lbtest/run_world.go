package lbtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/lbkit/lbkit/lb"
)

// world is a harness during one test.
type world struct {
	*testing.T
	*Harness

	suite   *suite
	p       lb.Provider
	preface string          // of what fails: empty but where the suite looks whether it can run at all
	ctx     context.Context //nolint:containedctx // a test's own
}

// patience bounds every test: what takes longer hangs.
const patience = time.Minute

func (s *suite) newWorld(t *testing.T) *world {
	t.Helper()
	return s.worldOf(t, s.newHarness(t))
}

func (s *suite) worldOf(t *testing.T, h *Harness) *world {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return &world{T: t, Harness: h, suite: s, p: h.Provider(t), ctx: ctx}
}

func (w *world) supports(features ...lb.Feature) bool { return w.suite.supports(features...) }

// must is the value of a call that has to succeed.
func must[V any](value V, err error) func(w *world, what string) V {
	return func(w *world, what string) V {
		w.Helper()
		if err != nil {
			w.Fatalf("%s%s: %v", w.preface, what, err)
		}
		return value
	}
}

// done wants a call to have succeeded.
func (w *world) done(what string, err error) {
	w.Helper()
	if err != nil {
		w.Fatalf("%s: %v", what, err)
	}
}

// code wants err to match code.
func (w *world) code(what string, err, code error) {
	w.Helper()
	if !errors.Is(err, code) {
		w.Errorf("%s: got error %v, want %q", what, err, code)
	}
}

// same wants two values to be the same in JSON, in which Native has no part.
func (w *world) same(what string, want, got any) {
	w.Helper()
	if a, b := fingerprint(want), fingerprint(got); a != b {
		w.Errorf("%s:\nwant %s\ngot  %s", what, a, b)
	}
}

// fingerprint is a value as JSON.
func fingerprint(value any) string {
	b, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprintf("%v: %+v", err, value)
	}
	return string(b)
}

// equal wants what was read to be the canonical form of what was asked for.
func equal[S lb.Spec](w *world, what string, want, got S) {
	w.Helper()
	for _, change := range lb.Diff(want, got) {
		w.Errorf("%s: %s is %v, want %v", what, change.Path, change.After, change.Before)
	}
}

// sent are the requests that reach the API while do runs: "POST /path". Without
// Harness.Requests there are none.
func (w *world) sent(do func()) []string {
	w.Helper()
	if w.Requests == nil {
		do()
		return nil
	}
	before := len(w.Requests())
	do()
	var out []string
	for _, r := range w.Requests()[before:] {
		out = append(out, r.Method+" "+r.URL.Path)
	}
	return out
}

// writes are those of requests that may change something.
func writes(requests []string) []string {
	var out []string
	for _, request := range requests {
		if !strings.HasPrefix(request, http.MethodGet+" ") && !strings.HasPrefix(request, http.MethodHead+" ") {
			out = append(out, request)
		}
	}
	return out
}

// silent wants no request to reach the API while do runs.
func (w *world) silent(what string, do func()) {
	w.Helper()
	if requests := w.sent(do); len(requests) > 0 {
		w.Errorf("%s: nothing may be sent, and there came %s", what, strings.Join(requests, ", "))
	}
}

// harmless wants no request that may change something.
func (w *world) harmless(what string, do func()) {
	w.Helper()
	if requests := writes(w.sent(do)); len(requests) > 0 {
		w.Errorf("%s: nothing may be written, and there came %s", what, strings.Join(requests, ", "))
	}
}

// pass lets time pass, where that is in the harness's hands.
func (w *world) pass(d time.Duration) {
	if w.Advance != nil {
		w.Advance(d)
	}
}

// poll is how the suite waits: often, and time passes between.
func (w *world) poll(also ...lb.WaitOption) []lb.WaitOption {
	return append([]lb.WaitOption{
		lb.WithPoll(time.Millisecond, 5*time.Millisecond),
		lb.WithProgress(func(lb.Progress) { w.pass(time.Second) }),
	}, also...)
}

func (w *world) publish(id lb.LoadBalancerID) *lb.Operation {
	w.Helper()
	if !w.supports("loadbalancers.commit") {
		return &lb.Operation{Status: lb.OperationDone}
	}
	return must(lb.Publish(w.ctx, w.p, id, w.poll()...))(w, "publish")
}
