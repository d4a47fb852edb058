// Package loopback is what the API servers for tests have in common: a clock
// that a test can move, and a host that serves on 127.0.0.1 or over net.Pipe,
// remembers the requests and lets faults be put in their way.
package loopback

import (
	"container/heap"
	"sync"
	"time"
)

// Clock is the time of a server and the queue of what will happen to it.
type Clock struct {
	mu     sync.Mutex
	speed  float64 // server seconds per second of the wall; 0: only Advance moves it
	wall   time.Time
	now    time.Time // at wall
	inside time.Time // the time of the event that is being run; zero outside
	events eventQueue
	serial int
}

type event struct {
	at     time.Time
	serial int // events of one moment run in the order in which they were made
	do     func()
}

// NewClock is a clock that starts now and runs at speed times the wall clock,
// or, where manual, stands still but for [Clock.Advance].
func NewClock(speed float64, manual bool) *Clock {
	if manual {
		speed = 0
	}
	now := time.Now()
	return &Clock{speed: speed, wall: now, now: now.UTC()}
}

// Now is the server's time, in UTC. Inside an event it is the time for which
// the event was scheduled.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.inside.IsZero() {
		return c.inside
	}
	return c.read()
}

func (c *Clock) read() time.Time {
	if c.speed == 0 {
		return c.now
	}
	passed := time.Duration(float64(time.Since(c.wall)) * c.speed)
	return c.now.Add(passed).Round(0)
}

// Advance moves the time forward by d. What becomes due happens at the next
// [Clock.Settle].
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Schedule has do run once d has passed, in the next Settle after that.
func (c *Clock) Schedule(d time.Duration, do func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	from := c.inside
	if from.IsZero() {
		from = c.read()
	}
	c.serial++
	heap.Push(&c.events, event{at: from.Add(d), serial: c.serial, do: do})
}

// Settle runs what has become due, in order of time, what that schedules
// included. The caller holds the lock that guards the server's state; two
// Settles never overlap.
func (c *Clock) Settle() {
	for {
		do, ok := c.next()
		if !ok {
			return
		}
		do()
	}
}

// next takes the first event that is due and steps to its time, or steps back
// to the present.
func (c *Clock) next() (func(), bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.events) == 0 || c.events[0].at.After(c.read()) {
		c.inside = time.Time{}
		return nil, false
	}
	e := heap.Pop(&c.events).(event) //nolint:errcheck,forcetypeassert // the heap holds nothing else
	c.inside = e.at
	return e.do, true
}

type eventQueue []event

func (q eventQueue) Len() int { return len(q) }
func (q eventQueue) Less(i, j int) bool {
	if q[i].at.Equal(q[j].at) {
		return q[i].serial < q[j].serial
	}
	return q[i].at.Before(q[j].at)
}
func (q eventQueue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *eventQueue) Push(x any)   { *q = append(*q, x.(event)) } //nolint:errcheck,forcetypeassert // only Schedule pushes
func (q *eventQueue) Pop() any {
	old := *q
	last := old[len(old)-1]
	*q = old[:len(old)-1]
	return last
}
