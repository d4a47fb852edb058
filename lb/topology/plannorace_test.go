//go:build !race

package topology_test

// underRace: the race detector makes everything many times slower.
const underRace = false
