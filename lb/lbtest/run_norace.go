//go:build !race

package lbtest

// faultStride: every one of the suite's faults is tried.
const faultStride = 1
