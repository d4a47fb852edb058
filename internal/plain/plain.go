// Package plain judges texts that are to stand in names, headers and URLs: what passes here
// reaches an API as it is.
package plain

import (
	"strings"
	"unicode/utf8"
)

// Text reports whether value is UTF-8, without line breaks or other control characters. Of
// what is not UTF-8, JSON would make another text.
func Text(value string) bool {
	return utf8.ValidString(value) && !strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// Word reports whether value is Text without blanks.
func Word(value string) bool { return Text(value) && !strings.Contains(value, " ") }
