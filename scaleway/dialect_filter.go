package scaleway

import (
	"fmt"
	"slices"

	"github.com/lbkit/lbkit/lb"
)

// Filters is lb.Dialect's: one spec for each ACL, with matches in one spelling and
// defaults filled in. A filter without a name is called after its action, since an
// ACL needs one.
func (d dialect) Filters(frontend lb.FrontendSpec, specs []lb.FilterSpec) ([]lb.FilterSpec, error) {
	canonical, found := d.filters(frontend, specs, func(lb.FilterSpec) bool { return false })
	if len(found) > 0 {
		return nil, found
	}
	return canonical, nil
}

// filters is Filters, which lets pass what is live, in its canonical form, whatever
// it thinks of it.
func (d dialect) filters(frontend lb.FrontendSpec, specs []lb.FilterSpec, live func(lb.FilterSpec) bool) ([]lb.FilterSpec, lb.Problems) {
	p := &problems{kind: lb.KindFilter}
	if !p.ruleProtocol("filter", frontend.Protocol, len(specs)) {
		return nil, p.list
	}
	if len(specs) > maxACLs {
		p.invalid("filters", "%d: a load balancer has %d at most, for all of its frontends", len(specs), maxACLs)
	}
	out := make([]lb.FilterSpec, len(specs))
	for i, spec := range specs {
		canonical, found := d.filter(frontend, i, spec)
		if len(found) > 0 && !live(canonical) {
			p.list = append(p.list, found...)
		}
		out[i] = canonical
	}
	return out, p.list
}

// filter gives the canonical form of one filter, whose place among those of the
// frontend is index, even beside problems: the fields at fault are in it as they
// came.
func (d dialect) filter(frontend lb.FrontendSpec, index int, spec lb.FilterSpec) (lb.FilterSpec, lb.Problems) {
	p := &problems{kind: lb.KindFilter}
	path := fmt.Sprintf("filters[%d].", index)
	c := lb.Clone(spec)
	p.text(path+"name", c.Name)
	if c.Name == "" {
		c.Name = string(c.Action)
	}
	o, known := extensionOf[FilterOptions](p, path+extensionPath, c.Extensions)
	p.text(path+extensionPath+".description", o.Description)
	p.filterMatch(frontend, path, &c, o)
	p.filterAction(frontend, path, &c, &o)
	if known {
		c.Extensions = lb.Extend(o)
	}
	return c, p.list
}

// filterMatch refuses what an ACL cannot say: it has one list of sources, one other
// list, and one switch that turns both around.
func (p *problems) filterMatch(frontend lb.FrontendSpec, path string, c *lb.FilterSpec, o FilterOptions) {
	plain := plainHost(frontend.Ports)
	for i, condition := range c.Match {
		at := fmt.Sprintf("%smatch[%d]", path, i)
		p.condition("filter", filterWays, frontend.Protocol, at, condition)
		if condition.Field == lb.FieldHost && frontend.Protocol == lb.ProtocolHTTP && !plain {
			p.unsupported("filter.match.host.port", at+".field", condition.Field,
				"Scaleway compares the whole Host header, and on this port it holds the port too")
		}
	}
	c.Match = canonicalFilterMatch(plain, c.Match)
	p.together(path, c.Match, o)
}

// together refuses conditions that do not go into one ACL.
func (p *problems) together(path string, match lb.Match, o FilterOptions) {
	var sources, others, negated int
	for _, c := range match {
		if c.Field == lb.FieldSource {
			sources++
		} else {
			others++
		}
		if c.Not {
			negated++
		}
	}
	options := path + extensionPath
	if o.EdgeServices && o.NotEdgeServices {
		p.invalid(options+".notEdgeServices", "excludes edgeServices")
	}
	if o.EdgeServices || o.NotEdgeServices {
		if sources > 0 {
			p.invalid(options, "edgeServices and notEdgeServices exclude a condition on the source")
		}
		sources++
	}
	if o.NotEdgeServices {
		negated++
	}
	switch {
	case sources > 1:
		p.unsupported("filter.match.several.sources", path+"match", nil, "a filter has one condition on the source")
	case others > 1:
		p.unsupported("filter.match.several.fields", path+"match", nil, "a filter has one condition besides the source")
	case sources+others > 1 && negated > 0:
		p.unsupported("filter.match.several.not", path+"match", nil, "Scaleway negates all conditions of a filter or none, and it is not known whether each or both")
	}
}

// plainHost reports whether the Host headers that come in have no port: it is the
// one that the scheme implies.
func plainHost(ports []lb.PortRange) bool {
	return len(ports) == 1 && (ports[0] == lb.Port(plainPort) || ports[0] == lb.Port(tlsPort))
}

const tlsPort = 443

var filterActions = []string{string(lb.FilterAllow), string(lb.FilterDeny), string(lb.FilterRedirect)}

func (p *problems) filterAction(frontend lb.FrontendSpec, path string, c *lb.FilterSpec, o *FilterOptions) {
	p.required("filter.action", path+"action", string(c.Action))
	p.oneOf("filter.action", path+"action", string(c.Action))
	switch {
	case c.Status == 0:
	case c.Action == lb.FilterDeny:
		p.unsupported("filter.status", path+"status", c.Status, "Scaleway chooses what it answers")
	default:
		p.invalid(path+"status", "%d: only a denial has one", c.Status)
	}
	if c.Action == lb.FilterRedirect {
		if frontend.Protocol == lb.ProtocolTCP {
			p.unsupported("filter.action.redirect.tcp", path+"action", c.Action, "there is nothing to redirect in TCP")
		}
		p.redirect(path, plainHost(frontend.Ports), c, o)
		return
	}
	if slices.Contains(filterActions, string(c.Action)) {
		if c.Redirect != nil {
			p.invalid(path+"redirect", "needs action redirect")
		}
		if o.Location != "" {
			p.invalid(path+extensionPath+".location", "needs action redirect")
		}
	}
}
