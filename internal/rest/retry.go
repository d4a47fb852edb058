package rest

import (
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/lbkit/lbkit/lb"
)

// outcome is how one attempt ended.
type outcome uint8

const (
	answered   outcome = iota // with a status; a success was decoded
	unreadable                // the status says success, the body cannot be read
	lost                      // the connection failed
	timedOut                  // the attempt's own time was up
	barred                    // no connection is to be had: see lasting
	refused                   // not sent by our own decision: signing, limiter, hold
	cancelled                 // the caller's context ended
)

// attempt is what the decision on a retry depends on.
type attempt struct {
	Method     string
	Number     int // from 1; those spent on new credentials or on conflicts that pass do not count
	Outcome    outcome
	Sent       bool // bytes of the request may have left
	Status     int
	Transient  bool // the provider's decoder calls this 409 transient
	Renewed    bool // fresh credentials may be accepted; said once a call
	Repeatable bool // the call does no harm when sent twice
	RetryAfter time.Duration
	HasAfter   bool          // the answer has a Retry-After
	Conflicts  int           // of the call's answers, how many were transient 409s
	Conflicted time.Duration // what was waited for them
	Left       time.Duration // until the context's deadline
	HasLeft    bool
}

// decision is what follows.
type decision struct {
	Retry bool
	Wait  time.Duration
	// Gone: a DELETE that finds nothing any more has succeeded.
	Gone bool
	// Uncertain: the write may or may not have happened.
	Uncertain bool
	// Late: there would be another attempt, but the context ends before it.
	Late bool
}

// decide is the retry table of the architecture document, row by row. It has no
// state and no clock: jitter gives a wait between nothing and its argument.
func decide(p lb.RetryPolicy, a attempt, jitter func(time.Duration) time.Duration) decision {
	again := func(allowed bool, wait time.Duration) decision {
		switch {
		case !allowed:
			return decision{}
		case a.HasLeft && wait >= a.Left:
			return decision{Late: true}
		default:
			return decision{Retry: true, Wait: wait}
		}
	}
	more := a.Number < p.MaxAttempts
	backoff := func() decision { return again(more, jitter(ceiling(p, a.Number))) }
	unsure := !harmless(a.Method, a.Repeatable)

	switch {
	case a.Outcome == cancelled:
		return decision{Uncertain: unsure && a.Sent && (a.Status < 300 || passing(a.Status) || foreignStatus(a.Status))}
	case a.Outcome == refused, a.Outcome == barred:
		return decision{}
	case a.Renewed:
		return decision{Retry: true}
	case !a.Sent:
		return backoff()
	case a.Outcome == answered && (a.Status == http.StatusTooManyRequests || (a.Status == http.StatusServiceUnavailable && a.HasAfter)):
		wait := a.RetryAfter
		if !a.HasAfter {
			wait = holdWithout
		}
		if wait > p.MaxRetryAfter {
			return decision{}
		}
		return again(more, wait)
	case a.Outcome != answered || passing(a.Status):
		if unsure {
			return decision{Uncertain: true}
		}
		return backoff()
	case unsure && foreignStatus(a.Status):
		return decision{Uncertain: true}
	case a.Status == http.StatusConflict && a.Transient:
		wait := jitter(ceiling(p, a.Conflicts))
		return again(patient(p, a, wait), wait)
	case a.Status == http.StatusNotFound && a.Method == http.MethodDelete && (a.Number > 1 || a.Conflicts > 0):
		return decision{Gone: true}
	default:
		return decision{}
	}
}

// mostConflicts bounds what a policy with short waits makes of a conflict that
// never passes.
const mostConflicts = 32

// patient reports whether a conflict that passes by itself is worth another
// wait. What it comes from takes seconds, not the moments of a failure: it is
// waited out for as long as a server may ask a call to wait.
func patient(p lb.RetryPolicy, a attempt, wait time.Duration) bool {
	if a.Conflicts < p.MaxAttempts {
		return true
	}
	return p.MaxAttempts > 1 && a.Conflicts < mostConflicts && a.Conflicted+wait <= p.MaxRetryAfter
}

// harmless: to send a request twice does what to send it once does.
func harmless(method string, repeatable bool) bool { return repeatable || idempotentMethod(method) }

// idempotentMethod reports whether a method may be sent twice by its definition.
// Of one that nobody knows, it is not known.
func idempotentMethod(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodPut, http.MethodDelete, http.MethodPatch:
		return true
	default:
		return false
	}
}

// passing are the statuses of a server in trouble, after which a request may or
// may not have been carried out.
func passing(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusInternalServerError, http.StatusBadGateway,
		http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	default:
		return false
	}
}

// foreignStatus tells of a 5xx that HTTP does not have. It is from something between here
// and the server (520 to 524, 598, 599), which says nothing of what the server did.
func foreignStatus(status int) bool { return status >= 500 && http.StatusText(status) == "" }

// Ended reports whether err is of a call that the server itself has ended, with a
// status of its being in trouble: nothing of it is under way any more. A gateway's 502
// or 504 does not say that: the server behind it may be at work still.
func Ended(err error) bool {
	var e *lb.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Status {
	case http.StatusRequestTimeout, http.StatusInternalServerError, http.StatusServiceUnavailable:
		return true
	default:
		return false
	}
}

// ceiling is the longest wait after attempt n: it doubles from MinWait to
// MaxWait.
func ceiling(p lb.RetryPolicy, n int) time.Duration {
	wait := p.MinWait
	for range n - 1 {
		if wait >= p.MaxWait/2 {
			return p.MaxWait
		}
		wait *= 2
	}
	return min(wait, p.MaxWait)
}

// fullJitter spreads the waits of many clients over the whole range.
func fullJitter(ceiling time.Duration) time.Duration {
	if ceiling <= 0 {
		return 0
	}
	return rand.N(ceiling) //nolint:gosec // G404: spreads load, hides nothing
}

// RetryAfter reads a Retry-After header: whole seconds or an HTTP date. What is
// neither, or negative, is absent; a date in the past is zero.
func RetryAfter(value string, now time.Time) (time.Duration, bool) {
	value = strings.TrimSpace(value)
	if value == "" {
		return 0, false
	}
	if digits(value) {
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			n = 1<<63 - 1 // more digits than fit: longer than anyone waits
		}
		return clampDuration(n, time.Second), true
	}
	date, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	return max(0, date.Sub(now)), true
}

func digits(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
}
