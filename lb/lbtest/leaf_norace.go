//go:build !race

package lbtest

// How many random specs the law of leaves tries of each leaf, and how many of those
// that are accepted it writes. Together with three providers that is more than 10,000
// specs.
const (
	leafSpecs  = 60
	leafWrites = 20
)
