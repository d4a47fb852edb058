package contender

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/lbkit/lbkit/internal/bench/canned"
)

// Measure is what one run of a row's work took, averaged over those of a round.
type Measure struct {
	Runs        int
	Time        time.Duration
	Bytes       float64 // allocated
	Allocs      float64
	Requests    float64
	Connections float64 // that were new
}

// Prepare has c do its work once, with signatures verified, so that what is
// measured then begins with open connections. Without latency a wide window opens
// few: then the work is done with the row's latency too, unless that is slow.
func Prepare(ctx context.Context, server *canned.Server, row Row, c Contender) error {
	server.SetKeysOnly(row.KeysOnly)
	server.SetStrict(true)
	server.SetLatency(0)
	err := c.Do(ctx)
	server.SetStrict(false)
	if err == nil && row.Latency > 0 && !c.Slow {
		server.SetLatency(row.Latency)
		err = c.Do(ctx)
	}
	if err != nil {
		return fmt.Errorf("%s by %s: %w", row.Name, c.By, err)
	}
	return nil
}

// Round has c do its work for at least as long as atLeast, and at least once.
func Round(ctx context.Context, server *canned.Server, row Row, c Contender, atLeast time.Duration) (Measure, error) {
	server.SetKeysOnly(row.KeysOnly)
	server.SetLatency(row.Latency)
	runtime.GC()
	var before, after runtime.MemStats
	requests, connections := server.Requests(), server.Connections()
	runtime.ReadMemStats(&before)
	start := time.Now()
	runs := 0
	for runs == 0 || time.Since(start) < atLeast {
		if err := c.Do(ctx); err != nil {
			return Measure{}, fmt.Errorf("%s by %s: %w", row.Name, c.By, err)
		}
		runs++
	}
	took := time.Since(start)
	runtime.ReadMemStats(&after)
	n := float64(runs)
	return Measure{
		Runs: runs, Time: took / time.Duration(runs), Bytes: float64(after.TotalAlloc-before.TotalAlloc) / n, Allocs: float64(after.Mallocs-before.Mallocs) / n,
		Requests: float64(server.Requests()-requests) / n, Connections: float64(server.Connections()-connections) / n,
	}, nil
}
