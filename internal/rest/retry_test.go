package rest

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
)

var (
	idempotent = []string{http.MethodGet, http.MethodPut, http.MethodDelete, http.MethodPatch}
	methods    = append([]string{http.MethodPost}, idempotent...)
)

// whole is a jitter that waits as long as it may.
func whole(d time.Duration) time.Duration { return d }

// TestDecide is the retry table, row by row: what happened, and what follows for
// POST and for the other methods, on the first attempt and on the last.
func TestDecide(t *testing.T) {
	t.Parallel()
	p := policy(lb.RetryPolicy{})
	retry := decision{Retry: true, Wait: p.MinWait}
	stop, uncertain := decision{}, decision{Uncertain: true}
	rows := []struct {
		name         string
		a            attempt
		others, post decision // on the first attempt
		lastPost     decision // on the last one; the others stop
	}{
		{"not sent", attempt{Outcome: lost}, retry, retry, stop},
		{"not sent, timed out", attempt{Outcome: timedOut}, retry, retry, stop},
		{"429", attempt{Sent: true, Status: 429}, decision{Retry: true, Wait: time.Second}, decision{Retry: true, Wait: time.Second}, stop},
		{"429 after 3 s", attempt{Sent: true, Status: 429, HasAfter: true, RetryAfter: 3 * time.Second}, decision{Retry: true, Wait: 3 * time.Second}, decision{Retry: true, Wait: 3 * time.Second}, stop},
		{"503 after 3 s", attempt{Sent: true, Status: 503, HasAfter: true, RetryAfter: 3 * time.Second}, decision{Retry: true, Wait: 3 * time.Second}, decision{Retry: true, Wait: 3 * time.Second}, stop},
		{"429 after longer than allowed", attempt{Sent: true, Status: 429, HasAfter: true, RetryAfter: p.MaxRetryAfter + 1}, stop, stop, stop},
		{"503 after longer than allowed", attempt{Sent: true, Status: 503, HasAfter: true, RetryAfter: p.MaxRetryAfter + 1}, stop, stop, stop},
		{"408", attempt{Sent: true, Status: 408}, retry, uncertain, uncertain},
		{"500", attempt{Sent: true, Status: 500}, retry, uncertain, uncertain},
		{"502", attempt{Sent: true, Status: 502}, retry, uncertain, uncertain},
		{"503", attempt{Sent: true, Status: 503}, retry, uncertain, uncertain},
		{"504", attempt{Sent: true, Status: 504}, retry, uncertain, uncertain},
		{"connection lost", attempt{Sent: true, Outcome: lost}, retry, uncertain, uncertain},
		{"attempt timed out", attempt{Sent: true, Outcome: timedOut}, retry, uncertain, uncertain},
		{"answer unreadable", attempt{Sent: true, Outcome: unreadable, Status: 200}, retry, uncertain, uncertain},
		{"new credentials", attempt{Sent: true, Status: 400, Renewed: true}, decision{Retry: true}, decision{Retry: true}, decision{Retry: true}},
		{"409", attempt{Sent: true, Status: 409}, stop, stop, stop},
		{"409 that passes", attempt{Sent: true, Status: 409, Transient: true}, retry, retry, stop},
		{"400", attempt{Sent: true, Status: 400}, stop, stop, stop},
		{"401", attempt{Sent: true, Status: 401}, stop, stop, stop},
		{"403", attempt{Sent: true, Status: 403}, stop, stop, stop},
		{"404", attempt{Sent: true, Status: 404}, stop, stop, stop},
		{"460", attempt{Sent: true, Status: 460}, stop, stop, stop},
		{"501", attempt{Sent: true, Status: 501}, stop, stop, stop},
		{"520", attempt{Sent: true, Status: 520}, stop, uncertain, uncertain},
		{"302", attempt{Sent: true, Status: 302}, stop, stop, stop},
		{"200", attempt{Sent: true, Status: 200}, stop, stop, stop},
		{"certificate", attempt{Outcome: barred}, stop, stop, stop},
		{"refused by ourselves", attempt{Outcome: refused}, stop, stop, stop},
		{"cancelled, not sent", attempt{Outcome: cancelled}, stop, stop, stop},
		{"cancelled", attempt{Outcome: cancelled, Sent: true}, stop, uncertain, uncertain},
	}
	for _, row := range rows {
		for _, method := range methods {
			t.Run(row.name+"/"+method, func(t *testing.T) {
				t.Parallel()
				first, last := row.others, stop
				if method == http.MethodPost {
					first, last = row.post, row.lastPost
				}
				if row.a.Renewed {
					last = first
				}
				a := row.a
				a.Method, a.Number = method, 1
				if a.Transient {
					a.Conflicts = 1
				}
				if diff := cmp.Diff(first, decide(p, a, whole)); diff != "" {
					t.Errorf("first attempt (-want +got):\n%s", diff)
				}
				a.Number = p.MaxAttempts
				if a.Transient {
					a.Conflicts, a.Conflicted = p.MaxAttempts, p.MaxRetryAfter
				}
				if method == http.MethodDelete && a.Status == http.StatusNotFound {
					last = decision{Gone: true}
				}
				if diff := cmp.Diff(last, decide(p, a, whole)); diff != "" {
					t.Errorf("last attempt (-want +got):\n%s", diff)
				}
			})
		}
	}
}

