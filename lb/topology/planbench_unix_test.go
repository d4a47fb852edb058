//go:build unix

package topology_test

import (
	"syscall"
	"testing"
	"time"
)

// usedCPU is what the process has used so far.
func usedCPU(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	fatal(b, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
