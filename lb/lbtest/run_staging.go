package lbtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/lbkit/lbkit/lb"
)

func runStaging(t *testing.T, s *suite) {
	t.Helper()
	if !s.supports("loadbalancers.commit", "loadbalancers.pending") {
		return
	}
	still := s.has.advance || s.staged // nothing moves by itself
	s.test(t, "nothing to do", nothingToCommit)
	s.testWith(t, "pending until it is live", still, "Advance", pendingUntilLive)
	s.testWith(t, "one commit at a time", still, "Advance", oneAtATime)
	s.testWith(t, "a publish carries what was written before it", still, "Advance", publishCarries)
	if s.staged {
		s.test(t, "a mutation never commits", neverCommits)
	}
	s.test(t, "publishers at once", publishers)
	s.test(t, "without frontends", withoutFrontends)
	s.test(t, "the end of a context", publishCancelled)
	for _, status := range []lb.OperationStatus{lb.OperationFailed, lb.OperationCancelled} {
		s.testWith(t, "a commit ends "+string(status), s.has.endNext, "EndNext", func(w *world) { w.endsBadly(status) })
	}
	s.testWith(t, "a commit in a state that nobody knows", s.has.endNext, "EndNext", endsUnknown)
}

func (s *scene) pending() int {
	s.Helper()
	n := 0
	for _, change := range must(s.p.LoadBalancers().Pending(s.ctx, s.id))(s.world, "pending") {
		if change.Count < 1 {
			s.Errorf("pending has %d changes of zone %q", change.Count, change.Zone)
		}
		n += change.Count
	}
	return n
}

// change writes something that instances run.
func (s *scene) change() {
	s.Helper()
	must(s.p.Backends().Update(s.ctx, s.app, func(spec *lb.BackendSpec) error { s.alterBackend(spec); return nil }))(s.world, "change a backend")
}

func (s *scene) commit() (*lb.Operation, error) {
	return s.p.LoadBalancers().Commit(s.ctx, s.id, lb.CommitOptions{})
}

// nothingToCommit: a commit of nothing is done at once, without an ID, and writes
// nothing.
func nothingToCommit(w *world) {
	s := w.newScene()
	w.harmless("a commit of nothing", func() {
		op := must(s.commit())(w, "commit")
		if op.ID != "" || op.Status != lb.OperationDone {
			w.Errorf("with nothing to do the operation is %s", fingerprint(op))
		}
		op = must(lb.Publish(w.ctx, w.p, s.id, w.poll()...))(w, "publish")
		if op.ID != "" || op.Status != lb.OperationDone {
			w.Errorf("with nothing to publish the operation is %s", fingerprint(op))
		}
	})
	if n := s.pending(); n != 0 {
		w.Errorf("%d changes are pending after a publish", n)
	}
}

// pendingUntilLive: what is written is pending, also while a commit carries it, and
// until that is done. Where writes are live at once there is nothing to commit.
func pendingUntilLive(w *world) {
	s := w.newScene()
	s.change()
	before := s.pending()
	op := must(s.commit())(w, "commit")
	if (op.ID != "") != (before > 0) {
		w.Fatalf("%d changes are pending, and their commit is %s", before, fingerprint(op))
	}
	if op.ID == "" {
		return
	}
	if op.Status == lb.OperationDone || op.LoadBalancer != s.id {
		w.Errorf("the commit is %s before any time has passed", fingerprint(op))
	}
	if s.pending() == 0 {
		w.Error("nothing is pending while a commit carries it")
	}
	got := must(w.p.Operations().Get(w.ctx, op.ID))(w, "read the operation")
	w.same("the operation's ID", op.ID, got.ID)
	all := must(lb.Collect(w.p.Operations().List(w.ctx, s.id, lb.PageOptions{})))(w, "list operations")
	if !slices.ContainsFunc(all, func(o *lb.Operation) bool { return o.ID == op.ID }) {
		w.Errorf("a running commit is not among the operations: %s", fingerprint(all))
	}
	done := must(lb.WaitOperation(w.ctx, w.p, op, w.poll()...))(w, "wait for the commit")
	if done.Status != lb.OperationDone || done.ID != op.ID {
		w.Errorf("it ended as %s", fingerprint(done))
	}
	if n := s.pending(); n != 0 {
		w.Errorf("%d changes are pending after the commit", n)
	}
}

// oneAtATime: a commit while another runs is busy, by the name of that one; or it is
// one that may run beside it.
func oneAtATime(w *world) {
	s := w.newScene()
	s.change()
	first := must(s.commit())(w, "commit")
	if first.ID == "" {
		return
	}
	s.change()
	_, err := s.commit()
	if err == nil {
		return
	}
	w.code("a second commit", err, lb.ErrBusy)
	e, ok := errors.AsType[*lb.Error](err)
	if !ok || e.Kind != lb.KindOperation || e.ID != string(first.ID) {
		w.Errorf("a second commit names %v, want operation %s", err, first.ID)
	}
}

// publishCarries: what was written after a commit began is live when Publish returns.
func publishCarries(w *world) {
	s := w.newScene()
	s.change()
	must(s.commit())(w, "commit")
	s.change()
	op := must(lb.Publish(w.ctx, w.p, s.id, w.poll()...))(w, "publish while a commit runs")
	if op.Status != lb.OperationDone {
		w.Errorf("Publish returned %s", fingerprint(op))
	}
	if n := s.pending(); n != 0 {
		w.Errorf("%d changes are pending after Publish", n)
	}
}

