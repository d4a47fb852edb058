package dialect

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/lbkit/lbkit/lb"
)

// Filters is lb.Dialect's: matches in one spelling, statuses filled in.
func (r Rules) Filters(frontend lb.FrontendSpec, specs []lb.FilterSpec) ([]lb.FilterSpec, error) {
	return settled(r.filters(frontend, specs))
}

func (r Rules) filters(frontend lb.FrontendSpec, specs []lb.FilterSpec) ([]lb.FilterSpec, lb.Problems) {
	f := r.findings(lb.KindFilter, "filter", "")
	if !f.ruled(frontend, len(specs)) {
		return slices.Clone(specs), f.problems
	}
	f.room("filters", len(specs), r.Capabilities.Limits.MaxFilters)
	problems := f.problems
	var out []lb.FilterSpec
	for i, spec := range specs {
		f := r.findings(lb.KindFilter, "filter", fmt.Sprintf("filters[%d].", i))
		out = append(out, f.filter(frontend, spec))
		problems = append(problems, f.problems...)
	}
	return out, problems
}

// room refuses more rules than a load balancer has room for.
func (f *findings) room(path string, count, most int) {
	if most > 0 && count > most {
		f.invalid(path, "%d; a load balancer has room for %d, for all of its frontends", count, most)
	}
}

func (f *findings) filter(frontend lb.FrontendSpec, spec lb.FilterSpec) lb.FilterSpec {
	out := lb.Clone(spec)
	f.name(spec.Name)
	f.match(frontend, spec.Match)
	out.Match = canonicalMatch(out.Match)
	if feature := "filter.action." + lb.Feature(spec.Action); f.narrowed(feature) {
		f.lacks(feature, "action", string(spec.Action), "this provider has no such filters")
	} else {
		f.enum("action", spec.Action)
	}
	f.status(frontend, &out)
	tcp := frontend.Protocol != lb.ProtocolHTTP
	if spec.Action == lb.FilterRedirect {
		f.narrow("filter.action.redirect.tcp", tcp, "action", string(spec.Action), "there is nothing to redirect in TCP")
		out.Redirect = f.redirect(frontend, out.Redirect)
	} else if spec.Redirect != nil && f.group("redirect", true) {
		f.invalid("redirect", "needs action redirect")
	}
	out.Extensions = f.extensions("extensions", spec.Extensions)
	f.more(out)
	return out
}

// status settles what a denial answers.
func (f *findings) status(frontend lb.FrontendSpec, out *lb.FilterSpec) {
	tcp := out.Action == lb.FilterDeny && frontend.Protocol != lb.ProtocolHTTP
	if tcp && out.Status != 0 && f.narrowed("filter.status.tcp") {
		f.lacks("filter.status.tcp", "status", out.Status, "a connection is ended without an answer")
		return
	}
	set := f.leaf("status", out.Status)
	switch {
	case out.Action != lb.FilterDeny:
		if set {
			f.invalid("status", "it is of denials")
		}
	case tcp:
	case set && !isStatus(out.Status):
		f.invalid("status", "%d is not an HTTP status", out.Status)
	case out.Status == 0:
		out.Status = f.fillNumber("status", http.StatusForbidden)
	}
}

// fillNumber is a leaf's default, where the capabilities have it.
func (f *findings) fillNumber(path string, standard int) int {
	s, _ := f.support(f.feature(path))
	if !s.Supported || len(s.Values) > 0 && !slices.Contains(s.Values, fmt.Sprint(standard)) {
		return 0
	}
	return standard
}

func (f *findings) redirect(frontend lb.FrontendSpec, spec *lb.Redirect) *lb.Redirect {
	const at = "redirect."
	if spec == nil {
		f.invalid("redirect", "needed by action redirect")
		return nil
	}
	if !f.group("redirect", true) {
		return spec
	}
	out := *spec
	out.Scheme = strings.ToLower(spec.Scheme)
	if (out == lb.Redirect{Code: out.Code}) {
		f.invalid("redirect", "it keeps every part of the request's URL: set scheme, host, port, path or dropQuery")
	}
	if f.leaf(at+"scheme", out.Scheme) && !isScheme(out.Scheme) {
		f.invalid(at+"scheme", "%q is not a scheme", out.Scheme)
	}
	if f.leaf(at+"host", out.Host) && !fitsURL(out.Host, `/?#@:\[]{}`) {
		f.invalid(at+"host", "%q is not the name of a host", out.Host)
	}
	f.leaf(at+"port", out.Port)
	alone := out.Port != 0 && out.Host == "" && !plainHost(frontend.Ports)
	f.narrow("filter.redirect.port.alone", alone, at+"port", out.Port, "the Host header holds a port already")
	if f.leaf(at+"path", out.Path) && (out.Path[0] != '/' || !fitsURL(out.Path, "?#{}")) {
		f.invalid(at+"path", "%q is not a path", out.Path)
	}
	f.leaf(at+"dropQuery", out.DropQuery)
	if f.leaf(at+"code", out.Code) && (out.Code < 300 || out.Code > 399) {
		f.invalid(at+"code", "%d does not redirect", out.Code)
	}
	if out.Code == 0 {
		out.Code = f.fillNumber(at+"code", http.StatusFound)
	}
	return &out
}

