package scalewaytest

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// moment is a stored time. The answer of the request that sets one shows it to
// the nanosecond; what is read back from storage is rounded to the microsecond
// (facts 7).
type moment struct {
	at      time.Time
	request uint64 // the request that set it; 0 for something that happened by itself
}

// now is the present, as set by the request that is being answered.
func (s *Server) now() moment { return moment{at: s.clock.Now(), request: s.current} }

// stored is m as it is read back, even by the request that set it.
func (m moment) stored() moment { return moment{at: m.at} }

// show is m as the present answer has it.
func (s *Server) show(m moment) string {
	if m.request == 0 || m.request != s.current {
		return timestamp(m.at.Round(time.Microsecond))
	}
	return timestamp(m.at)
}

// unsetTime stands for a time that is not there (facts 7).
const unsetTime = "0001-01-01T00:00:00Z"

// timestamp is RFC 3339 in UTC with no fraction, or one of three, six or nine
// digits, as protobuf writes it.
func timestamp(t time.Time) string {
	if t.IsZero() {
		return unsetTime
	}
	return t.UTC().Format("2006-01-02T15:04:05") + fraction(t.Nanosecond()) + "Z"
}

// fraction is a number of nanoseconds as the shortest group of digits that holds
// it, with its point.
func fraction(nanoseconds int) string {
	digits := fmt.Sprintf("%09d", nanoseconds)
	for strings.HasSuffix(digits, "000") {
		digits = strings.TrimSuffix(digits, "000")
	}
	if digits == "" {
		return ""
	}
	return "." + digits
}

var durationPattern = regexp.MustCompile(`^(-?)(\d{1,12})(?:\.(\d{1,9}))?s$`)

// duration reads a protobuf duration and spells it as answers do: "0.500s" for
// "0.500000000s" (facts 7).
func duration(text string) (spelled string, length time.Duration, ok bool) {
	parts := durationPattern.FindStringSubmatch(text)
	if parts == nil {
		return "", 0, false
	}
	seconds, err := strconv.ParseInt(parts[2], 10, 64)
	if err != nil || seconds > 1<<32 {
		return "", 0, false
	}
	nanoseconds, err := strconv.Atoi((parts[3] + "000000000")[:9])
	if err != nil {
		return "", 0, false
	}
	length = time.Duration(seconds)*time.Second + time.Duration(nanoseconds)
	if parts[1] != "" {
		length = -length
	}
	return fmt.Sprintf("%s%d%ss", parts[1], seconds, fraction(nanoseconds)), length, true
}

// respell checks an optional duration of at least low and puts it into the
// spelling of answers.
func respell(p *problems, argument string, text *string, low time.Duration) {
	if text == nil {
		return
	}
	spelled, length, ok := duration(*text)
	switch {
	case !ok:
		p.add(argument, "format", `must be seconds, as in "0.500s"`)
	case length < low:
		p.add(argument, "constraint", "must be at least "+low.String())
	default:
		*text = spelled
	}
}

// newUUID is a random UUID, version 4.
func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails, says its documentation
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	text := hex.EncodeToString(b[:])
	return strings.Join([]string{text[:8], text[8:12], text[12:16], text[16:20], text[20:]}, "-")
}
