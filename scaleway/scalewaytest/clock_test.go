package scalewaytest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// Instances are ready half a second after the last of several writes.
func TestPropagation(t *testing.T) {
	t.Parallel()
	s := manual(t, WithInstances(2))
	id := s.lb("")
	at := func(d time.Duration, status string) {
		t.Helper()
		s.server.Advance(d)
		s.get(zoned + "/lbs/" + id).has(map[string]string{
			"status": "ready", "instances.0.status": status, "instances.1.status": status,
		})
	}
	s.backend(id, "")
	at(499*time.Millisecond, "pending")
	b := s.backend(id, "")
	at(time.Millisecond, "pending")
	at(498*time.Millisecond, "pending")
	at(time.Millisecond, "ready")
	// In reads after a write, the instances are never older than what was written
	// (facts 11).
	for range 3 {
		written := mustTime(t, s.get(zoned+"/backends/"+b).at("updated_at"))
		if instance := mustTime(t, s.get(zoned+"/lbs/"+id).at("instances.0.updated_at")); instance.Before(written) {
			t.Errorf("the instance is of %v, the backend of %v", instance, written)
		}
		s.server.Advance(200 * time.Millisecond)
	}
}

func TestTimings(t *testing.T) {
	t.Parallel()
	s := manual(t, WithTimings(Timings{Creation: time.Hour, Propagation: time.Minute}))
	id := s.creating("")
	s.server.Advance(59 * time.Minute)
	s.get(zoned + "/lbs/" + id).has(map[string]string{"status": "creating"})
	s.server.Advance(time.Minute)
	s.get(zoned + "/lbs/" + id).has(map[string]string{"status": "ready"})
	s.backend(id, "")
	s.server.Advance(59 * time.Second)
	s.get(zoned + "/lbs/" + id).has(map[string]string{"instances.0.status": "pending"})
	s.server.Advance(time.Second)
	s.get(zoned + "/lbs/" + id).has(map[string]string{"instances.0.status": "ready"})
	s.remove(zoned + "/lbs/" + id + "?release_ip=true")
	s.server.Advance(recordedTimings.Deletion)
	s.want(http.StatusNotFound, http.MethodGet, zoned+"/lbs/"+id, "")
}

// Over a pipe the server lives in a bubble, where its clock is the bubble's.
func TestPipeInABubble(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		opts    []Option
		created time.Duration
	}{
		{"in real time", nil, 3 * time.Second},
		{"at 50 times the speed", []Option{WithSpeed(50)}, 60 * time.Millisecond},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newSession(t, append(tt.opts, WithPipe())...)
				id := s.creating("")
				wait(t, tt.created-time.Millisecond)
				s.get(zoned + "/lbs/" + id).has(map[string]string{"status": "creating"})
				wait(t, time.Millisecond)
				s.get(zoned + "/lbs/" + id).has(map[string]string{"status": "ready"})
			})
		})
	}
}

func wait(t *testing.T, d time.Duration) {
	t.Helper()
	select {
	case <-time.After(d):
	case <-t.Context().Done():
		t.Fatal("the test has ended")
	}
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	s := newSession(t, WithSpeed(1000))
	id := s.creating("")
	token, project := s.server.SecretKey().Reveal(), s.server.ProjectID()
	var group sync.WaitGroup
	for i := range 16 {
		group.Go(func() {
			for _, r := range []struct{ method, path, body string }{
				{http.MethodPost, "/ips", fmt.Sprintf(`{"project_id": %q}`, project)},
				{http.MethodPost, "/lbs/" + id + "/backends", merged(t, leastBackend, fmt.Sprintf(`{"name": "b%d"}`, i))},
				{http.MethodGet, "/lbs/" + id + "/backends?page_size=5", ""},
				{http.MethodGet, "/lbs/" + id, ""},
			} {
				if err := s.quietly(t.Context(), token, r.method, zoned+r.path, r.body); err != nil {
					t.Error(err)
				}
			}
			s.server.Advance(time.Millisecond)
			s.server.Requests()
		})
	}
	group.Wait()
	got := s.get(zoned + "/lbs/" + id)
	got.has(map[string]string{"backend_count": "16"})
	s.get(zoned + "/ips?page_size=100").has(map[string]string{"total_count": "17"})
}

// quietly sends a request and says what went wrong, for use outside a test's own
// goroutine.
func (s *session) quietly(ctx context.Context, token, method, path, body string) error {
	req, err := http.NewRequestWithContext(ctx, method, s.server.URL+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("X-Auth-Token", token)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close() //nolint:errcheck // only read
	var answer struct {
		Message string `json:"message"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %s: %d %s", method, path, resp.StatusCode, answer.Message)
	}
	return nil
}

func TestTimestamp(t *testing.T) {
	t.Parallel()
	for nanoseconds, want := range map[int]string{
		0: "", 500_000_000: ".500", 855_000_000: ".855", 1_000: ".000001", 123_456_000: ".123456",
		1: ".000000001", 599_446_891: ".599446891", 100: ".000000100",
	} {
		got := timestamp(time.Date(2026, 7, 21, 10, 20, 3, nanoseconds, time.UTC))
		if got != "2026-07-21T10:20:03"+want+"Z" {
			t.Errorf("%d ns: %s", nanoseconds, got)
		}
	}
	if got := timestamp(time.Time{}); got != unsetTime {
		t.Errorf("no time is %s", got)
	}
}

func TestDuration(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		spelled string
		length  time.Duration
	}{
		"0.500000000s":  {"0.500s", 500 * time.Millisecond},
		"0.5s":          {"0.500s", 500 * time.Millisecond},
		"0s":            {"0s", 0},
		"10.000000000s": {"10s", 10 * time.Second},
		"1.5s":          {"1.500s", 1500 * time.Millisecond},
		"0.000001s":     {"0.000001s", time.Microsecond},
		"0.0000001s":    {"0.000000100s", 100 * time.Nanosecond},
		"-1.5s":         {"-1.500s", -1500 * time.Millisecond},
		"2147483647s":   {"2147483647s", (1<<31 - 1) * time.Second},
	} {
		spelled, length, ok := duration(text)
		if !ok || spelled != want.spelled || length != want.length {
			t.Errorf("%s is %s, %v, %t; want %s, %v", text, spelled, length, ok, want.spelled, want.length)
		}
	}
	for _, text := range []string{"", "s", "1", "1ms", "1.s", ".5s", "1.0000000001s", "+1s", "1e3s", " 1s", "99999999999s", "1h"} {
		if spelled, _, ok := duration(text); ok {
			t.Errorf("%q is %s, want no duration", text, spelled)
		}
	}
}
