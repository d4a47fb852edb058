package lb

import (
	"cmp"
	"fmt"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
)

// Request is one request or connection as a frontend sees it. What no rule looks at
// may be left out.
type Request struct {
	// Source is the client's address. One that is mapped into IPv6 counts as IPv4.
	Source netip.Addr
	// Protocol is http, https, tcp, tls or h2; empty: what the frontend speaks.
	Protocol string
	// Port is the one that the request came in on; 0: one of the frontend's.
	Port uint16
	// Method is as on the request line, in capitals; empty: GET. HTTP only, as are the
	// fields below Host.
	Method string
	// Host is the Host header as it came, with its port if it has one, or SNI on TCP.
	// Empty: Header's, if it is there, or none.
	Host string
	// Path is as on the request line, up to the question mark and not decoded; empty: /.
	Path string
	// Query is what follows the question mark.
	Query string
	// Header holds the other headers, in any case, cookies among them.
	Header http.Header
}

// Decision is what happens to a Request, and why.
type Decision struct {
	// Action is FilterAllow where the request goes to Backend, FilterRedirect where it is
	// answered with Location, and FilterDeny for everything else.
	Action FilterAction
	// Backend is where the request goes, and empty where it goes to none.
	Backend BackendID
	// Location is the URL of a redirect.
	Location string
	// Status is the HTTP status of a redirect or a denial. A denial that names none has
	// 403: what OVH answers by default; Scaleway documents no status of its own. It is 503
	// where there is no backend, and 0 where the frontend answers nothing at all.
	Status int
	// Filter is the index of the filter that decided, -1 for none. A filter that allows
	// decides that no later one is asked; Route says where the request then goes.
	Filter int
	// Route is the index of the route that decided, -1 for the default backend or none.
	Route int
	// Reason is one line for people that names the filter or route and its conditions:
	//
	//	filters[1] ("office") denies it: source 192.0.2.7 is not within 10.0.0.0/8
	//
	// Of the request it holds the source, host, path, method and protocol, and never a
	// header, a cookie or a parameter.
	Reason string
}

// nothingDecided is the index of no filter and of no route.
const nothingDecided = -1

// Explain says, without I/O, what a frontend with these filters and routes does with r.
//
// A frontend that is disabled or does not listen on r.Port lets nothing in. Filters
// come first, in order, and the first that matches decides; then come routes, in order;
// what matches none goes to the default backend. Conditions compare byte by byte, but
// for names that have no case: those of headers, and hosts (RFC 9110, 4.2.3), the Host
// header among them. FieldHost is without the port. Where a header, cookie or parameter
// comes several times, any of them may match, or, with Not, none does.
//
// Explain speaks of what the specs say. It does not know the load balancer's addresses,
// limits, or the health of servers, and whether a provider takes the specs is for its
// Dialect to say. It reads no Extensions: where a filter or route with one would decide,
// Explain is ErrUnsupported, and Reason mentions that of a frontend whose default backend
// is chosen.
//
// Everything that is wrong with the arguments is one *Error with ErrInvalid and a field
// for each: "filters[0].match[1].values", "frontend.protocol", "request.source" where a
// condition looks at a source and r has none. A pattern must be in RE2's syntax and
// without named classes, since the clouds read others differently.
func Explain(frontend FrontendSpec, filters []FilterSpec, routes []RouteSpec, r Request) (Decision, error) {
	var f faults
	f.frontend(frontend, len(filters), len(routes))
	e := explanation{frontend: frontend, filters: filters, routes: routes}
	for i, filter := range filters {
		e.filterRules = append(e.filterRules, f.filter(frontend.Protocol, fmt.Sprintf("filters[%d]", i), filter))
	}
	for i, route := range routes {
		e.routeRules = append(e.routeRules, f.route(frontend.Protocol, fmt.Sprintf("routes[%d]", i), route))
	}
	e.visit = f.request(frontend, r, lookAt(FieldSource, e.filterRules) || lookAt(FieldSource, e.routeRules))
	if err := f.err(); err != nil {
		return Decision{}, err
	}
	return e.decide()
}

// explanation is the arguments of Explain, checked and prepared.
type explanation struct {
	frontend    FrontendSpec
	filters     []FilterSpec
	routes      []RouteSpec
	filterRules []rule
	routeRules  []rule
	visit       visit
}

func (e *explanation) decide() (Decision, error) {
	if reason := e.closed(); reason != "" {
		return Decision{Action: FilterDeny, Filter: nothingDecided, Route: nothingDecided, Reason: reason}, nil
	}
	for i, filter := range e.filters {
		if !e.filterRules[i].matches(e.visit) {
			continue
		}
		if err := unreadable(KindFilter, i, filter.Extensions); err != nil {
			return Decision{}, err
		}
		return e.filtered(i, filter)
	}
	return e.routed(nothingDecided, "no filter matches")
}

