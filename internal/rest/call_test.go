package rest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	pathpkg "path"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/lbkit/lbkit/lb"
)

func newClient(t testing.TB, config Config) *Client {
	t.Helper()
	if config.Provider == "" {
		config.Provider = "test"
	}
	if config.BaseURL == "" {
		config.BaseURL = "https://api.test/v1"
	}
	if config.RequestIDHeader == "" {
		config.RequestIDHeader = "X-Request-Id"
	}
	c, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestURL(t *testing.T) {
	t.Parallel()
	c := newClient(t, Config{})
	tests := []struct {
		name string
		call Call
		want string // "" for an error
	}{
		{"no parameters", Call{Route: "/ip"}, "https://api.test/v1/ip"},
		{"parameters in order", Call{Route: "/a/{x}/b/{y}", Args: Args{"1", "2"}}, "https://api.test/v1/a/1/b/2"},
		{"query", Call{Route: "/ip", Query: "a=b"}, "https://api.test/v1/ip?a=b"},
		{"a slash in a parameter", Call{Route: "/ip/{ip}/move", Args: Args{"203.0.113.10/32"}}, "https://api.test/v1/ip/203.0.113.10%2F32/move"},
		{"odd characters", Call{Route: "/a/{x}", Args: Args{"é +,%?#;"}}, "https://api.test/v1/a/%C3%A9%20+%2C%25%3F%23%3B"},
		{"a parameter that looks like one", Call{Route: "/a/{x}/{y}", Args: Args{"{y}", "2"}}, "https://api.test/v1/a/%7By%7D/2"},
		{"an escaped dot", Call{Route: "/a/{x}", Args: Args{"%2e%2e"}}, "https://api.test/v1/a/%252e%252e"},
		{"empty parameter", Call{Route: "/a/{x}", Args: Args{""}}, ""},
		{"dot", Call{Route: "/a/{x}", Args: Args{"."}}, ""},
		{"dots", Call{Route: "/a/{x}", Args: Args{".."}}, ""},
		{"dots behind a slash", Call{Route: "/a/{x}", Args: Args{"b/../c"}}, ""},
		{"a dot behind a slash", Call{Route: "/a/{x}", Args: Args{"b/."}}, ""},
		{"dots in a word", Call{Route: "/a/{x}", Args: Args{"b/..c"}}, "https://api.test/v1/a/b%2F..c"},
		{"too few", Call{Route: "/a/{x}"}, ""},
		{"too many", Call{Route: "/a", Args: Args{"1"}}, ""},

		{"path", Call{Path: "/a/b%2Fc"}, "https://api.test/v1/a/b%2Fc"},
		{"path with query", Call{Path: "/a?x=1&y=%20", Query: "z=2"}, "https://api.test/v1/a?x=1&y=%20&z=2"},
		{"path with a comma", Call{Path: "/a/1,2"}, "https://api.test/v1/a/1,2"},
		{"path with dots", Call{Path: "/a/../b"}, ""},
		{"path with escaped dots", Call{Path: "/a/%2e%2E/b"}, ""},
		{"path with an empty part", Call{Path: "//evil.test/a"}, ""},
		{"path that ends in a slash", Call{Path: "/a/"}, ""},
		{"path with dots behind an escaped slash", Call{Path: "/a/b%2f..%2Fc"}, ""},
		{"fragment behind a query", Call{Path: "/a?b=1#c"}, ""},
		{"space in a query", Call{Path: "/a?b=c d"}, ""},
		{"line break in a query", Call{Path: "/a?b=c\r\nX-Evil: 1"}, ""},
		{"a query that is not ASCII", Call{Path: "/a?b=é"}, ""},
		{"a query of a route", Call{Route: "/a", Query: "b=c d"}, ""},
		{"a backslash", Call{Path: "/a\\b"}, ""},
		{"another host", Call{Path: "https://evil.test/a"}, ""},
		{"host by user info", Call{Path: "@evil.test/a"}, ""},
		{"fragment", Call{Path: "/a#b"}, ""},
		{"broken escape", Call{Path: "/a%zz"}, ""},
		{"not escaped", Call{Path: "/a b"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := c.url(&tt.call)
			switch {
			case tt.want == "" && err == nil:
				t.Fatalf("%s, want an error", &got)
			case tt.want != "" && err != nil:
				t.Fatal(err)
			case tt.want != "" && got.String() != tt.want:
				t.Errorf("%s, want %s", &got, tt.want)
			}
		})
	}
}

// TestRefusedPathSendsNothing: what cannot be a path is ErrInvalid before any
// request.
func TestRefusedPathSendsNothing(t *testing.T) {
	t.Parallel()
	sent := 0
	c := newClient(t, Config{HTTPClient: &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
		sent++
		return nil, http.ErrServerClosed
	})}})
	_, err := c.Do(t.Context(), Call{Op: "x.get", Method: http.MethodGet, Route: "/a/{id}", Args: Args{".."}})
	wantCode(t, err, lb.ErrInvalid)
	if sent != 0 {
		t.Errorf("%d requests", sent)
	}
}

