// Command size builds programs that make one client and list, one with each SDK,
// and says how much larger they are than the one with the standard library alone.
// Deps is what this SDK is built on, without the SDK.
// It is run in the folder of its module.
package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"text/tabwriter"
)

// most is how many KiB a program with this SDK may be larger than the floor: as
// many as with scaleway-sdk-go, and what the JSON library takes besides.
const most = 900

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "size:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	folder, err := os.MkdirTemp("", "bench-size-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(table, "program\tKiB\tover the floor\t\t\n")
	floor := int64(0)
	for _, p := range []struct {
		folder string
		ours   bool
	}{{folder: "floor"}, {folder: "deps"}, {"scaleway", true}, {"ovh", true}, {folder: "scalewaysdkgo"}, {folder: "goovh"}} {
		size, err := build(ctx, filepath.Join(folder, p.folder), "./cmd/size/"+p.folder)
		if err != nil {
			return err
		}
		if floor == 0 {
			floor = size
		}
		verdict := ""
		if over := size - floor; p.ours && over <= most {
			verdict = fmt.Sprintf("<= %d met", most)
		} else if p.ours {
			verdict = fmt.Sprintf("<= %d MISSED", most)
		}
		fmt.Fprintf(table, "%s\t%d\t%+d\t%s\t\n", p.folder, size, size-floor, verdict)
	}
	return table.Flush()
}

// build makes a program as one would ship it, and gives its size in KiB.
func build(ctx context.Context, program, folder string) (int64, error) {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", program, folder) //nolint:gosec // G204: our own folders
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0")
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return 0, fmt.Errorf("go build %s: %w", folder, err)
	}
	info, err := os.Stat(program)
	if err != nil {
		return 0, err
	}
	return info.Size() >> 10, nil
}
