package lbtest

import "github.com/lbkit/lbkit/lb"

func filterLeaves() []leaf {
	at := func(x *example) *lb.FilterSpec {
		if len(x.Filters) == 0 {
			x.Filters = []lb.FilterSpec{{}}
		}
		return &x.Filters[0]
	}
	redirect := func(x *example) *lb.Redirect {
		if at(x).Redirect == nil {
			at(x).Redirect = &lb.Redirect{}
		}
		return at(x).Redirect
	}
	own := []leaf{
		row("filter.name", func(x *example) *string { return &at(x).Name }, "inside", "outside").with(webFilter),
		row("filter.action", func(x *example) *lb.FilterAction { return &at(x).Action },
			lb.FilterDeny, lb.FilterRedirect, lb.FilterAllow).with(webFilter).and(partsOfAction),
		row("filter.status", func(x *example) *int { return &at(x).Status }, 503, 429, 418).with(denying),
		row("filter.redirect", func(x *example) **lb.Redirect { return &at(x).Redirect },
			&lb.Redirect{Scheme: "https"}, &lb.Redirect{Host: "a.example", Path: "/moved", Code: 301}, &lb.Redirect{Host: "b.example"}).with(redirecting(nil)),
		row("filter.redirect.scheme", func(x *example) *string { return &redirect(x).Scheme }, "https", "http").
			with(redirecting(&lb.Redirect{Host: "a.example"})),
		row("filter.redirect.host", func(x *example) *string { return &redirect(x).Host }, "a.example", "b.example").
			with(redirecting(&lb.Redirect{Scheme: "https"})),
		row("filter.redirect.port", func(x *example) *uint16 { return &redirect(x).Port }, 8443, 9443).
			with(redirecting(&lb.Redirect{Host: "a.example"})),
		row("filter.redirect.path", func(x *example) *string { return &redirect(x).Path }, "/moved", "/gone").
			with(redirecting(&lb.Redirect{Scheme: "https"})),
		row("filter.redirect.dropQuery", func(x *example) *bool { return &redirect(x).DropQuery }, true).
			with(redirecting(&lb.Redirect{Scheme: "https"})),
		row("filter.redirect.code", func(x *example) *int { return &redirect(x).Code }, 301, 303, 302, 307, 308, 300).
			with(redirecting(&lb.Redirect{Scheme: "https"})),
		extensionRow("filter.extensions", func(x *example) *lb.Extensions { return &at(x).Extensions }).with(denying).and(actionOfExtension),
	}
	return append(own, matchLeaves("filter", func(x *example) *lb.Match { return &at(x).Match }, webFilter)...)
}

func routeLeaves() []leaf {
	at := func(x *example) *lb.RouteSpec {
		if len(x.Routes) == 0 {
			x.Routes = []lb.RouteSpec{{}}
		}
		return &x.Routes[0]
	}
	own := []leaf{
		row("route.name", func(x *example) *string { return &at(x).Name }, "shop", "site").with(webRoute),
		row("route.backend", func(x *example) *lb.BackendID { return &at(x).Backend }, "one", "two").with(loneRoute),
		extensionRow("route.extensions", func(x *example) *lb.Extensions { return &at(x).Extensions }).with(webRoute),
	}
	return append(own, matchLeaves("route", func(x *example) *lb.Match { return &at(x).Match }, loneRoute)...)
}

// webFilter is a filter of an HTTP frontend that listens where its clients' Host
// headers have no port.
func webFilter(p profile, x *example) {
	web := p.protocol("frontend.protocol", lb.ProtocolHTTP)
	if x.Frontend.Protocol != web {
		x.Filters = nil
	}
	plainFrontend(p, x)
	x.Frontend.Ports = []lb.PortRange{lb.Port(80)}
	if len(x.Filters) == 0 {
		action := append(allowed(p, "filter.action", lb.FilterDeny, lb.FilterAllow, lb.FilterRedirect), lb.FilterDeny)[0]
		x.Filters = []lb.FilterSpec{{Match: lb.Match{p.firstOf("filter", conditionOf(lb.FieldPath))}, Action: action}}
		partsOfAction(p, x)
	}
}

// partsOfAction gives a filter what its action needs, and takes away what it does not
// have.
func partsOfAction(_ profile, x *example) {
	f := &x.Filters[0]
	f.Status, f.Redirect, f.Extensions = 0, nil, lb.Extensions{}
	if f.Action == lb.FilterRedirect {
		f.Redirect = &lb.Redirect{Scheme: "https"}
	}
}

// denying is a filter that denies, where the provider can.
func denying(p profile, x *example) {
	webFilter(p, x)
	x.Filters[0].Action = lb.FilterDeny
	partsOfAction(p, x)
}

// redirecting is a filter that redirects, so far to another place than the leaf says.
func redirecting(to *lb.Redirect) func(profile, *example) {
	return func(p profile, x *example) {
		webFilter(p, x)
		f := &x.Filters[0]
		f.Action, f.Status, f.Extensions, f.Redirect = lb.FilterRedirect, 0, lb.Extensions{}, nil
		if to != nil {
			f.Redirect = new(*to)
		}
	}
}

// webRoute is a route of an HTTP frontend.
func webRoute(p profile, x *example) {
	web := p.protocol("frontend.protocol", lb.ProtocolHTTP)
	if x.Frontend.Protocol != web {
		x.Routes = nil
	}
	plainFrontend(p, x)
	x.Frontend.Ports = []lb.PortRange{lb.Port(80)}
	if len(x.Routes) == 0 {
		x.Routes = []lb.RouteSpec{{Match: lb.Match{p.firstOf("route", conditionOf(lb.FieldPath))}, Backend: "two"}}
	}
}

// loneRoute is the only route of its frontend: beside others it may be unknown which of
// them wins.
func loneRoute(p profile, x *example) {
	webRoute(p, x)
	x.Routes = x.Routes[:1]
}

// actionOfExtension gives a filter an action that its extension goes with: some are of
// redirects, and may be in the place of where those lead.
func actionOfExtension(p profile, x *example) {
	f := &x.Filters[0]
	if f.Extensions.IsZero() || p.dialect == nil {
		return
	}
	for _, fitting := range []lb.FilterSpec{
		{Action: lb.FilterDeny}, {Action: lb.FilterRedirect, Redirect: &lb.Redirect{Scheme: "https"}}, {Action: lb.FilterRedirect},
	} {
		f.Action, f.Redirect, f.Status = fitting.Action, fitting.Redirect, 0
		fitting.Match, fitting.Extensions = lb.Match{p.firstOf("filter", conditionOf(lb.FieldPath))}, f.Extensions
		if _, err := p.dialect.Filters(x.Frontend, []lb.FilterSpec{fitting}); err == nil {
			return
		}
	}
}
