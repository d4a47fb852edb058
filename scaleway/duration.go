package scaleway

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"time"
)

// Milliseconds is a duration that the API spells as a whole number of
// milliseconds: the timeouts of backends and frontends but TimeoutQueue, and a
// check's delay and timeout.
type Milliseconds int64

// MillisecondsOf is d in milliseconds. What is less than one is cut off.
func MillisecondsOf(d time.Duration) Milliseconds { return Milliseconds(d.Milliseconds()) }

// Duration is m as a time.Duration. What does not fit, beyond 292 years, becomes
// the longest that does.
func (m Milliseconds) Duration() time.Duration {
	const most = math.MaxInt64 / int64(time.Millisecond)
	switch n := int64(m); {
	case n > most:
		return math.MaxInt64
	case n < -most:
		return math.MinInt64
	default:
		return time.Duration(n) * time.Millisecond
	}
}

// String is Go's form: "1.5s".
func (m Milliseconds) String() string { return m.Duration().String() }

// Duration is a duration that the API spells as seconds with a unit: "0.500s".
// TimeoutQueue and TransientCheckDelay are the two.
type Duration time.Duration

// String is Go's form: "500ms".
func (d Duration) String() string { return time.Duration(d).String() }

// MarshalText gives the API's form, with 0, 3, 6 or 9 digits behind the point,
// as few as are exact.
func (d Duration) MarshalText() ([]byte, error) { return d.AppendText(make([]byte, 0, 24)) }

// AppendText appends what MarshalText gives.
func (d Duration) AppendText(text []byte) ([]byte, error) {
	// By parts: the sign of -0.5 s would be lost in a whole number of seconds,
	// and the shortest duration has no positive counterpart.
	seconds, nanos := int64(d)/int64(time.Second), int64(d)%int64(time.Second)
	if d < 0 {
		text = append(text, '-')
		seconds, nanos = -seconds, -nanos
	}
	text = strconv.AppendInt(text, seconds, 10)
	switch {
	case nanos == 0:
	case nanos%1e6 == 0:
		text = appendFraction(text, nanos/1e6, 3)
	case nanos%1e3 == 0:
		text = appendFraction(text, nanos/1e3, 6)
	default:
		text = appendFraction(text, nanos, 9)
	}
	return append(text, 's'), nil
}

// appendFraction appends the point and n in that many digits.
func appendFraction(text []byte, n int64, digits int) []byte {
	text = append(append(text, '.'), "000000000"[:digits]...)
	for i := len(text) - 1; n > 0; i, n = i-1, n/10 {
		text[i] += byte(n % 10)
	}
	return text
}

// UnmarshalText reads the API's form, with up to 9 digits behind the point. A
// duration beyond 292 years is an error.
func (d *Duration) UnmarshalText(text []byte) error {
	rest, negative := bytes.CutPrefix(text, []byte("-"))
	rest, unit := bytes.CutSuffix(rest, []byte("s"))
	whole, fraction, point := bytes.Cut(rest, []byte("."))
	if !unit || !digits(whole) || (point && !digits(fraction)) || len(fraction) > 9 {
		return fmt.Errorf(`duration %.40q: not of the form "0.500s"`, text)
	}
	total, err := strconv.ParseInt(string(whole), 10, 64)
	if err != nil || total > math.MaxInt64/int64(time.Second) {
		return fmt.Errorf("duration %.40q: out of range", text)
	}
	total *= int64(time.Second)
	for i, scale := 0, int64(time.Second)/10; i < len(fraction); i, scale = i+1, scale/10 {
		total += int64(fraction[i]-'0') * scale
	}
	// Past the end of the range total wraps around. The one value that may is the
	// shortest duration, whose negative it is too.
	if total < 0 && (!negative || total != math.MinInt64) {
		return fmt.Errorf("duration %.40q: out of range", text)
	}
	if negative {
		total = -total
	}
	*d = Duration(total)
	return nil
}

// digits reports whether text is one digit or more, and nothing else.
func digits(text []byte) bool {
	for _, c := range text {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(text) > 0
}
