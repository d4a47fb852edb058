package scaleway_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/scaleway"
	"github.com/lbkit/lbkit/scaleway/scalewaytest"
)

// ruled is a frontend on port 80 that can have rules, and the backend it has.
type ruled struct {
	*world

	parent   lb.LoadBalancerID
	backend  *lb.Backend
	frontend *lb.Frontend
}

func newRuled(t *testing.T, opts ...scalewaytest.Option) *ruled {
	t.Helper()
	w := newWorld(t, opts...)
	r := &ruled{world: w, parent: w.loadBalancer()}
	r.backend = w.backend(r.parent, "10.0.0.4")
	r.frontend = w.frontend(r.parent, r.backend.ID)
	return r
}

func (r *ruled) setFilters(specs ...lb.FilterSpec) []*lb.Filter {
	r.t.Helper()
	return must(r.Filters().Set(r.t.Context(), r.frontend.ID, specs, lb.SetOptions{}))(r.t)
}

func (r *ruled) filters() []*lb.Filter {
	r.t.Helper()
	return must(lb.Collect(r.Filters().List(r.t.Context(), r.frontend.ID, lb.PageOptions{PageSize: 2})))(r.t)
}

func filterSpecs(filters []*lb.Filter) []lb.FilterSpec {
	out := make([]lb.FilterSpec, len(filters))
	for i, f := range filters {
		out[i] = f.FilterSpec
	}
	return out
}

func filter(action lb.FilterAction, conditions ...lb.Condition) lb.FilterSpec {
	return lb.FilterSpec{Action: action, Match: conditions}
}

func in(prefixes ...string) lb.Condition {
	return lb.Condition{Field: lb.FieldSource, Values: prefixes}
}

func when(field lb.Field, op lb.MatchOp, values ...string) lb.Condition {
	return lb.Condition{Field: field, Op: op, Values: values}
}

// someFilters are one of each kind.
func someFilters() []lb.FilterSpec {
	secure := filter(lb.FilterRedirect, when(lb.FieldHost, "", "www.example.org"))
	secure.Name, secure.Redirect = "secure", &lb.Redirect{Scheme: "https", Code: 301}
	moved := filter(lb.FilterRedirect, when(lb.FieldPath, "", "/old"))
	moved.Redirect = &lb.Redirect{Path: "/new"}
	edge := filter(lb.FilterAllow)
	edge.Extensions = lb.Extend(scaleway.FilterOptions{EdgeServices: true, Description: "the cache"})
	return []lb.FilterSpec{
		filter(lb.FilterDeny, in("203.0.113.0/24", "2001:db8::/32"), when(lb.FieldPath, lb.MatchPrefix, "/admin")),
		secure, moved, edge,
		filter(lb.FilterDeny, lb.Condition{Field: lb.FieldHeader, Name: "x-token", Values: []string{"s"}, Not: true}),
	}
}

func TestFiltersSet(t *testing.T) {
	t.Parallel()
	r := newRuled(t)
	wanted := someFilters()
	canonical := must(r.Dialect().Filters(r.frontend.FrontendSpec, wanted))(t)
	var made []*lb.Filter
	requests := r.sent(func() { made = r.setFilters(wanted...) })
	acls := path("frontends", r.frontend.ID) + "/acls"
	same(t, "requests", []string{"GET " + path("frontends", r.frontend.ID), "GET " + acls, "PUT " + acls}, requests)
	same(t, "what Set returns", canonical, filterSpecs(made))
	read := r.filters()
	same(t, "what is read", canonical, filterSpecs(read))
	for i, f := range read {
		native, ok := f.Native.(*scaleway.ACL)
		if !ok || native.Index != i || f.Frontend != r.frontend.ID || f.ID != string(zone)+"/"+native.ID {
			t.Errorf("%d: got %+v", i, f)
		}
	}
	for what, again := range map[string][]lb.FilterSpec{"the same": wanted, "what was read": filterSpecs(read)} {
		if writes := r.writes(func() { r.setFilters(again...) }); len(writes) > 0 {
			t.Errorf("setting %s: sent %v", what, writes)
		}
	}
}

