package lbtest

import (
	"fmt"
	"iter"
	"slices"
	"testing"

	"github.com/lbkit/lbkit/lb"
)

// everyList are the lists of the contract, of what a scene holds.
func everyList() map[lb.Feature]func(s *scene, page lb.PageOptions) iter.Seq2[string, error] {
	named := func(page lb.PageOptions) lb.ListOptions { return lb.ListOptions{PageOptions: page} }
	return map[lb.Feature]func(s *scene, page lb.PageOptions) iter.Seq2[string, error]{
		"loadbalancers.list": func(s *scene, page lb.PageOptions) iter.Seq2[string, error] {
			return told(s.p.LoadBalancers().List(s.ctx, lb.LoadBalancerListOptions{ListOptions: named(page)}), func(b *lb.LoadBalancer) string { return string(b.ID) })
		},
		"frontends.list": func(s *scene, page lb.PageOptions) iter.Seq2[string, error] {
			return told(s.p.Frontends().List(s.ctx, s.id, named(page)), func(f *lb.Frontend) string { return string(f.ID) })
		},
		"backends.list": func(s *scene, page lb.PageOptions) iter.Seq2[string, error] {
			return told(s.p.Backends().List(s.ctx, s.id, named(page)), func(b *lb.Backend) string { return string(b.ID) })
		},
		"backends.health": func(s *scene, page lb.PageOptions) iter.Seq2[string, error] {
			return told(s.p.Backends().Health(s.ctx, s.app, page), func(h *lb.ServerHealth) string { return string(h.Server) + " at " + h.Instance })
		},
		"servers.list": func(s *scene, page lb.PageOptions) iter.Seq2[string, error] {
			return told(s.p.Servers().List(s.ctx, s.app, named(page)), func(v *lb.Server) string { return string(v.ID) })
		},
		"filters.list": func(s *scene, page lb.PageOptions) iter.Seq2[string, error] {
			return told(s.p.Filters().List(s.ctx, s.web, page), func(f *lb.Filter) string { return fingerprint(f.FilterSpec) })
		},
		"routes.list": func(s *scene, page lb.PageOptions) iter.Seq2[string, error] {
			return told(s.p.Routes().List(s.ctx, s.web, page), func(r *lb.Route) string { return fingerprint(r.RouteSpec) })
		},
		"certificates.list": func(s *scene, page lb.PageOptions) iter.Seq2[string, error] {
			return told(s.p.Certificates().List(s.ctx, s.id, named(page)), func(c *lb.Certificate) string { return string(c.ID) })
		},
		"addresses.list": func(s *scene, page lb.PageOptions) iter.Seq2[string, error] {
			return told(s.p.Addresses().List(s.ctx, lb.AddressListOptions{PageOptions: page}), func(a *lb.Address) string { return string(a.ID) })
		},
		"operations.list": func(s *scene, page lb.PageOptions) iter.Seq2[string, error] {
			return told(s.p.Operations().List(s.ctx, s.id, page), func(o *lb.Operation) string { return string(o.ID) })
		},
	}
}

// runEveryList holds what is true of each list, those that are short too.
func runEveryList(t *testing.T, s *suite) {
	t.Helper()
	for op, list := range everyList() {
		s.testIf(t, string(op), []lb.Feature{op}, func(w *world) { w.keepsLists(op, list) })
	}
}

// keepsLists: a list asks for nothing before the loop, is the same when ranged over again, and
// refuses options that mean nothing.
func (w *world) keepsLists(op lb.Feature, list func(*scene, lb.PageOptions) iter.Seq2[string, error]) {
	s := w.newScene()
	var seq iter.Seq2[string, error]
	w.silent("a list that nobody has looked at", func() { seq = list(s, lb.PageOptions{PageSize: 1}) })
	whole := func(what string) []string {
		w.Helper()
		return sorted(must(lb.Collect(seq))(w, what))
	}
	first := whole("list")
	for _, err := range seq {
		w.done("the first of a loop that is left", err)
		break
	}
	w.same("a list that is ranged over again", first, whole("list again"))
	w.same("a list in one page", first, sorted(must(lb.Collect(list(s, lb.PageOptions{})))(w, "list in one page")))
	for _, page := range []lb.PageOptions{{PageSize: -1}, {Window: -1}} {
		w.silent(fmt.Sprintf("%+v", page), func() {
			_, err := lb.Collect(list(s, page))
			w.code(fmt.Sprintf("%+v", page), err, lb.ErrInvalid)
		})
	}
	if w.Fail != nil {
		w.Fail(string(op), &lb.Error{Code: lb.ErrForbidden}, 1)
		_, err := lb.Collect(seq)
		w.code("a list that fails when it is ranged over once more", err, lb.ErrForbidden)
	}
}

func sorted(texts []string) []string { return slices.Sorted(slices.Values(texts)) }
