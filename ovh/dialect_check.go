package ovh

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/lbkit/lbkit/internal/pattern"
	"github.com/lbkit/lbkit/internal/plain"
	"github.com/lbkit/lbkit/lb"
)

// Bounds and defaults of a probe (facts 5.4).
const (
	minInterval      = lb.Duration(30 * time.Second)
	maxInterval      = lb.Duration(3600 * time.Second)
	defaultInterval  = minInterval
	failuresInARow   = 2 // fixed
	defaultCheckPath = "/"
)

var checkTypes = []lb.CheckType{
	lb.CheckTCP, lb.CheckHTTP, lb.CheckHTTPS, lb.CheckMySQL, lb.CheckPgSQL, lb.CheckSMTP, lb.CheckOCO,
}

// healthCheck is the form in which OVH reports a health check.
func (f *findings) healthCheck(backend lb.BackendSpec) *lb.HealthCheck {
	const at = "healthCheck."
	spec := backend.HealthCheck
	if spec == nil {
		return nil
	}
	if backend.Protocol == lb.ProtocolUDP {
		f.invalid("healthCheck", "a UDP backend cannot be checked")
		return lb.Clone(backend).HealthCheck
	}
	out := *lb.Clone(backend).HealthCheck
	options := optionsOf[HealthCheckOptions](f, at+"extensions."+providerName, spec.Extensions)
	switch {
	case out.Type == "":
		out.Type = lb.CheckTCP
	case out.Type == lb.CheckHTTP && options.ForceTLS:
		out.Type = lb.CheckHTTPS
	}
	if out.Type == lb.CheckHTTPS {
		options.ForceTLS = false // the type says so already
	}
	oneOf(f, at+"type", spec.Type, checkTypes...)
	f.port(at+"port", spec.Port)
	if out.Type == lb.CheckOCO && spec.Port != 0 {
		f.lacks("backend.healthCheck.port.oco", at+"port", spec.Port, "an oco check is of port 79")
	}
	out.Interval = f.interval(at+"interval", spec.Interval)
	none(f, at+"timeout", spec.Timeout)
	out.UnhealthyThreshold = f.threshold(at+"unhealthyThreshold", spec.UnhealthyThreshold)
	none(f, at+"user", spec.User)
	f.checkRequest(&out, &options)
	f.checkAnswer(&out, &options)
	out.Extensions = lb.Extend(options)
	return &out
}

// interval is whole seconds; nothing is rounded.
func (f *findings) interval(path string, d lb.Duration) lb.Duration {
	switch {
	case d == 0:
		return defaultInterval
	case d < minInterval || d > maxInterval:
		f.invalid(path, "%s is not within %s and %s", time.Duration(d), time.Duration(minInterval), time.Duration(maxInterval))
	case d%lb.Duration(time.Second) != 0:
		f.invalid(path, "%s is not in whole seconds", time.Duration(d))
	}
	return d
}

func (f *findings) threshold(path string, n int) int {
	if n != 0 && n != failuresInARow {
		f.unsupported(path, n, "OVH takes a server out after two failures in a row")
	}
	if n == 0 {
		return failuresInARow
	}
	return n
}

func webCheck(t lb.CheckType) bool { return t == lb.CheckHTTP || t == lb.CheckHTTPS }

// looksInside: the check's answer can be compared (facts 5.4).
func looksInside(t lb.CheckType) bool { return webCheck(t) || t == lb.CheckTCP }

// checkRequest is what an HTTP check asks for.
func (f *findings) checkRequest(check *lb.HealthCheck, options *HealthCheckOptions) {
	const at = "healthCheck.http"
	if !webCheck(check.Type) {
		if check.HTTP != nil {
			f.invalid(at, "needs type http or https")
		}
		if options.URL != "" {
			f.invalid("healthCheck.extensions.ovh.url", "needs type http or https")
		}
		return
	}
	if check.HTTP == nil {
		check.HTTP = &lb.HTTPCheck{}
	}
	http := check.HTTP
	if http.Method == "" {
		http.Method = string(ProbeMethodGet)
	}
	if !ProbeMethod(http.Method).Known() {
		f.unsupported(at+".method", http.Method, "OVH has GET, HEAD, OPTIONS")
	}
	if http.SNI != "" {
		f.unsupported(at+".sni", http.SNI, "OVH has no such setting")
	}
	f.checkURL(at, check, options)
}

