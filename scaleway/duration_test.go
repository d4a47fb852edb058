package scaleway

import (
	"math"
	"regexp"
	"testing"
	"time"

	"github.com/lbkit/lbkit/internal/rest"
)

func TestDurationText(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text string
		want time.Duration
		form string // as it is written, where that is another text
	}{
		{text: "0s", want: 0},
		{text: "0.5s", want: 500 * time.Millisecond, form: "0.500s"},
		{text: "0.500s", want: 500 * time.Millisecond},
		{text: "0.500000000s", want: 500 * time.Millisecond, form: "0.500s"},
		{text: "1s", want: time.Second},
		{text: "1.5s", want: 1500 * time.Millisecond, form: "1.500s"},
		{text: "-0.5s", want: -500 * time.Millisecond, form: "-0.500s"},
		{text: "-1.500s", want: -1500 * time.Millisecond},
		{text: "0.000001s", want: time.Microsecond},
		{text: "0.000000001s", want: 1},
		{text: "-0.000000001s", want: -1},
		{text: "007s", want: 7 * time.Second, form: "7s"},
		{text: "2147483s", want: 2147483 * time.Second},
		{text: "9223372036.854775807s", want: math.MaxInt64},
		{text: "-9223372036.854775808s", want: math.MinInt64},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			t.Parallel()
			var got Duration
			if err := got.UnmarshalText([]byte(tt.text)); err != nil || time.Duration(got) != tt.want {
				t.Fatalf("read as %v, %v; want %v", got, err, tt.want)
			}
			form := tt.form
			if form == "" {
				form = tt.text
			}
			if text, err := got.MarshalText(); err != nil || string(text) != form {
				t.Errorf("written as %q, %v; want %q", text, err, form)
			}
		})
	}
}

func TestDurationRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "s", "-s", "1", "1.s", ".5s", "1.0000000001s", "+1s", "--1s", "1 s", " 1s", "1s ", "1e3s", "1ms", "1m", "NaNs", "1,5s", "1.-5s",
		"9223372036.854775808s", "-9223372036.854775809s", "9223372037s", "99999999999999999999s", "0x1s", "١s",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			d := Duration(7)
			if err := d.UnmarshalText([]byte(text)); err == nil || d != 7 {
				t.Errorf("%q: read as %v, %v; want an error", text, d, err)
			}
		})
	}
}

func FuzzDuration(f *testing.F) {
	for _, text := range []string{"0s", "0.5s", "1.500s", "-0.000000001s", "9223372036.854775807s", "-9223372036.854775808s", "1.s", "s", ""} {
		f.Add(text)
	}
	form := regexp.MustCompile(`^-?[0-9]+(\.[0-9]{1,9})?s$`)
	f.Fuzz(func(t *testing.T, text string) {
		var d Duration
		if err := d.UnmarshalText([]byte(text)); err != nil {
			return
		}
		if !form.MatchString(text) {
			t.Fatalf("%q was read as %v", text, d)
		}
		written, err := d.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		var again Duration
		if err := again.UnmarshalText(written); err != nil || again != d {
			t.Fatalf("%q is %v, written as %q, read as %v, %v", text, d, written, again, err)
		}
	})
}

func TestMilliseconds(t *testing.T) {
	t.Parallel()
	tests := []struct {
		give Milliseconds
		want time.Duration
	}{
		{0, 0},
		{1500, 1500 * time.Millisecond},
		{-5, -5 * time.Millisecond},
		{2147483647, 2147483647 * time.Millisecond},
		{math.MaxInt64, math.MaxInt64},
		{math.MinInt64, math.MinInt64},
	}
	for _, tt := range tests {
		if got := tt.give.Duration(); got != tt.want {
			t.Errorf("%d ms is %v; want %v", int64(tt.give), got, tt.want)
		}
	}
	if got := MillisecondsOf(1500*time.Millisecond + 999*time.Microsecond); got != 1500 {
		t.Errorf("MillisecondsOf = %d; want 1500", int64(got))
	}
}

// TestDurationsOnTheWire: one spelling is a number, the other a text.
func TestDurationsOnTheWire(t *testing.T) {
	t.Parallel()
	queue := Duration(1500 * time.Millisecond)
	server := MillisecondsOf(time.Minute)
	body, err := rest.Encode(BackendCreate{TimeoutServer: &server, TimeoutQueue: &queue})
	if err != nil {
		t.Fatal(err)
	}
	contains(t, "body", string(body), `"timeout_server":60000`)
	contains(t, "body", string(body), `"timeout_queue":"1.500s"`)
}

func TestZeroYearIsTheZeroTime(t *testing.T) {
	t.Parallel()
	var c Certificate
	if err := rest.Decode([]byte(`{"not_valid_before":"0001-01-01T00:00:00Z","not_valid_after":null}`), &c); err != nil {
		t.Fatal(err)
	}
	if !c.NotValidBefore.IsZero() || !c.NotValidAfter.IsZero() {
		t.Errorf("times are %v and %v; want zero", c.NotValidBefore, c.NotValidAfter)
	}
}

func TestSameTime(t *testing.T) {
	t.Parallel()
	answer := time.Date(2026, 1, 2, 3, 4, 5, 599446891, time.UTC)
	later := time.Date(2026, 1, 2, 3, 4, 5, 599447000, time.UTC)
	if !SameTime(answer, later) || !SameTime(later, answer) {
		t.Error("a moment and its rounding to microseconds differ")
	}
	if SameTime(answer, later.Add(time.Microsecond)) {
		t.Error("a microsecond makes no difference")
	}
}
