package rest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/lbkit/lbkit/lb"
)

// TestObserver: one event an attempt, after it has been decided what follows.
func TestObserver(t *testing.T) {
	t.Parallel()
	var events []lb.CallEvent
	w := newWire(t, says(503, "", ""), resetAfter, fine)
	c := newClient(t, Config{BaseURL: w.url(), Retry: quick, Observer: func(_ context.Context, e lb.CallEvent) { events = append(events, e) }})
	if _, _, err := callA(t.Context(), c, http.MethodPut); err != nil {
		t.Fatal(err)
	}
	event := lb.CallEvent{Provider: "test", Op: "things.do", Method: http.MethodPut, Route: "/things/{id}"}
	first, second, third := event, event, event
	first.Attempt, first.Status, first.RequestID, first.WillRetry = 1, 503, "req-503", true
	second.Attempt, second.WillRetry = 2, true
	third.Attempt, third.Status, third.RequestID = 3, 200, "req-200"
	if diff := cmp.Diff([]lb.CallEvent{first, second, third}, events, cmpopts.IgnoreFields(lb.CallEvent{}, "Duration", "Err")); diff != "" {
		t.Error(diff)
	}
	for i, e := range events {
		if (e.Err == nil) != (i == 2) || e.Duration <= 0 {
			t.Errorf("attempt %d: %v, %s", i+1, e.Err, e.Duration)
		}
	}
}

// TestAttemptsHeldBack: what did not go out is no attempt of the call, and the event of it
// has the number that it would have had.
func TestAttemptsHeldBack(t *testing.T) {
	t.Parallel()
	for goOut, status := range []int{0, http.StatusServiceUnavailable} {
		refuse := func(left *int) error {
			if *left--; *left < 0 {
				return errors.New("not now")
			}
			return nil
		}
		limited, signed := goOut, goOut
		configs := map[error]Config{
			lb.ErrRateLimited: {Limiter: limiterFunc(func(context.Context) error { return refuse(&limited) })},
			lb.ErrInvalid:     {Auth: authFunc(func(context.Context, *http.Request) error { return refuse(&signed) })},
		}
		for code, config := range configs {
			var last lb.CallEvent
			config.Observer = func(_ context.Context, e lb.CallEvent) { last = e }
			c, calls := through(t, config, func(r *http.Request) (*http.Response, error) { return answering(r, status, ""), nil })
			_, meta, err := callA(t.Context(), c, http.MethodGet)
			e := errorOf(t, err, code)
			if e.Attempts != goOut || meta.Attempts != goOut || int(calls.Load()) != goOut || last.Attempt != goOut+1 {
				t.Errorf("%d requests: error %d, event %d, %v", calls.Load(), e.Attempts, last.Attempt, err)
			}
		}
	}
}

// TestLog: routes and not paths, and nothing of headers and bodies.
func TestLog(t *testing.T) {
	t.Parallel()
	const marker = "MARKER"
	var out bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	w := newWire(t, says(503, "X-Secret: "+marker+"\r\n", marker), says(200, "", `{"a":1,"secret":"`+marker+`"}`))
	c := newClient(t, Config{BaseURL: w.url(), Retry: quick, Logger: newLog(logger), Auth: authFunc(func(_ context.Context, r *http.Request) error {
		r.Header.Set("X-Auth-Token", marker)
		return nil
	})})
	var answer answerA
	if _, err := c.Do(t.Context(), Call{Op: "things.do", Method: http.MethodPut, Route: "/things/{id}", Args: Args{marker}, Query: "q=" + marker, In: map[string]string{"key": marker}, Out: &answer}); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	if strings.Contains(text, marker) {
		t.Errorf("the log holds what it should not:\n%s", text)
	}
	for _, want := range []string{"level=WARN", "level=DEBUG", "op=things.do", "route=/things/{id}", "status=503", "request_id=req-200", "will_retry=true"} {
		if !strings.Contains(text, want) {
			t.Errorf("the log lacks %s:\n%s", want, text)
		}
	}
}

// TestRouteOfAPath: a path that a user spelled out shows as such.
func TestRouteOfAPath(t *testing.T) {
	t.Parallel()
	var route string
	w := newWire(t, fine)
	c := newClient(t, Config{BaseURL: w.url(), Observer: func(_ context.Context, e lb.CallEvent) { route = e.Route }})
	if _, err := c.Do(t.Context(), Call{Method: http.MethodGet, Path: "/a/secret?x=y"}); err != nil || route != "(path)" {
		t.Errorf("%q, %v", route, err)
	}
}

// TestClientShowsNothing: a client printed in any way shows no configuration.
func TestClientShowsNothing(t *testing.T) {
	t.Parallel()
	c := newClient(t, Config{Application: "MARKER"})
	for _, verb := range []string{"%v", "%+v", "%s"} {
		if got := fmt.Sprintf(verb, c); strings.Contains(got, "MARKER") {
			t.Errorf("%s: %s", verb, got)
		}
	}
}

// TestErrorsCarryTheProvidersOwn: errors.As finds what the decoder made, with
// status, request ID and fields in the *lb.Error around it.
func TestErrorsCarryTheProvidersOwn(t *testing.T) {
	t.Parallel()
	own := errors.New("own")
	w := newWire(t, says(422, "Retry-After: 5\r\n", "bad"))
	c := newClient(t, Config{BaseURL: w.url(), DecodeError: func(status int, _ http.Header, body []byte) Failure {
		return Failure{Code: lb.ErrQuota, Message: string(body), Fields: []lb.FieldError{{Path: "port", Reason: fmt.Sprint(status)}}, Err: own}
	}})
	_, _, err := callA(t.Context(), c, http.MethodPost)
	e := errorOf(t, fmt.Errorf("a: %w", fmt.Errorf("b: %w", err)), lb.ErrQuota)
	want := lb.Error{
		Code: lb.ErrQuota, Provider: "test", Op: "things.do", Kind: lb.KindBackend, ID: "7", Status: 422, RequestID: "req-422",
		Message: "bad", Fields: []lb.FieldError{{Path: "port", Reason: "422"}}, RetryAfter: 5 * time.Second, Attempts: 1, Err: own,
	}
	if diff := cmp.Diff(want, *e, cmpopts.EquateErrors()); diff != "" {
		t.Error(diff)
	}
}

func TestServerTime(t *testing.T) {
	t.Parallel()
	w := newWire(t, says(204, "Date: Fri, 02 Jan 2026 03:04:10 GMT\r\n", ""))
	c := newClient(t, Config{BaseURL: w.url()})
	if off := time.Until(c.ServerTime()).Abs(); off > time.Second {
		t.Errorf("%s off before any answer", off)
	}
	if _, err := c.Do(t.Context(), Call{Method: http.MethodDelete, Route: "/a"}); err != nil {
		t.Fatal(err)
	}
	if off := c.ServerTime().Sub(time.Date(2026, 1, 2, 3, 4, 10, 0, time.UTC)); off < 0 || off > 5*time.Second {
		t.Errorf("%s off", off)
	}
}

func TestUserAgent(t *testing.T) {
	t.Parallel()
	w := newWire(t, fine)
	c := newClient(t, Config{BaseURL: w.url(), Application: "deployer/2"})
	if _, _, err := callA(t.Context(), c, http.MethodGet); err != nil {
		t.Fatal(err)
	}
	if got := w.requests[0].UserAgent(); !strings.HasPrefix(got, "deployer/2 lbkit") {
		t.Error(got)
	}
}