// FuzzURL: one argument stays one segment of the path, whatever is in it.
func FuzzURL(f *testing.F) {
	for _, seed := range []string{"a", "..", "a/b", "a%2Fb", "é", "a b", "?", "#", "%", "+", ",", "\x00", "\xff", "http://x/"} {
		f.Add(seed)
	}
	c := newClient(f, Config{})
	f.Fuzz(func(t *testing.T, arg string) {
		u, err := c.url(&Call{Route: "/a/{x}/b", Args: Args{arg}})
		if err != nil {
			if arg != "" && !dotted(arg) {
				t.Fatalf("%q refused: %v", arg, err)
			}
			return
		}
		if u.Host != "api.test" || u.RawQuery != "" || u.Fragment != "" {
			t.Fatalf("%q got out of the path: %s", arg, &u)
		}
		parts := strings.Split(strings.TrimPrefix(u.EscapedPath(), "/v1/"), "/")
		if len(parts) != 3 || parts[0] != "a" || parts[2] != "b" {
			t.Fatalf("%q: %s", arg, &u)
		}
		back, err := url.PathUnescape(parts[1])
		if err != nil || back != arg {
			t.Fatalf("%q came back as %q, %v", arg, back, err)
		}
		again, err := url.ParseRequestURI(u.RequestURI())
		if err != nil || again.EscapedPath() != u.EscapedPath() {
			t.Fatalf("%q: the request line %q reads as %v, %v", arg, u.RequestURI(), again, err)
		}
	})
}

// FuzzPath: a path that a user spells out is refused, or is what the request
// line says, below the base and on its host.
func FuzzPath(f *testing.F) {
	for _, seed := range []string{
		"/a", "/a/b%2Fc?x=1&y=%20", "/a/../b", "/a/%2e%2E/b", "/a/b%2f..%2fc", "//evil.test/a", "https://evil.test/a", "@evil.test/a", "/a#b",
		"/a?b#c", "/a?b=c d", "/a%zz", "/a b", "/é", "/a\r\nHost: evil.test", "/a\\..\\b", "/a;b=c", "/a/", "?a=b", "/%00", "",
	} {
		f.Add(seed)
	}
	c := newClient(f, Config{})
	f.Fuzz(func(t *testing.T, path string) {
		u, err := c.url(&Call{Path: path})
		if err != nil || path == "" {
			return
		}
		want := "/v1" + path
		if before, query, found := strings.Cut(path, "?"); found && query == "" {
			want = "/v1" + before
		}
		if got := u.RequestURI(); got != want {
			t.Fatalf("%q goes out as %q", path, got)
		}
		read, err := url.ParseRequestURI(u.RequestURI())
		if err != nil || read.Host != "" || u.Host != "api.test" || u.User != nil || u.Scheme != "https" {
			t.Fatalf("%q: %s, %v", path, &u, err)
		}
		if whole := read.Path + "/"; strings.Contains(whole, "/../") || strings.Contains(whole, "/./") {
			t.Fatalf("%q means %q to who cleans paths", path, pathpkg.Clean(read.Path))
		}
		for _, r := range u.RequestURI() {
			if r <= ' ' || r > '~' || r == '#' {
				t.Fatalf("%q: %q in a request line", path, r)
			}
		}
	})
}

// TestBadMethod: what is no method is refused before anything is sent, and not
// tried four times.
func TestBadMethod(t *testing.T) {
	t.Parallel()
	c, calls := through(t, Config{}, func(r *http.Request) (*http.Response, error) { return answering(r, 200, ""), nil })
	for _, method := range []string{"", "get", "GE T", "GET\r\n", "PÖST"} {
		_, err := c.Do(t.Context(), Call{Method: method, Route: "/a"})
		wantCode(t, err, lb.ErrInvalid)
	}
	if calls.Load() != 0 {
		t.Errorf("%d requests", calls.Load())
	}
	if _, err := c.Do(t.Context(), Call{Method: "VERSION-CONTROL", Route: "/a"}); err != nil {
		t.Error(err)
	}
}