func TestFiltersSetChangesTheOrder(t *testing.T) {
	t.Parallel()
	r := newRuled(t)
	r.setFilters(someFilters()...)
	backwards := someFilters()
	slices.Reverse(backwards)
	for name, wanted := range map[string][]lb.FilterSpec{"backwards": backwards, "one less": append(slices.Clone(backwards[:2]), backwards[3:]...)} {
		canonical := must(r.Dialect().Filters(r.frontend.FrontendSpec, wanted))(t)
		writes := r.writes(func() { same(t, name+": what Set returns", canonical, filterSpecs(r.setFilters(wanted...))) })
		if len(writes) != 1 {
			t.Errorf("%s: sent %v", name, writes)
		}
		same(t, name+": what is read", canonical, filterSpecs(r.filters()))
	}
}

func TestFiltersSetToNothing(t *testing.T) {
	t.Parallel()
	r := newRuled(t)
	r.setFilters(someFilters()...)
	requests := r.sent(func() {
		_, err := r.Filters().Set(t.Context(), r.frontend.ID, nil, lb.SetOptions{})
		e := coded(t, "nothing", err, lb.ErrInvalid)
		if !strings.Contains(e.Error(), "AllowEmpty") || e.Op != "filters.set" {
			t.Errorf("the error is %v", e)
		}
	})
	if len(requests) > 0 {
		t.Errorf("sent %v", requests)
	}
	left := must(r.Filters().Set(t.Context(), r.frontend.ID, nil, lb.SetOptions{AllowEmpty: true}))(t)
	if len(left) > 0 || len(r.filters()) > 0 {
		t.Errorf("left %v", left)
	}
	if r.lastBody(); len(r.writes(func() { _, _ = r.Filters().Set(t.Context(), r.frontend.ID, nil, lb.SetOptions{AllowEmpty: true}) })) > 0 {
		t.Error("nothing to nothing is a write")
	}
}

func TestFiltersAreCheckedBeforeAnythingIsWritten(t *testing.T) {
	t.Parallel()
	r := newRuled(t)
	writes := r.writes(func() {
		_, err := r.Filters().Set(t.Context(), r.frontend.ID, []lb.FilterSpec{
			filter(lb.FilterDeny), filter(lb.FilterDeny, when(lb.FieldCookie, "", "x")), filter(lb.FilterDeny, in("10.0.0.1")),
		}, lb.SetOptions{})
		isCode(t, "unsupported", err, lb.ErrUnsupported)
		isCode(t, "invalid", err, lb.ErrInvalid)
		for _, where := range []string{"filters[1].match[0].field", "filters[2].match[0].values"} {
			if !strings.Contains(err.Error(), where) {
				t.Errorf("the error does not name %s: %v", where, err)
			}
		}
	})
	if len(writes) > 0 {
		t.Errorf("sent %v", writes)
	}
}