// neverCommits: what is staged stays so, however much time passes.
func neverCommits(w *world) {
	s := w.newScene()
	before := len(must(lb.Collect(w.p.Operations().List(w.ctx, s.id, lb.PageOptions{})))(w, "list operations"))
	s.change()
	s.frontend(w.frontendSpec("more", 81, s.app))
	if w.supports("filters.set") {
		must(w.p.Filters().Set(w.ctx, s.web, []lb.FilterSpec{w.denySource("198.51.100.0/24")}, lb.SetOptions{}))(w, "set filters")
	}
	pending := s.pending()
	w.pass(time.Hour)
	if still := s.pending(); pending == 0 || still != pending {
		w.Errorf("nobody has committed: %d changes were pending, and %d are", pending, still)
	}
	if after := len(must(lb.Collect(w.p.Operations().List(w.ctx, s.id, lb.PageOptions{})))(w, "list operations")); after != before {
		w.Errorf("nobody has committed: there were %d operations, and are %d", before, after)
	}
}

// publishers: several programs write and publish at once, and nothing is left.
func publishers(w *world) {
	s := w.newScene()
	const several = 6
	other := make([]lb.Provider, several)
	for i := range other {
		other[i] = w.Provider(w.T)
	}
	var group sync.WaitGroup
	for i := range several {
		group.Go(func() {
			spec := w.backendSpec(fmt.Sprintf("mine-%d", i))
			if _, err := other[i].Backends().Create(w.ctx, s.id, spec, w.hosts(fmt.Sprintf("10.5.0.%d", i+1))...); err != nil {
				w.Errorf("publisher %d: create: %v", i, err)
				return
			}
			if op, err := lb.Publish(w.ctx, other[i], s.id, w.poll()...); err != nil || op == nil {
				w.Errorf("publisher %d: publish: %v", i, err)
			}
		})
	}
	group.Wait()
	w.publish(s.id)
	if n := s.pending(); n != 0 {
		w.Errorf("%d changes are pending after all have published", n)
	}
	for i := range several {
		if countBackends(fmt.Sprintf("mine-%d", i))(s) != 1 {
			w.Errorf("backend mine-%d is not there once", i)
		}
	}
}

// publishCancelled: the end of a context ends a publish, and says what it saw.
func publishCancelled(w *world) {
	s := w.newScene()
	s.change()
	ctx, cancel := context.WithCancel(w.ctx)
	polls := 0
	_, err := lb.Publish(ctx, w.p, s.id, lb.WithPoll(time.Millisecond, time.Millisecond), lb.WithProgress(func(lb.Progress) {
		if polls++; polls == 2 {
			cancel()
		}
	}))
	cancel()
	if err == nil {
		return // it was live before
	}
	w.code("a publish whose context ends", err, context.Canceled)
	w.publish(s.id)
	if n := s.pending(); n != 0 {
		w.Errorf("%d changes are pending after another publish", n)
	}
}

// endsBadly: a commit that fails is a *StateError at once, and what it was to carry can
// be published again.
func (w *world) endsBadly(status lb.OperationStatus) {
	s := w.newScene()
	s.change()
	if s.pending() == 0 {
		return // writes are live at once
	}
	w.EndNext(s.id, status)
	_, err := lb.Publish(w.ctx, w.p, s.id, w.poll()...)
	failure, ok := errors.AsType[*lb.StateError](err)
	if !ok || !errors.Is(err, lb.ErrFailed) {
		w.Fatalf("a commit that ends %s: got %v, want a *lb.StateError", status, err)
	}
	if failure.Kind != lb.KindOperation || failure.ID == "" || failure.Got != string(status) && failure.Got != string(lb.OperationFailed) {
		w.Errorf("a commit that ends %s is %+v", status, failure)
	}
	w.EndNext(s.id, lb.OperationDone)
	s.change()
	w.publish(s.id)
	if n := s.pending(); n != 0 {
		w.Errorf("%d changes are pending after another publish", n)
	}
}

// endsUnknown: a state that nobody knows is waited out until the context ends, whose
// error names what was seen last.
func endsUnknown(w *world) {
	s := w.newScene()
	s.change()
	if s.pending() == 0 {
		return
	}
	w.EndNext(s.id, "hibernating")
	op := must(s.commit())(w, "commit")
	w.waitedOut("a commit in a state that nobody knows", func(ctx context.Context, opts ...lb.WaitOption) error {
		_, err := lb.WaitOperation(ctx, w.p, op, opts...)
		return err
	})
}

// featureBareCommit is a commit of a load balancer that has no frontends.
const featureBareCommit lb.Feature = "loadbalancers.commit.withoutFrontends"

// withoutFrontends: what a provider says of a load balancer without frontends is so. Where
// it commits none, what was written is pending still.
func withoutFrontends(w *world) {
	support, listed := w.suite.capabilities.Features[featureBareCommit]
	if !listed {
		return
	}
	s := w.newScene()
	w.done("delete the frontend", w.p.Frontends().Delete(w.ctx, s.web))
	if s.pending() == 0 {
		return // it is live: there is nothing to commit
	}
	_, err := lb.Publish(w.ctx, w.p, s.id, w.poll()...)
	if pending := s.pending(); (err == nil) != support.Supported || (pending == 0) != support.Supported {
		w.Errorf("%s is declared: %t; publishing gives %v, and leaves %d changes pending", featureBareCommit, support.Supported, err, pending)
	}
}
