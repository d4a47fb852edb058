package ovh

import (
	"context"
	"crypto/sha1" //nolint:gosec // G505: the API's signature is made with it
	"encoding/hex"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// The headers of a signed request (facts 2.2).
const (
	headerApplication = "X-Ovh-Application"
	headerConsumer    = "X-Ovh-Consumer"
	headerTimestamp   = "X-Ovh-Timestamp"
	headerSignature   = "X-Ovh-Signature"
)

// sign is the signature of a request (facts 2.1): the URL and the body are the
// bytes that go over the wire.
func sign(secret, consumerKey lb.Secret, method, url string, body []byte, timestamp int64) string {
	var buffer [1 << 10]byte // most of what is signed fits
	text := append(append(buffer[:0], secret.Reveal()...), '+')
	text = append(append(text, consumerKey.Reveal()...), '+')
	text = append(append(text, strings.ToUpper(method)...), '+')
	text = append(append(text, url...), '+')
	text = append(append(text, body...), '+')
	text = strconv.AppendInt(text, timestamp, 10)
	sum := sha1.Sum(text) //nolint:gosec // G401: the API's signature is made with it
	var signature [3 + 2*sha1.Size]byte
	copy(signature[:], "$1$")
	hex.Encode(signature[3:], sum[:])
	return string(signature[:])
}

// signer signs requests by the API's clock, which it asks for once and again
// when the API refuses a signature.
type signer struct {
	keys   applicationKey
	client *Client
	clock  rest.Shared[clock]
	resync rest.Renewal

	mu     sync.Mutex
	offset *time.Duration // of the last clock fetched
}

func (s *signer) bind(c *Client) { s.client, c.applicationKey = c, s.keys.key }

// Apply adds the four headers.
func (s *signer) Apply(ctx context.Context, r *http.Request, body []byte) error {
	c, err := s.clock.Get(ctx, clock.steady, s.fetch)
	if err != nil {
		return err
	}
	timestamp := time.Now().Add(c.offset).Unix()
	target := r.URL.Scheme + "://" + r.URL.Host + r.URL.RequestURI()
	values := []string{
		s.keys.key, s.keys.consumerKey.Reveal(), strconv.FormatInt(timestamp, 10),
		sign(s.keys.secret, s.keys.consumerKey, r.Method, target, body, timestamp),
	}
	for i, name := range []string{headerApplication, headerConsumer, headerTimestamp, headerSignature} {
		r.Header[name] = values[i : i+1 : i+1]
	}
	return nil
}

// Secrets are the keys; that of the application is in no header.
func (s *signer) Secrets() []string {
	return []string{s.keys.secret.Reveal(), s.keys.consumerKey.Reveal()}
}

// Refused has the clock fetched anew when the API blames a signature: since it
// says the same of a wrong time and of a wrong key, at most every 30 seconds. A
// call that was signed before another one's resync is worth another try when
// the clock turned out to have been wrong.
func (s *signer) Refused(f rest.Failure) bool {
	var e *Error
	if !errors.As(f.Err, &e) || !refusesTime(e) {
		return false
	}
	if s.resync.Due() {
		s.clock.Forget(func(clock) bool { return true })
		return true
	}
	fetched, corrected := false, false
	s.clock.Forget(func(c clock) bool {
		fetched, corrected = true, c.corrected
		return false
	})
	return !fetched || corrected // not fetched: another call's resync is under way
}

// fetch asks for the API's time, unsigned.
func (s *signer) fetch(ctx context.Context) (clock, error) {
	server, err := s.client.Auth.Time(ctx)
	if err != nil {
		return clock{}, err
	}
	now := time.Now()
	c := clock{offset: server.Sub(now.Round(0)), wall: now.Round(0), monotonic: now}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.offset != nil {
		c.corrected = (*s.offset - c.offset).Abs() > clockSlack
	}
	s.offset = &c.offset
	return c, nil
}

// clockSlack is what two readings of one clock may differ by: the API's has
// whole seconds, and answers take time.
const clockSlack = 3 * time.Second

// clock is what is known of the API's clock.
type clock struct {
	offset    time.Duration // the API's time less ours
	wall      time.Time     // when it was read, by our wall clock
	monotonic time.Time     // and by the one that nobody sets
	corrected bool          // it differs from the clock that was known before
}

// steady is false when our own clock has been set since: the offset is of no
// use then.
func (c clock) steady() bool {
	step := time.Now().Round(0).Sub(c.wall) - time.Since(c.monotonic)
	return step.Abs() <= clockSlack
}
