//go:build race

package lbtest

// faultStride: under the race detector every fifth of the suite's faults is tried, each
// of their kinds at some request, which is enough to see that nothing in it races.
const faultStride = 5
