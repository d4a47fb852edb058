package topology_test

import "os"

// soaking tells whether the property tests run for long: LBKIT_SOAK is set, as make soak
// does.
func soaking() bool { return os.Getenv("LBKIT_SOAK") != "" }

// effort is how much is interrupted.
type effort struct {
	topologies int // that change into each other
	stride     int // from one request that goes wrong to the next
	ways       int // in which it does
}

func efforts() effort {
	switch {
	case soaking():
		return effort{topologies: 100, stride: 1, ways: len(breakages)}
	case underRace:
		return effort{topologies: 2, stride: 5, ways: 2}
	default:
		return effort{topologies: 5, stride: 1, ways: len(breakages)}
	}
}