// TestLiveFiltersAreLeftAlone: what was made elsewhere and cannot be said here stays
// as it is, to the letter, while others come and go around it.
func TestLiveFiltersAreLeftAlone(t *testing.T) {
	t.Parallel()
	r := newRuled(t)
	_, uuid, _ := scaleway.ParseFrontendID(r.frontend.ID)
	neither := &scaleway.ACLMatch{
		IPSubnet: []string{"10.0.0.1"}, HTTPFilter: scaleway.ACLHTTPFilterPathBegin, HTTPFilterValue: []string{"/b", "/a"}, Invert: true,
	}
	native := must(r.client.Zone(zone).ACLs.Create(t.Context(), uuid, scaleway.ACLSpec{
		Name: "theirs", Action: scaleway.ACLAction{Type: scaleway.ACLActionTypeDeny}, Match: neither, Index: 40,
	}))(t)
	theirs := r.filters()[0].FilterSpec
	if _, err := r.Dialect().Filters(r.frontend.FrontendSpec, []lb.FilterSpec{theirs}); err == nil {
		t.Fatal("the dialect lets it pass: the test proves nothing")
	}
	if writes := r.writes(func() { r.setFilters(theirs) }); len(writes) > 0 {
		t.Errorf("unchanged: sent %v", writes)
	}
	got := r.setFilters(filter(lb.FilterAllow, in("192.0.2.0/24")), theirs, filter(lb.FilterDeny))
	same(t, "in between", theirs, got[1].FilterSpec)
	now := got[1].Native.(*scaleway.ACL)
	same(t, "its match", native.Match, now.Match)
	if now.Name != "theirs" || now.Index != 1 {
		t.Errorf("it is %+v", now)
	}
	writes := r.writes(func() {
		_, err := r.Filters().Set(t.Context(), r.frontend.ID, []lb.FilterSpec{theirs, theirs}, lb.SetOptions{})
		isCode(t, "a second one like it", err, lb.ErrUnsupported)
	})
	if len(writes) > 0 {
		t.Errorf("a second one like it: sent %v", writes)
	}
	renamed := theirs
	renamed.Name = "ours"
	_, err := r.Filters().Set(t.Context(), r.frontend.ID, []lb.FilterSpec{renamed}, lb.SetOptions{})
	isCode(t, "touched", err, lb.ErrUnsupported)
}

// TestFiltersSetConverges: the same call after one whose answer was lost finds all
// done.
func TestFiltersSetConverges(t *testing.T) {
	t.Parallel()
	r := newRuled(t)
	put := func(request *http.Request) bool { return request.Method == http.MethodPut }
	for _, lost := range []bool{true, false} {
		rule := r.api.Faults().On(put).Times(1)
		if lost {
			rule.DropAfterSend()
		} else {
			rule.Status(http.StatusServiceUnavailable, "")
		}
		wanted := someFilters()
		if !lost {
			wanted = wanted[1:]
		}
		_, err := r.Filters().Set(t.Context(), r.frontend.ID, wanted, lb.SetOptions{})
		isCode(t, "interrupted", err, lb.ErrUnavailable)
		writes := r.writes(func() { r.setFilters(wanted...) })
		if lost != (len(writes) == 0) {
			t.Errorf("lost: %t: the same call again sent %v", lost, writes)
		}
		same(t, "after all", must(r.Dialect().Filters(r.frontend.FrontendSpec, wanted))(t), filterSpecs(r.filters()))
	}
}

// TestFiltersArePublished: what Set changed, what it only took away too, is followed
// until the instances run it.
func TestFiltersArePublished(t *testing.T) {
	t.Parallel()
	r := newRuled(t)
	must(lb.Publish(t.Context(), r, r.parent, quick))(t)
	for _, wanted := range [][]lb.FilterSpec{someFilters(), someFilters()[:3], nil} {
		must(r.Filters().Set(t.Context(), r.frontend.ID, wanted, lb.SetOptions{AllowEmpty: true}))(t)
		o := must(r.LoadBalancers().Commit(t.Context(), r.parent, lb.CommitOptions{}))(t)
		if o.ID == "" || o.Status == lb.OperationDone {
			t.Errorf("%d filters: nothing to follow: %+v", len(wanted), o)
		}
		if o = must(lb.WaitOperation(t.Context(), r, o, quick))(t); o.Status != lb.OperationDone {
			t.Errorf("%d filters: got %+v", len(wanted), o)
		}
		must(r.Filters().Set(t.Context(), r.frontend.ID, wanted, lb.SetOptions{AllowEmpty: true}))(t)
		if o := must(r.LoadBalancers().Commit(t.Context(), r.parent, lb.CommitOptions{}))(t); o.ID != "" {
			t.Errorf("%d filters again: something to follow: %+v", len(wanted), o)
		}
	}
}

