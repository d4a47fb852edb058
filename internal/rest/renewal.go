package rest

import (
	"sync"
	"time"
)

// Renewal says how often credentials that were refused are worth fetching anew. The zero
// value has seen none.
type Renewal struct {
	mu   sync.Mutex
	last time.Time
}

// RenewalEvery is how often that is at most.
const RenewalEvery = 30 * time.Second

// Due is true at most once in RenewalEvery.
func (r *Renewal) Due() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.last.IsZero() && time.Since(r.last) < RenewalEvery {
		return false
	}
	r.last = time.Now()
	return true
}
