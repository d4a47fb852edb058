package rest

import (
	"context"
	"sync"
	"time"

	"github.com/lbkit/lbkit/lb"
)

// holdWithout is how long a 429 without Retry-After holds a client back.
const holdWithout = time.Second

// mostHold is how long one answer can hold a client back, whatever it says: a
// number that is a mistake must not silence a process for good.
const mostHold = 24 * time.Hour

// hold keeps all calls of a client back after a 429.
type hold struct {
	mu  sync.Mutex
	end time.Time
}

// until extends the hold to d from now, a day at most.
func (h *hold) until(d time.Duration) {
	end := time.Now().Add(min(d, mostHold))
	h.mu.Lock()
	defer h.mu.Unlock()
	if end.After(h.end) {
		h.end = end
	}
}

// left is how long the hold goes on.
func (h *hold) left() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.end.IsZero() {
		return 0
	}
	return time.Until(h.end)
}

// wait returns when the hold is over. A hold longer than most, or than ctx has
// left, is an error at once.
func (h *hold) wait(ctx context.Context, most time.Duration) error {
	for {
		left := h.left()
		if left <= 0 {
			return ctx.Err()
		}
		deadline, bounded := ctx.Deadline()
		if left > most || (bounded && time.Until(deadline) <= left) {
			return &lb.Error{Code: lb.ErrRateLimited, Message: "held back after an answer 429", RetryAfter: left}
		}
		if err := sleep(ctx, left); err != nil {
			return err
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// holdFor is how long the answer just read asks all calls to wait.
func (s *state) holdFor() time.Duration {
	if s.hasWait {
		return s.after
	}
	return holdWithout
}
