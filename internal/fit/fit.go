// Package fit says what goes with what else there is: the checks that a spec alone does not
// allow, as a provider that keeps whole load balancers makes them; and what can change in
// place.
package fit

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/lbkit/lbkit/lb"
)

// Selected reports whether a list with these options has a load balancer.
func Selected(spec lb.LoadBalancerSpec, opts lb.LoadBalancerListOptions) bool {
	lacksTag := slices.ContainsFunc(opts.Tags, func(tag string) bool { return !slices.Contains(spec.Tags, tag) })
	return (opts.Name == "" || spec.Name == opts.Name) && (opts.Zone == "" || spec.Zone == opts.Zone) && !lacksTag
}

// Frontend says why the frontend self, or a new one, cannot have these settings, or is nil:
// what it refers to must be there, its routes must lead to backends of its protocol, and its
// ports must be free.
func Frontend(t *lb.Tree, self lb.FrontendID, spec lb.FrontendSpec) *lb.FieldError {
	if spec.DefaultBackend != "" {
		if misfit := leads(t, "defaultBackend", spec.Protocol, spec.DefaultBackend); misfit != nil {
			return misfit
		}
	}
	for _, id := range spec.Certificates {
		if !slices.ContainsFunc(t.Certificates, func(c *lb.Certificate) bool { return c.ID == id }) {
			return Misfit("certificates", "%q: the load balancer has no such certificate", id)
		}
	}
	for _, other := range t.Frontends {
		if other.ID == self {
			for _, route := range other.Routes {
				if misfit := leads(t, "protocol", spec.Protocol, route.Backend); misfit != nil {
					return misfit
				}
			}
		} else if _, collide := Collide(other.FrontendSpec, spec); collide {
			return Misfit("ports", "frontend %q listens there", other.ID)
		}
	}
	return nil
}

// Routes says why a frontend of a protocol cannot have these routes, or is nil: they must
// lead to backends of the load balancer and of that protocol.
func Routes(t *lb.Tree, protocol lb.Protocol, specs []lb.RouteSpec) *lb.FieldError {
	for i, spec := range specs {
		if misfit := leads(t, fmt.Sprintf("routes[%d].backend", i), protocol, spec.Backend); misfit != nil {
			return misfit
		}
	}
	return nil
}

// Backend says why a backend cannot change its protocol, or is nil: what leads to it must
// speak the same.
func Backend(t *lb.Tree, id lb.BackendID, before, after lb.Protocol) *lb.FieldError {
	if before == after {
		return nil
	}
	if users := Users(t, id); len(users) > 0 {
		return Misfit("protocol", "%s: they speak %s", strings.Join(users, ", "), before)
	}
	return nil
}

// leads says why traffic of a protocol cannot be sent to a backend, or is nil: it must be of
// the load balancer, and speak the protocol. Path is the field that names it.
func leads(t *lb.Tree, path string, protocol lb.Protocol, to lb.BackendID) *lb.FieldError {
	i := slices.IndexFunc(t.Backends, func(b *lb.Backend) bool { return b.ID == to })
	switch {
	case i < 0:
		return Misfit(path, "%q: the load balancer has no such backend", to)
	case t.Backends[i].Protocol != protocol:
		return Misfit(path, "%q speaks %s, and the frontend %s", to, t.Backends[i].Protocol, protocol)
	default:
		return nil
	}
}

// Users are the frontends and routes that send traffic to a backend, in the words of a
// sentence.
func Users(t *lb.Tree, backend lb.BackendID) []string {
	var users []string
	for _, f := range t.Frontends {
		if f.DefaultBackend == backend {
			users = append(users, fmt.Sprintf("frontend %s", f.ID))
		}
		for _, route := range f.Routes {
			if route.Backend == backend {
				users = append(users, fmt.Sprintf("route %s of frontend %s", route.ID, f.ID))
			}
		}
	}
	return users
}

// Room says why a frontend cannot have so many filters and routes, or is nil: the limits
// are those of all frontends together. Without "filter.limit.own" filters take the room of
// routes.
func Room(t *lb.Tree, c lb.Capabilities, of lb.FrontendID, filters, routes int) *lb.FieldError {
	for _, f := range t.Frontends {
		if f.ID != of {
			filters += len(f.Filters)
			routes += len(f.Routes)
		}
	}
	if own, listed := c.Features["filter.limit.own"]; listed && !own.Supported {
		filters, routes = 0, filters+routes
	}
	for _, rules := range []struct {
		path        string
		count, most int
	}{{"filters", filters, c.Limits.MaxFilters}, {"routes", routes, c.Limits.MaxRoutes}} {
		if rules.most > 0 && rules.count > rules.most {
			return Misfit(rules.path, "%d on all frontends; the load balancer has room for %d", rules.count, rules.most)
		}
	}
	return nil
}

// Servers says why a backend cannot have so many servers, or is nil.
func Servers(c lb.Capabilities, count int) *lb.FieldError {
	if most := c.Limits.MaxServers; most > 0 && count > most {
		return Misfit("servers", "%d; a backend has room for %d", count, most)
	}
	return nil
}

// Collide reports a port on which two frontends would listen at one address. UDP has ports
// of its own, a frontend that is disabled listens nowhere, and one without addresses on those
// that no other names (OVH's Additional IPs, facts 5.3).
func Collide(a, b lb.FrontendSpec) (port uint16, collide bool) {
	together := len(a.Addresses)+len(b.Addresses) == 0 || ShareAddress(a, b)
	if a.Disabled || b.Disabled || (a.Protocol == lb.ProtocolUDP) != (b.Protocol == lb.ProtocolUDP) || !together {
		return 0, false
	}
	for _, x := range a.Ports {
		for _, y := range b.Ports {
			if x.From != 0 && y.From != 0 && x.From <= y.To && y.From <= x.To {
				return max(x.From, y.From), true
			}
		}
	}
	return 0, false
}

// ShareAddress reports whether two frontends name the same address.
func ShareAddress(a, b lb.FrontendSpec) bool {
	return slices.ContainsFunc(a.Addresses, func(p netip.Prefix) bool { return slices.ContainsFunc(b.Addresses, p.Overlaps) })
}

// Misfit is what is wrong with the field at path.
func Misfit(path, format string, args ...any) *lb.FieldError {
	return &lb.FieldError{Path: path, Reason: fmt.Sprintf(format, args...)}
}

// Updates reports whether what a leaf names can be changed in place: what "<leaf>.update"
// says. A leaf that is listed without it cannot; a struct that the capabilities do not list
// can if any of its fields can.
func Updates(c lb.Capabilities, leaf lb.Feature) bool {
	const update = ".update"
	if support, listed := c.Features[leaf+update]; listed {
		return support.Supported
	}
	if _, listed := c.Features[leaf]; listed {
		return false
	}
	for name, support := range c.Features {
		if support.Supported && strings.HasPrefix(string(name), string(leaf)+".") && strings.HasSuffix(string(name), update) {
			return true
		}
	}
	return false
}

// Follows reports whether a change leads a frontend to another default backend, with which
// its protocol changes where a backend's own can.
func Follows(c lb.Capabilities, before, after lb.FrontendSpec) bool {
	return after.DefaultBackend != "" && before.DefaultBackend != after.DefaultBackend && Updates(c, "backend.protocol")
}
