package lb_test

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/lbkit/lbkit/lb"
)

// nativeError stands for a provider package's own error.
type nativeError struct{ text string }

func (e *nativeError) Error() string { return e.text }

func TestErrorText(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err  lb.Error
		want string
	}{
		"nothing": {lb.Error{}, "failed"},
		"answered": {
			lb.Error{
				Code: lb.ErrNotFound, Provider: "ovh", Op: "backends.get", Kind: lb.KindBackend,
				ID: "loadbalancer-1/http/farm/2", Status: 404, RequestID: "EU.ext-1", Attempts: 1,
			},
			`ovh: backends.get: backend "loadbalancer-1/http/farm/2": not found (HTTP 404, request EU.ext-1)`,
		},
		"no id yet": {
			lb.Error{
				Code: lb.ErrInvalid, Provider: "scaleway", Op: "backends.create", Kind: lb.KindBackend,
				Status: 400, RequestID: "r", Message: "invalid argument(s)",
				Fields: []lb.FieldError{{Path: "port", Reason: "too big"}, {Path: "name", Reason: "missing"}, {Reason: "odd"}},
			},
			`scaleway: backends.create: backend: invalid: invalid argument(s): port: too big; name: missing; odd (HTTP 400, request r)`,
		},
		"no answer": {
			lb.Error{
				Code: lb.ErrUnavailable, Provider: "ovh", Op: "backends.list", Kind: lb.KindLoadBalancer, ID: "lb-1",
				Attempts: 4, Err: io.ErrUnexpectedEOF,
			},
			`ovh: backends.list: load balancer "lb-1": unavailable (4 attempts): unexpected EOF`,
		},
		"held back": {
			lb.Error{Code: lb.ErrRateLimited, Provider: "ovh", Op: "x", Status: 429, RetryAfter: 90 * time.Second},
			`ovh: x: rate limited (HTTP 429, retry after 1m30s)`,
		},
		"cause says the message": {
			lb.Error{Code: lb.ErrInvalid, Message: "bad port", Err: &nativeError{"ovh: 400: bad port"}},
			`invalid: bad port`,
		},
		"one of two causes says the message": {
			lb.Error{
				Code: lb.ErrUnavailable, Message: "slow\ndown", Status: 503,
				Err: errors.Join(&nativeError{"ovh: 503: slow\ndown"}, context.DeadlineExceeded),
			},
			`unavailable: slow down (HTTP 503): context deadline exceeded`,
		},
		"said already, and more": {
			lb.Error{Code: lb.ErrUncertain, Status: 502, Message: "bad gateway; nothing is there", Err: errors.New("bad gateway")},
			`outcome unknown: bad gateway; nothing is there (HTTP 502)`,
		},
		"another call's error says the message": {
			lb.Error{
				Code: lb.ErrUnauthorized, Message: "no token", Err: &lb.Error{Code: lb.ErrUnauthorized, Message: "no token", Err: io.EOF},
			},
			`unauthorized: no token`,
		},
		"cause says more": {
			lb.Error{Code: lb.ErrInvalid, Message: "bad port", Err: errors.New("port is 0")},
			`invalid: bad port: port is 0`,
		},
		"id without kind": {lb.Error{Code: lb.ErrInvalid, ID: "../x"}, `"../x": invalid`},
		"one line": {
			lb.Error{Code: lb.ErrInvalid, Message: "a\nb\r\x1b[31m", Err: errors.Join(io.EOF, context.Canceled)},
			"invalid: a b  [31m: EOF context canceled",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := c.err.Error(); got != c.want {
				t.Errorf("Error() is\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func TestErrorIsItsCodeAndItsCause(t *testing.T) {
	t.Parallel()
	native := &nativeError{"native"}
	err := fmt.Errorf("a: %w", fmt.Errorf("b: %w", fmt.Errorf("c: %w", error(&lb.Error{
		Code: lb.ErrUncertain, RequestID: "r", Err: errors.Join(context.DeadlineExceeded, native),
	}))))
	for _, target := range []error{lb.ErrUncertain, context.DeadlineExceeded, native} {
		if !errors.Is(err, target) {
			t.Errorf("errors.Is(err, %v) is false", target)
		}
	}
	for _, target := range []error{lb.ErrNotFound, context.Canceled, errors.ErrUnsupported} {
		if errors.Is(err, target) {
			t.Errorf("errors.Is(err, %v) is true", target)
		}
	}
	if got, ok := errors.AsType[*lb.Error](err); !ok || got.RequestID != "r" {
		t.Errorf("the *lb.Error behind err is %+v", got)
	}
	if got, ok := errors.AsType[*nativeError](err); !ok || got != native {
		t.Errorf("the provider's error behind err is %v", got)
	}
}

func TestErrorWithoutCodeOrCause(t *testing.T) {
	t.Parallel()
	for _, err := range []*lb.Error{{}, {Code: lb.ErrBusy}, {Err: io.EOF}} {
		if errors.Is(err, lb.ErrNotFound) || err.Error() == "" || slices.Contains(err.Unwrap(), nil) {
			t.Errorf("%q unwraps to %v", err, err.Unwrap())
		}
	}
}

func TestErrUnsupportedMatchesOneWay(t *testing.T) {
	t.Parallel()
	if !errors.Is(lb.ErrUnsupported, errors.ErrUnsupported) || !errors.Is(lb.ErrUnsupported, lb.ErrUnsupported) {
		t.Error("lb.ErrUnsupported does not match errors.ErrUnsupported and itself")
	}
	for _, err := range []error{errors.ErrUnsupported, http.ErrNotSupported, syscall.ENOSYS, lb.ErrInvalid, os.ErrInvalid} {
		if errors.Is(err, lb.ErrUnsupported) {
			t.Errorf("%v matches lb.ErrUnsupported", err)
		}
	}
}

func TestUnsupportedErrorText(t *testing.T) {
	t.Parallel()
	two := 2
	for name, c := range map[string]struct {
		err  lb.UnsupportedError
		want string
	}{
		"call": {
			lb.UnsupportedError{Provider: "ovh", Feature: "loadbalancers.create", Hint: "order one"},
			`ovh: loadbalancers.create: unsupported (hint: order one)`,
		},
		"setting": {
			lb.UnsupportedError{
				Provider: "ovh", Feature: "backend.healthCheck.timeout", Path: "healthCheck.timeout",
				Value: lb.Duration(3 * time.Second), Reason: "OVH has one of its own", Hint: "leave it out",
			},
			`ovh: healthCheck.timeout: 3s is unsupported: OVH has one of its own (feature backend.healthCheck.timeout; hint: leave it out)`,
		},
		"text":    {lb.UnsupportedError{Feature: "f", Path: "name", Value: lb.Protocol("a b")}, `name: "a b" is unsupported (feature f)`},
		"pointer": {lb.UnsupportedError{Feature: "f", Value: &two}, `f: 2 is unsupported`},
		"nil":     {lb.UnsupportedError{Feature: "f", Value: (*int)(nil)}, `f: <nil> is unsupported`},
		"list":    {lb.UnsupportedError{Feature: "f", Value: []lb.PortRange{lb.Port(80), {From: 1, To: 2}}}, `f: [80 1-2] is unsupported`},
		"secret":  {lb.UnsupportedError{Feature: "f", Value: lb.NewSecret(canary)}, `f: [secret] is unsupported`},
		"key in PEM": {
			lb.UnsupportedError{Feature: "f", Value: "-----BEGIN PRIVATE KEY-----\n" + canary},
			`f: [secret] is unsupported`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := c.err.Error(); got != c.want {
				t.Errorf("Error() is\n%s\nwant\n%s", got, c.want)
			}
			if err := fmt.Errorf("wrapped: %w", error(&c.err)); !errors.Is(err, lb.ErrUnsupported) || !errors.Is(err, errors.ErrUnsupported) {
				t.Errorf("%v does not match ErrUnsupported", err)
			}
		})
	}
}

func TestUnsupportedErrorKeepsLongValuesShort(t *testing.T) {
	t.Parallel()
	err := &lb.UnsupportedError{Feature: "f", Value: strings.Repeat("é", 5000)}
	if got := err.Error(); len(got) > 150 || !strings.Contains(got, "…") || strings.ContainsRune(got, '�') {
		t.Errorf("Error() is %d bytes long: %.200s", len(got), got)
	}
}

func TestStateErrorText(t *testing.T) {
	t.Parallel()
	err := &lb.StateError{
		Kind: lb.KindCertificate, ID: "lb-1/ssl/5", Want: "ready", Got: "error", Detail: "the domain\ndoes not resolve",
	}
	if got, want := err.Error(), `certificate "lb-1/ssl/5": wanted ready, reached error: the domain does not resolve`; got != want {
		t.Errorf("Error() = %s, want %s", got, want)
	}
	err.Elapsed, err.Polls = 31*time.Second, 7
	if got, want := err.Error(), `certificate "lb-1/ssl/5": wanted ready, reached error (31s, 7 polls): the domain does not resolve`; got != want {
		t.Errorf("Error() = %s, want %s", got, want)
	}
	if !errors.Is(fmt.Errorf("wrapped: %w", err), lb.ErrFailed) {
		t.Error("a StateError does not match ErrFailed")
	}
}

func TestProblems(t *testing.T) {
	t.Parallel()
	problems := lb.Problems{
		&lb.UnsupportedError{Provider: "ovh", Feature: "f", Path: "a"},
		&lb.Error{Code: lb.ErrInvalid, Provider: "ovh", Message: "b"},
	}
	err := fmt.Errorf("wrapped: %w", problems.Err())
	for _, target := range []error{lb.ErrUnsupported, errors.ErrUnsupported, lb.ErrInvalid} {
		if !errors.Is(err, target) {
			t.Errorf("errors.Is(problems, %v) is false", target)
		}
	}
	if errors.Is(err, lb.ErrNotFound) {
		t.Error("problems match what is not among them")
	}
	if got, ok := errors.AsType[*lb.UnsupportedError](err); !ok || got.Path != "a" {
		t.Errorf("the *UnsupportedError among the problems is %v", got)
	}
	if got, ok := errors.AsType[lb.Problems](err); !ok || len(got) != 2 {
		t.Errorf("the Problems behind err are %v", got)
	}
	if got, want := problems.Error(), "ovh: a: unsupported (feature f)\novh: invalid: b"; got != want {
		t.Errorf("Error() is\n%s\nwant\n%s", got, want)
	}
	for _, none := range []lb.Problems{nil, {}} {
		if err := none.Err(); err != nil {
			t.Errorf("no problems are the error %#v", err)
		}
	}
}

func TestCodeOf(t *testing.T) {
	t.Parallel()
	cause := errors.New("disk full")
	for name, c := range map[string]struct{ err, want error }{
		"nothing":             {nil, nil},
		"of nobody's":         {cause, nil},
		"the context's":       {context.Canceled, nil},
		"itself":              {lb.ErrConflict, lb.ErrConflict},
		"in the chain":        {fmt.Errorf("%w: %w", cause, lb.ErrQuota), lb.ErrQuota},
		"of an Error":         {fmt.Errorf("roll out: %w", &lb.Error{Code: lb.ErrBusy, Err: lb.ErrNotFound}), lb.ErrBusy},
		"of the last attempt": {&lb.Error{Code: lb.ErrForbidden, Err: &lb.Error{Code: lb.ErrBusy}}, lb.ErrForbidden},
		"behind an Error":     {&lb.Error{Err: lb.ErrExists}, lb.ErrExists},
		"a refusal":           {&lb.UnsupportedError{}, lb.ErrUnsupported},
		"a state":             {&lb.StateError{}, lb.ErrFailed},
		"several":             {lb.Problems{&lb.UnsupportedError{}, &lb.Error{Code: lb.ErrInvalid}}, lb.ErrInvalid},
	} {
		if got := lb.CodeOf(c.err); got != c.want { //nolint:errorlint // the sentinel itself
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

// TestCodeOfEach looks for a sentinel that CodeOf does not know.
func TestCodeOfEach(t *testing.T) {
	t.Parallel()
	source, err := parser.ParseFile(token.NewFileSet(), "errors.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var listed int
	ast.Inspect(source, func(n ast.Node) bool {
		if list, ok := n.(*ast.CompositeLit); ok && listed == 0 {
			listed = len(list.Elts)
		}
		return true
	})
	var declared []string
	for name := range source.Scope.Objects { //nolint:staticcheck // SA1019: names alone are asked for
		if strings.HasPrefix(name, "Err") {
			declared = append(declared, name)
		}
	}
	if listed != len(declared) {
		t.Errorf("%d of %v are listed", listed, declared)
	}
}
