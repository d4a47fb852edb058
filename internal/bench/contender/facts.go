package contender

import (
	"fmt"
	"time"

	"github.com/lbkit/lbkit/internal/bench/canned"
)

// What is compared of each object: something of each kind of value in it, and
// cheap to compare.
type (
	lbFacts struct {
		id, name, description, status, address, tag string
		tags, instances                             int
		updated                                     int64 // Unix nanoseconds
	}
	backendFacts struct {
		id, name, server, lb, path string
		servers, port              int
		timeout, checkDelay, queue time.Duration
		updated                    int64
	}
	serverFacts struct {
		id                            int64
		name, address, status, health string
		port, weight                  int
	}
)

// What the contenders ask for, made once.
var (
	firstLB          = canned.LoadBalancerID(0)
	server1, server2 = canned.Server1(0), canned.Server2(0)
)

// facts are those of all objects, in the order of their lists.
type facts struct {
	lbs      []lbFacts
	backends []backendFacts // and that of the backend made
	servers  []serverFacts
}

// known are the facts as the APIs have them.
func known() *facts {
	updated, err := time.Parse(time.RFC3339Nano, canned.Updated)
	if err != nil {
		panic(err) // a constant
	}
	f := &facts{}
	for i := range canned.Objects {
		f.lbs = append(f.lbs, lbFacts{
			id: canned.LoadBalancerID(i), name: fmt.Sprintf("shop-%d", i), description: fmt.Sprintf("load balancer of shop %d", i), status: "ready",
			address: canned.Address(i), tag: "shop", tags: 2, instances: 1, updated: updated.UnixNano(),
		})
		f.servers = append(f.servers, serverFacts{
			id: canned.ServerID(i), name: fmt.Sprintf("server-%d", i), address: canned.Server1(i), status: "active", health: "UP", port: 8080, weight: 1 + i%256,
		})
	}
	for i := range canned.Objects + 1 {
		f.backends = append(f.backends, backendFacts{
			id: canned.BackendID(i), name: fmt.Sprintf("backend-%d", i), server: canned.Server1(i), servers: 2, lb: canned.LoadBalancerID(0), path: "/healthz",
			port: 80, timeout: 5 * time.Minute, checkDelay: time.Minute, queue: 5 * time.Second, updated: updated.UnixNano(),
		})
	}
	return f
}

// match compares what has been read of an object with what it is.
func match[T comparable](got T, want []T, i int) error {
	if i >= len(want) || got != want[i] {
		return mismatch(got, want, i)
	}
	return nil
}

func mismatch[T any](got T, want []T, i int) error {
	if i >= len(want) {
		return fmt.Errorf("object %d of %d", i+1, len(want))
	}
	return fmt.Errorf("object %d is %+v, want %+v", i, got, want[i])
}

// counted is the error of a list that is not whole.
func counted(got, want int) error {
	if got != want {
		return fmt.Errorf("%d objects, want %d", got, want)
	}
	return nil
}

// content is what p points to, or zero.
func content[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// first is the first item, or zero.
func first[T any](items []T) T {
	if len(items) == 0 {
		var zero T
		return zero
	}
	return items[0]
}
