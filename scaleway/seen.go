package scaleway

import "encoding/hex"

// seenID is what a list remembers of an ID, to yield each item once: a UUID takes 32 bytes
// of a map, and 64 as a text that has to be kept.
type seenID struct {
	uuid  [16]byte
	other string // an ID that is no UUID in the API's spelling
}

// remembered makes the key of a list of what identity tells apart.
func remembered[T any](identity func(*T) string) func(*T) seenID {
	return func(item *T) seenID { return seenIDOf(identity(item)) }
}

func seenIDOf(id string) (out seenID) {
	const form = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"
	if len(id) != len(form) {
		return seenID{other: id}
	}
	var digits [32]byte
	n := 0
	for i := range len(id) {
		c := id[i]
		isDigit := c >= '0' && c <= '9' || c >= 'a' && c <= 'f'
		if dash := form[i] == '-'; dash && c != '-' || !dash && !isDigit {
			return seenID{other: id}
		}
		if c != '-' {
			digits[n] = c
			n++
		}
	}
	if _, err := hex.Decode(out.uuid[:], digits[:]); err != nil {
		return seenID{other: id}
	}
	return out
}
