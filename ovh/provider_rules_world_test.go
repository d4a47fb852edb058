package ovh_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/ovh"
)

func hosts(names ...string) lb.Condition {
	return lb.Condition{Field: lb.FieldHost, Values: names}
}

func sources(blocks ...string) lb.Condition {
	return lb.Condition{Field: lb.FieldSource, Values: blocks}
}

func none(c lb.Condition) lb.Condition {
	c.Not = true
	return c
}

// refuse is a filter that denies, as an HTTP frontend reports it.
func refuse(status int, match ...lb.Condition) lb.FilterSpec {
	return lb.FilterSpec{Match: match, Action: lb.FilterDeny, Status: status}
}

func divert(scheme string, match ...lb.Condition) lb.FilterSpec {
	return lb.FilterSpec{Match: match, Action: lb.FilterRedirect, Redirect: &lb.Redirect{Scheme: scheme, Code: 302}}
}

func (w *world) setFilters(id lb.FrontendID, specs ...lb.FilterSpec) []*lb.Filter {
	w.t.Helper()
	return must[[]*lb.Filter](w.t)(w.Filters().Set(w.t.Context(), id, specs, lb.SetOptions{AllowEmpty: true}))
}

func (w *world) listFilters(id lb.FrontendID) []lb.FilterSpec {
	w.t.Helper()
	return specsOf(must[[]*lb.Filter](w.t)(lb.Collect(w.Filters().List(w.t.Context(), id, lb.PageOptions{}))))
}

func specsOf(filters []*lb.Filter) []lb.FilterSpec {
	var specs []lb.FilterSpec
	for _, f := range filters {
		specs = append(specs, f.FilterSpec)
	}
	return specs
}

// staged are the routes and frontends that a refresh would make live, as JSON.
func (w *world) staged() map[string]string {
	out := map[string]string{}
	for path, text := range w.server.Staged(w.service(), "gra") {
		if strings.Contains(path, "/route") || strings.Contains(path, "/frontend") {
			out[path] = string(text)
		}
	}
	return out
}

// routeCount is how many routes there are, detached ones among them.
func (w *world) routeCount() int {
	w.t.Helper()
	return len(must[[]ovh.DefinedRoute](w.t)(w.client.LoadBalancers.DefinedRoutes(w.t.Context(), w.service())))
}

// denies tells whether what is staged denies all requests for a host, as far as the
// rules of this test go.
func (w *world) denies(id lb.FrontendID, host string) bool {
	w.t.Helper()
	for _, f := range w.listFilters(id) {
		if len(f.Match) == 1 && f.Match[0].Field == lb.FieldHost && slices.Contains(f.Match[0].Values, host) {
			return f.Action == lb.FilterDeny
		}
	}
	return false
}

// fill makes routes of a frontend until the load balancer has none left but free.
func (w *world) fill(free int) {
	w.t.Helper()
	other := w.frontend(8080, "")
	var specs []lb.FilterSpec
	for i := w.routeCount(); i < 50-free; i++ {
		specs = append(specs, refuse(403, hosts(fmt.Sprintf("%d.example", i))))
	}
	w.setFilters(other.ID, specs...)
}
