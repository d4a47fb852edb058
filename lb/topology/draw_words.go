package topology

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/lbkit/lbkit/lb"
)

// maxShown is how many characters of a name or value a drawing shows.
const maxShown = 60

// plainWord matches what is drawn as it is. Everything else is put in quotes, with what
// has no shape of its own (line breaks, control and escape characters, what changes the
// direction of writing) spelled out, so that a name can only ever look like a name.
var plainWord = regexp.MustCompile(`^[A-Za-z0-9/.][A-Za-z0-9._/@*+:-]*$`)

// word is a name or value as drawings show it.
func word(text string) string {
	if utf8.RuneCountInString(text) > maxShown {
		text = string([]rune(text)[:maxShown]) + "…"
	}
	if plainWord.MatchString(text) {
		return text
	}
	return strconv.Quote(text)
}

func words[T ~string](texts []T) string {
	out := make([]string, len(texts))
	for i, text := range texts {
		out[i] = word(string(text))
	}
	return strings.Join(out, ", ")
}

// called is what an entry is known by.
func called(name, id string) string {
	if name == "" {
		return word(id)
	}
	return word(name)
}

// title is a kind with a name, and facts behind it: "frontend web (http, port 80)".
func title(kind lb.Kind, name string, facts ...string) string {
	out := string(kind) + " " + name
	if set := nonEmpty(facts); len(set) > 0 {
		out += " (" + strings.Join(set, ", ") + ")"
	}
	return out
}

func nonEmpty(texts []string) []string {
	var out []string
	for _, text := range texts {
		if text != "" {
			out = append(out, text)
		}
	}
	return out
}

// fact is a text with what it is about before it, or nothing where it is empty.
func fact(what, text string) string {
	if text == "" {
		return ""
	}
	return what + " " + text
}

// mark is a text where is holds.
func mark(is bool, text string) string {
	if is {
		return text
	}
	return ""
}

func portNumber(port uint16) string {
	if port == 0 {
		return ""
	}
	return strconv.Itoa(int(port))
}

func loadBalancerTitle(spec lb.LoadBalancerSpec) string {
	return title(lb.KindLoadBalancer, word(spec.Name), fact("plan", shownIfSet(spec.Plan)), fact("zone", shownIfSet(spec.Zone)))
}

func shownIfSet(text string) string {
	if text == "" {
		return ""
	}
	return word(text)
}

func certificateTitle(c Certificate) string {
	name := word(c.keyText())
	if c.Name == "" && len(c.Domains) > 0 {
		return title(lb.KindCertificate, name, "ordered")
	}
	return title(lb.KindCertificate, name, fact("ordered for", words(c.Domains)), fact("from", shownIfSet(c.PEMFile)), fact("fingerprint", shownIfSet(c.Fingerprint)))
}

func frontendTitle(f Frontend) string {
	ports := make([]string, len(f.Ports))
	for i, port := range f.Ports {
		ports[i] = port.String()
	}
	addresses := make([]string, len(f.Addresses))
	for i, address := range f.Addresses {
		addresses[i] = address.String()
	}
	return title(lb.KindFrontend, called(f.Name, string(f.ID)),
		word(string(f.Protocol)), fact("port", strings.Join(ports, ", ")), fact("on", strings.Join(addresses, ", ")),
		mark(f.TLS && len(f.Certificates) == 0, "TLS"), fact("TLS", words(f.Certificates)), mark(f.Disabled, "disabled"))
}

func backendTitle(b Backend) string {
	return title(lb.KindBackend, called(b.Name, string(b.ID)),
		word(string(b.Protocol)), fact("port", portNumber(b.Port)), shownIfSet(string(b.Algorithm)), fact("sticky by", shownIfSet(string(b.Stickiness))),
		fact("PROXY protocol", shownIfSet(string(b.ProxyProtocol))), mark(b.TLS != nil, "TLS"), checkWords(b.HealthCheck))
}

func checkWords(check *lb.HealthCheck) string {
	if check == nil {
		return "no health check"
	}
	out := "check " + word(string(check.Type))
	if check.Port != 0 {
		out += " on port " + portNumber(check.Port)
	}
	if check.HTTP != nil && check.HTTP.Path != "" {
		out += " of " + word(check.HTTP.Path)
	}
	if check.Interval != 0 {
		out += " every " + check.Interval.String()
	}
	return out
}

