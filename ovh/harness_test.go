package ovh

import (
	"crypto/sha1" //nolint:gosec // G505: the API's signature is made with it
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lbkit/lbkit/lb"
)

// The keys that the tests' clients and servers share.
const (
	testKey      = "appkey0123456789"
	testSecret   = "appsecret0123456789appsecret0123" //nolint:gosec // G101: made up
	testConsumer = "consumerkey0123456789consumerkey"
)

func testCredentials() Credentials {
	return ApplicationKey(testKey, lb.NewSecret(testSecret), lb.NewSecret(testConsumer))
}

// answerTo is what a server of the tests answers to one request.
type answerTo struct {
	status int // 0: 200
	header http.Header
	body   string
}

// wire is an API that checks signatures as the real one does: against the
// request line as it came. It serves as an http.Handler on loopback and as an
// http.RoundTripper in a bubble of fake time.
type wire struct {
	// handle answers what is signed well.
	handle func(r *http.Request, body []byte) answerTo
	// timeout is the code for a timestamp that is off; INVALID_SIGNATURE if empty.
	timeout string

	mu     sync.Mutex
	ahead  time.Duration // its clock, compared with the machine's
	secret string        // testSecret if empty
	times  int           // calls of /auth/time
	signed int           // calls that carried a signature
}

func (w *wire) step(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ahead += d
}

func (w *wire) counts() (times, signed int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.times, w.signed
}

func (w *wire) answer(r *http.Request, url string, body []byte) answerTo {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now().Add(w.ahead).Unix()
	if r.URL.Path == "/v1/auth/time" {
		w.times++
		if r.Header.Get(headerSignature) != "" {
			return answerTo{status: http.StatusBadRequest, body: `{"message":"the time is not to be signed"}`}
		}
		return answerTo{body: strconv.FormatInt(now, 10)}
	}
	w.signed++
	if code := w.refuse(r, url, body, now); code != "" {
		return answerTo{status: http.StatusBadRequest, body: `{"errorCode":"` + code + `","httpCode":"400 Bad Request","message":"Invalid signature"}`}
	}
	return w.handle(r, body)
}

func (w *wire) refuse(r *http.Request, url string, body []byte, now int64) string {
	secret := w.secret
	if secret == "" {
		secret = testSecret
	}
	timestamp, err := strconv.ParseInt(r.Header.Get(headerTimestamp), 10, 64)
	if off := now - timestamp; err != nil || off < -180 || off > 180 {
		if w.timeout != "" {
			return w.timeout
		}
		return "INVALID_SIGNATURE"
	}
	text := secret + "+" + testConsumer + "+" + r.Method + "+" + url + "+" + string(body) + "+" + r.Header.Get(headerTimestamp)
	want := fmt.Sprintf("$1$%x", sha1.Sum([]byte(text))) //nolint:gosec // G401: the API's signature is made with it
	if r.Header.Get(headerSignature) != want || r.Header.Get(headerApplication) != testKey || r.Header.Get(headerConsumer) != testConsumer {
		return "INVALID_SIGNATURE"
	}
	return ""
}

// ServeHTTP takes the URL from the raw request line.
func (w *wire) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(rw, err.Error(), http.StatusBadRequest)
		return
	}
	a := w.answer(r, "http://"+r.Host+r.RequestURI, body)
	for name, values := range a.header {
		rw.Header()[name] = values
	}
	if a.status != 0 {
		rw.WriteHeader(a.status)
	}
	_, _ = io.WriteString(rw, a.body)
}

// RoundTrip is for tests in a bubble, which can have no sockets.
func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	a := w.answer(r, r.URL.Scheme+"://"+r.URL.Host+r.URL.RequestURI(), body)
	return a.response(r), nil
}

func (a answerTo) response(r *http.Request) *http.Response {
	header := a.header.Clone()
	if header == nil {
		header = http.Header{}
	}
	status := a.status
	if status == 0 {
		status = http.StatusOK
	}
	return &http.Response{
		Status: strconv.Itoa(status), StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Body: io.NopCloser(strings.NewReader(a.body)), ContentLength: int64(len(a.body)), Request: r,
	}
}

// onLoopback is a client of w, served on 127.0.0.1.
func onLoopback(t *testing.T, w *wire, opts ...Option) *Client {
	t.Helper()
	server := httptest.NewServer(w)
	t.Cleanup(server.Close)
	return newTestClient(t, Endpoint(server.URL+"/v1"), opts...)
}

// inBubble is a client of w without a socket.
func inBubble(t *testing.T, w *wire, opts ...Option) *Client {
	t.Helper()
	return newTestClient(t, EU, append([]Option{WithHTTPClient(&http.Client{Transport: w})}, opts...)...)
}

func newTestClient(t *testing.T, endpoint Endpoint, opts ...Option) *Client {
	t.Helper()
	client, err := NewClient(endpoint, testCredentials(), opts...)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// unsigned is a client whose requests go to handle, with a token in place of a
// signature: for tests of what is sent, not of how it is signed.
func unsigned(t *testing.T, handle func(r *http.Request, body []byte) answerTo, opts ...Option) *Client {
	t.Helper()
	transport := roundTripper(func(r *http.Request) (*http.Response, error) {
		var body []byte
		if r.Body != nil {
			var err error
			if body, err = io.ReadAll(r.Body); err != nil {
				return nil, err
			}
		}
		return handle(r, body).response(r), nil
	})
	client, err := NewClient(EU, AccessToken(staticToken), append([]Option{WithHTTPClient(&http.Client{Transport: transport})}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// pass lets the time of a bubble go by.
func pass(d time.Duration) { <-time.After(d) }
