package scaleway

import (
	"fmt"
	"regexp"
	"strings"
)

// Zone names an availability zone: "fr-par-1". Zones are not enumerated: one
// that this package has never heard of works as soon as Scaleway opens it.
type Zone string

// Region names a region, of which zones are parts: "fr-par".
type Region string

// The formats that the API's own client checks (facts 2).
var (
	zoneFormat   = regexp.MustCompile(`^[a-z]{2}-[a-z]{3,7}-[0-9]{1,2}$`)
	regionFormat = regexp.MustCompile(`^[a-z]{2}-[a-z]{3,7}$`)
)

// Region is the region that z is a part of: "fr-par" of "fr-par-1". It is empty
// for a malformed zone.
func (z Zone) Region() Region {
	if !zoneFormat.MatchString(string(z)) {
		return ""
	}
	return Region(z[:strings.LastIndexByte(string(z), '-')])
}

func (z Zone) validate() error {
	if zoneFormat.MatchString(string(z)) {
		return nil
	}
	return fmt.Errorf(`zone %q: not of the form "fr-par-1"`, string(z))
}

func (r Region) validate() error {
	if regionFormat.MatchString(string(r)) {
		return nil
	}
	return fmt.Errorf(`region %q: not of the form "fr-par"`, string(r))
}