// checkURL settles on one way to say where an HTTP check goes: Host and Path where
// they can say it, else OVH's URL.
func (f *findings) checkURL(at string, check *lb.HealthCheck, options *HealthCheckOptions) {
	http := check.HTTP
	if options.URL == "" {
		if http.Path == "" {
			http.Path = defaultCheckPath
		}
		if http.Path[0] != '/' || !plain.Word(http.Path) {
			f.invalid(at+".path", "%q is not a path", http.Path)
		}
		if strings.ContainsAny(http.Host, "/?#@") || !plain.Word(http.Host) {
			f.invalid(at+".host", "%q is not a host", http.Host)
		}
		return
	}
	if http.Host != "" || http.Path != "" {
		f.invalid("healthCheck.extensions.ovh.url", "host and path say the same")
		return
	}
	host, path, ok := splitCheckURL(check.Type, options.URL)
	if !plain.Word(options.URL) || !ok && !leadsToPath(options.URL) {
		f.invalid("healthCheck.extensions.ovh.url", "%q is neither a path nor an absolute URL with one", options.URL)
	}
	if ok {
		http.Host, http.Path, options.URL = host, path, ""
	}
}

// leadsToPath: the text is "scheme://host/path", the one form of a check's URL besides
// "/path" (facts 5.4).
func leadsToPath(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Path != "" && absoluteURL(text)
}

// checkScheme is what the URL of a check with a host begins with.
func checkScheme(t lb.CheckType) string {
	if t == lb.CheckHTTPS {
		return "https://"
	}
	return "http://"
}

// joinCheckURL is the URL of an HTTP check: "/path" or "scheme://host/path" (facts
// 5.4). splitCheckURL is its inverse; ok is false for URLs of another form.
func joinCheckURL(t lb.CheckType, host, path string) string {
	if host == "" {
		return path
	}
	return checkScheme(t) + host + path
}

func splitCheckURL(t lb.CheckType, text string) (host, path string, ok bool) {
	if strings.HasPrefix(text, "/") {
		return "", text, true
	}
	rest, ok := strings.CutPrefix(text, checkScheme(t))
	slash := strings.IndexByte(rest, '/')
	if !ok || slash <= 0 || strings.ContainsAny(rest[:slash], "?#@") {
		return "", "", false
	}
	return rest[:slash], rest[slash:], true
}

// checkAnswer is what the answer to a check must hold: status codes, or a text, or
// a pattern; one of them.
func (f *findings) checkAnswer(check *lb.HealthCheck, options *HealthCheckOptions) {
	const raw = "healthCheck.extensions.ovh.match"
	says := 0
	if check.HTTP != nil && len(check.HTTP.Status) > 0 {
		says++
		check.HTTP.Status = f.statusCodes(check.HTTP.Status)
	} else if options.NegateStatus {
		f.invalid("healthCheck.extensions.ovh.negateStatus", "there are no status codes")
	}
	if check.Expect != nil {
		says++
		f.expect(check)
	}
	if options.Match != "" {
		says++
		f.rawMatch(check, options)
	} else if options.Pattern != "" || options.Negate {
		f.invalid(raw, "needed by pattern and negate")
	}
	if says > 1 {
		f.lacks("backend.healthCheck.expect.withStatus", "healthCheck.expect", nil, "OVH looks for one thing in an answer: status codes, a text, or a pattern")
	}
}

// statusCodes is a set of HTTP status codes.
func (f *findings) statusCodes(codes []int) []int {
	for _, code := range codes {
		if code < 100 || code > 599 {
			f.invalid("healthCheck.http.status", "%d is not an HTTP status", code)
		}
	}
	return slices.Compact(slices.Sorted(slices.Values(codes)))
}

