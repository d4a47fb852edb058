package rest

import (
	"encoding/json"
	"html"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestSecretNamesOfTheAPIs: these names of the two APIs' members and parameters hide what
// they hold, and no others.
func TestSecretNamesOfTheAPIs(t *testing.T) {
	t.Parallel()
	found := map[string]bool{}
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for name, inner := range v {
				member := strings.ToLower(name[:1]) == name[:1] && !strings.Contains(name, ".") // else it is a type's
				if member && isSecret(name, "https://x/") {
					found[name] = true
				}
				walk(inner)
			}
		case []any:
			for _, inner := range v {
				walk(inner)
			}
		}
	}
	for _, file := range []string{"../../ovh/ovhtest/schema.json", "../../scaleway/scalewaytest/schema.json"} {
		data, err := os.ReadFile(file) //nolint:gosec // G304: one of the two above
		if err != nil {
			t.Fatal(err)
		}
		var schema any
		if err := json.Unmarshal(data, &schema); err != nil {
			t.Fatal(err)
		}
		walk(schema)
	}
	want := []string{
		"certificate_chain", "chain", "consumerKey", "custom_certificate", "key", "metricsToken", "token", "uri", "url", "validationUrl",
	}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(found))); diff != "" {
		t.Error(diff)
	}
}

// TestRedactor: a secret is found however it is written, and nothing else is touched.
func TestRedactor(t *testing.T) {
	t.Parallel()
	const secret = "aB/c+d&e<f\"g ü%9" //nolint:gosec // G101: made up
	quoted, err := json.Marshal(secret)
	if err != nil {
		t.Fatal(err)
	}
	r := &redactor{}
	r.learn(secret, shortestKnown)
	r.learn("short", shortestKnown)
	r.learn("-----BEGIN X-----\nMIIabc\n  MIIdef\r\n-----END X-----", shortestKnown)
	r.learn("MIIabcdef", shortestKnown)
	r.learnHeader(http.Header{"Cookie": {"a=cookieValue1; b=cookieValue22"}, "X-Session-Token": {"Token tokenValue12"}, "Accept": {"application/json"}})
	for _, text := range []string{
		secret, string(quoted[1 : len(quoted)-1]), string(quote(secret)), strings.ReplaceAll(string(quote(secret)), "/", `\/`), strings.ToUpper(url.QueryEscape(secret)),
		url.PathEscape(secret), strings.ToLower(url.PathEscape(secret)), html.EscapeString(secret), "x" + secret + "y" + secret,
		"MIIabc MIIdef", "MIIABC", "MIIabcdef", "cookieValue1, cookieValue22", "tokenValue12",
		"https://user:pa/ss@host/", "/x?TOKEN=abc", "a=b&credentialToken=abc", `{\"client_secret\": \"abc\"}`, `{"password":"abc`, "app%6cication_%6bey=abc",
		"-----BEGIN RSA PRIVATE KEY-----abc", "BEGIN+EC+PRIVATE+KEY-----abc", "%20PRIVATE%20KEY-----abc",
	} {
		got := r.clean("_ " + text + " _")
		for _, left := range []string{"ab", "mii", "cookievalue", "tokenvalue", "user", "pa/ss"} {
			if strings.Contains(strings.ToLower(strings.ReplaceAll(got, hidden, "")), left) {
				t.Errorf("%q shows as %q", text, got)
			}
		}
	}
	for _, text := range []string{
		"short", "the private key does not match: key", "-----BEGIN CERTIFICATE-----", "https://host/a", "farm=1&key_type=rsa", `"status": "up"`, "tokens: 5", "application/json", "a=b",
	} {
		if got := r.clean(text); got != text {
			t.Errorf("%q shows as %q", text, got)
		}
	}
	const asked = "a=1&to%6ben=it's;all,secret&uri=/health&url=https%3A%2F%2Fx%2Fhook&flag&token="
	if got := r.query(asked); got != "a=1&to%6ben=[secret]&uri=/health&url=[secret]&flag&token=" {
		t.Error(got)
	}
}

