package rest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// hidden stands in the place of a secret.
const hidden = "[secret]"

// secretNames are the names of members, query parameters and form fields whose values a
// dump does not show: in lower case, without what is no letter. A name that ends with one
// of them, or with its plural, is hidden like it, so that other APIs, which a user's Do
// reaches, are covered too.
var secretNames = []string{
	"key",               // OVH: the private key of a certificate; and consumerKey, applicationKey, secret_key
	"chain",             // Scaleway: certificate_chain begins with the private key. OVH: chain is public, unless all was pasted there
	"customcertificate", // Scaleway: it holds certificate_chain
	"token",             // OVH: of metrics, of a termination; and metricsToken, access_token, credentialToken
	"secret",            // applicationSecret, client_secret
	"password", "passwd", "passphrase", "pwd",
	"validationurl", // OVH: whoever opens it and agrees makes the consumer key valid; it holds a credentialToken
	"authorization", // a header, where an error page lists those of the request
	"signature",     // of a request, and of an address that was signed for a while
}

// addressNames are members that hold the path of a health check, which is no secret, or a
// whole address, which is one to whoever knows it.
var addressNames = []string{
	"uri", // Scaleway: of a subscriber's webhook
	"url", // OVH: of the logs, for whoever has it
}

func secretName(name string) bool {
	if plain, err := url.QueryUnescape(name); err == nil {
		name = plain
	}
	name = strings.TrimSuffix(lettersOf(name), "s") // of several
	return slices.ContainsFunc(secretNames, func(end string) bool { return strings.HasSuffix(name, end) })
}

// isSecret reports whether text, the value of a member of that name, is not to be shown.
func isSecret(name, text string) bool {
	return secretName(name) || privateKey(text) || strings.Contains(text, "://") && slices.Contains(addressNames, lettersOf(name))
}

func lettersOf(name string) string {
	return strings.Map(func(r rune) rune {
		if r < 'a' || r > 'z' {
			return -1
		}
		return r
	}, strings.ToLower(name))
}

// privateKey reports whether text holds a private key in PEM, escaped for a URL or not.
func privateKey(text string) bool {
	for _, space := range []string{" ", "+", "%20"} {
		if strings.Contains(text, "PRIVATE"+space+"KEY-----") {
			return true
		}
	}
	return false
}

// redactor takes out of what a dump shows all that is known to be secret.
type redactor struct {
	// forms are how secrets may be written, in lower case, by their first shortestKnown bytes.
	forms map[string]map[string]bool
}

// shortestKnown is what a value needs that is a secret by its name: less would blot out
// words.
const shortestKnown = 6

// inHTML is html.EscapeString, without the 50 KiB of names that every program with that
// package has.
var inHTML = strings.NewReplacer("&", "&amp;", "'", "&#39;", "<", "&lt;", ">", "&gt;", `"`, "&#34;")

// learn makes value, of at least that many bytes, a secret wherever it appears. Of one
// with lines each is: a key in PEM may be repeated in another layout.
func (r *redactor) learn(value string, shortest int) {
	for line := range strings.Lines(value) {
		line = strings.TrimSpace(line)
		if len(line) < shortest || strings.HasPrefix(line, "-----") {
			continue
		}
		quoted, _ := json.Marshal(line)                      //nolint:errcheck,errchkjson // a string can always be
		for _, text := range [][]byte{quoted, quote(line)} { // with and without the escapes of HTML
			text = text[1 : len(text)-1]
			r.add(string(text))
			r.add(strings.ReplaceAll(string(text), "/", `\/`))
		}
		for _, form := range []string{line, url.QueryEscape(line), url.PathEscape(line), inHTML.Replace(line)} {
			r.add(form)
		}
	}
}

func (r *redactor) add(form string) {
	form = lower(form)
	begin := form[:shortestKnown]
	if r.forms == nil {
		r.forms = map[string]map[string]bool{}
	}
	if r.forms[begin] == nil {
		r.forms[begin] = map[string]bool{}
	}
	r.forms[begin][form] = true
}

// learnHeader makes secrets of the values of a request's header that are not shown.
func (r *redactor) learnHeader(h http.Header) {
	for name, values := range h {
		if shown(name) {
			continue
		}
		for _, value := range values {
			r.learn(value, shortestSecret)
			for _, part := range strings.FieldsFunc(value, func(c rune) bool { return c == ' ' || c == ';' || c == ',' }) {
				r.learn(part, shortestSecret) // what is behind "Bearer"
				if _, cookie, found := strings.Cut(part, "="); found {
					r.learn(cookie, shortestSecret)
				}
			}
		}
	}
}

// The patterns are compiled when something is dumped.
var (
	userinfo = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`://[^\s"<>]*@`) })
	// assigned is name=value, of a query or a form, or "name":"value" in a text that
	// holds JSON, or holds a text that does.
	assigned = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`([\w.%-]+)(?:(=)([^\s&"<>\\]+)|("\s*:\s*")(?:[^"\\]|\\.)+|(\\+"\s*:\s*\\+")[^"]*[^"\\]|(\\*"\s*:\s*)\d[\w.+-]*)`)
	})
)

// clean is text without what is known to be secret in it.
func (r *redactor) clean(text string) string { return r.cleaned(text, false) }

// cleaned looks into values that are escaped for a URL too, unless text is such a value.
func (r *redactor) cleaned(text string, within bool) string {
	if privateKey(text) {
		return hidden
	}
	text = userinfo().ReplaceAllString(r.withoutKnown(text), "://"+hidden+"@")
	return assigned().ReplaceAllStringFunc(text, func(pair string) string {
		m := assigned().FindStringSubmatch(pair)
		plain := unescaped(m[3])
		if secretName(m[1]) || !within && plain != m[3] && r.cleaned(plain, true) != plain {
			return m[1] + m[2] + m[4] + m[5] + m[6] + hidden
		}
		return pair
	})
}

// withoutKnown is text without what has been learnt. Secrets that overlap are one.
func (r *redactor) withoutKnown(text string) string {
	var b strings.Builder
	low, rest := lower(text), 0 // what is before rest is in b, or secret
	for i := range len(low) - shortestKnown + 1 {
		end := i
		for form := range r.forms[low[i:i+shortestKnown]] {
			if strings.HasPrefix(low[i:], form) {
				end = max(end, i+len(form))
			}
		}
		if end > i && i >= rest {
			b.WriteString(text[rest:i] + hidden)
		}
		if end > i {
			rest = max(rest, end)
		}
	}
	return b.String() + text[rest:]
}

// query is a URL's query as it was sent, without what is secret.
func (r *redactor) query(raw string) string {
	var parts []string
	for part := range strings.SplitSeq(raw, "&") {
		if name, value, found := strings.Cut(part, "="); found && value != "" && isSecret(unescaped(name), unescaped(value)) {
			part = name + "=" + hidden
		}
		parts = append(parts, r.clean(part))
	}
	return strings.Join(parts, "&")
}

// learnQuery makes secrets of the values that query hides.
func (r *redactor) learnQuery(raw string) {
	for part := range strings.SplitSeq(raw, "&") {
		if name, value, _ := strings.Cut(part, "="); isSecret(unescaped(name), unescaped(value)) {
			r.learn(unescaped(value), shortestKnown)
		}
	}
}

func unescaped(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil {
		return plain
	}
	return s
}

// lower makes ASCII letters small, and leaves every byte in its place.
func lower(s string) string {
	out := []byte(s)
	for i, c := range out {
		if 'A' <= c && c <= 'Z' {
			out[i] = c + 'a' - 'A'
		}
	}
	return string(out)
}
