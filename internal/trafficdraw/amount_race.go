//go:build race

package trafficdraw

// How much tests compare under the race detector, which takes them tenfold: a
// hundredth of it.
const (
	Lists       = 10
	PerList     = 100
	Comparisons = Lists * PerList
)
