// Package golden tests the examples: it runs one on the loopback server of each provider,
// in a bubble of testing/synctest where waiting takes no time, and compares what it prints
// with testdata/<provider>.txt. With the flag -update it writes those files instead:
//
//	go test ./examples/drain -update
package golden

import (
	"bytes"
	"context"
	"flag"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/examples/internal/account"
)

var providers = []string{"ovh", "scaleway"}

var update = flag.Bool("update", false, "write testdata instead of comparing with it")

// Run tests an example with args on every provider.
func Run(t *testing.T, run func(ctx context.Context, out io.Writer, args []string) error, args ...string) {
	t.Helper()
	Case(t, "", run, args...)
}

// Case is Run for an example that is run in several ways: what it prints is compared
// with testdata/<provider>-<name>.txt.
func Case(t *testing.T, name string, run func(ctx context.Context, out io.Writer, args []string) error, args ...string) {
	t.Helper()
	for _, provider := range providers {
		t.Run(provider, func(t *testing.T) {
			t.Parallel()
			file := provider
			if name != "" {
				file += "-" + name
			}
			Compare(t, file, Output(t, run, append([]string{"-provider", provider}, args...)...))
		})
	}
}

// Output is what an example prints, run in a bubble.
func Output(t *testing.T, run func(ctx context.Context, out io.Writer, args []string) error, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	synctest.Test(t, func(t *testing.T) {
		if err := run(account.InMemory(t.Context()), &out, args); err != nil {
			t.Fatalf("%v\nafter printing:\n%s", err, out.Bytes())
		}
	})
	return out.String()
}

// Each runs a test on the loopback server of every provider.
func Each(t *testing.T, test func(t *testing.T, a *account.Account)) {
	t.Helper()
	for _, provider := range providers {
		t.Run(provider, func(t *testing.T) {
			t.Parallel()
			On(t, provider, test)
		})
	}
}

// On runs a test on the loopback server of one provider, in a bubble.
func On(t *testing.T, provider string, test func(t *testing.T, a *account.Account)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		a, err := account.Open(account.InMemory(t.Context()), &account.Flags{Provider: provider})
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close()
		test(t, a)
	})
}

// Compare compares what an example printed with testdata/<name>.txt.
func Compare(t *testing.T, name, printed string) {
	t.Helper()
	path := filepath.Join("testdata", name+".txt")
	got := Mask(printed)
	if *update {
		if err := os.MkdirAll("testdata", 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path) //nolint:gosec // a file of the test
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("prints (-%s +now; go test -update writes it):\n%s", path, diff)
	}
}

// masks replace what is different each time.
var masks = []struct {
	varies *regexp.Regexp
	mask   string
}{
	// Lines of the states that a wait went through: which ones it saw is up to the clock.
	{regexp.MustCompile(`(?m)^ *… .*\n`), ""},
	// So is how much of what was written is not live yet.
	{regexp.MustCompile(`\b\d+ changes are not live yet`), "N changes are not live yet"},
	{regexp.MustCompile(`\bloadbalancer-[0-9a-f]{16,}\b`), "loadbalancer-0"},
	{regexp.MustCompile(`\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b`), "00000000-0000-0000-0000-000000000000"},
	{regexp.MustCompile(`\b[0-9a-f]{40}\b`), "FINGERPRINT"},
	{regexp.MustCompile(`\b\d{4}-\d\d-\d\d(T[0-9:.]+(Z|[+-]\d\d:\d\d)?)?`), "DATE"},
	{regexp.MustCompile(`\b\d\d:\d\d:\d\d\b`), "TIME"},
}

// Mask replaces what is different each time an example runs: IDs, times, fingerprints,
// and the states that a wait saw on its way.
func Mask(text string) string {
	for _, m := range masks {
		text = m.varies.ReplaceAllString(text, m.mask)
	}
	return text
}
