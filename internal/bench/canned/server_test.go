package canned

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

func newServer(t *testing.T) *Server {
	t.Helper()
	s, err := NewServer()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// wire is a connection to the server that allocates nothing itself.
type wire struct {
	net.Conn

	buffer []byte
}

func dial(t *testing.T, s *Server) *wire {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(s.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &wire{conn, make([]byte, 1<<20)}
}

// ask writes a request and reads size bytes, all there is of the answer.
func (w *wire) ask(request []byte, size int) error {
	if _, err := w.Write(request); err != nil {
		return err
	}
	_, err := io.ReadFull(w, w.buffer[:size])
	return err
}

const (
	scalewayKey = "X-Auth-Token: " + ScalewayToken + "\r\n"
	ovhKeys     = "X-Ovh-Application: " + OVHApplicationKey + "\r\nX-Ovh-Consumer: " + OVHConsumerKey + "\r\nX-Ovh-Timestamp: 1\r\n"
)

// signature is that of a GET at the first second of 1970.
func signature(s *Server, path string) string {
	r := request{method: []byte("GET"), target: []byte(path), host: []byte(strings.TrimPrefix(s.URL, "http://")), timestamp: []byte("1")}
	signed := r.sign()
	return string(signed[:])
}

func get(path, headers string) []byte {
	return []byte("GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" + headers + "\r\n")
}

// TestNothingIsAllocated: neither for the smallest answer nor for the largest, nor
// for a body, nor for a signature that is verified.
func TestNothingIsAllocated(t *testing.T) { //nolint:paralleltest // it counts what the process allocates
	s := newServer(t)
	s.SetStrict(true)
	list := scalewayRoot + "/lbs"
	farm := OVHRoot + OVHFarmPath
	host := strings.TrimPrefix(s.URL, "http://")
	for _, c := range []struct {
		name    string
		request []byte
		answer  []byte
	}{
		{"object", get(list+"/"+LoadBalancerID(0), scalewayKey), s.routes["GET "+list+"/"+LoadBalancerID(0)].whole},
		{"page", get(list+"?page=7&page_size=100", scalewayKey), s.routes["GET "+list].pages[6]},
		{
			"creation", []byte("POST " + list + "/" + LoadBalancerID(0) + "/backends HTTP/1.1\r\n" + scalewayKey + "Content-Length: 2\r\n\r\n{}"),
			s.routes["POST "+list+"/"+LoadBalancerID(0)+"/backends"].whole,
		},
		{
			"signed", []byte("GET " + farm + " HTTP/1.1\r\nHost: " + host + "\r\n" + ovhKeys + "X-Ovh-Signature: " + signature(s, farm) + "\r\n\r\n"),
			s.routes["GET "+farm].whole,
		},
	} {
		w := dial(t, s)
		if err := w.ask(c.request, len(c.answer)); err != nil || !bytes.Equal(w.buffer[:len(c.answer)], c.answer) {
			t.Fatalf("%s: %v, answer %.200q", c.name, err, w.buffer)
		}
		allocs := testing.AllocsPerRun(200, func() {
			if err := w.ask(c.request, len(c.answer)); err != nil {
				t.Error(err)
			}
		})
		if allocs != 0 {
			t.Errorf("%s: %v allocations a request", c.name, allocs)
		}
	}
}

// TestRefusals: what a contender may do wrong is not answered.
func TestRefusals(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.SetStrict(true)
	list := scalewayRoot + "/lbs"
	for _, c := range []struct{ name, request, problem string }{
		{"path", string(get("/lb/v1/zones/nl-ams-1/lbs", scalewayKey)), "no such path"},
		{"method", "PUT " + list + " HTTP/1.1\r\n" + scalewayKey + "\r\n", "no such path"},
		{"token", string(get(list+"?page=1&page_size=100", "X-Auth-Token: x\r\n")), "another token"},
		{"no page", string(get(list, scalewayKey)), "no page"},
		{"page 0", string(get(list+"?page=0&page_size=100", scalewayKey)), "no page"},
		{"small pages", string(get(list+"?page=1&page_size=50", scalewayKey)), "smaller"},
		{"page 11", string(get(list+"?page=11&page_size=100", scalewayKey)), "fewer pages"},
		{"body", "POST " + list + "/" + LoadBalancerID(0) + "/backends HTTP/1.1\r\n" + scalewayKey + "\r\n", "the body is missing"},
		{"keys", string(get(OVHRoot+OVHFarmPath, "")), "other keys"},
		{"signature", string(get(OVHRoot+OVHFarmPath, ovhKeys+"X-Ovh-Signature: $1$"+strings.Repeat("0", 40)+"\r\n")), "the signature is wrong"},
		{"no signature", string(get(OVHRoot+OVHFarmPath, ovhKeys)), "no signature"},
		{"too large", string(get(list, "X: "+strings.Repeat("x", 1<<16)+"\r\n")), "larger than"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := dial(t, s)
			if _, err := w.Write([]byte(c.request)); err != nil {
				t.Fatal(err)
			}
			n, _ := w.Read(w.buffer)
			if got := string(w.buffer[:n]); !strings.HasPrefix(got, "HTTP/1.1 400 ") || !strings.Contains(got, c.problem) {
				t.Errorf("answered %.200q, want %q", got, c.problem)
			}
		})
	}
}

// TestParts: a request may come in pieces, and two may come at once.
func TestParts(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	w := dial(t, s)
	path := scalewayRoot + "/lbs/" + LoadBalancerID(0)
	request, answer := get(path, scalewayKey), s.routes["GET "+path].whole
	twice := append(bytes.Clone(request), request...)
	for _, part := range [][]byte{twice[:10], twice[10 : len(request)-1], twice[len(request)-1 : len(request)+5], twice[len(request)+5:]} {
		if _, err := w.Write(part); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := w.ask(nil, len(answer)); err != nil || !bytes.Equal(w.buffer[:len(answer)], answer) {
			t.Fatalf("%v, answer %.200q", err, w.buffer)
		}
	}
	if s.Requests() != 2 || s.Connections() != 1 {
		t.Errorf("%d requests over %d connections", s.Requests(), s.Connections())
	}
}

// TestAnswersAreJSON: of every route, with as many objects as it says.
func TestAnswersAreJSON(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for name, r := range s.routes {
		for _, message := range append([][]byte{r.whole}, r.pages...) {
			_, body, _ := bytes.Cut(message, endOfHeader)
			if message != nil && !json.Valid(body) {
				t.Errorf("%s: %.100q", name, body)
			}
		}
	}
	for i := range Objects {
		var b struct {
			LB struct{ ID string }
			ID string
		}
		if err := json.Unmarshal(Backend(i), &b); err != nil || b.ID != BackendID(i) || b.LB.ID != LoadBalancerID(0) {
			t.Fatalf("backend %d: %+v, %v", i, b, err)
		}
	}
}

// TestLatency: each answer is held back, several at a time.
func TestLatency(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.SetLatency(20 * time.Millisecond)
	path := scalewayRoot + "/lbs/" + LoadBalancerID(0)
	start := time.Now()
	done := make(chan error)
	for range 8 {
		go func() {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+path, http.NoBody)
			if err == nil {
				r.Header.Set("X-Auth-Token", ScalewayToken)
				var resp *http.Response
				if resp, err = (&http.Client{Transport: &http.Transport{}}).Do(r); err == nil {
					_, err = io.Copy(io.Discard, resp.Body)
					_ = resp.Body.Close()
				}
			}
			done <- err
		}()
	}
	for range 8 {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(start); took < 20*time.Millisecond || took > 150*time.Millisecond {
		t.Errorf("8 at once took %s", took)
	}
}

// TestKeysOnly: whether a list of OVHcloud's holds objects is the server's choice.
func TestKeysOnly(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	paged := ovhKeys + "X-Ovh-Signature: $1$" + strings.Repeat("0", 40) + "\r\nX-Pagination-Mode: CachedObjectList-Pages\r\nX-Pagination-Number: 1\r\nX-Pagination-Size: 5000\r\n"
	list := s.routes["GET "+OVHRoot+OVHServersPath]
	w := dial(t, s)
	for _, keysOnly := range []bool{false, true} {
		s.SetKeysOnly(keysOnly)
		want := list.pages[0]
		if keysOnly {
			want = list.whole
		}
		if err := w.ask(get(OVHRoot+OVHServersPath, paged), len(want)); err != nil || !bytes.Equal(w.buffer[:len(want)], want) {
			t.Errorf("keys only %t: %v, answer %.100q", keysOnly, err, w.buffer)
		}
	}
	if !bytes.Contains(list.pages[0], []byte("\r\nX-Pagination-Elements: "+strconv.Itoa(Objects)+"\r\n")) || !bytes.Contains(list.whole, fmt.Appendf(nil, "[%d,", ServerID(0))) {
		t.Errorf("page %.300q, keys %.300q", list.pages[0], list.whole)
	}
}