// TestEnded: after a gateway's 502 or 504 the server may be at work still, so that nothing
// may be sent again for want of an outcome.
func TestEnded(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]bool{0: false, 400: false, 408: true, 500: true, 502: false, 503: true, 504: false, 520: false} {
		if got := Ended(fmt.Errorf("create: %w", &lb.Error{Status: status})); got != want {
			t.Errorf("%d: %v", status, got)
		}
	}
	if Ended(context.Canceled) {
		t.Error("a call that was cancelled")
	}
}

// TestDecideConflict: a conflict that passes is waited out beyond MaxAttempts,
// for as long as a server may ask a call to wait, unless retries are off.
func TestDecideConflict(t *testing.T) {
	t.Parallel()
	usual, off := policy(lb.RetryPolicy{}), policy(lb.RetryPolicy{MaxAttempts: 1})
	instant := policy(lb.RetryPolicy{MinWait: 1, MaxWait: 1})
	tests := []struct {
		name      string
		p         lb.RetryPolicy
		conflicts int
		waited    time.Duration
		want      decision
	}{
		{"first", usual, 1, 0, decision{Retry: true, Wait: usual.MinWait}},
		{"more than MaxAttempts", usual, 8, 30 * time.Second, decision{Retry: true, Wait: usual.MaxWait}},
		{"up to MaxRetryAfter", usual, 12, usual.MaxRetryAfter - usual.MaxWait, decision{Retry: true, Wait: usual.MaxWait}},
		{"beyond it", usual, 12, usual.MaxRetryAfter - usual.MaxWait + 1, decision{}},
		{"as often as other failures, whatever was waited", usual, 3, time.Hour, decision{Retry: true, Wait: time.Second}},
		{"retries are off", off, 1, 0, decision{}},
		{"no wait to speak of", instant, mostConflicts - 1, 0, decision{Retry: true, Wait: 1}},
		{"no wait to speak of, for long", instant, mostConflicts, 0, decision{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := attempt{Method: http.MethodPost, Number: 1, Sent: true, Status: 409, Transient: true, Conflicts: tt.conflicts, Conflicted: tt.waited}
			if diff := cmp.Diff(tt.want, decide(tt.p, a, whole)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	gone := attempt{Method: http.MethodDelete, Number: 1, Sent: true, Status: 404, Conflicts: 1}
	if got := decide(usual, gone, whole); !got.Gone {
		t.Errorf("a DELETE that finds nothing after a conflict: %+v, want Gone", got)
	}
}

// TestDecideUnknownMethod: a method that nobody knows is not known to be
// idempotent.
func TestDecideUnknownMethod(t *testing.T) {
	t.Parallel()
	for method, want := range map[string]decision{
		"LOCK": {Uncertain: true}, "CONNECT": {Uncertain: true}, "": {Uncertain: true}, "post": {Uncertain: true},
		http.MethodHead: {Retry: true, Wait: 250 * time.Millisecond}, http.MethodOptions: {Retry: true, Wait: 250 * time.Millisecond},
	} {
		a := attempt{Method: method, Number: 1, Sent: true, Outcome: lost}
		if diff := cmp.Diff(want, decide(policy(lb.RetryPolicy{}), a, whole)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", method, diff)
		}
	}
}

func TestDecideRepeatablePost(t *testing.T) {
	t.Parallel()
	for _, a := range []attempt{{Outcome: lost}, {Status: 500}, {Status: 200, Outcome: unreadable}} {
		a.Method, a.Number, a.Sent, a.Repeatable = http.MethodPost, 1, true, true
		if got := decide(policy(lb.RetryPolicy{}), a, whole); !got.Retry || got.Uncertain {
			t.Errorf("%+v: %+v, want a retry", a, got)
		}
	}
}

func TestDecideDeadline(t *testing.T) {
	t.Parallel()
	p := policy(lb.RetryPolicy{})
	a := attempt{Method: http.MethodGet, Number: 1, Sent: true, Status: 503, HasLeft: true, Left: p.MinWait}
	if got := decide(p, a, whole); !got.Late || got.Retry {
		t.Errorf("a wait as long as what is left: %+v, want Late", got)
	}
	a.Left++
	if got := decide(p, a, whole); !got.Retry {
		t.Errorf("a wait shorter than what is left: %+v, want a retry", got)
	}
}

func TestCeiling(t *testing.T) {
	t.Parallel()
	p := policy(lb.RetryPolicy{MinWait: 250 * time.Millisecond, MaxWait: 3 * time.Second})
	want := []time.Duration{250, 500, 1000, 2000, 3000, 3000}
	for i, w := range want {
		if got := ceiling(p, i+1); got != w*time.Millisecond {
			t.Errorf("after attempt %d: %s, want %s", i+1, got, w*time.Millisecond)
		}
	}
	if got := ceiling(policy(lb.RetryPolicy{MinWait: 1<<62 + 1, MaxWait: 1<<63 - 1}), 64); got != 1<<63-1 {
		t.Errorf("overflow: %s", got)
	}
}

func TestPolicyDefaults(t *testing.T) {
	t.Parallel()
	want := lb.RetryPolicy{MaxAttempts: 4, MinWait: 250 * time.Millisecond, MaxWait: 10 * time.Second, MaxRetryAfter: time.Minute}
	if diff := cmp.Diff(want, policy(lb.RetryPolicy{})); diff != "" {
		t.Error(diff)
	}
	if got := policy(lb.RetryPolicy{MinWait: time.Minute}); got.MaxWait != time.Minute {
		t.Errorf("MaxWait %s below MinWait", got.MaxWait)
	}
}

func TestFullJitter(t *testing.T) {
	t.Parallel()
	if got := fullJitter(0); got != 0 {
		t.Errorf("of nothing: %s", got)
	}
	low, high := false, false
	for range 1000 {
		got := fullJitter(time.Second)
		if got < 0 || got >= time.Second {
			t.Fatalf("%s is outside", got)
		}
		low, high = low || got < 300*time.Millisecond, high || got > 700*time.Millisecond
	}
	if !low || !high {
		t.Error("waits are not spread over the whole range")
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	tests := []struct {
		value string
		want  time.Duration
		ok    bool
	}{
		{"", 0, false},
		{"0", 0, true},
		{"7", 7 * time.Second, true},
		{" 7 ", 7 * time.Second, true},
		{"007", 7 * time.Second, true},
		{"-1", 0, false},
		{"+1", 0, false},
		{"1.5", 0, false},
		{"1e3", 0, false},
		{"soon", 0, false},
		{"9223372036854775807", 1<<63 - 1, true},
		{"99999999999999999999999999", 1<<63 - 1, true},
		{"Fri, 02 Jan 2026 03:04:10 GMT", 5 * time.Second, true},
		{"Fri, 02 Jan 2026 03:04:00 GMT", 0, true},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%q", tt.value), func(t *testing.T) {
			t.Parallel()
			got, ok := RetryAfter(tt.value, now)
			if got != tt.want || ok != tt.ok {
				t.Errorf("%s %t, want %s %t", got, ok, tt.want, tt.ok)
			}
		})
	}
}

// FuzzRetryAfter: whatever a server says, the wait that follows is within
// bounds.
func FuzzRetryAfter(f *testing.F) {
	for _, seed := range []string{"", "1", "-1", "1.5", "86400", "9223372036854775807", "99999999999999999999", "Fri, 02 Jan 2026 03:04:10 GMT", "Mon, 01 Jan 9999 00:00:00 GMT", "٣"} {
		f.Add(seed)
	}
	p := policy(lb.RetryPolicy{})
	f.Fuzz(func(t *testing.T, value string) {
		after, ok := RetryAfter(value, time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
		if after < 0 {
			t.Fatalf("%q: %s is negative", value, after)
		}
		d := decide(p, attempt{Method: http.MethodGet, Number: 1, Sent: true, Status: 429, RetryAfter: after, HasAfter: ok}, whole)
		if d.Wait < 0 || d.Wait > p.MaxRetryAfter {
			t.Fatalf("%q: waits %s", value, d.Wait)
		}
	})
}
