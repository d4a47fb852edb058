package lb

import (
	"encoding/json"
	"testing"

	"pgregory.net/rapid"
)

// TestIsCanonical: what the short way takes as it is, the long way leaves as it is.
func TestIsCanonical(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		`{}`: true, `{"a":1}`: true, `{"a":"x, y: {}","b":-1.50e3,"c":true,"d":null}`: true, `{"a":"é"}`: true, `{"":""}`: true,
		`{"b":1,"a":1}`: false, `{"a":1,"a":1}`: false, `{"a":{}}`: false, `{"a":[1]}`: false, `{"a":"\u003c"}`: false, `{"a":"\""}`: false,
		`[]`: false, `1`: false, `""`: false, `null`: false, "{\"a\":\"\xff\"}": false,
	} {
		if got := isCanonical(text); got != want {
			t.Errorf("%s: %t", text, got)
		}
	}
	word := rapid.OneOf(rapid.String(), rapid.StringMatching(`[a-c":,{}\\<é]{0,4}`))
	value := rapid.OneOf(
		rapid.Map(word, func(v string) any { return v }), rapid.Map(rapid.Float64Range(-1e9, 1e9), func(v float64) any { return v }),
		rapid.Map(rapid.Int(), func(v int) any { return v }), rapid.Map(rapid.Bool(), func(v bool) any { return v }),
		rapid.Map(rapid.SliceOfN(word, 0, 2), func(v []string) any { return v }), rapid.Just[any](nil),
	)
	short := 0
	rapid.Check(t, func(t *rapid.T) {
		type member struct {
			key   string
			value any
		}
		members := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) member { return member{word.Draw(t, "key"), value.Draw(t, "value")} }), 0, 3).Draw(t, "members")
		var text []byte
		for i, m := range members { // in any order, twice too
			key, _ := json.Marshal(m.key)
			content, _ := json.Marshal(m.value)
			if i > 0 {
				text = append(text, ',')
			}
			text = append(append(append(text, key...), ':'), content...)
		}
		text = append(append([]byte{'{'}, text...), '}')
		if !isCanonical(string(text)) {
			return
		}
		short++
		if got, err := canonical(text); err != nil || string(got) != string(text) {
			t.Fatalf("%s is taken as it is, although canonical makes it %s (%v)", text, got, err)
		}
	})
	if short < 20 {
		t.Errorf("only %d went the short way: that proves little", short)
	}
}
