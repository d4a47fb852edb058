package scaleway

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/jarcoal/httpmock"

	"github.com/lbkit/lbkit/lb"
)

const (
	testZone   Zone   = "fr-par-1"
	testRegion Region = "fr-par"

	testSecret       = "0a1b2c3d-0000-4000-8000-5ec4e7000001" //nolint:gosec // G101: opens nothing
	testProject      = "0a1b2c3d-0000-4000-8000-00000000000a"
	testOrganization = "0a1b2c3d-0000-4000-8000-00000000000b"

	testLB          = "0a1b2c3d-0000-4000-8000-000000000001"
	testIP          = "0a1b2c3d-0000-4000-8000-000000000002"
	testBackend     = "0a1b2c3d-0000-4000-8000-000000000003"
	testFrontend    = "0a1b2c3d-0000-4000-8000-000000000004"
	testRoute       = "0a1b2c3d-0000-4000-8000-000000000005"
	testACL         = "0a1b2c3d-0000-4000-8000-000000000006"
	testCertificate = "0a1b2c3d-0000-4000-8000-000000000007"
	testSubscriber  = "0a1b2c3d-0000-4000-8000-000000000008"
	testNetwork     = "0a1b2c3d-0000-4000-8000-000000000009"
)

// sentRequest is a request as it reached the wire.
type sentRequest struct {
	Method, Path string
	Query        url.Values
	Header       http.Header
	Body         string
}

func (r sentRequest) String() string { return r.Method + " " + r.Path }

// wire answers requests in place of the API and remembers them.
type wire struct {
	mu   sync.Mutex
	sent []sentRequest
}

// all are the requests so far.
func (w *wire) all() []sentRequest {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]sentRequest(nil), w.sent...)
}

// only is the one request so far.
func (w *wire) only(t *testing.T) sentRequest {
	t.Helper()
	sent := w.all()
	if len(sent) != 1 {
		t.Fatalf("sent %v; want one request", sent)
	}
	return sent[0]
}

// reply is an answer of the wire.
type reply struct {
	status int
	body   string
	header http.Header
}

// newWire is a client whose requests answer gets. Calls are not retried, unless
// opts say otherwise.
func newWire(t *testing.T, answer func(sentRequest) reply, opts ...Option) (*Client, *wire) {
	t.Helper()
	w := &wire{}
	transport := httpmock.NewMockTransport()
	transport.RegisterNoResponder(func(r *http.Request) (*http.Response, error) {
		sent, err := w.record(r)
		if err != nil {
			return nil, err
		}
		out := answer(sent)
		resp := httpmock.NewStringResponse(out.status, out.body)
		resp.Request = r
		for name, values := range out.header {
			resp.Header[name] = values
		}
		return resp, nil
	})
	all := append([]Option{WithHTTPClient(&http.Client{Transport: transport}), WithRetry(lb.RetryPolicy{MaxAttempts: 1})}, opts...)
	client, err := NewClient(lb.NewSecret(testSecret), all...)
	if err != nil {
		t.Fatal(err)
	}
	return client, w
}

func (w *wire) record(r *http.Request) (sentRequest, error) {
	sent := sentRequest{Method: r.Method, Path: r.URL.EscapedPath(), Query: r.URL.Query(), Header: r.Header.Clone()}
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return sent, err
		}
		sent.Body = string(bytes.TrimSpace(body))
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sent = append(w.sent, sent)
	return sent, nil
}

// always answers every request alike.
func always(status int, body string) func(sentRequest) reply {
	return func(sentRequest) reply { return reply{status: status, body: body} }
}

// anything is an answer that every type of the API takes for one of its own.
const anything = `{"id":"` + testLB + `","port":80,"private_network_id":"` + testNetwork + `","total_count":0,"backend_servers_stats":[]}`

// failed is err as an *lb.Error.
func failed(t *testing.T, err error) *lb.Error {
	t.Helper()
	e, ok := err.(*lb.Error) //nolint:errorlint // every error of a call is one itself
	if !ok {
		t.Fatalf("error is %T %v; want *lb.Error", err, err)
	}
	return e
}

func contains(t *testing.T, what, text, part string) {
	t.Helper()
	if !strings.Contains(text, part) {
		t.Errorf("%s is %q; want %q in it", what, text, part)
	}
}

// recording is an HTTP client that keeps the last request and answers it.
type recording struct{ request *http.Request }

func (r *recording) client() *http.Client { return &http.Client{Transport: r} }

// RoundTrip answers with what every type takes for its own.
func (r *recording) RoundTrip(request *http.Request) (*http.Response, error) {
	r.request = request
	resp := httpmock.NewStringResponse(http.StatusOK, anything)
	resp.Request = request
	return resp, nil
}
