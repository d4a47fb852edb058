package lb_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/lbkit/lbkit/lb"
)

func TestDurationText(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0:                      "0s",
		5 * time.Second:        "5s",
		90 * time.Second:       "1m30s",
		250 * time.Millisecond: "250ms",
		-time.Minute:           "-1m0s",
	} {
		b, err := lb.Duration(d).MarshalText()
		if err != nil || string(b) != want {
			t.Errorf("MarshalText() of %v = %q, %v; want %q", d, b, err, want)
		}
		var got lb.Duration
		if err := got.UnmarshalText([]byte(want)); err != nil || time.Duration(got) != d {
			t.Errorf("UnmarshalText(%q) = %v, %v; want %v", want, got, err, d)
		}
		if got.String() != want {
			t.Errorf("String() = %q, want %q", got, want)
		}
	}
}

func TestDurationJSON(t *testing.T) {
	t.Parallel()
	var got lb.Duration
	if err := json.Unmarshal([]byte(`"1m"`), &got); err != nil || time.Duration(got) != time.Minute {
		t.Errorf(`json.Unmarshal("1m") = %v, %v`, got, err)
	}
	if b, err := json.Marshal(got); err != nil || string(b) != `"1m0s"` {
		t.Errorf("json.Marshal = %s, %v", b, err)
	}
	for _, text := range []string{`5`, `"5"`, `""`, `"5 s"`, `"five"`, `true`} {
		if err := json.Unmarshal([]byte(text), &got); err == nil {
			t.Errorf("json.Unmarshal(%s) is accepted, want an error: nobody sees its unit", text)
		}
	}
	if time.Duration(got) != time.Minute {
		t.Errorf("after refusals the duration is %v, want it as it was", got)
	}
}

func FuzzDurationText(f *testing.F) {
	for _, seed := range []string{"5s", "1m30s", "250ms", "-1h", "0", "1.5h", "9223372036854775807ns", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var d lb.Duration
		if d.UnmarshalText([]byte(text)) != nil {
			return
		}
		b, err := d.MarshalText()
		if err != nil {
			t.Fatalf("MarshalText() of %d ns: %v", d, err)
		}
		var again lb.Duration
		if err := again.UnmarshalText(b); err != nil || again != d {
			t.Fatalf("%q reads back as %d ns, %v; want %d ns", b, again, err, d)
		}
	})
}
