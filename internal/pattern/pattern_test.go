package pattern_test

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/lbkit/lbkit/internal/pattern"
)

func TestFault(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string]string{
		``:                        "",
		`^/api/v\d+/[\w.-]*$`:     "",
		`(?i)a|b`:                 "",
		`[]a]`:                    "",
		`[^]a]`:                   "",
		`[a-z:]`:                  "",
		`a[:b]c`:                  "",
		`\[[:]x:]`:                "",
		`[\]]\[:alpha:]`:          "",
		`\\pL`:                    "",
		`\Q[[:alpha:]]\pL\E`:      "",
		`\Q[[:alpha:]]`:           "",
		`[a-z]\Q\pL`:              "",
		`[[:alpha:]]`:             "named class",
		`[^a[:digit:]]`:           "named class",
		`[]a[:alpha:]]`:           "named class",
		`[^]a[:alpha:]]`:          "named class",
		`x\Q[\E[[:alpha:]]`:       "named class",
		`\pL`:                     "named class",
		`\P{Greek}`:               "named class",
		`[\pN]`:                   "named class",
		`(`:                       "RE2's syntax",
		`a(?=b)`:                  "RE2's syntax",
		`a(?<!b)`:                 "RE2's syntax",
		`(a)\1`:                   "RE2's syntax",
		`a{1001}`:                 "RE2's syntax",
		`[[:nope:]]`:              "RE2's syntax",
		`a++`:                     "RE2's syntax",
		string([]byte{'a', 0xff}): "RE2's syntax",
	} {
		t.Run(expression, func(t *testing.T) {
			t.Parallel()
			fault := pattern.Fault(expression)
			if (fault == "") != (want == "") || !strings.Contains(fault, want) {
				t.Errorf("got %q, want %q", fault, want)
			}
		})
	}
}

// TestFaultOfWhatIsQuoted: every text can be looked for.
func TestFaultOfWhatIsQuoted(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		if fault := pattern.Fault(regexp.QuoteMeta(text)); fault != "" {
			t.Errorf("%q: %s", text, fault)
		}
	})
}
