// Command bench compares this SDK with the clients that users would pick instead
// and with the floor. It lets the contenders of each row work in turn, round by
// round, has benchstat compare what they took, and says which goals are met.
//
// With BENCH_SLOW=1 in the environment the contenders that take 20 seconds and
// more for one run take part.
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/lbkit/lbkit/internal/bench/canned"
	"github.com/lbkit/lbkit/internal/bench/contender"
)

func main() {
	b := bench{out: os.Stdout, slow: os.Getenv("BENCH_SLOW") != ""}
	flag.IntVar(&b.rounds, "rounds", 6, "how often each contender's turn comes")
	flag.DurationVar(&b.atLeast, "time", 150*time.Millisecond, "how long a turn lasts at least")
	only := flag.String("rows", "", "regular expression of the rows to run; empty: all")
	flag.StringVar(&b.raw, "raw", "", "file for the measurements in Go's benchmark format")
	flag.BoolVar(&b.stat, "benchstat", true, "have benchstat compare them")
	flag.Parse()
	b.only = regexp.MustCompile(*only)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := b.run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// bench is one run of the command.
type bench struct {
	out     io.Writer
	rounds  int
	atLeast time.Duration
	only    *regexp.Regexp
	slow    bool
	stat    bool
	raw     string

	server *canned.Server
	rows   []contender.Row
	// measures are those of all rounds, by row and contender.
	measures map[string]map[string][]contender.Measure
}

func (b *bench) run(ctx context.Context) (err error) {
	if b.server, err = canned.NewServer(); err != nil {
		return err
	}
	defer b.server.Close()
	if err := b.choose(); err != nil {
		return err
	}
	for _, row := range b.rows {
		for _, c := range row.Contenders {
			if err := contender.Prepare(ctx, b.server, row, c); err != nil {
				return err
			}
		}
	}
	for range b.rounds {
		if err := b.round(ctx); err != nil {
			return err
		}
	}
	return b.report(ctx)
}

// choose takes the rows and contenders that are asked for.
func (b *bench) choose() error {
	rows, err := contender.Rows(b.server)
	if err != nil {
		return err
	}
	b.measures = map[string]map[string][]contender.Measure{}
	for _, row := range rows {
		if !b.only.MatchString(row.Name) {
			continue
		}
		row.Contenders = slices.DeleteFunc(row.Contenders, func(c contender.Contender) bool { return c.Slow && !b.slow })
		b.rows = append(b.rows, row)
		b.measures[row.Name] = map[string][]contender.Measure{}
	}
	if len(b.rows) == 0 {
		return fmt.Errorf("no row matches %q", b.only)
	}
	return nil
}

func (b *bench) round(ctx context.Context) error {
	for _, row := range b.rows {
		for _, c := range row.Contenders {
			m, err := contender.Round(ctx, b.server, row, c, b.atLeast)
			if err != nil {
				return err
			}
			b.measures[row.Name][c.By] = append(b.measures[row.Name][c.By], m)
		}
	}
	return nil
}

func (b *bench) report(ctx context.Context) error {
	raw := b.format()
	if b.raw != "" {
		if err := os.WriteFile(b.raw, raw, 0o600); err != nil {
			return err
		}
	}
	if b.stat {
		if err := b.benchstat(ctx, raw); err != nil {
			return err
		}
	}
	return b.ratios()
}

// format is what was measured in the format of Go's benchmarks.
func (b *bench) format() []byte {
	var out bytes.Buffer
	for _, row := range b.rows {
		for _, c := range row.Contenders {
			for _, m := range b.measures[row.Name][c.By] {
				fmt.Fprintf(&out, "Benchmark%s/by=%s %d %d ns/op %.0f B/op %.0f allocs/op %g requests/op\n",
					row.Name, strings.NewReplacer(", ", ",", " ", "-").Replace(c.By), m.Runs, m.Time.Nanoseconds(), m.Bytes, m.Allocs, m.Requests)
			}
		}
	}
	return out.Bytes()
}

// benchstat prints what the module's pinned benchstat says, the floor being what
// the others are compared with.
func (b *bench) benchstat(ctx context.Context, raw []byte) error {
	file, err := os.CreateTemp("", "bench-*.txt")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	_, err = file.Write(raw)
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "go", "tool", "benchstat", "-row", ".name", "-col", "/by", file.Name()) //nolint:gosec // G204: a file of ours
	cmd.Stdout, cmd.Stderr = b.out, os.Stderr
	return cmd.Run()
}

// ratios prints the medians, each also as a multiple of its row's first contender,
// and then the goals.
func (b *bench) ratios() error {
	table := tabwriter.NewWriter(b.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(table, "row\tby\ttime\tx\tallocs\tx\tB\tx\trequests\tround trips\tnew connections\t\n")
	var verdicts []string
	for _, row := range b.rows {
		by := map[string]contender.Measure{}
		for _, c := range row.Contenders {
			by[c.By] = contender.Median(b.measures[row.Name][c.By])
		}
		for _, c := range row.Contenders {
			m, base := by[c.By], by[row.Contenders[0].By]
			trips := "-"
			if row.Latency > 0 {
				trips = fmt.Sprintf("%.2f", float64(m.Time)/float64(row.Latency))
			}
			fmt.Fprintf(table, "%s\t%s\t%s\t%.3f\t%.0f\t%.2f\t%.0f\t%.2f\t%g\t%s\t%g\t\n", row.Name, c.By, m.Time.Round(100*time.Nanosecond),
				float64(m.Time)/float64(base.Time), m.Allocs, m.Allocs/base.Allocs, m.Bytes, m.Bytes/base.Bytes, m.Requests, trips, m.Connections)
		}
		for _, goal := range row.Goals {
			for _, v := range contender.Judge(row, goal, by) {
				verdicts = append(verdicts, fmt.Sprintf("%s by %s: %s", row.Name, goal.By, v))
			}
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(b.out, "\n%s\n", strings.Join(verdicts, "\n"))
	return err
}
