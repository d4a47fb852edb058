package plain

import "testing"

func TestText(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]struct{ text, word bool }{
		"": {true, true}, "a": {true, true}, "é\ufffd": {true, true}, "a b": {true, false},
		"a\xff": {}, "a\nb": {}, "a\tb": {}, "\x00": {}, "a\x7f": {},
	} {
		if Text(value) != want.text || Word(value) != want.word {
			t.Errorf("%q is text: %t, a word: %t; want %+v", value, Text(value), Word(value), want)
		}
	}
}
