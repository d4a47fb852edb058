package lb

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// PortRange is an inclusive range of ports, from 1 to 65535; for one port From
// equals To. Its text form is "80" or "8000-8100". In JSON it is that text; a
// plain number is read too. The zero PortRange is no port and has no text form.
type PortRange struct {
	From uint16 // 1 to 65535
	To   uint16 // From to 65535
}

// Port is the range of one port.
func Port(number uint16) PortRange { return PortRange{From: number, To: number} }

// String is the text form, or, for a range that has none, "invalid" with both ends.
func (r PortRange) String() string {
	if r.check() != nil {
		return fmt.Sprintf("invalid port range %d-%d", r.From, r.To)
	}
	if r.From == r.To {
		return strconv.Itoa(int(r.From))
	}
	return fmt.Sprintf("%d-%d", r.From, r.To)
}

// MarshalText gives the text form. A range that begins at port 0 or ends before
// it begins is an error.
func (r PortRange) MarshalText() ([]byte, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	return []byte(r.String()), nil
}

// UnmarshalText reads the text form. Ports are decimal, from 1 to 65535, without
// sign, blanks or leading zeros.
func (r *PortRange) UnmarshalText(b []byte) error {
	from, to, isRange := strings.Cut(string(b), "-")
	if !isRange {
		to = from
	}
	var parsed PortRange
	var err error
	if parsed.From, err = parsePort(from); err != nil {
		return fmt.Errorf("port range %q: %w", b, err)
	}
	if parsed.To, err = parsePort(to); err != nil {
		return fmt.Errorf("port range %q: %w", b, err)
	}
	if err := parsed.check(); err != nil {
		return err
	}
	*r = parsed
	return nil
}

// UnmarshalJSON reads 80, "80" or "8000-8100". A null is refused: it would stand
// for no port.
func (r *PortRange) UnmarshalJSON(b []byte) error {
	if !bytes.HasPrefix(b, []byte(`"`)) {
		return r.UnmarshalText(b)
	}
	var text string
	if err := json.Unmarshal(b, &text); err != nil {
		return err
	}
	return r.UnmarshalText([]byte(text))
}

func (r PortRange) check() error {
	if r.From == 0 || r.From > r.To {
		return fmt.Errorf("port range %d-%d: must begin at 1 or above and end where it begins or above: %w", r.From, r.To, ErrInvalid)
	}
	return nil
}

func parsePort(text string) (uint16, error) {
	number, err := strconv.ParseUint(text, 10, 16)
	if err != nil || text[0] == '0' {
		return 0, fmt.Errorf("%q is not a port from 1 to 65535: %w", text, ErrInvalid)
	}
	return uint16(number), nil
}
