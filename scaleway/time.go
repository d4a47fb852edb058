package scaleway

import "time"

// SameTime reports whether a and b are one moment to the API. The answer to a
// write says it in nanoseconds, later answers say it rounded to microseconds
// (facts 7), so == and Equal tell them apart.
func SameTime(a, b time.Time) bool {
	return a.Round(time.Microsecond).Equal(b.Round(time.Microsecond))
}
