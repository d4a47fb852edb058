package ovh_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net/http"
	"net/netip"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/ovh"
	"github.com/lbkit/lbkit/ovh/ovhtest"
)

// world is a provider on an API of its own that holds one empty load balancer.
type world struct {
	t      *testing.T
	server *ovhtest.Server
	client *ovh.Client
	lb.Provider
	id lb.LoadBalancerID
}

// newWorld has an API whose clock stands still, unless opts say otherwise.
func newWorld(t *testing.T, opts ...ovhtest.Option) *world {
	t.Helper()
	if len(opts) == 0 {
		opts = []ovhtest.Option{ovhtest.WithManualClock()}
	}
	server := ovhtest.NewServer(opts...)
	t.Cleanup(server.Close)
	client := must[*ovh.Client](t)(server.Client(ovh.WithRetry(lb.RetryPolicy{MinWait: time.Millisecond, MaxWait: time.Millisecond})))
	return &world{t: t, server: server, client: client, Provider: ovh.NewProvider(client), id: ovh.FormatLoadBalancerID(server.AddService("gra", "rbx"))}
}

func (w *world) service() string { return string(w.id) }

// arrived are the requests so far, without those for the server's time.
func (w *world) arrived() []*http.Request {
	return slices.DeleteFunc(w.server.Requests(), func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/auth/time") })
}

// during are the requests that arrive while do runs: "POST /http/farm".
func (w *world) during(do func()) []string {
	w.t.Helper()
	before := len(w.arrived())
	do()
	var out []string
	for _, r := range w.arrived()[before:] {
		_, path, _ := strings.Cut(r.URL.Path, w.service())
		out = append(out, r.Method+" "+path)
	}
	return out
}

// writes are the requests that change something while do runs, with their bodies.
func (w *world) writes(do func()) []string {
	w.t.Helper()
	before := len(w.arrived())
	do()
	var out []string
	for _, r := range w.arrived()[before:] {
		if r.Method == http.MethodGet {
			continue
		}
		_, path, _ := strings.Cut(r.URL.Path, w.service())
		body, err := io.ReadAll(r.Body)
		if err != nil {
			w.t.Fatal(err)
		}
		out = append(out, strings.TrimSpace(r.Method+" "+path+" "+string(body)))
	}
	return out
}

func want(t *testing.T, got []string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// must is the value of a call that cannot fail here.
func must[T any](t *testing.T) func(T, error) T {
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// wantError asks for an *lb.Error of a code, about an object, of a call.
func wantError(t *testing.T, err, code error, op, id string) {
	t.Helper()
	_ = errorOf(t, err, code, op, id)
}

// errorOf is the error that wantError asks for.
func errorOf(t *testing.T, err, code error, op, id string) *lb.Error {
	t.Helper()
	var e *lb.Error
	if !errors.Is(err, code) || !errors.As(err, &e) || e.Op != op || e.ID != id || e.Provider != "ovh" {
		t.Fatalf("got %v\nwant %v of %s about %q", err, code, op, id)
	}
	return e
}

// wantFeature asks for an *lb.UnsupportedError.
func wantFeature(t *testing.T, err error, feature lb.Feature) {
	t.Helper()
	var no *lb.UnsupportedError
	if !errors.As(err, &no) || no.Feature != feature || no.Hint == "" {
		t.Fatalf("got %v\nwant %s unsupported, with a hint", err, feature)
	}
}

func ip(text string) netip.Addr { return netip.MustParseAddr(text) }

func at(text string) lb.ServerSpec { return lb.ServerSpec{Address: ip(text)} }

func seconds(n int) lb.Duration { return lb.Duration(time.Duration(n) * time.Second) }

func port(n uint16) []lb.PortRange { return []lb.PortRange{lb.Port(n)} }

var specsEqual = cmp.Options{
	cmp.Comparer(func(a, b lb.Extensions) bool { return a.Equal(b) }),
	cmp.Comparer(func(a, b netip.Addr) bool { return a == b }),
	cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }),
}

// backend makes an HTTP backend with a server for each address.
func (w *world) backend(change func(*lb.BackendSpec), addresses ...string) *lb.Backend {
	w.t.Helper()
	spec := lb.BackendSpec{Name: "web", Protocol: lb.ProtocolHTTP, Port: 80}
	if change != nil {
		change(&spec)
	}
	var servers []lb.ServerSpec
	for _, address := range addresses {
		servers = append(servers, at(address))
	}
	return must[*lb.Backend](w.t)(w.Backends().Create(w.t.Context(), w.id, spec, servers...))
}

// frontend makes an HTTP frontend of a port, to a backend or to none.
func (w *world) frontend(number uint16, to lb.BackendID) *lb.Frontend {
	w.t.Helper()
	return must[*lb.Frontend](w.t)(w.Frontends().Create(w.t.Context(), w.id, lb.FrontendSpec{Protocol: lb.ProtocolHTTP, Ports: port(number), DefaultBackend: to}))
}

// pair is a certificate for a.example and its key, in PEM.
func pair(t *testing.T) (certificate, key string) {
	t.Helper()
	private := must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "a.example"}, DNSNames: []string{"a.example"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der := must[[]byte](t)(x509.CreateCertificate(rand.Reader, template, template, private.Public(), private))
	keyDER := must[[]byte](t)(x509.MarshalPKCS8PrivateKey(private))
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}))
}

func decimal(n int64) string { return strconv.FormatInt(n, 10) }

// last is the number at the end of an ID.
func last(id string) string { return id[strings.LastIndexByte(id, '/')+1:] }

// number is the protocol and the number of a backend, in digits.
func number(t *testing.T, id lb.BackendID) (lb.Protocol, string) {
	t.Helper()
	_, protocol, farm, err := ovh.ParseBackendID(id)
	if err != nil {
		t.Fatal(err)
	}
	return protocol, decimal(farm)
}

func sameJSON(t *testing.T, a, b string) bool {
	t.Helper()
	var x, y any
	if err := json.Unmarshal([]byte(a), &x); err != nil {
		t.Fatalf("%s: %v", a, err)
	}
	if err := json.Unmarshal([]byte(b), &y); err != nil {
		t.Fatalf("%s: %v", b, err)
	}
	return reflect.DeepEqual(x, y)
}

// contextWithin ends within a moment.
func contextWithin(t *testing.T) (context.Context, context.CancelFunc) {
	t.Helper()
	return context.WithTimeout(t.Context(), 20*time.Millisecond)
}
