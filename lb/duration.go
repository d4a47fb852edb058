package lb

import "time"

// Duration is a time.Duration whose text form is Go's: "5s", "1m30s", "250ms".
// In JSON and in files it is that text; a number, whose unit nobody sees, is
// refused.
type Duration time.Duration

// String is the text form.
func (d Duration) String() string { return time.Duration(d).String() }

// MarshalText gives the text form.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what time.ParseDuration reads.
func (d *Duration) UnmarshalText(b []byte) error {
	parsed, err := time.ParseDuration(string(b))
	if err != nil {
		return err
	}
	*d = Duration(parsed)
	return nil
}
