package scaleway

import (
	"fmt"
	"testing"
	"time"

	"github.com/lbkit/lbkit/lb"
)

// written is when the writes of these tests happened.
var written = time.Date(2026, 7, 21, 10, 0, 0, 0, time.UTC)

// look is what one poll sees of one instance.
type look struct {
	status InstanceStatus
	newer  bool          // than the write
	after  time.Duration // since the poll before
}

func (l look) lb(instances int) *LB {
	b := &LB{ID: testLB, Status: LBStatusReady}
	for i := range instances {
		instance := Instance{ID: fmt.Sprint(i), Status: InstanceStatusReady, UpdatedAt: written.Add(time.Second)}
		if i == instances-1 { // the last one is the slow one
			instance.Status = l.status
			if !l.newer {
				instance.UpdatedAt = written.Add(-time.Second)
			}
		}
		b.Instances = append(b.Instances, instance)
	}
	return b
}

func TestOperationIsDoneWhenEveryInstanceHasTheWrite(t *testing.T) {
	t.Parallel()
	const (
		ready   = InstanceStatusReady
		pending = InstanceStatusPending
		second  = time.Second
	)
	for name, test := range map[string]struct {
		polls []look
		done  int // the poll that ends it, from 1; 0: none
	}{
		"two polls in a row":             {[]look{{ready, true, second}, {ready, true, second}}, 2},
		"one is early":                   {[]look{{ready, true, second}, {pending, true, second}, {ready, true, second}, {ready, true, second}}, 4},
		"pending first":                  {[]look{{pending, true, second}, {pending, true, second}, {ready, true, second}, {ready, true, second}}, 4},
		"older is not yet":               {[]look{{ready, false, second}, {ready, false, second}, {ready, true, second}, {ready, true, second}}, 4},
		"not in a row":                   {[]look{{ready, true, second}, {ready, false, second}, {ready, true, second}, {ready, false, second}}, 0},
		"ready for 10 s, never newer":    {[]look{{ready, false, second}, {ready, false, 5 * second}, {ready, false, 4 * second}, {ready, false, second}}, 4},
		"almost 10 s":                    {[]look{{ready, false, second}, {ready, false, 10*second - 1}}, 0},
		"a pending poll starts it again": {[]look{{ready, false, second}, {ready, false, 9 * second}, {pending, false, second}, {ready, false, second}, {ready, false, 9 * second}}, 0},
		"migrating is not ready":         {[]look{{InstanceStatusMigrating, true, second}, {InstanceStatusMigrating, true, 20 * second}}, 0},
		"unknown is not ready":           {[]look{{"napping", true, second}, {"napping", true, 20 * second}}, 0},
	} {
		for _, instances := range []int{1, 2, 5} {
			t.Run(fmt.Sprintf("%s/%d", name, instances), func(t *testing.T) {
				t.Parallel()
				var w writes
				clock := time.Now()
				done := 0
				for i, poll := range test.polls {
					clock = clock.Add(poll.after)
					o := newOperation(testZone, testLB, written)
					w.poll(o, clock, clock, poll.lb(instances))
					if o.Status == lb.OperationDone && done == 0 {
						done = i + 1
						if o.Progress != 100 || o.Finished.IsZero() {
							t.Errorf("done: %+v", o)
						}
					}
				}
				if done != test.done {
					t.Errorf("done at poll %d, want %d", done, test.done)
				}
			})
		}
	}
}

// Two callers who poll at the same time see the same moment: that is one look.
func TestOverlappingPollsAreOne(t *testing.T) {
	t.Parallel()
	var w writes
	seen := look{status: InstanceStatusReady, newer: true}.lb(1)
	start := time.Now()
	for i := range 5 {
		o := newOperation(testZone, testLB, written)
		w.poll(o, start, start.Add(time.Duration(i+1)*time.Millisecond), seen)
		if o.Status == lb.OperationDone {
			t.Fatal("done after looks that overlap")
		}
	}
	o := newOperation(testZone, testLB, written)
	w.poll(o, start.Add(time.Second), start.Add(2*time.Second), seen)
	if o.Status != lb.OperationDone {
		t.Error("not done after a second look")
	}
}

func TestLoadBalancerWithoutInstancesIsAsReadyAsItSays(t *testing.T) {
	t.Parallel()
	if ready, current := propagated(&LB{Status: LBStatusCreating}, written); ready || !current {
		t.Errorf("creating: %t, %t", ready, current)
	}
	if ready, current := propagated(&LB{Status: LBStatusReady}, written); !ready || !current {
		t.Errorf("ready: %t, %t", ready, current)
	}
}