// fitsURL reports whether a text stands in one part of a URL, in one meaning.
func fitsURL(text, without string) bool {
	return !strings.ContainsAny(text, without) && !strings.Contains(text, "${") && !strings.ContainsFunc(text, isBlank)
}

func isScheme(s string) bool {
	return s[0] >= 'a' && s[0] <= 'z' && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && !strings.ContainsRune("+-.", r)
	})
}

// Routes is lb.Dialect's: matches in one spelling. Where the capabilities have no
// "route.order", routes that a request may match two of are refused.
func (r Rules) Routes(frontend lb.FrontendSpec, specs []lb.RouteSpec) ([]lb.RouteSpec, error) {
	return settled(r.routes(frontend, specs))
}

func (r Rules) routes(frontend lb.FrontendSpec, specs []lb.RouteSpec) ([]lb.RouteSpec, lb.Problems) {
	f := r.findings(lb.KindRoute, "route", "")
	if !f.ruled(frontend, len(specs)) {
		return slices.Clone(specs), f.problems
	}
	f.room("routes", len(specs), r.Capabilities.Limits.MaxRoutes)
	problems := f.problems
	var out []lb.RouteSpec
	for i, spec := range specs {
		f := r.findings(lb.KindRoute, "route", fmt.Sprintf("routes[%d].", i))
		route := f.route(frontend, spec)
		for j, sooner := range out {
			if sooner.Backend != route.Backend && mayOverlap(sooner.Match, route.Match) {
				f.narrow("route.order", true, "match", nil, fmt.Sprintf("a request may match routes[%d] too, and routes have no order", j))
				break
			}
		}
		out = append(out, route)
		problems = append(problems, f.problems...)
	}
	return out, problems
}

func (f *findings) route(frontend lb.FrontendSpec, spec lb.RouteSpec) lb.RouteSpec {
	out := lb.Clone(spec)
	f.name(spec.Name)
	f.match(frontend, spec.Match)
	out.Match = canonicalMatch(out.Match)
	f.leaf("backend", spec.Backend)
	out.Extensions = f.extensions("extensions", spec.Extensions)
	f.more(out)
	return out
}

// mayOverlap reports whether a request may match both: unless one part of the request
// cannot be what both want, it may.
func mayOverlap(a, b lb.Match) bool {
	for _, x := range a {
		for _, y := range b {
			if !x.Not && !y.Not && x.Field == y.Field && x.Name == y.Name && apart(x, y) {
				return false
			}
		}
	}
	return true
}

// apart reports whether no text matches both conditions, on the same part of a request,
// neither of them negated. What it cannot tell is not apart.
func apart(a, b lb.Condition) bool {
	for _, x := range a.Values {
		for _, y := range b.Values {
			if !textsApart(a, b, x, y) {
				return false
			}
		}
	}
	return len(a.Values) > 0 && len(b.Values) > 0
}

func textsApart(a, b lb.Condition, x, y string) bool {
	if a.Field == lb.FieldHost {
		x, y = strings.ToLower(x), strings.ToLower(y)
		if a.Op == lb.MatchSuffix && "."+y == x || b.Op == lb.MatchSuffix && "."+x == y {
			return false // whether subdomains include the domain is not known
		}
	}
	switch {
	case a.Field == lb.FieldSource:
		return false
	case a.Op == "" && b.Op == "":
		return x != y
	case slices.Contains([]lb.MatchOp{"", lb.MatchPrefix}, a.Op) && slices.Contains([]lb.MatchOp{"", lb.MatchPrefix}, b.Op):
		return (a.Op == "" || !strings.HasPrefix(y, x)) && (b.Op == "" || !strings.HasPrefix(x, y))
	case slices.Contains([]lb.MatchOp{"", lb.MatchSuffix}, a.Op) && slices.Contains([]lb.MatchOp{"", lb.MatchSuffix}, b.Op):
		return (a.Op == "" || !strings.HasSuffix(y, x)) && (b.Op == "" || !strings.HasSuffix(x, y))
	default:
		return false
	}
}