// closed says why nothing is let in, if so.
func (e *explanation) closed() string {
	if e.frontend.Disabled {
		return "the frontend is disabled"
	}
	if e.visit.Port == 0 {
		return ""
	}
	for _, ports := range e.frontend.Ports {
		if ports.From <= e.visit.Port && e.visit.Port <= ports.To {
			return ""
		}
	}
	return fmt.Sprintf("the frontend does not listen on port %d", e.visit.Port)
}

// unreadable refuses a filter or route with settings that only its provider understands:
// what it matches, or where it leads, may be another thing than its neutral fields say.
func unreadable(kind Kind, index int, own Extensions) error {
	for _, provider := range own.Providers() {
		return &UnsupportedError{
			Provider: provider, Feature: Feature(kind + ".extensions"), Path: fmt.Sprintf("%ss[%d].%s", kind, index, extensionPath(provider)),
			Reason: fmt.Sprintf("it may change what the %s matches or where it leads, in ways that only the provider knows", kind),
			Hint:   "take it off with Extensions.Without where it does neither",
		}
	}
	return nil
}

// filtered is what the filter at index, which matches, does.
func (e *explanation) filtered(index int, filter FilterSpec) (Decision, error) {
	name, why := label("filters", index, filter.Name), e.filterRules[index].reason(e.visit)
	d := Decision{Action: filter.Action, Filter: index, Route: nothingDecided}
	switch filter.Action {
	case FilterDeny:
		d.Reason = name + " denies it: " + why
		if e.frontend.Protocol == ProtocolHTTP {
			d.Status = cmp.Or(filter.Status, http.StatusForbidden)
		}
		return d, nil
	case FilterRedirect:
		d.Reason = name + " redirects it: " + why
		d.Status = cmp.Or(filter.Redirect.Code, http.StatusFound)
		location, err := e.visit.location(*filter.Redirect)
		if err != nil {
			return Decision{}, err
		}
		d.Location = location
		return d, nil
	default: // FilterAllow: every other action was refused
		return e.routed(index, name+" lets it pass: "+why)
	}
}

// routed is where a request goes that no filter keeps out, and filter the one that let it
// in, if any.
func (e *explanation) routed(filter int, so string) (Decision, error) {
	d := Decision{Action: FilterAllow, Filter: filter, Route: nothingDecided}
	for i, route := range e.routes {
		if !e.routeRules[i].matches(e.visit) {
			continue
		}
		if err := unreadable(KindRoute, i, route.Extensions); err != nil {
			return Decision{}, err
		}
		d.Route, d.Backend = i, route.Backend
		d.Reason = fmt.Sprintf("%s; %s sends it to backend %q: %s",
			so, label("routes", i, route.Name), route.Backend, e.routeRules[i].reason(e.visit))
		return d, nil
	}
	d.Backend = e.frontend.DefaultBackend
	d.Reason = fmt.Sprintf("%s; no route matches, so it goes to the default backend %q", so, d.Backend)
	if d.Backend == "" {
		d.Action, d.Reason = FilterDeny, so+"; no route matches, and there is no default backend"
		if e.frontend.Protocol == ProtocolHTTP {
			d.Status = http.StatusServiceUnavailable
		}
	}
	if providers := e.frontend.Extensions.Providers(); len(providers) > 0 {
		d.Reason += fmt.Sprintf(" (unless the frontend's extension for %s says otherwise)", strings.Join(providers, " or "))
	}
	return d, nil
}

// label is what a reason calls a filter or a route: filters[1] ("office").
func label(list string, index int, name string) string {
	text := fmt.Sprintf("%s[%d]", list, index)
	if name != "" {
		text += " (" + describe(name) + ")"
	}
	return text
}

// location is where a redirect sends the request.
func (v visit) location(r Redirect) (string, error) {
	scheme, authority, path, query := strings.ToLower(r.Scheme), r.Host, r.Path, ""
	if scheme == "" {
		scheme = v.scheme()
	}
	switch {
	case r.Host != "":
	case v.Host == "":
		f := faults{{Path: "request.host", Reason: "is missing, and the redirect that matches keeps it"}}
		return "", f.err()
	case r.Port != 0:
		authority = hostname(v.Host)
	default:
		authority = v.Host
	}
	if r.Port != 0 {
		authority += ":" + strconv.Itoa(int(r.Port))
	}
	if path == "" {
		path = v.Path
	}
	if v.Query != "" && !r.DropQuery {
		query = "?" + v.Query
	}
	return scheme + "://" + authority + path + query, nil
}

// scheme is the one of the URL that was asked for.
func (v visit) scheme() string {
	switch v.Protocol {
	case "https", "tls", "h2":
		return "https"
	default:
		return "http"
	}
}
