package ovhtest

import (
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Over a pipe the server lives inside a bubble, and its clock runs as fast as
// it was told.
func TestClockRuns(t *testing.T) {
	t.Parallel()
	for _, speed := range []float64{1, 50} {
		synctest.Test(t, func(t *testing.T) {
			s := NewServer(WithPipe(), WithSpeed(speed))
			defer s.Close()
			began := time.Now()
			h := &harness{t: t, server: s, service: s.AddService()}
			if off := s.Now().Sub(began); off != 0 {
				t.Errorf("at speed %v the clock begins %v off", speed, off)
			}
			h.create("/http/frontend", `{"zone":"all","port":"80","redirectLocation":"https://example.com/"}`)
			made := h.refresh("")
			<-time.After(time.Duration(2900 * float64(time.Millisecond) / speed))
			if got := h.task(made.ID); got.Status != "doing" {
				t.Errorf("at speed %v the task is %s after 2.9 s", speed, got.Status)
			}
			<-time.After(time.Duration(100 * float64(time.Millisecond) / speed))
			if got := h.task(made.ID); got.Status != "done" {
				t.Errorf("at speed %v the task is %s after 3 s", speed, got.Status)
			}
			r := h.send(h.request("GET", "/v1/auth/time", ""))
			if want := strconv.FormatInt(began.Add(time.Duration(float64(time.Since(began))*speed)).Unix(), 10); string(r.body) != want {
				t.Errorf("at speed %v the time is %s, want %s", speed, r.body, want)
			}
		})
	}
}

func TestClockRunsForward(t *testing.T) {
	t.Parallel()
	for _, speed := range []float64{0, -1} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("speed %v does not panic", speed)
				}
			}()
			WithSpeed(speed)
		}()
	}
}

func TestAdvanceMovesARunningClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := NewServer(WithPipe())
		defer s.Close()
		before := s.Now()
		s.Advance(time.Hour)
		if moved := s.Now().Sub(before); moved != time.Hour {
			t.Errorf("moved %v", moved)
		}
	})
}

func TestServicesDiffer(t *testing.T) {
	t.Parallel()
	s := NewServer()
	defer s.Close()
	a, b := s.AddService("gra"), s.AddService("GRA")
	if a == b || !strings.HasPrefix(a, "loadbalancer-") || !strings.HasPrefix(s.URL, "http://127.0.0.1:") {
		t.Errorf("services %s and %s at %s", a, b, s.URL)
	}
	if s.Running(b, "gra") == nil {
		t.Error("a zone's name is not taken in lower case")
	}
}

func TestManyServices(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for range 600 {
		h.server.AddService()
	}
	if got := getAPI[[]string](h, "/ip?type=loadBalancing"); len(got) != 2*601 {
		t.Errorf("%d addresses of 601 services", len(got))
	}
}

func TestOwnCredentials(t *testing.T) {
	t.Parallel()
	own := Credentials{ApplicationKey: "a", ApplicationSecret: "b", ConsumerKey: "c"}
	h := newHarness(t, WithCredentials(own))
	if h.server.Credentials() != own {
		t.Errorf("credentials %+v", h.server.Credentials())
	}
	h.ok("GET", "", "")
}
