package rest

import (
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/lbkit/lbkit/lb"
)

// proxied is a pool as a client has it by default, whose proxy is w.
func proxied(t *testing.T, w *wire) *http.Transport {
	t.Helper()
	pool := newTransport()
	pool.Proxy = func(*http.Request) (*url.URL, error) { return url.Parse(w.url()) }
	t.Cleanup(pool.CloseIdleConnections)
	return pool
}

// TestProxyRefuses: what a proxy refuses is refused once, by its own words and not as if
// the API had said it; what a proxy cannot do at the moment is tried again, POST included.
func TestProxyRefuses(t *testing.T) {
	t.Parallel()
	for status, attempts := range map[int]int{400: 1, 403: 1, 407: 1, 302: 1, 408: 4, 429: 4, 500: 4, 502: 4, 503: 4, 504: 4} {
		for _, method := range methods {
			w := newWire(t, says(status, "Proxy-Authenticate: Basic\r\n", "no"))
			c := newClient(t, Config{HTTPClient: &http.Client{Transport: proxied(t, w)}, Retry: quick})
			_, meta, err := callA(t.Context(), c, method)
			e := errorOf(t, err, lb.ErrUnavailable)
			if meta.Attempts != attempts || e.Status != 0 || !strings.Contains(err.Error(), "the proxy answered") {
				t.Errorf("%s, %d: %d attempts, %v", method, status, meta.Attempts, err)
			}
		}
	}
}

// TestProxyOfAnotherPool: of a transport that the caller brings, net/http says a 407 in the
// proxy's words alone.
func TestProxyOfAnotherPool(t *testing.T) {
	t.Parallel()
	w := newWire(t, deed{"407", func(w *wire, c *net.TCPConn) {
		w.read(c)
		_, _ = c.Write([]byte("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"))
	}})
	pool := proxied(t, w)
	pool.OnProxyConnectResponse = nil
	c := newClient(t, Config{HTTPClient: &http.Client{Transport: pool}, Retry: quick})
	_, meta, err := callA(t.Context(), c, http.MethodGet)
	if wantCode(t, err, lb.ErrUnavailable); meta.Attempts != 1 {
		t.Errorf("%d attempts, %v", meta.Attempts, err)
	}
}