func TestDecode(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "{", `{"a":1}x`, `{"a":1}{"a":2}`, "<html>", `{"a":"one"}`, "[]"} {
		var out struct{ A int }
		if err := Decode([]byte(bad), &out); err == nil {
			t.Errorf("%q was read as %+v", bad, out)
		}
	}
	var out struct{ A int }
	if err := Decode([]byte(` {"a":1,"unknown":[{}]} `), &out); err != nil || out.A != 1 {
		t.Errorf("%+v, %v", out, err)
	}
}

func TestEncode(t *testing.T) {
	t.Parallel()
	got, err := Encode(map[string]string{"a": "<é&>"})
	if err != nil || string(got) != `{"a":"<é&>"}` {
		t.Errorf("%s, %v", got, err)
	}
	if got, err = Encode(map[string]string{"a": "\xff"}); err == nil {
		t.Errorf("text that is not UTF-8 is written as %s", got)
	}
	// What a user of Do may put there is written as encoding/json writes it, and read.
	type own struct {
		Wait  time.Duration `json:"wait"`
		Magic [2]byte       `json:"magic"`
		Bytes []byte        `json:"bytes"`
		Text  int           `json:"text,string"`
	}
	in := own{time.Second, [2]byte{1, 2}, []byte{3}, 4}
	want, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	var out own
	if got, err = Encode(in); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s, %v; want %s", got, err, want)
	}
	if err := Decode(want, &out); err != nil || !reflect.DeepEqual(out, in) {
		t.Errorf("%+v, %v; want %+v", out, err, in)
	}
}

// TestNumbers: what a user of Do has read with package encoding/json, so that no digit is
// lost, is sent and read without losing one.
func TestNumbers(t *testing.T) {
	t.Parallel()
	const text = `{"big":12345678901234567890,"of":{"7":1.50},"said":"3","small":[0]}`
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var in any
	if err := decoder.Decode(&in); err != nil {
		t.Fatal(err)
	}
	var sent string
	c, calls := through(t, Config{}, func(r *http.Request) (*http.Response, error) {
		body, err := io.ReadAll(r.Body)
		sent = string(body)
		return answering(r, http.StatusOK, text), err
	})
	var out struct {
		Big   json.Number
		Of    map[json.Number]json.Number
		Said  json.Number
		Small []json.Number
		Other *json.Number
	}
	if _, err := c.Do(t.Context(), Call{Method: http.MethodPost, Path: "/things", In: in, Out: &out}); err != nil || sent != text {
		t.Errorf("sent %s, %v", sent, err)
	}
	if out.Big != "12345678901234567890" || out.Of["7"] != "1.50" || out.Said != "3" || out.Small[0] != "0" || out.Other != nil {
		t.Errorf("read %+v", out)
	}
	_, err := c.Do(t.Context(), Call{Method: http.MethodPost, Path: "/things", In: json.Number("a word"), Out: &out})
	if wantCode(t, err, lb.ErrInvalid); calls.Load() != 1 {
		t.Errorf("%d requests", calls.Load())
	}
}

// TestAnswerNeedsAPointer: a call whose answer would be lost is not sent.
func TestAnswerNeedsAPointer(t *testing.T) {
	t.Parallel()
	for _, out := range []any{map[string]any{}, answerA{}, (*answerA)(nil)} {
		c, calls := through(t, Config{}, func(r *http.Request) (*http.Response, error) { return answering(r, http.StatusOK, `{"a":1}`), nil })
		_, err := c.Do(t.Context(), Call{Method: http.MethodPost, Path: "/things", Out: out})
		if wantCode(t, err, lb.ErrInvalid); calls.Load() != 0 {
			t.Errorf("%T: %d requests", out, calls.Load())
		}
	}
}

func TestQuery(t *testing.T) {
	t.Parallel()
	type filter struct {
		Name string   `url:"name,omitempty"`
		Tags []string `url:"tags,omitempty"`
	}
	got, err := EncodeQuery(filter{Name: "a b", Tags: []string{"x", "y"}})
	if err != nil || got != "name=a+b&tags=x&tags=y" {
		t.Errorf("%s, %v", got, err)
	}
	if got, err := EncodeQuery(nil); err != nil || got != "" {
		t.Errorf("%q, %v", got, err)
	}
	if got := JoinQuery("", "a=1", "", "b=2"); got != "a=1&b=2" {
		t.Error(got)
	}
}

func TestExcerpt(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"":                                  "",
		"<html>\n <b>no\x00 \t way</b>\r\n": "<html> <b>no way</b>",
		"\xff\xfeabc":                       "abc",
	}
	for in, want := range tests {
		if got := Excerpt([]byte(in)); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	if got := Excerpt([]byte(strings.Repeat("é", 10_000))); len(got) > 512 {
		t.Errorf("%d bytes", len(got))
	}
}
