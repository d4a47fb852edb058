package contender

import (
	"testing"

	"github.com/lbkit/lbkit/internal/bench/canned"
)

// BenchmarkRows is every row by every contender, for profiles:
//
//	go test -bench 'Rows/ScalewayListLBs/native$' -cpuprofile cpu.out ./contender
//
// For comparisons use cmd/bench, which lets the contenders work in turn.
func BenchmarkRows(b *testing.B) {
	server, err := canned.NewServer()
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = server.Close() })
	rows, err := Rows(server)
	if err != nil {
		b.Fatal(err)
	}
	for _, row := range rows {
		for _, c := range row.Contenders {
			b.Run(row.Name+"/"+c.By, func(b *testing.B) {
				if c.Slow {
					b.Skip("takes 20 seconds a run: see cmd/bench")
				}
				if err := Prepare(b.Context(), server, row, c); err != nil {
					b.Fatal(err)
				}
				server.SetLatency(row.Latency)
				b.ReportAllocs()
				for b.Loop() {
					if err := c.Do(b.Context()); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
