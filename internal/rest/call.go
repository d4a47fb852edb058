package rest

import (
	"bytes"
	"context"
	"encoding/json"
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
	ID     string // of the object that the call is about, in errors
	Method string
	// Route is the path below the base URL with {parameters}, which Args fill in
	// order, each escaped once. It is what events and logs show.
	Route string
	Args  []string
	// Path stands in for Route and Args: a path that is escaped already, with or
	// without a query. It is for calls that a user spells out.
	Path   string
	Query  string // encoded; see EncodeQuery
	Header http.Header
	In     any // the body, marshalled once; nil: none
	Out    any // where the answer goes; nil: it is dropped
	// OptionalAnswer allows an answer without a body although Out is there.
	OptionalAnswer bool
	// Repeatable says that sending it twice does what sending it once does. PUT,
	// DELETE, PATCH and GET are so by themselves.
	Repeatable bool
	// Anonymous calls carry no credentials.
	Anonymous bool
}

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

// Decode reads one JSON value into out; anything behind it is an error. Every
// answer of the SDK goes through here.
func Decode(data []byte, out any) error {
	return json.Unmarshal(data, out)
}

// valid reports whether data is one JSON value.
func valid(data []byte) bool { return json.Valid(data) }

// Encode writes v as JSON, without escaping HTML characters.
func Encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// Get sends a call whose answer is a T.
func Get[T any](ctx context.Context, c *Client, call Call) (*T, error) {
	out := new(T)
	call.Out = out
	if _, err := c.Do(ctx, call); err != nil {
		return nil, err
	}
	return out, nil
}

// request builds the request of call, without credentials.
func (c *Client) request(ctx context.Context, call *Call) (*http.Request, []byte, error) {
	if !isMethod(call.Method) {
		return nil, nil, fmt.Errorf("method %q: not upper-case letters", call.Method)
	}
	u, err := c.url(call)
	if err != nil {
		return nil, nil, err
	}
	r := (&http.Request{
		Method:     call.Method,
		URL:        u,
		Host:       u.Host,
		Proto:      "HTTP/1.1",
		ProtoMajor: 1,
		ProtoMinor: 1,
		Header:     make(http.Header, 8),
	}).WithContext(ctx)
	for name, values := range call.Header {
		r.Header[http.CanonicalHeaderKey(name)] = values
	}
	r.Header.Set("Accept", "application/json")
	r.Header.Set("User-Agent", c.userAgent)
	if call.In == nil {
		return r, nil, nil
	}
	body, err := Encode(call.In)
	if err != nil {
		return nil, nil, fmt.Errorf("request body: %w", err)
	}
	r.Header.Set("Content-Type", "application/json")
	return r, body, nil
}

// isMethod accepts what methods are made of. Anything else net/http would refuse
// on each attempt, or sends as it is.
func isMethod(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return (r < 'A' || r > 'Z') && r != '-' })
}

// url is the base URL with the call's path and query. The escaped form of the
// path is kept as it was built, so that what is signed is what is sent.
func (c *Client) url(call *Call) (*url.URL, error) {
	escaped, query := call.Path, call.Query
	if escaped == "" {
		var err error
		if escaped, err = expand(call.Route, call.Args); err != nil {
			return nil, err
		}
	} else {
		if path, rest, found := strings.Cut(escaped, "?"); found {
			escaped, query = path, JoinQuery(rest, query)
		}
		if err := checkPath(escaped); err != nil {
			return nil, err
		}
	}
	if strings.ContainsFunc(query, func(r rune) bool { return r <= ' ' || r > '~' || r == '#' }) {
		return nil, fmt.Errorf("query of path %q: not in escaped form", escaped)
	}
	raw := c.base.EscapedPath() + escaped
	path, err := url.PathUnescape(raw)
	if err != nil {
		return nil, fmt.Errorf("path %q: a broken escape", escaped)
	}
	u := &url.URL{Scheme: c.base.Scheme, Host: c.base.Host, Path: path, RawPath: raw, RawQuery: query}
	if u.EscapedPath() != raw {
		return nil, fmt.Errorf("path %q: not in escaped form", escaped)
	}
	return u, nil
}

// expand puts args into the {parameters} of route.
func expand(route string, args []string) (string, error) {
	var b strings.Builder
	b.Grow(len(route) + 64)
	for _, arg := range args {
		open := strings.IndexByte(route, '{')
		end := strings.IndexByte(route, '}')
		if open < 0 || end < open {
			return "", fmt.Errorf("route %q: more arguments than parameters", route)
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

// reset sets what out points to to its zero value, so that no attempt sees what
// an earlier one left.
func reset(out any) {
	if v := reflect.ValueOf(out); v.Kind() == reflect.Pointer && !v.IsNil() {
		v.Elem().SetZero()
	}
}

// clampDuration is a time.Duration of n units that does not overflow.
func clampDuration(n int64, unit time.Duration) time.Duration {
	const most = 1<<63 - 1
	if n > most/int64(unit) {
		return most
	}
	return time.Duration(n) * unit
}
