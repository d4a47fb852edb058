package ovhtest

import (
	"net/http"
	"strconv"
	"time"
)

// rateLimit is how much a consumer key or a token may ask for. The real limits
// are not documented (facts 3.4).
type rateLimit struct {
	requests int // 0: any number
	span     time.Duration
}

// allowance is what has been used of the limit in one span of time, which begins
// with its first request.
type allowance struct {
	began time.Time
	used  int
}

// throttle refuses a request beyond the limit.
func (c *call) throttle() error {
	limit := c.opts.limit
	if limit.requests == 0 || c.identity == "" {
		return nil
	}
	now := c.clock.Now()
	a := c.allowances[c.identity]
	if a == nil || now.Sub(a.began) >= limit.span {
		a = &allowance{began: now}
		c.allowances[c.identity] = a
	}
	if a.used < limit.requests {
		a.used++
		return nil
	}
	c.sayWhen(a.began.Add(limit.span))
	return &apiError{status: http.StatusTooManyRequests, class: "Client::TooManyRequests", message: "Too many requests"}
}

// sayWhen tells from when on a request would be accepted again.
func (c *call) sayWhen(again time.Time) {
	switch c.assume.RetryAfter {
	case RetryAfterSeconds:
		seconds := (again.Sub(c.clock.Now()) + time.Second - 1) / time.Second
		c.header.Set("Retry-After", strconv.Itoa(int(seconds)))
	case RetryAfterDate:
		c.header.Set("Retry-After", again.Add(time.Second-1).UTC().Format(http.TimeFormat))
	case RetryAfterAbsent:
	}
}
