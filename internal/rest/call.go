package rest

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"time"

	"github.com/google/go-querystring/query"

	"github.com/lbkit/lbkit/lb"
)

// Call is one operation of an API.
type Call struct {
	Op     string // "backends.create", in errors and events
	Kind   lb.Kind
	ID     string // of the object that the call is about, in errors; see Config.Identify
	Method string
	// Route is the path below the base URL with {parameters}, which Args fill in
	// order, each escaped once. It is what events and logs show.
	Route string
	Args  Args
	// Path stands in for Route and Args: a path that is escaped already, with or
	// without a query. It is for calls that a user spells out.
	Path   string
	Whole  bool   // Path is the URL's whole path, not what is below the base URL
	Query  string // encoded; see EncodeQuery
	Header http.Header
	In     any // the body, marshalled once; nil: none
	Out    any // where the answer goes; nil: it is dropped
	// OptionalAnswer allows an answer without a body although Out is there.
	OptionalAnswer bool
	// Item says that the path names one object, as that of a list does not.
	Item bool
	// Repeatable says that sending it twice does what sending it once does. PUT,
	// DELETE, PATCH and GET are so by themselves.
	Repeatable bool
	// Anonymous calls carry no credentials.
	Anonymous bool

	object bool // an answer without any field, or a 204, is none; see Get
}

// Args are the values of a route's parameters, in order; what a route has none for is
// empty. No route has more.
type Args [3]string

// Meta is what is worth knowing of an answer besides its body.
type Meta struct {
	Status    int
	Header    http.Header
	RequestID string
	Attempts  int
}

// EncodeQuery encodes a struct with `url` tags (see go-querystring). Nil and a
// struct with nothing set give "".
func EncodeQuery(v any) (string, error) {
	if v == nil {
		return "", nil
	}
	values, err := query.Values(v)
	if err != nil {
		return "", fmt.Errorf("query: %w", err)
	}
	return values.Encode(), nil
}

// JoinQuery joins encoded queries, leaving out the empty ones.
func JoinQuery(parts ...string) string {
	var b strings.Builder
	for _, p := range parts {
		if p == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('&')
		}
		b.WriteString(p)
	}
	return b.String()
}

// Get sends a call whose answer is a T. Neither a 204 nor an object without any field is
// one: it would be taken for a T with nothing set.
func Get[T any](ctx context.Context, c *Client, call Call) (*T, error) {
	out := new(T)
	call.Out, call.object = out, true
	if _, err := c.Do(ctx, call); err != nil {
		return nil, err
	}
	return out, nil
}

// newRequest builds the request of the call, without its header and body: each attempt
// makes its own.
func (s *state) newRequest() (*http.Request, error) {
	if !isMethod(s.call.Method) {
		return nil, fmt.Errorf("method %q: not upper-case letters", s.call.Method)
	}
	if s.call.Out != nil && !settable(s.call.Out) {
		return nil, fmt.Errorf("the answer cannot go into a %T: it takes a pointer that is not nil", s.call.Out)
	}
	var err error
	if s.target, err = s.client.url(&s.call); err != nil {
		return nil, err
	}
	if s.call.In != nil {
		options := strict
		if s.call.Path != "" {
			options = strictSpelled
		}
		if s.body, err = encode(s.call.In, options); err != nil {
			return nil, fmt.Errorf("request body: %w", err)
		}
	}
	r := http.Request{Method: s.call.Method, URL: &s.target, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}
	s.client.blank(&r)
	return r.WithContext(s), nil
}

// blank leaves r without header and body, for an attempt to fill in. A jar puts its
// cookies into the header before.
func (c *Client) blank(r *http.Request) {
	r.Host, r.Header, r.Body, r.GetBody, r.ContentLength = "", noHeader, nil, nil, 0
	if c.http.Jar != nil {
		r.Header = http.Header{}
	}
}

// noHeader is never written to.
var noHeader = http.Header{}

// contentType is that of all bodies, as a header has it.
var contentType = []string{"application/json"}

// header is that of an attempt, without credentials. Its values are shared by all
// attempts: whoever adds to one gets a copy.
func (s *state) header() http.Header {
	h := make(http.Header, 8)
	for name, values := range s.call.Header {
		h[http.CanonicalHeaderKey(name)] = values[:len(values):len(values)]
	}
	for name, values := range s.cookies {
		h[name] = values
	}
	h["Accept"], h["User-Agent"] = contentType, s.client.userAgent
	if s.body != nil {
		h["Content-Type"] = contentType
	}
	return h
}

