package rest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"sync"
	"time"
)

// mostDumped is how much of a body a dump shows.
const mostDumped = 64 << 10

// SetDump checks what WithDump gets.
func (c *Config) SetDump(w io.Writer) error {
	if w == nil {
		return errors.New("dump: nil writer")
	}
	c.Dump = newDump(w)
	return nil
}

// newDump shows each attempt that has just ended, which went out and took that long, on w,
// one after the other. It is a func, so that a program without WithDump is linked without
// all that is below.
func newDump(w io.Writer) func(s *state, took time.Duration) {
	var one sync.Mutex
	return func(s *state, took time.Duration) {
		text := s.dumped(took)
		one.Lock()
		defer one.Unlock()
		defer func() { _ = recover() }() //nolint:errcheck // of the writer: the call goes on
		_, _ = w.Write(text)
	}
}

// Keeper is what an Auth may be too, whose secrets are not all in the headers that it
// adds.
type Keeper interface {
	// Secrets are values that a dump shows nowhere.
	Secrets() []string
}

// shownHeaders are those whose values a dump shows. Of all others it shows the name:
// what a header means that nobody has thought of, nobody knows.
var shownHeaders = []string{
	"Accept", "Content-Type", "User-Agent",
	"X-Ovh-Timestamp", // what the signature was made with: a wrong clock shows here
	"X-Pagination-",   // what page was asked for, and what there is
	"X-Ovh-Batch",     // the character that parts the IDs
	"Content-Length", "Content-Encoding", "Content-Language", "Cache-Control", "Date", "Age", "Retry-After", "Server", "Via",
	"Location", // of a redirect, without the secrets of its query
	"X-Request-Id", "X-Ovh-Queryid", "X-Iplb-Instance", "X-Iplb-Request-Id", "X-Ratelimit-", "X-Total-Count",
}

func shown(name string) bool {
	name = http.CanonicalHeaderKey(name)
	return slices.ContainsFunc(shownHeaders, func(known string) bool {
		return name == known || strings.HasSuffix(known, "-") && strings.HasPrefix(name, known)
	})
}

// seen notes the body of an answer for the dump, where there is one.
func (s *state) seen(body []byte) {
	if s.client.config.Dump != nil {
		s.answerBody = bytes.Clone(body)
	}
}

func (s *state) dumped(took time.Duration) []byte {
	asked := path.Base(s.target.Path)
	r := s.redactor(asked)
	var b bytes.Buffer
	fmt.Fprintf(&b, "* %s %s, attempt %d\n> %s %s\n", s.client.config.Provider, s.call.Op, s.attempts, s.call.Method, r.address(&s.target))
	r.header(&b, '>', s.wire)
	r.body(&b, s.body, "application/json", asked, false)
	took = took.Round(time.Microsecond)
	if s.status == 0 {
		fmt.Fprintf(&b, "* no answer after %s: %s\n\n", took, r.excerpt(errorText(s.err)))
		return b.Bytes()
	}
	fmt.Fprintf(&b, "* answer after %s\n< %d %s\n", took, s.status, http.StatusText(s.status))
	r.header(&b, '<', s.answerHeader)
	r.body(&b, s.answerBody, s.answerHeader.Get("Content-Type"), asked, s.status >= http.StatusBadRequest)
	if s.err != nil {
		fmt.Fprintf(&b, "* %s\n", r.excerpt(errorText(s.err)))
	}
	b.WriteByte('\n')
	return b.Bytes()
}

// redactor knows the client's secrets, and those that are in the request for what is asked
// and its answer under a name that says so: an error may repeat one under another.
func (s *state) redactor(asked string) *redactor {
	r := &redactor{}
	if keeper, ok := s.client.config.Auth.(Keeper); ok {
		for _, secret := range keeper.Secrets() {
			r.learn(secret, shortestKnown)
		}
	}
	r.learnHeader(s.wire)
	r.learnQuery(s.target.RawQuery)
	r.learnBody(s.body, asked)
	r.learnBody(s.answerBody, asked)
	return r
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// excerpt is the beginning of a text, on one line.
func (r *redactor) excerpt(text string) string {
	clean := r.clean(text) // before it is cut: of half a secret nobody knows that it is one
	return r.clean(Excerpt([]byte(clean)))
}

func (r *redactor) address(u *url.URL) string {
	text := u.Scheme + "://" + u.Host + r.clean(u.EscapedPath())
	if u.RawQuery != "" {
		text += "?" + r.query(u.RawQuery)
	}
	return text
}

func (r *redactor) header(b *bytes.Buffer, mark byte, h http.Header) {
	names := make([]string, 0, len(h))
	for name := range h {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range h[name] {
			if shown(name) {
				value = r.excerpt(value)
			} else {
				value = "[hidden]"
			}
			fmt.Fprintf(b, "%c %s: %s\n", mark, r.excerpt(name), value)
		}
	}
}

// body shows JSON. Of anything else it tells what it is, and of the page of an error, as
// a proxy sends it, how it begins.
func (r *redactor) body(b *bytes.Buffer, body []byte, contentType, asked string, failed bool) {
	if len(bytes.TrimSpace(body)) == 0 {
		return
	}
	kind, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		kind = "no known type"
	}
	if !strings.HasSuffix(kind, "json") && !valid(body) {
		fmt.Fprintf(b, "* a body of %d bytes, %s\n", len(body), r.excerpt(kind))
		if failed && (kind == "text/html" || kind == "text/plain") {
			fmt.Fprintf(b, "* it begins %s\n", quote(r.excerpt(string(body))))
		}
		return
	}
	text, err := r.rewritten(body, asked, mostDumped)
	if len(text) > mostDumped {
		text, err = bytes.ToValidUTF8(text[:mostDumped], nil), errFull
	}
	if len(text) > 0 {
		b.Write(text)
		b.WriteByte('\n')
	}
	switch {
	case errors.Is(err, errFull):
		fmt.Fprintf(b, "* cut after %d KiB: the body has %d bytes\n", mostDumped>>10, len(body))
	case err != nil:
		fmt.Fprintf(b, "* the body has %d bytes, and no more of it is JSON\n", len(body))
	}
}
