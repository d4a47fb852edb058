package loopback

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestClockOrder: what is due happens in order of time, each at its own moment,
// what an event schedules included.
func TestClockOrder(t *testing.T) {
	t.Parallel()
	c := NewClock(0, true)
	start := c.Now()
	var log []string
	note := func(name string) func() {
		return func() { log = append(log, name+" "+c.Now().Sub(start).String()) }
	}
	c.Schedule(3*time.Second, note("third"))
	c.Schedule(time.Second, func() {
		note("first")()
		c.Schedule(time.Second, note("nested"))
	})
	c.Schedule(3*time.Second, note("also third"))
	c.Settle()
	if len(log) != 0 {
		t.Fatalf("too early: %v", log)
	}
	c.Advance(10 * time.Second)
	c.Settle()
	if diff := cmp.Diff([]string{"first 1s", "nested 2s", "third 3s", "also third 3s"}, log); diff != "" {
		t.Error(diff)
	}
	if got := c.Now().Sub(start); got != 10*time.Second {
		t.Errorf("now is %s after the start", got)
	}
}

func TestClockSpeed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := NewClock(50, false)
		start := c.Now()
		time.Sleep(time.Second) //nolint:forbidigo // virtual time
		if got := c.Now().Sub(start); got != 50*time.Second {
			t.Errorf("%s passed", got)
		}
		c.Advance(time.Minute)
		if got := c.Now().Sub(start); got != 110*time.Second {
			t.Errorf("%s passed", got)
		}
		manual := NewClock(50, true)
		start = manual.Now()
		time.Sleep(time.Second) //nolint:forbidigo // virtual time
		if got := manual.Now(); !got.Equal(start) {
			t.Errorf("a manual clock moved by %s", got.Sub(start))
		}
	})
}
