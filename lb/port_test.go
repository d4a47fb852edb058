package lb_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/lbkit/lbkit/lb"
)

func TestPortRangeText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]lb.PortRange{
		"1":           {From: 1, To: 1},
		"80":          lb.Port(80),
		"65535":       lb.Port(65535),
		"8000-8100":   {From: 8000, To: 8100},
		"1-65535":     {From: 1, To: 65535},
		"65534-65535": {From: 65534, To: 65535},
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			var got lb.PortRange
			if err := got.UnmarshalText([]byte(text)); err != nil || got != want {
				t.Fatalf("UnmarshalText(%q) = %+v, %v; want %+v", text, got, err, want)
			}
			b, err := got.MarshalText()
			if err != nil || string(b) != text {
				t.Errorf("MarshalText() = %q, %v; want %q", b, err, text)
			}
			if got.String() != text {
				t.Errorf("String() = %q, want %q", got.String(), text)
			}
		})
	}
}

func TestPortRangeOfOnePortTwiceIsOnePort(t *testing.T) {
	t.Parallel()
	var got lb.PortRange
	if err := got.UnmarshalText([]byte("80-80")); err != nil || got != lb.Port(80) {
		t.Errorf("UnmarshalText(80-80) = %+v, %v; want port 80", got, err)
	}
}

func TestPortRangeRefusesText(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "0", "0-80", "65536", "80-65536", "81-80", "-1", "80-", "-80", "80-81-82",
		"+80", "080", " 80", "80 ", "80 - 81", "http", "8e1", "0x50", "80.0", "٨٠",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			got := lb.Port(7)
			err := got.UnmarshalText([]byte(text))
			if !errors.Is(err, lb.ErrInvalid) {
				t.Errorf("UnmarshalText(%q) = %v, want ErrInvalid", text, err)
			}
			if got != lb.Port(7) {
				t.Errorf("after a refusal the range is %+v, want it as it was", got)
			}
		})
	}
}

func TestPortRangeWithoutTextForm(t *testing.T) {
	t.Parallel()
	for _, r := range []lb.PortRange{{}, {From: 0, To: 80}, {From: 81, To: 80}} {
		if b, err := r.MarshalText(); !errors.Is(err, lb.ErrInvalid) {
			t.Errorf("MarshalText() of %+v = %q, %v; want ErrInvalid", r, b, err)
		}
		if got := r.String(); !strings.HasPrefix(got, "invalid port range ") {
			t.Errorf("String() of %d-%d = %q", r.From, r.To, got)
		}
		if b, err := json.Marshal(r); err == nil {
			t.Errorf("json.Marshal of %v = %s, want an error", r, b)
		}
	}
}

func TestPortRangeJSON(t *testing.T) {
	t.Parallel()
	var got []lb.PortRange
	if err := json.Unmarshal([]byte(`[80, "81", "8000-8100"]`), &got); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(got)
	if err != nil || string(b) != `["80","81","8000-8100"]` {
		t.Errorf("json.Marshal = %s, %v", b, err)
	}
	for _, text := range []string{`null`, `0`, `-1`, `80.0`, `8e1`, `65536`, `true`, `{}`, `[80]`, `""`, `"x"`} {
		if err := json.Unmarshal([]byte(text), new(lb.PortRange)); err == nil {
			t.Errorf("json.Unmarshal(%s) is accepted, want an error", text)
		}
	}
}

func FuzzPortRangeText(f *testing.F) {
	for _, seed := range []string{"80", "8000-8100", "1-65535", "0", "81-80", "-", "080", "80-80"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var r lb.PortRange
		if r.UnmarshalText([]byte(text)) != nil {
			return
		}
		if r.From == 0 || r.From > r.To {
			t.Fatalf("UnmarshalText(%q) accepted %+v", text, r)
		}
		b, err := r.MarshalText()
		if err != nil {
			t.Fatalf("MarshalText() of %+v: %v", r, err)
		}
		var again lb.PortRange
		if err := again.UnmarshalText(b); err != nil || again != r {
			t.Fatalf("%q reads back as %+v, %v; want %+v", b, again, err, r)
		}
	})
}
