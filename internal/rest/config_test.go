package rest

import (
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/lbkit/lbkit/lb"
)

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// errorOf fails unless err is an *lb.Error with that code, and returns it.
func errorOf(t *testing.T, err, code error) *lb.Error {
	t.Helper()
	var e *lb.Error
	if !errors.As(err, &e) {
		t.Fatalf("%v is not an *lb.Error", err)
	}
	if !errors.Is(e.Code, code) {
		t.Fatalf("code %v, want %v: %v", e.Code, code, err)
	}
	return e
}

func wantCode(t *testing.T, err, code error) {
	t.Helper()
	_ = errorOf(t, err, code)
}

func TestBaseURL(t *testing.T) {
	t.Parallel()
	good := []string{"https://api.test", "https://api.test/v1", "https://api.test/v1/", "https://api.test:8443", "http://127.0.0.1:80", "http://127.5.5.5", "http://[::1]:80/x", "http://localhost:1", "http://LOCALHOST"}
	for _, base := range good {
		if _, err := New(Config{BaseURL: base}); err != nil {
			t.Errorf("%s: %v", base, err)
		}
	}
	bad := []string{
		"", "api.test", "//api.test", "ftp://api.test", "https://", "https://:80", "http://api.test", "http://10.0.0.1", "http://127.0.0.1.evil.test", "http://localhost.evil.test", "https://u:hunter2@api.test", "https://api.test?x", "https://api.test/?x=hunter2", "https://api.test#hunter2", "https:api.test", "https://api.test/%zz", "http://[::1", "\x00",
		"https://api.test/v1//", "https://api.test//v1", "https://api.test/a/../v1", "https://api.test/%2e%2E/", "https://api.test/v1 ",
	}
	for _, base := range bad {
		_, err := New(Config{BaseURL: base})
		if err == nil {
			t.Errorf("%q was accepted", base)
			continue
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: the error holds the password: %v", base, err)
		}
	}
}

func TestSetters(t *testing.T) {
	t.Parallel()
	bad := map[string]func(*Config) error{
		"nil client":        func(c *Config) error { return c.SetHTTPClient(nil) },
		"negative attempts": func(c *Config) error { return c.SetRetry(lb.RetryPolicy{MaxAttempts: -1}) },
		"negative wait":     func(c *Config) error { return c.SetRetry(lb.RetryPolicy{MinWait: -1}) },
		"min above max":     func(c *Config) error { return c.SetRetry(lb.RetryPolicy{MinWait: 2, MaxWait: 1}) },
		"no timeout":        func(c *Config) error { return c.SetAttemptTimeout(0) },
		"nil limiter":       func(c *Config) error { return c.SetLimiter(nil) },
		"nil logger":        func(c *Config) error { return c.SetLogger(nil) },
		"nil observer":      func(c *Config) error { return c.SetObserver(nil) },
		"no application":    func(c *Config) error { return c.SetApplication("") },
		"a header in it":    func(c *Config) error { return c.SetApplication("x\r\nX-Evil: 1") },
	}
	for name, set := range bad {
		if set(new(Config)) == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// TestCallersClientIsCopied: what a user hands in is never written to, and its
// transport carries the calls.
func TestCallersClientIsCopied(t *testing.T) {
	t.Parallel()
	used := 0
	own := &http.Client{
		Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			used++
			return &http.Response{StatusCode: http.StatusNoContent, Body: http.NoBody, Header: http.Header{}, Request: r}, nil
		}),
		CheckRedirect: func(*http.Request, []*http.Request) error { return nil },
		Timeout:       time.Minute,
	}
	before := *own
	c := newClient(t, Config{HTTPClient: own})
	if _, err := c.Do(t.Context(), Call{Method: http.MethodDelete, Route: "/a"}); err != nil {
		t.Fatal(err)
	}
	if used != 1 {
		t.Errorf("its transport carried %d calls", used)
	}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[http.Client]()) {
		was, is := reflect.ValueOf(before).FieldByIndex(f.Index), reflect.ValueOf(*own).FieldByIndex(f.Index)
		if f.Type.Kind() == reflect.Func {
			if was.Pointer() != is.Pointer() {
				t.Errorf("%s was changed", f.Name)
			}
			continue
		}
		if f.Name != "Transport" && !reflect.DeepEqual(was.Interface(), is.Interface()) {
			t.Errorf("%s was changed", f.Name)
		}
	}
	if reflect.TypeOf(own.Transport) != reflect.TypeFor[roundTripper]() {
		t.Error("Transport was changed")
	}
	if c.config.AttemptTimeout != time.Minute {
		t.Errorf("its Timeout bounds an attempt: %s", c.config.AttemptTimeout)
	}
}

func TestNilTransport(t *testing.T) {
	t.Parallel()
	c := newClient(t, Config{HTTPClient: &http.Client{}})
	pool, ok := c.http.Transport.(*transport).next.(*http.Transport)
	if !ok || pool == http.DefaultTransport {
		t.Fatalf("%T", c.http.Transport.(*transport).next)
	}
	if !pool.ForceAttemptHTTP2 || pool.MaxIdleConnsPerHost < DefaultWindow {
		t.Errorf("pool %+v", pool)
	}
}
