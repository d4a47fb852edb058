// Package locks keeps apart what must not overlap, such as writes to one load balancer:
// there is one lock for each key, and waiting for it ends with the context.
package locks

import (
	"context"
	"sync"
)

// Keyed is a lock for each key. The zero value is ready; it must not be copied.
type Keyed struct {
	mu   sync.Mutex
	held map[string]*lock
}

// lock is a semaphore of one, kept for as long as somebody holds it or waits.
type lock struct {
	free  chan struct{}
	users int
}

// Lock waits until key is free or ctx ends. The function it returns frees key
// and is called once.
func (l *Keyed) Lock(ctx context.Context, key string) (unlock func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	k := l.join(key)
	select {
	case k.free <- struct{}{}:
		return func() { <-k.free; l.leave(key, k) }, nil
	case <-ctx.Done():
		l.leave(key, k)
		return nil, ctx.Err()
	}
}

func (l *Keyed) join(key string) *lock {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held == nil {
		l.held = map[string]*lock{}
	}
	k := l.held[key]
	if k == nil {
		k = &lock{free: make(chan struct{}, 1)}
		l.held[key] = k
	}
	k.users++
	return k
}

func (l *Keyed) leave(key string, k *lock) {
	l.mu.Lock()
	defer l.mu.Unlock()
	k.users--
	if k.users == 0 {
		delete(l.held, key)
	}
}
