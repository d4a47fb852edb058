package ovh

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// Option changes what a client does. The last of two that contradict each other
// wins.
type Option func(*options) error

type options struct {
	config   rest.Config
	tokenURL string
}

// WithHTTPClient sends everything through client. It is copied and never
// changed; redirects are not followed, whatever it says. Its Timeout bounds
// each attempt, unless WithAttemptTimeout is there.
func WithHTTPClient(client *http.Client) Option {
	return func(o *options) error { return o.config.SetHTTPClient(client) }
}

// WithRetry bounds the retries of each call.
func WithRetry(policy lb.RetryPolicy) Option {
	return func(o *options) error { return o.config.SetRetry(policy) }
}

// WithAttemptTimeout bounds each attempt on the wire, its answer included. The
// default is 180 seconds: some calls of the API are slow (facts 3.5). The
// context bounds the whole call.
func WithAttemptTimeout(d time.Duration) Option {
	return func(o *options) error { return o.config.SetAttemptTimeout(d) }
}

// WithRateLimit has each attempt wait for limiter, which may be shared between
// clients. OVH's limits are not documented; staff have called 60 requests a
// minute for each consumer key fine (facts 3.4).
func WithRateLimit(limiter lb.Limiter) Option {
	return func(o *options) error { return o.config.SetLimiter(limiter) }
}

// WithLogger tells logger of each attempt: successes at debug level, the others
// as warnings. It sees a path's template, never a header or a body; the error of a
// failure, which it sees too, holds the object's ID and the API's words.
func WithLogger(logger *slog.Logger) Option {
	return func(o *options) error { return o.config.SetLogger(logger) }
}

// WithObserver calls observe for each attempt, in the goroutine of the call.
func WithObserver(observe func(context.Context, lb.CallEvent)) Option {
	return func(o *options) error { return o.config.SetObserver(observe) }
}

// WithDump writes the request and the answer of each attempt to w, as text for people to
// read, when the attempt has ended: request line, headers, indented JSON, status, duration,
// or the error in place of an answer.
//
// Secrets are left out: header values beyond a few known ones, the JSON members and
// query parameters whose names end with a word for a key, a token, a password or a
// certificate chain (so publicKey and nextPageToken too), private keys in PEM wherever
// they are, the address of logs, and the client's credentials. Where the same attempt
// repeats one of these elsewhere, as it is or escaped for JSON, HTML or a URL, it is
// left out too. What nothing tells to be a secret shows: one in a path or in a
// description, one that another API, reached by Do, has under another name, one in
// base64.
//
// What is not JSON shows as its length and type; of an error page, the beginning too. A
// body shows up to 64 KiB. Requests for OAuth2 tokens are not shown at all. Names, IP
// addresses and mail addresses are shown: the text is not for everybody.
//
// There is one call of Write for an attempt, and at most one at a time for a client:
// calls wait for w, and for those of other calls. What w returns is ignored, and its
// panics end nothing. A w that several clients share takes concurrent calls.
func WithDump(w io.Writer) Option {
	return func(o *options) error { return o.config.SetDump(w) }
}

// WithUserAgent puts application before the library's own name in the
// User-Agent header.
func WithUserAgent(application string) Option {
	return func(o *options) error { return o.config.SetApplication(application) }
}

// WithTokenURL is where OAuth2 credentials get their tokens. The endpoints EU,
// CA and US have one; any other needs to be told.
func WithTokenURL(tokenURL string) Option {
	return func(o *options) error {
		if err := checkTokenURL(tokenURL); err != nil {
			return err
		}
		o.tokenURL = tokenURL
		return nil
	}
}

// checkTokenURL asks of the URL that a client secret is sent to what is asked
// of an endpoint.
func checkTokenURL(tokenURL string) error {
	u, err := url.Parse(tokenURL)
	switch {
	case err != nil:
		return errors.New("token URL: not a URL")
	case u.User != nil:
		return errors.New("token URL: credentials in it")
	case u.Host == "" || u.RawQuery != "" || u.Fragment != "":
		return fmt.Errorf("token URL %q: a host and a path are needed, and nothing else", tokenURL)
	case u.Scheme == "https", u.Scheme == "http" && isLoopback(u.Hostname()):
		return nil
	default:
		return fmt.Errorf("token URL %q: only https is accepted, since a secret is sent there", tokenURL)
	}
}

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}