func TestWatermarks(t *testing.T) {
	t.Parallel()
	var w writes
	id := FormatLoadBalancerID(testZone, testLB)
	if _, ok := w.mark(id, written); ok {
		t.Error("a mark without a write")
	}
	w.wrote(id, written.Add(1501*time.Nanosecond))
	w.wrote(id, written.Add(-time.Hour)) // an answer that came late
	m, ok := w.mark(id, written)
	if want := written.Add(2 * time.Microsecond); !ok || !m.at.Equal(want) || m.count != 2 {
		t.Errorf("got %+v, want the last, %s, rounded as later answers are", m, want)
	}
	w.forget(id, m.at.Add(-time.Microsecond))
	if _, ok := w.mark(id, written); !ok {
		t.Error("a newer mark was dropped with an older one")
	}
	w.forget(id, m.at)
	if _, ok := w.mark(id, written); ok {
		t.Error("the mark was not dropped")
	}
}

// A write whose answer has no time is at the time at which somebody asks, so that its
// operation has an ID that can be read, and does not end with the write before it.
func TestWatermarkOfAWriteWithoutATime(t *testing.T) {
	t.Parallel()
	var w writes
	id, later := FormatLoadBalancerID(testZone, testLB), written.Add(time.Minute)
	w.wrote(id, written)
	w.wrote(id, time.Time{})
	w.forget(id, written)
	m, ok := w.mark(id, later)
	if !ok || !m.at.Equal(later) || m.count != 2 {
		t.Fatalf("got %+v, %t; want a mark at %s", m, ok, later)
	}
	if again, _ := w.mark(id, later.Add(time.Minute)); again != m {
		t.Errorf("then %+v; want what it was at first", again)
	}
	if _, _, at, err := ParseOperationID(operationID(id, m.at)); err != nil || !at.Equal(later) {
		t.Errorf("the operation is of %s, %v", at, err)
	}
	w.forget(id, later)
	if _, ok := w.mark(id, later); ok {
		t.Error("the mark was not dropped")
	}
}

// Deletes have whole seconds: a second one in the same second is not live because
// the first is.
func TestSecondWriteOfTheSameMomentBeginsAnew(t *testing.T) {
	t.Parallel()
	var w writes
	id := FormatLoadBalancerID(testZone, testLB)
	seen := look{status: InstanceStatusReady, newer: true}.lb(1)
	w.wrote(id, written)
	end := func() *lb.Operation {
		o := newOperation(testZone, testLB, written)
		now := time.Now()
		w.poll(o, now, now, seen)
		w.poll(o, now.Add(time.Second), now.Add(time.Second), seen)
		return o
	}
	o := end()
	if w.finished(o.ID) == nil {
		t.Fatal("not done")
	}
	asked := time.Now()
	w.wrote(id, written)
	if w.finished(o.ID) != nil {
		t.Error("done before the second write was looked for")
	}
	late := newOperation(testZone, testLB, written)
	w.poll(late, asked, time.Now(), seen)
	w.poll(late, asked, time.Now(), seen)
	if late.Status == lb.OperationDone {
		t.Error("done by looks from before the write")
	}
}

func TestFollowedOperationsAreBounded(t *testing.T) {
	t.Parallel()
	var w writes
	seen := look{status: InstanceStatusPending}.lb(1)
	for i := range 10 * maxFollowed {
		o := newOperation(testZone, testLB, written.Add(time.Duration(i)*time.Second))
		w.poll(o, time.Now(), time.Now(), seen)
	}
	if len(w.followed) > maxFollowed || len(w.order) > maxFollowed {
		t.Errorf("%d operations, %d in order are remembered", len(w.followed), len(w.order))
	}
}

func TestBrokenLoadBalancers(t *testing.T) {
	t.Parallel()
	for status, want := range map[LBStatus]bool{
		LBStatusReady: false, LBStatusMigrating: false, "hibernating": false, LBStatusUnknown: false,
		LBStatusError: true, LBStatusStopped: true, LBStatusLocked: true,
	} {
		if got := broken(&LB{Status: status}); (got != "") != want {
			t.Errorf("load balancer %s: %q", status, got)
		}
	}
	for status, want := range map[InstanceStatus]bool{
		InstanceStatusReady: false, InstanceStatusPending: false, "napping": false,
		InstanceStatusError: true, InstanceStatusStopped: true, InstanceStatusLocked: true,
	} {
		if got := broken(look{status: status}.lb(2)); (got != "") != want {
			t.Errorf("instance %s: %q", status, got)
		}
	}
}