func TestFiltersOfNothing(t *testing.T) {
	t.Parallel()
	r := newRuled(t)
	if got := r.filters(); len(got) > 0 {
		t.Errorf("got %v", got)
	}
	_, err := lb.Collect(r.Filters().List(t.Context(), noFrontend, lb.PageOptions{}))
	isCode(t, "the list of a frontend that is gone", err, lb.ErrNotFound)
	_, err = r.Filters().Set(t.Context(), noFrontend, someFilters(), lb.SetOptions{})
	isCode(t, "set on a frontend that is gone", err, lb.ErrNotFound)
	_, err = lb.Collect(r.Filters().List(t.Context(), r.frontend.ID, lb.PageOptions{PageSize: -1}))
	isCode(t, "pages of less than nothing", err, lb.ErrInvalid)
}

func TestFiltersListIsLazyAndRestarts(t *testing.T) {
	t.Parallel()
	r := newRuled(t)
	r.setFilters(someFilters()...)
	list := r.Filters().List(t.Context(), r.frontend.ID, lb.PageOptions{})
	if requests := r.sent(func() {}); len(requests) > 0 {
		t.Errorf("sent %v before anybody asked", requests)
	}
	for range 2 {
		first := must(lb.First(list, func(*lb.Filter) bool { return true }))(t)
		if first.Name != "deny" {
			t.Errorf("the first is %+v", first)
		}
	}
	r.setFilters(someFilters()[1:]...)
	if first := must(lb.First(list, func(*lb.Filter) bool { return true }))(t); first.Name != "secure" {
		t.Errorf("the first is %+v", first)
	}
}

// TestFiltersOfAFrontendOnAnotherPort: the Host header holds the port there.
func TestFiltersOfAFrontendOnAnotherPort(t *testing.T) {
	t.Parallel()
	r := newRuled(t)
	spec := frontendSpec(r.backend.ID)
	spec.Ports = []lb.PortRange{lb.Port(8080)}
	other := must(r.Frontends().Create(t.Context(), r.parent, spec))(t)
	_, err := r.Filters().Set(t.Context(), other.ID, []lb.FilterSpec{filter(lb.FilterDeny, when(lb.FieldHost, "", "a.example"))}, lb.SetOptions{})
	isCode(t, "a host", err, lb.ErrUnsupported)
	wanted := []lb.FilterSpec{filter(lb.FilterDeny, lb.Condition{Field: lb.FieldHeader, Name: "Host", Values: []string{"a.example:8080"}})}
	must(r.Filters().Set(t.Context(), other.ID, wanted, lb.SetOptions{}))(t)
	got := must(lb.Collect(r.Filters().List(t.Context(), other.ID, lb.PageOptions{})))(t)
	same(t, "a header", must(r.Dialect().Filters(spec, wanted))(t), filterSpecs(got))
}

func TestFiltersOnTCP(t *testing.T) {
	t.Parallel()
	r := newRuled(t)
	spec := backendSpec()
	spec.Protocol = lb.ProtocolTCP
	backend := must(r.Backends().Create(t.Context(), r.parent, spec))(t)
	listener := lb.FrontendSpec{Name: "raw", Protocol: lb.ProtocolTCP, Ports: []lb.PortRange{lb.Port(5432)}, DefaultBackend: backend.ID}
	frontend := must(r.Frontends().Create(t.Context(), r.parent, listener))(t)
	wanted := []lb.FilterSpec{filter(lb.FilterAllow, in("10.0.0.0/8")), filter(lb.FilterDeny)}
	must(r.Filters().Set(t.Context(), frontend.ID, wanted, lb.SetOptions{}))(t)
	got := must(lb.Collect(r.Filters().List(t.Context(), frontend.ID, lb.PageOptions{})))(t)
	same(t, "by source", must(r.Dialect().Filters(listener, wanted))(t), filterSpecs(got))
}