// isMethod accepts what methods are made of. Anything else net/http would refuse
// on each attempt, or sends as it is.
func isMethod(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return (r < 'A' || r > 'Z') && r != '-' })
}

// url is the base URL with the call's path and query. The escaped form of the
// path is kept as it was built, so that what is signed is what is sent.
func (c *Client) url(call *Call) (url.URL, error) {
	escaped, query := call.Path, call.Query
	if escaped == "" {
		var err error
		if escaped, err = expand(c.root, call.Route, call.Args); err != nil {
			return url.URL{}, err
		}
	} else {
		if path, rest, found := strings.Cut(escaped, "?"); found {
			escaped, query = path, JoinQuery(rest, query)
		}
		if err := checkPath(escaped); err != nil {
			return url.URL{}, err
		}
		if !call.Whole {
			escaped = c.root + escaped
		}
	}
	if strings.ContainsFunc(query, func(r rune) bool { return r <= ' ' || r > '~' || r == '#' }) {
		return url.URL{}, fmt.Errorf("query of path %q: not in escaped form", escaped)
	}
	u := url.URL{Scheme: c.base.Scheme, Host: c.base.Host, Path: escaped, RawQuery: query}
	if unreserved(escaped) {
		return u, nil
	}
	path, err := url.PathUnescape(escaped)
	if err != nil {
		return url.URL{}, fmt.Errorf("path %q: a broken escape", escaped)
	}
	u.Path, u.RawPath = path, escaped
	if u.EscapedPath() != escaped {
		return url.URL{}, fmt.Errorf("path %q: not in escaped form", escaped)
	}
	return u, nil
}

// unreserved reports whether a path holds slashes and what is never escaped (RFC 3986,
// 2.3), as most do: its escaped form is what it says.
func unreserved(path string) bool {
	for i := range len(path) {
		switch c := path[i]; {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', 'A' <= c && c <= 'Z', c == '/', c == '-', c == '.', c == '_', c == '~':
		default:
			return false
		}
	}
	return true
}

// expand puts args into the {parameters} of route, and root before it.
func expand(root, route string, args Args) (string, error) {
	var b strings.Builder
	b.Grow(len(root) + len(route) + 64)
	b.WriteString(root)
	for _, arg := range args {
		open := strings.IndexByte(route, '{')
		end := strings.IndexByte(route, '}')
		if open < 0 || end < open {
			if arg != "" {
				return "", fmt.Errorf("route %q: more arguments than parameters", route)
			}
			break
		}
		if arg == "" || dotted(arg) {
			return "", fmt.Errorf("%s %q cannot be part of a path", route[open+1:end], arg)
		}
		b.WriteString(route[:open])
		b.WriteString(url.PathEscape(arg))
		route = route[end+1:]
	}
	if strings.IndexByte(route, '{') >= 0 {
		return "", fmt.Errorf("route %q: fewer arguments than parameters", route)
	}
	b.WriteString(route)
	return b.String(), nil
}

// checkPath refuses what could mean another path to a server or a proxy than it
// does here.
func checkPath(escaped string) error {
	if !strings.HasPrefix(escaped, "/") {
		return fmt.Errorf("path %q does not begin with a slash", escaped)
	}
	if strings.Contains(escaped, "#") {
		return fmt.Errorf("path %q holds a fragment", escaped)
	}
	for segment := range strings.SplitSeq(escaped[1:], "/") {
		plain, err := url.PathUnescape(segment)
		switch {
		case err != nil:
			return fmt.Errorf("path %q: a broken escape", escaped)
		case plain == "" || dotted(plain):
			return fmt.Errorf("path %q: an empty or dotted part", escaped)
		}
	}
	return nil
}

// dotted reports whether a part of a path, or what a proxy that reads escaped
// slashes would take for one, goes up or stands still.
func dotted(plain string) bool {
	for part := range strings.SplitSeq(plain, "/") {
		if part == "." || part == ".." {
			return true
		}
	}
	return false
}

// settable reports whether out is a pointer to something.
func settable(out any) bool {
	v := reflect.ValueOf(out)
	return v.Kind() == reflect.Pointer && !v.IsNil()
}

// reset sets what out points to to its zero value, so that nothing is left in it of
// another answer.
func reset(out any) { reflect.ValueOf(out).Elem().SetZero() }

// clampDuration is a time.Duration of n units that does not overflow.
func clampDuration(n int64, unit time.Duration) time.Duration {
	const most = 1<<63 - 1
	if n > most/int64(unit) {
		return most
	}
	return time.Duration(n) * unit
}
