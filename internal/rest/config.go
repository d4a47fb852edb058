package rest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/lbkit/lbkit/lb"
)

// Config is what a provider package and its options say of a client.
type Config struct {
	Provider       string // "ovh", in errors and events
	BaseURL        string
	HTTPClient     *http.Client // copied by New; nil: one with a pool of its own
	Retry          lb.RetryPolicy
	AttemptTimeout time.Duration
	Limiter        lb.Limiter
	Logger         func(context.Context, lb.CallEvent) // see newLog
	Observer       func(context.Context, lb.CallEvent)
	Dump           func(s *state, took time.Duration) // shows an attempt, see newDump; nil: nothing does
	Application    string                             // put before the library's own name in User-Agent

	RequestIDHeader string
	Auth            Auth // nil: calls carry no credentials
	// Identify is the kind and the ID of the object that a call without an ID is about,
	// for errors: of a list, and of what is to be in it, that which the list is of. Nil:
	// there is none.
	Identify func(*Call) (lb.Kind, string)
	// DecodeError reads an error answer. It gets up to 256 KiB of the body and
	// never fails: what it cannot read it leaves out.
	DecodeError func(status int, header http.Header, body []byte) Failure
}

// Auth adds a client's credentials to its requests, attempt by attempt.
type Auth interface {
	// Apply is called for each attempt with the caller's context, the request as
	// it will be sent, to which it may add headers, and the bytes of its body. An
	// error ends the call; an *lb.Error says how.
	Apply(ctx context.Context, r *http.Request, body []byte) error
	// Refused is asked, at most once a call, about an answer that refuses the
	// credentials. True: what Apply adds next may be accepted, try once more.
	Refused(f Failure) bool
}

// Failure is what a provider's decoder makes of an error answer.
type Failure struct {
	Code      error // a sentinel of package lb; nil: by Status
	Status    int
	Message   string
	Fields    []lb.FieldError
	Transient bool  // a 409 that passes by itself
	Err       error // the provider's own error
	// RetryAfter is how long the body of a 429 or a 503 asks to wait; 0: it does not
	// say. A Retry-After header counts before it.
	RetryAfter time.Duration
}

// Defaults of lb.RetryPolicy.
const (
	defaultMaxAttempts   = 4
	defaultMinWait       = 250 * time.Millisecond
	defaultMaxWait       = 10 * time.Second
	defaultMaxRetryAfter = 60 * time.Second
)

// The setters below are the options that both provider packages have.

// SetHTTPClient checks what WithHTTPClient gets.
func (c *Config) SetHTTPClient(client *http.Client) error {
	if client == nil {
		return errors.New("http client: nil")
	}
	c.HTTPClient = client
	return nil
}

// SetRetry checks what WithRetry gets.
func (c *Config) SetRetry(p lb.RetryPolicy) error {
	if p.MaxAttempts < 0 || p.MinWait < 0 || p.MaxWait < 0 || p.MaxRetryAfter < 0 {
		return errors.New("retry policy: a negative value")
	}
	if p.MaxWait > 0 && p.MinWait > p.MaxWait {
		return fmt.Errorf("retry policy: MinWait %s is above MaxWait %s", p.MinWait, p.MaxWait)
	}
	c.Retry = p
	return nil
}

// SetAttemptTimeout checks what WithAttemptTimeout gets.
func (c *Config) SetAttemptTimeout(d time.Duration) error {
	if d <= 0 {
		return fmt.Errorf("attempt timeout: %s is not positive", d)
	}
	c.AttemptTimeout = d
	return nil
}

// SetLimiter checks what WithRateLimit gets.
func (c *Config) SetLimiter(l lb.Limiter) error {
	if l == nil {
		return errors.New("rate limit: nil limiter")
	}
	c.Limiter = l
	return nil
}

// SetLogger checks what WithLogger gets.
func (c *Config) SetLogger(l *slog.Logger) error {
	if l == nil {
		return errors.New("logger: nil")
	}
	c.Logger = newLog(l)
	return nil
}

// SetObserver checks what WithObserver gets.
func (c *Config) SetObserver(observe func(context.Context, lb.CallEvent)) error {
	if observe == nil {
		return errors.New("observer: nil")
	}
	c.Observer = observe
	return nil
}

// SetApplication checks what WithUserAgent gets.
func (c *Config) SetApplication(name string) error {
	if name == "" {
		return errors.New("user agent: empty")
	}
	if strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r > '~' }) {
		return errors.New("user agent: only printable ASCII is allowed")
	}
	c.Application = name
	return nil
}

// policy fills in the defaults of p.
func policy(p lb.RetryPolicy) lb.RetryPolicy {
	if p.MaxAttempts == 0 {
		p.MaxAttempts = defaultMaxAttempts
	}
	if p.MinWait == 0 {
		p.MinWait = defaultMinWait
	}
	if p.MaxWait == 0 {
		p.MaxWait = max(defaultMaxWait, p.MinWait)
	}
	p.MinWait = min(p.MinWait, p.MaxWait)
	if p.MaxRetryAfter == 0 {
		p.MaxRetryAfter = defaultMaxRetryAfter
	}
	return p
}

// parseBase checks a base URL: https, or http to a loopback address, with
// nothing behind the path.
func parseBase(base string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSuffix(base, "/"))
	switch {
	case strings.TrimSpace(base) != base:
		return nil, errors.New("base URL: white space around it")
	case err != nil:
		return nil, errors.New("base URL: not a URL") // the parser's error repeats what may hold a password
	case u.User != nil:
		return nil, errors.New("base URL: credentials in it")
	case u.Host == "" || u.Hostname() == "":
		return nil, fmt.Errorf("base URL %q: no host", base)
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || u.Opaque != "":
		return nil, fmt.Errorf("base URL of %s: something follows its path", u.Host)
	case u.Path != "" && checkPath(u.EscapedPath()) != nil:
		return nil, fmt.Errorf("base URL of %s: an empty or dotted part in its path", u.Host)
	case u.Scheme == "https", u.Scheme == "http" && isLoopback(u.Hostname()):
		return u, nil
	case u.Scheme == "http":
		return nil, fmt.Errorf("base URL %q: http is refused off loopback, since requests carry credentials; use https", base)
	default:
		return nil, fmt.Errorf("base URL %q: scheme is not https", base)
	}
}

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

// newTransport is the pool of a client that was given none: enough idle
// connections for a list's window, HTTP/2 where the server has it. All calls share one
// such connection, so that one that has died silently is found out in 25 s, before an
// attempt's time is up.
func newTransport() *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		OnProxyConnectResponse: connected,
		DialContext:            dialer.DialContext,
		ForceAttemptHTTP2:      true,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 10 * time.Second},
		MaxIdleConns:           128,
		MaxIdleConnsPerHost:    64,
		IdleConnTimeout:        90 * time.Second,
		TLSHandshakeTimeout:    10 * time.Second,
		ExpectContinueTimeout:  time.Second,

		MaxResponseHeaderBytes: 1 << 20,
	}
}