func serverTitle(backend Backend, server lb.ServerSpec) string {
	weight := ""
	if server.Weight != nil {
		weight = strconv.Itoa(*server.Weight)
	}
	at := endpointOf(server, backend.Port)
	where := at.String()
	if at.address.Zone() != "" {
		where = word(where) // a zone may be any text
	}
	return title(lb.KindServer, where,
		shownIfSet(server.Name), fact("weight", weight), mark(server.Backup, "backup"), mark(server.Disabled, "disabled"))
}

func filterTitle(i int, filter lb.FilterSpec) string {
	out := title(lb.KindFilter, strconv.Itoa(i), shownIfSet(filter.Name)) + ": " + word(string(filter.Action)) + " " + matchWords(filter.Match)
	switch {
	case filter.Status != 0:
		out += fmt.Sprintf(" with %d", filter.Status)
	case filter.Redirect != nil:
		out += " to " + redirectWords(*filter.Redirect)
	}
	if providers := filter.Extensions.Providers(); len(providers) > 0 {
		out += " (with settings of " + words(providers) + ")"
	}
	return out
}

// redirectWords is a URL in which … stands for what is kept of the request's.
func redirectWords(r lb.Redirect) string {
	part := func(text string) string {
		if text == "" {
			return "…"
		}
		return text
	}
	url := part(r.Scheme) + "://" + part(r.Host)
	if r.Port != 0 {
		url += ":" + portNumber(r.Port)
	}
	if r.Path != "" {
		url += r.Path
	} else {
		url += "/…"
	}
	if r.DropQuery {
		url += " without query"
	}
	return strconv.Quote(url)
}

func routeWords(i int, route lb.RouteSpec) string {
	return title(lb.KindRoute, strconv.Itoa(i), shownIfSet(route.Name)) + ": " + matchWords(route.Match)
}

// matchWords is a match as a sentence's end: "where path begins with /a and source is not
// in 10.0.0.0/8".
func matchWords(match lb.Match) string {
	if len(match) == 0 {
		return "everything"
	}
	conditions := make([]string, len(match))
	for i, c := range match {
		conditions[i] = conditionWords(c)
	}
	return "where " + strings.Join(conditions, " and ")
}

func conditionWords(c lb.Condition) string {
	subject := word(string(c.Field))
	if c.Name != "" {
		subject += " " + word(c.Name)
	}
	out := subject + " " + verb(c)
	if len(c.Values) > 0 {
		out += " " + orWords(c.Values)
	}
	return out
}

// verb is how a condition compares.
func verb(c lb.Condition) string {
	is, isNot := word(string(c.Op)), "not "+word(string(c.Op))
	switch {
	case c.Field == lb.FieldSource && c.Op == "":
		is, isNot = "is in", "is not in"
	case c.Op == "":
		is, isNot = "is", "is not"
	case c.Op == lb.MatchPrefix:
		is, isNot = "begins with", "does not begin with"
	case c.Op == lb.MatchSuffix:
		is, isNot = "ends with", "does not end with"
	case c.Op == lb.MatchContains:
		is, isNot = "contains", "does not contain"
	case c.Op == lb.MatchRegex:
		is, isNot = "matches", "does not match"
	case c.Op == lb.MatchExists:
		is, isNot = "is there", "is not there"
	}
	if c.Not {
		return isNot
	}
	return is
}

func orWords(values []string) string {
	const most = 8
	out := make([]string, 0, most+1)
	for i, value := range values {
		if i == most {
			out = append(out, fmt.Sprintf("%d more", len(values)-most))
			break
		}
		out = append(out, word(value))
	}
	return strings.Join(out, " or ")
}

// healthMark is a state as people see it at a glance.
func healthMark(state lb.Health) string {
	switch state {
	case lb.HealthHealthy:
		return "✓ healthy"
	case lb.HealthDegraded:
		return "! degraded"
	case lb.HealthDown:
		return "✗ down"
	case lb.HealthUnknown:
		return "? unknown"
	default:
		return "? " + word(string(state))
	}
}
