//go:build !race

package trafficdraw

// How much tests compare: rule lists, and requests for each of them.
const (
	Lists       = 1000
	PerList     = 100
	Comparisons = Lists * PerList
)
