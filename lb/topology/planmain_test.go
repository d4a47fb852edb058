package topology_test

import (
	"flag"
	"fmt"
	"os"
	"runtime/debug"
	"testing"
)

// TestMain is also the main of the process in which the benchmark's API runs: what that
// costs is not the client's.
func TestMain(m *testing.M) {
	if os.Getenv(serveVariable) != "" {
		if err := serveLarge(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	// The property tests make much garbage and keep little.
	debug.SetGCPercent(400)
	if checks := flag.Lookup("rapid.checks"); underRace && checks != nil {
		if err := checks.Value.Set("10"); err != nil { // what the command line says counts
			fmt.Fprintln(os.Stderr, err)
		}
	}
	os.Exit(m.Run())
}