func (f *findings) expect(check *lb.HealthCheck) {
	const at = "healthCheck.expect"
	expect := *check.Expect
	if !looksInside(check.Type) {
		f.lacks("backend.healthCheck.expect.otherTypes", at, string(check.Type), "OVH looks into the answers of tcp, http and https checks alone")
	}
	switch {
	case expect.Contains == "" && expect.Regex == "":
		f.invalid(at, "nothing is expected")
	case expect.Contains != "" && expect.Regex != "":
		f.lacks("backend.healthCheck.expect.containsAndRegex", at, nil, "OVH looks for one text or one pattern")
	case !utf8.ValidString(expect.Contains):
		f.invalid(at+".contains", "%q is not text", expect.Contains)
	case expect.Regex != "":
		if fault := pattern.Fault(expect.Regex); fault != "" {
			f.invalid(at+".regex", "%s", fault)
		}
	}
}

// rawMatch takes OVH's own form, and says it in neutral words where they can.
func (f *findings) rawMatch(check *lb.HealthCheck, options *HealthCheckOptions) {
	const at = "healthCheck.extensions.ovh.match"
	match := ProbeMatch(options.Match)
	switch {
	case !match.Known() || match == ProbeMatchDefault:
		f.unsupported(at, options.Match, "OVH has contains, matches, status")
		return
	case match == ProbeMatchStatus && !webCheck(check.Type):
		f.unsupported(at, options.Match, "status codes need type http or https")
		return
	case !looksInside(check.Type):
		f.unsupported(at, options.Match, "OVH looks into the answers of tcp, http and https checks alone")
		return
	case options.Pattern == "":
		f.invalid("healthCheck.extensions.ovh.pattern", "a match needs one")
		return
	}
	answer := answerOf(check.Type, match, options.Pattern, options.Negate)
	if answer.raw {
		return
	}
	options.Match, options.Pattern, options.Negate = "", "", false
	if answer.expect != nil && check.Expect == nil {
		check.Expect = answer.expect
	}
	if answer.status != nil && len(check.HTTP.Status) == 0 {
		check.HTTP.Status, options.NegateStatus = answer.status, answer.negateStatus
	}
}

// probeAnswer is what a probe looks for, in neutral words; raw where there are none.
type probeAnswer struct {
	status       []int
	negateStatus bool
	expect       *lb.Expect
	raw          bool
}

// answerOf puts a probe's match and pattern into neutral words. A pattern that the
// contract refuses has none.
func answerOf(t lb.CheckType, match ProbeMatch, text string, negate bool) probeAnswer {
	plain := match == "" || match == ProbeMatchDefault
	switch {
	case plain && text == "" && !negate:
		return probeAnswer{}
	case match == ProbeMatchContains && text != "":
		return probeAnswer{expect: &lb.Expect{Contains: text, Negate: negate}}
	case match == ProbeMatchMatches && text != "" && pattern.Fault(text) == "":
		return probeAnswer{expect: &lb.Expect{Regex: text, Negate: negate}}
	case match == ProbeMatchStatus && webCheck(t):
		if codes, ok := splitStatus(text); ok {
			return probeAnswer{status: codes, negateStatus: negate}
		}
	}
	return probeAnswer{raw: true}
}

// joinStatus is the pattern of match status; splitStatus is its inverse.
func joinStatus(codes []int) string {
	parts := make([]string, len(codes))
	for i, code := range codes {
		parts[i] = strconv.Itoa(code)
	}
	return strings.Join(parts, ",")
}

func splitStatus(pattern string) (codes []int, ok bool) {
	for part := range strings.SplitSeq(pattern, ",") {
		code, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil || code < 100 || code > 599 {
			return nil, false
		}
		codes = append(codes, code)
	}
	return slices.Compact(slices.Sorted(slices.Values(codes))), true
}