// TestRedactorOfTexts: what stays of a text that holds JSON or an address, or repeats secrets
// that overlap.
func TestRedactorOfTexts(t *testing.T) {
	t.Parallel()
	r := &redactor{}
	r.learn("abcdefgh", shortestKnown)
	r.learn("cdefghijkl", shortestKnown)
	r.learn("defghi", shortestKnown)
	r.learn("a+b/c=d", shortestKnown)
	for text, want := range map[string]string{ //nolint:gosec // G101: made up
		`{"password":"correct horse\n\"battery\"","user":"me"}`:             `{"password":"[secret]","user":"me"}`,
		`{\"Authorization\": \"Basic x y\", \"pin\": 12}`:                   `{\"Authorization\": \"[secret]\", \"pin\": 12}`,
		`{"token": 12.5e3, "key":"","passwords":["x"]}`:                     `{"token": [secret], "key":"","passwords":["x"]}`,
		"https://x/login?back=https%3A%2F%2Fy%2F%3Faccess_token%3Dz&page=2": "https://x/login?back=[secret]&page=2",
		"https://x/login?back=%2Fy%3Fa%3Da%252Bb%252Fc%253Dd":               "https://x/login?back=[secret]",
		"https://x/login?back=https%3A%2F%2Fy%2F%3Fpage%3D2":                "https://x/login?back=https%3A%2F%2Fy%2F%3Fpage%3D2",
		"abcdefghijkl, ABCDEFGHabcdefgh-cdefghijklm":                        "[secret], [secret][secret]-[secret]m",
	} {
		if got := r.clean(text); got != want {
			t.Errorf("%s shows as\n%s, want\n%s", text, got, want)
		}
	}
	if deep := "a=" + strings.Repeat("%25", 64<<10); r.clean(deep) != deep { // as fast as it is long
		t.Error("escapes of escapes do not stay")
	}
}

// TestRewritten: what stays of a body, member by member.
func TestRewritten(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{ //nolint:gosec // G101: made up
		`{"Key":"a","CERTIFICATE-CHAIN":"b","x":{"y":[{"clientSecret":"c"}]}}`: `{"Key":"[secret]","CERTIFICATE-CHAIN":"[secret]","x":{"y":[{"clientSecret":"[secret]"}]}}`,
		`{"key":null,"token":"","secret":true,"password":12}`:                  `{"key":null,"token":"","secret":true,"password":"[secret]"}`,
		`{"custom_certificate":{"inner":"abcdef"},"say":"inner abcdef"}`:       `{"custom_certificate":"[secret]","say":"inner [secret]"}`,
		`{"token":["abcdef",1234567],"n":1234567,"m":[1.50,-0,1e400]}`:         `{"token":"[secret]","n":"[secret]","m":[1.50,-0,1e400]}`,
		`{"description":"-----BEGIN PRIVATE KEY-----\nx"}`:                     `{"description":"[secret]"}`,
		`{"a":1,"a":"\ud800","abcdef":"é\u0001<"}`:                             `{"a":1,"a":"` + "\uFFFD" + `","abcdef":"é\u0001<"}`,
		`{"token":"abcdef","abcdef":"x"}`:                                      `{"token":"[secret]","[secret]":"x"}`,
		`{"apiKeys":["abcdef"],"keyType":"rsa"}`:                               `{"apiKeys":"[secret]","keyType":"rsa"}`,
		`[]`:                                                                   `[]`,
		` null `:                                                               `null`,
	} {
		r := &redactor{}
		r.learnBody([]byte(body), "x")
		got, err := r.rewritten([]byte(body), "x", mostDumped)
		if err != nil {
			t.Error(err)
		}
		flat := strings.NewReplacer("\n", "", "  ", "", `": `, `":`).Replace(string(got))
		if flat != want {
			t.Errorf("%s shows as\n%s, want\n%s", body, flat, want)
		}
	}
}
