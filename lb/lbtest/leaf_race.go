//go:build race

package lbtest

// Under the race detector the law of leaves tries a hundredth of the specs, which is
// enough to see that nothing in it races.
const (
	leafSpecs  = 1
	leafWrites = 1
)
