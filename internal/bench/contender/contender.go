// Package contender is what the benchmarks compare: the same work done by this
// SDK, by the clients that users would pick instead, and by net/http with
// encoding/json, which is the floor. Each of them checks each answer it gets.
package contender

import (
	"context"
	"net/http"
	"time"

	"github.com/lbkit/lbkit/internal/bench/canned"
)

// Contender does a row's work in one way.
type Contender struct {
	By   string // its name: "floor", "native"
	Slow bool   // takes seconds
	// Do does the work once and compares the answer with what the server holds.
	Do func(ctx context.Context) error
}

// Row is a piece of work and who does it.
type Row struct {
	Name       string
	Latency    time.Duration // of each answer
	KeysOnly   bool          // OVHcloud's lists answer with keys
	Objects    int           // that one run of it reads
	Contenders []Contender
	Goals      []Goal
}

// Goal is what a contender of a row has to reach. What is zero is not asked for.
type Goal struct {
	By     string
	To     string  // whom times and allocations are compared with
	Time   float64 // at most so many times To's
	Allocs float64 // at most so many times To's
	// AllocsEach bounds allocations per object: beyond To's where there is one, in
	// all where there is none.
	AllocsEach float64
	Requests   float64 // exactly
	Trips      float64 // at most, in units of the row's latency
	Warm       bool    // no new connection
}

// Names of the contenders.
const (
	floor    = "floor"
	native   = "native"           // this SDK's typed client
	nativeW9 = "native, window 9" // nine pages at once after the first
	neutral  = "provider"         // this SDK's lb.Provider
	neutral9 = "provider, window 9"
	scwGo    = "scaleway-sdk-go"
	goOVH    = "go-ovh"
	goOVH10  = "go-ovh, 10 at once"
	floor10  = "floor, 10 at once"
	unread   = "net/http, body unread" // how fast anything on net/http could be
	bare     = "net/http and JSON"     // and anything with the JSON library too

	bareWhole = "net/http and JSON, body read whole"
)

// latency is that of a fast answer over the internet: Scaleway's take 47 ms and
// more (the fastest tenth of those recorded).
const latency = 20 * time.Millisecond

// tuned is a transport with as many idle connections as anyone here uses at once.
func tuned() *http.Client {
	return &http.Client{Transport: &http.Transport{MaxIdleConns: 128, MaxIdleConnsPerHost: 64, IdleConnTimeout: 10 * time.Minute}}
}

// Rows are all there is to compare, against server.
func Rows(server *canned.Server) ([]Row, error) {
	scaleway, err := scalewayRows(server)
	if err != nil {
		return nil, err
	}
	ovh, err := ovhRows(server)
	return append(scaleway, ovh...), err
}

// beside are the goals of a provider: nearly as fast as the client under it.
func beside(latency time.Duration, provider, client string) Goal {
	slower := 1.15
	if latency > 0 {
		slower = 1.05
	}
	return Goal{By: provider, To: client, Time: slower, AllocsEach: 6}
}
