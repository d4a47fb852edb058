package lb

import (
	"context"
	"time"
)

// Limiter holds back calls. Its Wait is called before each attempt on the wire,
// retries included, and returns when the attempt may go, or with an error when it
// may not. A *rate.Limiter of golang.org/x/time/rate is one.
type Limiter interface {
	Wait(ctx context.Context) error
}

// RetryPolicy bounds the retries of one call. The zero value is the default. What
// is retried is not part of the API, except that a POST that may have been carried out
// is never sent again, unless the provider itself has ended it and a look at what is there
// finds nothing of it. What the provider says is busy for the moment is sent again beyond
// MaxAttempts, up to MaxRetryAfter in all, unless retries are off.
type RetryPolicy struct {
	MaxAttempts   int           // the first included; 0: 4; 1 turns retries off
	MinWait       time.Duration // 0: 250 ms
	MaxWait       time.Duration // 0: 10 s
	MaxRetryAfter time.Duration // 0: 60 s; a longer Retry-After fails at once
}

// CallEvent describes one attempt on the wire, as an observer of a client sees
// it, or one that was held back before: by a limiter, by a 429 of another call, or for
// want of credentials. It holds no header and no body, and its Route is the path's
// template, so that what is measured by it has few values and no secrets.
type CallEvent struct {
	Provider  string // "ovh"
	Op        string // of the client's own call: "http.farms.create" on OVHcloud, "backends.create" on Scaleway
	Method    string // "POST"
	Route     string // "/ipLoadbalancing/{serviceName}/http/farm"
	Attempt   int    // from 1; of one that was held back, the number that it would have had
	Status    int    // HTTP, 0 when there was no response
	RequestID string
	Duration  time.Duration // of this attempt alone, without the wait before it; of one held back, of that wait
	Err       error
	WillRetry bool
}
