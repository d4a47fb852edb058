package lb

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
)

// faults are what is wrong with the arguments of Explain.
type faults []FieldError

func (f *faults) add(path, format string, args ...any) {
	*f = append(*f, FieldError{Path: path, Reason: fmt.Sprintf(format, args...)})
}

func (f faults) err() error {
	if len(f) == 0 {
		return nil
	}
	return &Error{Code: ErrInvalid, Op: "explain", Fields: f}
}

func (f *faults) frontend(spec FrontendSpec, filters, routes int) {
	if !spec.Protocol.Known() {
		f.add("frontend.protocol", "%q is none: tcp, http or udp", spec.Protocol)
	}
	if len(spec.Ports) == 0 {
		f.add("frontend.ports", "a frontend listens on at least one")
	}
	for i, ports := range spec.Ports {
		if ports.check() != nil {
			f.add(fmt.Sprintf("frontend.ports[%d]", i), "%s", ports)
		}
	}
	if spec.Protocol == ProtocolUDP && filters > 0 {
		f.add("filters", "a UDP frontend has none")
	}
	if spec.Protocol == ProtocolUDP && routes > 0 {
		f.add("routes", "a UDP frontend has none")
	}
}

// request checks a request and fills in what was left out.
func (f *faults) request(frontend FrontendSpec, r Request, needSource bool) visit {
	r.Source = r.Source.Unmap().WithZone("")
	if needSource && !r.Source.IsValid() {
		f.add("request.source", "is missing, and a condition looks at it")
	}
	tls := frontend.TLS || len(frontend.Certificates) > 0
	switch {
	case r.Protocol == "":
		r.Protocol = spoken(frontend.Protocol, tls)
	case !slices.Contains([]string{"http", "https", "tcp", "tls", "h2"}, r.Protocol):
		f.add("request.protocol", "%q is none: http, https, tcp, tls or h2", r.Protocol)
	}
	if frontend.Protocol == ProtocolHTTP {
		f.httpRequest(&r)
	}
	if strings.ContainsAny(r.Host, "/?#@\\") || strings.ContainsFunc(r.Host, blank) {
		f.add("request.host", "%q is not a host, such as example.org:8080", r.Host)
	}
	return visit{r}
}

// spoken is the protocol of a request to a frontend that does not say another.
func spoken(protocol Protocol, tls bool) string {
	switch {
	case !tls:
		return string(protocol)
	case protocol == ProtocolHTTP:
		return "https"
	default:
		return "tls"
	}
}

// httpRequest is about what TCP does not have.
func (f *faults) httpRequest(r *Request) {
	if r.Host == "" {
		if lines := (visit{*r}).header(hostHeader); len(lines) > 0 {
			r.Host = lines[0]
		}
	}
	if r.Method == "" {
		r.Method = "GET"
	}
	if r.Path == "" {
		r.Path = "/"
	}
	if r.Path[0] != '/' || strings.ContainsAny(r.Path, "?#") || strings.ContainsFunc(r.Path, blank) {
		f.add("request.path", "%q is not a path: it begins with / and ends before ?", r.Path)
	}
	if strings.ContainsRune(r.Query, '#') || strings.ContainsFunc(r.Query, blank) {
		f.add("request.query", "%q is not a query", r.Query)
	}
}

func blank(r rune) bool { return r <= ' ' || r == 0x7f }

func (f *faults) filter(protocol Protocol, path string, spec FilterSpec) rule {
	switch {
	case spec.Action == FilterRedirect && protocol == ProtocolTCP:
		f.add(path+".action", "there is nothing to redirect in TCP")
	case !spec.Action.Known():
		f.add(path+".action", "%q is none: allow, deny or redirect", spec.Action)
	}
	switch {
	case spec.Status == 0:
	case spec.Action != FilterDeny || protocol != ProtocolHTTP:
		f.add(path+".status", "only a denial on an HTTP frontend has one")
	case spec.Status < 200 || spec.Status > 599:
		f.add(path+".status", "%d is no HTTP status that ends a request", spec.Status)
	}
	switch {
	case spec.Action == FilterRedirect:
		f.redirect(path, spec)
	case spec.Redirect != nil:
		f.add(path+".redirect", "needs action redirect")
	}
	return f.match(protocol, path, spec.Match)
}

// redirect leaves alone what has no parts but an extension: Explain does not get as far
// as where that leads.
func (f *faults) redirect(path string, spec FilterSpec) {
	r := Redirect{}
	if spec.Redirect != nil {
		r = *spec.Redirect
	}
	if r.Code != 0 && (r.Code < 300 || r.Code > 399) {
		f.add(path+".redirect.code", "%d is no HTTP status of a redirect", r.Code)
	}
	if r.Code = 0; r == (Redirect{}) && spec.Extensions.IsZero() {
		f.add(path+".redirect", "it keeps every part of the request's URL: set scheme, host, port, path or dropQuery")
	}
	if strings.ContainsFunc(r.Scheme, func(c rune) bool { return !strings.ContainsRune(schemeCharacters, c) }) {
		f.add(path+".redirect.scheme", "%q is not a URL's", r.Scheme)
	}
	if strings.ContainsAny(r.Host, `/?#@:\[]`) || strings.ContainsFunc(r.Host, blank) {
		f.add(path+".redirect.host", "%q is not a host's name", r.Host)
	}
	if r.Path != "" && (r.Path[0] != '/' || strings.ContainsAny(r.Path, "?#") || strings.ContainsFunc(r.Path, blank)) {
		f.add(path+".redirect.path", "%q is not a path", r.Path)
	}
}

const schemeCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-."

func (f *faults) route(protocol Protocol, path string, spec RouteSpec) rule {
	if spec.Backend == "" {
		f.add(path+".backend", "a route leads to one")
	}
	return f.match(protocol, path, spec.Match)
}

func (f *faults) match(protocol Protocol, path string, match Match) rule {
	out := make(rule, len(match))
	for i, c := range match {
		out[i] = f.condition(protocol, fmt.Sprintf("%s.match[%d]", path, i), c)
	}
	return out
}

// condition checks a condition and prepares it.
func (f *faults) condition(protocol Protocol, path string, c Condition) comparison {
	inTCP := c.Field == FieldSource || c.Field == FieldHost || c.Field == FieldProtocol
	switch {
	case !c.Field.Known():
		f.add(path+".field", "%q is not a part of a request", c.Field)
	case protocol == ProtocolTCP && !inTCP:
		f.add(path+".field", "TCP connections have no %s: source, host or protocol", c.Field)
	}
	f.operands(path, c)
	out := comparison{Condition: c}
	switch {
	case c.Field == FieldSource:
		out.prefixes = f.prefixes(path+".values", c.Values)
	case c.Op == MatchRegex:
		out.patterns = f.patterns(path+".values", c)
	}
	return out
}

// operands checks what a field is compared by and with.
func (f *faults) operands(path string, c Condition) {
	named := c.Field == FieldHeader || c.Field == FieldCookie || c.Field == FieldParam
	switch {
	case named && c.Name == "":
		f.add(path+".name", "field %s needs one", c.Field)
	case !named && c.Name != "":
		f.add(path+".name", "field %s has none", c.Field)
	}
	switch {
	case !c.Op.Known():
		f.add(path+".op", "%q is not a way to compare", c.Op)
	case c.Field == FieldSource && c.Op != "":
		f.add(path+".op", "field source takes none: an address is within a prefix, or is not")
	}
	switch {
	case c.Op == MatchExists && len(c.Values) > 0:
		f.add(path+".values", "op exists takes none")
	case c.Op != MatchExists && len(c.Values) == 0:
		f.add(path+".values", "a condition needs one at least")
	}
}

func (f *faults) prefixes(path string, values []string) []netip.Prefix {
	out := make([]netip.Prefix, len(values))
	for i, value := range values {
		prefix, err := netip.ParsePrefix(value)
		switch {
		case err != nil || prefix.Addr().Is4In6():
			f.add(path, "%q is not a prefix, such as 10.0.0.1/32", value)
		case prefix.Masked().String() != value:
			f.add(path, "%q is not a canonical prefix: is %s meant?", value, prefix.Masked())
		}
		out[i] = prefix
	}
	return out
}

func (f *faults) patterns(path string, c Condition) []*regexp.Regexp {
	out := make([]*regexp.Regexp, len(c.Values))
	for i, value := range c.Values {
		expression := value
		if caseless(c) {
			expression = "(?i)" + value
		}
		pattern, err := regexp.Compile(expression)
		switch {
		case err != nil:
			f.add(path, "%q is not a regular expression in RE2's syntax: %s", value, err)
		case namesClass(value):
			f.add(path, `%q has a named class, such as [[:alpha:]] or \pL, which the clouds read differently`, value)
		}
		out[i] = pattern
	}
	return out
}

// namesClass looks for a named class in a valid expression, as internal/pattern does
// for the dialects: this package imports none of the module's.
func namesClass(expression string) bool {
	inClass := false
	for rest := expression; rest != ""; {
		skip := 1
		switch {
		case !inClass && strings.HasPrefix(rest, `\Q`):
			_, rest, _ = strings.Cut(rest, `\E`)
			skip = 0
		case strings.HasPrefix(rest, `\p`), strings.HasPrefix(rest, `\P`), inClass && strings.HasPrefix(rest, "[:"):
			return true
		case rest[0] == '\\': // what is escaped stands for itself
			skip = 2
		case !inClass && rest[0] == '[':
			inClass = true
			skip += len(rest) - 1 - len(strings.TrimPrefix(rest[1:], "^"))
			if strings.HasPrefix(rest[skip:], "]") { // one that comes first is of the class
				skip++
			}
		case inClass && rest[0] == ']':
			inClass = false
		}
		rest = rest[min(skip, len(rest)):]
	}
	return false
}
