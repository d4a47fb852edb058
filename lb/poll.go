package lb

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

const (
	defaultShortestPause = time.Second
	defaultLongestPause  = 10 * time.Second

	// patience is how long reads may fail on end, for reasons that pass, before a
	// wait ends with the error.
	patience = 2 * time.Minute

	// unknownPercent is a Progress.Percent that nobody knows.
	unknownPercent = -1
)

// waiter polls. One waiter counts the polls and the time of one wait, even where
// that looks at several things one after the other.
type waiter struct {
	waitOptions
	start time.Time
	polls int
}

func newWaiter(opts []WaitOption) *waiter {
	w := &waiter{start: time.Now()}
	for _, opt := range opts {
		if opt != nil {
			opt(&w.waitOptions)
		}
	}
	if w.shortest <= 0 {
		w.shortest = defaultShortestPause
	}
	if w.longest <= 0 {
		w.longest = defaultLongestPause
	}
	w.longest = max(w.longest, w.shortest)
	return w
}

// goal is what a wait is for.
type goal struct {
	kind Kind
	id   string
	want string
}

// sight is what one poll saw.
type sight struct {
	id      string // where it is not the goal's: the resource has another ID now
	state   string
	detail  string // why
	percent int
	end     bool // what was wanted is there
	failed  bool // it will never be
}

// failure is the end of a wait that saw what cannot become what it is for.
func (w *waiter) failure(g goal, seen sight) error {
	e := &StateError{Kind: g.kind, ID: g.id, Want: g.want, Got: seen.state, Detail: seen.detail, Polls: w.polls}
	if w.polls > 0 {
		e.Elapsed = time.Since(w.start)
	}
	return e
}

// until looks until it sees the end of the wait. It is where the rules of WaitOption
// are kept.
func (w *waiter) until(ctx context.Context, g goal, look func() (sight, error)) error {
	var (
		pauses  = w.pauses()
		state   string // the last one seen
		trouble trouble
	)
	for {
		if ctx.Err() != nil {
			return w.ended(ctx, g, state, trouble.err)
		}
		seen, err := look()
		if err != nil {
			if ctx.Err() != nil {
				return w.ended(ctx, g, state, err)
			}
			retryAfter, code := trouble.bear(err)
			if code == nil {
				return err
			}
			w.tell(g, sight{state: code.Error(), percent: unknownPercent})
			sleep(ctx, max(pauses.next(), retryAfter))
			continue
		}
		trouble.err, state = nil, seen.state
		if seen.id != "" {
			g.id = seen.id
		}
		w.tell(g, seen)
		switch {
		case seen.failed:
			return w.failure(g, seen)
		case seen.end:
			return nil
		}
		sleep(ctx, pauses.next())
	}
}

// trouble is looks that fail on end: the last one's error, nil when all is well, and when
// it began.
type trouble struct {
	err   error
	since time.Time
}

// bear tells whether another look is worth it after one that failed with err: the code of
// what passes, nil where it does not or has gone on for too long, and how long the
// provider asked to wait.
func (t *trouble) bear(err error) (retryAfter time.Duration, code error) {
	if t.err == nil {
		t.since = time.Now()
	}
	t.err = err
	retryAfter, code = passing(err)
	if retryAfter >= patience-time.Since(t.since) {
		return retryAfter, nil
	}
	return retryAfter, code
}

// tell counts a poll and reports it.
func (w *waiter) tell(g goal, seen sight) {
	w.polls++
	if w.report == nil {
		return
	}
	w.report(Progress{
		Kind:    g.kind,
		ID:      g.id,
		State:   seen.state,
		Percent: seen.percent,
		Elapsed: time.Since(w.start),
		Polls:   w.polls,
	})
}

// passing gives the code of an error that passes, nil for one that does not, and how long
// the provider asked to wait.
func passing(err error) (retryAfter time.Duration, code error) {
	for _, code := range []error{ErrRateLimited, ErrBusy, ErrUnavailable} {
		if !errors.Is(err, code) {
			continue
		}
		if e, ok := errors.AsType[*Error](err); ok {
			retryAfter = e.RetryAfter
		}
		return retryAfter, code
	}
	return 0, nil
}

// pauses grow from the shortest to the longest. From the second on each is up to a
// quarter shorter than that, so that programs that started together do not poll
// together.
type pauses struct{ current, shortest, longest time.Duration }

func (w *waiter) pauses() *pauses {
	return &pauses{current: w.shortest, shortest: w.shortest, longest: w.longest}
}

func (p *pauses) next() time.Duration {
	pause := p.current
	if spread := min(pause/4, pause-p.shortest); spread > 0 {
		pause -= rand.N(spread + 1) //nolint:gosec // jitter, not a secret
	}
	if p.current > p.longest/2 {
		p.current = p.longest
	} else {
		p.current *= 2
	}
	return pause
}

// sleep waits for d, or until ctx ends.
func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// endedError says that the caller's context ended a wait. It has no sentinel of its own:
// nothing went wrong that is not the context's.
type endedError struct {
	goal
	state   string
	elapsed time.Duration
	polls   int
	causes  []error // the context's first
}

// ended is the error of a wait whose context has ended. err is that of the last look,
// which may say what the wait was up against.
func (w *waiter) ended(ctx context.Context, g goal, state string, err error) error {
	e := &endedError{goal: g, state: state, elapsed: time.Since(w.start), polls: w.polls}
	e.causes = append(e.causes, ctx.Err())
	if cause := context.Cause(ctx); !errors.Is(ctx.Err(), cause) {
		e.causes = append(e.causes, cause)
	}
	if err != nil {
		e.causes = append(e.causes, err)
	}
	return e
}

// Error is one line, such as
//
//	load balancer "loadbalancer-1": wanted ready, last seen updating (31s, 7 polls): context deadline exceeded
func (e *endedError) Error() string {
	state := e.state
	if state == "" {
		state = "nothing"
	}
	text := fmt.Sprintf("%s: wanted %s, last seen %s (%s)", resource(e.kind, e.id), e.want, state, looked(e.elapsed, e.polls))
	for _, cause := range e.causes {
		text += ": " + cause.Error()
	}
	return oneLine(text)
}

// looked is how long and how often a wait has looked: "31s, 7 polls".
func looked(elapsed time.Duration, polls int) string {
	word := "polls"
	if polls == 1 {
		word = "poll"
	}
	return fmt.Sprintf("%s, %d %s", elapsed.Round(time.Millisecond), polls, word)
}

// Unwrap gives the context's error, its cause and the last look's error.
func (e *endedError) Unwrap() []error { return e.causes }
