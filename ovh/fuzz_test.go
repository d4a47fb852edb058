package ovh

import (
	"bufio"
	"bytes"
	"crypto/sha1" //nolint:gosec // G505: the API's signature is made with it
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/lbkit/lbkit/lb"
)

// FuzzSignature holds that what is signed is what goes over the wire: the request
// is written out as HTTP and read again, and the signature is computed anew from
// its request line and its body, as the API does (facts 2.1).
func FuzzSignature(f *testing.F) {
	f.Add("loadbalancer-1", "/x", `{"a":"b"}`)
	f.Add("a/b c+d,é%", "/x?b=%2B+%2F,&a=%C3%A9", "é<&>/\u2028")
	f.Add("203.0.113.10/32", "/ip/203.0.113.10%2F32/move?", "\x00\xff")
	f.Add("..", "/x/../y", "")
	f.Add("#?;:@[]", "/x;y=1/*'()!~?a=b#c", "\n")
	f.Fuzz(func(t *testing.T, name, path, text string) {
		sent := 0
		transport := roundTripper(func(r *http.Request) (*http.Response, error) {
			if strings.HasSuffix(r.URL.Path, "/auth/time") {
				return answerTo{body: "1700000000"}.response(r), nil
			}
			sent++
			checkSigned(t, r)
			return answerTo{body: `{"a":1}`}.response(r), nil
		})
		client, err := NewClient(EU, testCredentials(), WithHTTPClient(&http.Client{Transport: transport}))
		if err != nil {
			t.Fatal(err)
		}
		calls := map[string]func() error{
			"a parameter": func() error { _, err := client.LoadBalancers.Get(t.Context(), name); return err },
			"a path":      func() error { return client.Do(t.Context(), http.MethodPost, path, map[string]string{"a": text}, nil) },
			"a body":      func() error { return client.Do(t.Context(), http.MethodPut, "/x", text, nil) },
		}
		for what, call := range calls {
			before := sent
			if err := call(); err != nil && !errors.Is(err, lb.ErrInvalid) {
				t.Fatalf("%s: %v", what, err)
			} else if (err == nil) != (sent == before+1) {
				t.Fatalf("%s: %d requests and %v", what, sent-before, err)
			}
		}
	})
}

// checkSigned computes the signature of r from its bytes.
func checkSigned(t *testing.T, r *http.Request) {
	t.Helper()
	var wire bytes.Buffer
	if err := r.Write(&wire); err != nil {
		t.Fatalf("%s cannot be sent: %v", r.URL, err)
	}
	line, _, _ := strings.Cut(wire.String(), "\r\n")
	method, rest, _ := strings.Cut(line, " ")
	target, found := strings.CutSuffix(rest, " HTTP/1.1")
	if !found || strings.ContainsAny(target, " #\t") {
		t.Fatalf("the request line is %q", line)
	}
	read, err := http.ReadRequest(bufio.NewReader(&wire))
	if err != nil {
		t.Fatalf("%q cannot be read: %v", line, err)
	}
	body, err := io.ReadAll(read.Body)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join([]string{testSecret, testConsumer, method, "https://" + read.Host + target, string(body), read.Header.Get(headerTimestamp)}, "+")
	sum := sha1.Sum([]byte(text)) //nolint:gosec // G401: as above
	if want := "$1$" + hex.EncodeToString(sum[:]); read.Header.Get(headerSignature) != want {
		t.Errorf("%q with body %q: signed %s, want %s", line, body, read.Header.Get(headerSignature), want)
	}
}
