package lbtest

import (
	"context"
	"iter"
	"reflect"
	"slices"
	"time"

	"github.com/lbkit/lbkit/lb"
)

// call is one call of the contract on a scene.
type call struct {
	op   lb.Feature // the feature of that name, and what errors call it
	kind lb.Kind    // of the ID that it takes; empty: none
	// prepare makes something to do, where the scene holds nothing; nil: it does.
	prepare func(s *scene)
	// do makes the call with the scene's ID, or another in its place, and returns what
	// a reading call read, where that does not change by itself.
	do func(ctx context.Context, s *scene, id string) (any, error)
	// count is how much of what the call writes is there; nil for what only reads.
	count func(s *scene) int
	// again: the same call once more comes to the same end.
	again bool
	// partly: it writes several objects, and returns what was done of them beside an error.
	partly bool
}

// calls are those that the provider declares, in the order of the contract.
func (s *suite) calls() []call {
	all := slices.Concat(loadBalancerCalls(), frontendCalls(), backendCalls(), serverCalls(), ruleCalls(), certificateCalls(), addressCalls(), operationCalls())
	return slices.DeleteFunc(all, func(c call) bool { return !s.supports(c.op) })
}

// allCalls are those of the contract, declared or not.
func allCalls() []call {
	return slices.Concat(loadBalancerCalls(), frontendCalls(), backendCalls(), serverCalls(), ruleCalls(), certificateCalls(), addressCalls(), operationCalls())
}

// on makes the call on what the scene holds, and of with another ID.
func (c call) on(ctx context.Context, s *scene) (any, error) { return c.of(ctx, s, s.ids()[c.kind]) }

func (c call) of(ctx context.Context, s *scene, id string) (any, error) {
	s.Helper()
	value, err := c.do(ctx, s, id)
	if !c.partly {
		_ = alone(value, err)(s.world, string(c.op))
	}
	return value, err
}

// alone is the error of a call, beside which there is no value: it would be taken for what
// is there.
func alone[V any](value V, err error) func(w *world, what string) error {
	return func(w *world, what string) error {
		w.Helper()
		if err != nil && something(value) {
			w.Errorf("%s: beside the error there is %s: %v", what, fingerprint(value), err)
		}
		return err
	}
}

// something reports whether a call has returned more than nothing.
func something(value any) bool {
	v := reflect.ValueOf(value)
	return v.IsValid() && !v.IsZero() && (v.Kind() != reflect.Slice || v.Len() > 0)
}

// possible reports whether the scene holds what the call is about.
func (c call) possible(s *scene) bool { return c.kind == "" || s.ids()[c.kind] != "" }

// nothing is what writing calls that succeed return here: IDs and times differ between runs.
func nothing[V any](value V, err error) (any, error) {
	if err == nil {
		return nil, nil
	}
	return value, err
}

func read[V any](value V, err error) (any, error) { return value, err }

// items is all of a list, or what it yields beside its error.
func items[V any](list iter.Seq2[V, error]) (any, error) {
	var all []V
	for item, err := range list {
		if err != nil {
			return item, err
		}
		all = append(all, item)
	}
	return all, nil
}

func only(err error) (any, error) { return nil, err }

const renamed = "renamed"

func loadBalancerCalls() []call {
	const kind = lb.KindLoadBalancer
	return []call{
		{op: "loadbalancers.list", do: func(ctx context.Context, s *scene, _ string) (any, error) {
			return items(s.p.LoadBalancers().List(ctx, lb.LoadBalancerListOptions{}))
		}},
		{op: "loadbalancers.get", kind: kind, do: func(ctx context.Context, s *scene, id string) (any, error) {
			return read(s.p.LoadBalancers().Get(ctx, lb.LoadBalancerID(id)))
		}},
		{op: "loadbalancers.create", do: func(ctx context.Context, s *scene, _ string) (any, error) {
			return nothing(s.p.LoadBalancers().Create(ctx, lb.LoadBalancerSpec{Name: "new"}))
		}, count: countLoadBalancers("new")},
		{op: "loadbalancers.update", kind: kind, do: func(ctx context.Context, s *scene, id string) (any, error) {
			return nothing(s.p.LoadBalancers().Update(ctx, lb.LoadBalancerID(id), func(spec *lb.LoadBalancerSpec) error {
				s.alterLoadBalancer(spec)
				return nil
			}))
		}, count: altered, again: true},
		{op: "loadbalancers.delete", kind: kind, do: func(ctx context.Context, s *scene, id string) (any, error) {
			return only(s.p.LoadBalancers().Delete(ctx, lb.LoadBalancerID(id), lb.DeleteLoadBalancerOptions{}))
		}, count: func(s *scene) int {
			got, err := s.p.LoadBalancers().Get(s.ctx, s.id)
			return truth(err == nil && got.Provisioning != lb.ProvisioningDeleting)
		}, again: true},
		{op: "loadbalancers.read", kind: kind, do: func(ctx context.Context, s *scene, id string) (any, error) {
			return read(s.p.LoadBalancers().Read(ctx, lb.LoadBalancerID(id)))
		}},
		{op: "loadbalancers.health", kind: kind, do: func(ctx context.Context, s *scene, id string) (any, error) {
			return read(s.p.LoadBalancers().Health(ctx, lb.LoadBalancerID(id)))
		}},
		{op: "loadbalancers.egressRanges", kind: kind, do: func(ctx context.Context, s *scene, id string) (any, error) {
			return read(s.p.LoadBalancers().EgressRanges(ctx, lb.LoadBalancerID(id)))
		}},
		{op: "loadbalancers.pending", kind: kind, do: func(ctx context.Context, s *scene, id string) (any, error) {
			return read(s.p.LoadBalancers().Pending(ctx, lb.LoadBalancerID(id)))
		}},
		{op: "loadbalancers.commit", kind: kind, prepare: (*scene).change, do: func(ctx context.Context, s *scene, id string) (any, error) {
			return nothing(s.p.LoadBalancers().Commit(ctx, lb.LoadBalancerID(id), lb.CommitOptions{}))
		}},
	}
}

// truth counts one thing.
func truth(is bool) int {
	if is {
		return 1
	}
	return 0
}

func countLoadBalancers(name string) func(*scene) int {
	return func(s *scene) int {
		s.Helper()
		return len(must(lb.Collect(s.p.LoadBalancers().List(s.ctx, lb.LoadBalancerListOptions{ListOptions: lb.ListOptions{Name: name}})))(s.world, "list load balancers"))
	}
}

func frontendCalls() []call {
	const kind = lb.KindFrontend
	return []call{
		{op: "frontends.list", kind: lb.KindLoadBalancer, do: func(ctx context.Context, s *scene, id string) (any, error) {
			return items(s.p.Frontends().List(ctx, lb.LoadBalancerID(id), lb.ListOptions{}))
		}},
		{op: "frontends.get", kind: kind, do: func(ctx context.Context, s *scene, id string) (any, error) {
			return read(s.p.Frontends().Get(ctx, lb.FrontendID(id)))
		}},
		{op: "frontends.create", kind: lb.KindLoadBalancer, do: func(ctx context.Context, s *scene, id string) (any, error) {
			return nothing(s.p.Frontends().Create(ctx, lb.LoadBalancerID(id), s.frontendSpec("new", 81, s.app)))
		}, count: countFrontends("new")},
		{op: "frontends.update", kind: kind, do: func(ctx context.Context, s *scene, id string) (any, error) {
			return nothing(s.p.Frontends().Update(ctx, lb.FrontendID(id), func(spec *lb.FrontendSpec) error { spec.Name = renamed; return nil }))
		}, count: countFrontends(renamed), again: true},
		{op: "frontends.delete", kind: kind, do: func(ctx context.Context, s *scene, id string) (any, error) {
			return only(s.p.Frontends().Delete(ctx, lb.FrontendID(id)))
		}, count: countFrontends("web"), again: true},
	}
}

func countFrontends(name string) func(*scene) int {
	return func(s *scene) int {
		s.Helper()
		return len(must(lb.Collect(s.p.Frontends().List(s.ctx, s.id, lb.ListOptions{Name: name})))(s.world, "list frontends"))
	}
}

func backendCalls() []call {
	const kind = lb.KindBackend
	return []call{
		{op: "backends.list", kind: lb.KindLoadBalancer, do: func(ctx context.Context, s *scene, id string) (any, error) {
			return items(s.p.Backends().List(ctx, lb.LoadBalancerID(id), lb.ListOptions{}))
		}},
		{op: "backends.get", kind: kind, do: func(ctx context.Context, s *scene, id string) (any, error) {
			return read(s.p.Backends().Get(ctx, lb.BackendID(id)))
		}},
		{op: "backends.create", kind: lb.KindLoadBalancer, do: func(ctx context.Context, s *scene, id string) (any, error) {
			return nothing(s.p.Backends().Create(ctx, lb.LoadBalancerID(id), s.backendSpec("new"), s.hosts("10.0.3.1", "10.0.3.2")...))
		}, count: countBackends("new"), partly: true},
		{op: "backends.update", kind: kind, do: func(ctx context.Context, s *scene, id string) (any, error) {
			return nothing(s.p.Backends().Update(ctx, lb.BackendID(id), func(spec *lb.BackendSpec) error { spec.Name = renamed; return nil }))
		}, count: countBackends(renamed), again: true},
		{op: "backends.delete", kind: kind, prepare: func(s *scene) { s.app = s.spare }, do: func(ctx context.Context, s *scene, id string) (any, error) {
			return only(s.p.Backends().Delete(ctx, lb.BackendID(id)))
		}, count: countBackends("spare"), again: true},
		{op: "backends.health", kind: kind, do: func(ctx context.Context, s *scene, id string) (any, error) {
			return nothing(items(s.p.Backends().Health(ctx, lb.BackendID(id), lb.PageOptions{})))
		}},
	}
}

func countBackends(name string) func(*scene) int {
	return func(s *scene) int {
		s.Helper()
		return len(must(lb.Collect(s.p.Backends().List(s.ctx, s.id, lb.ListOptions{Name: name})))(s.world, "list backends"))
	}
}

func serverCalls() []call {
	const kind = lb.KindServer
	return []call{
		{op: "servers.list", kind: lb.KindBackend, do: func(ctx context.Context, s *scene, id string) (any, error) {
			return items(s.p.Servers().List(ctx, lb.BackendID(id), lb.ListOptions{}))
		}},
		{op: "servers.get", kind: kind, do: func(ctx context.Context, s *scene, id string) (any, error) {
			return read(s.p.Servers().Get(ctx, lb.ServerID(id)))
		}},
		{op: "servers.add", kind: lb.KindBackend, do: func(ctx context.Context, s *scene, id string) (any, error) {
			return nothing(s.p.Servers().Add(ctx, lb.BackendID(id), s.hosts("10.0.0.9")...))
		}, count: countServers("10.0.0.9"), partly: true},
		{op: "servers.update", kind: kind, do: func(ctx context.Context, s *scene, id string) (any, error) {
			return nothing(s.p.Servers().Update(ctx, lb.ServerID(id), func(spec *lb.ServerSpec) error {
				if s.supports("server.disabled.update") {
					spec.Disabled = true
				}
				return nil
			}))
		}, count: func(s *scene) int {
			s.Helper()
			return truth(must(s.p.Servers().Get(s.ctx, s.servers[0]))(s.world, "read a server").Disabled)
		}, again: true},
		{op: "servers.remove", kind: kind, do: func(ctx context.Context, s *scene, id string) (any, error) {
			return only(s.p.Servers().Remove(ctx, lb.ServerID(id)))
		}, count: countServers("10.0.0.1"), again: true},
		{op: "servers.set", kind: lb.KindBackend, do: func(ctx context.Context, s *scene, id string) (any, error) {
			return nothing(s.p.Servers().Set(ctx, lb.BackendID(id), s.hosts("10.0.0.1", "10.0.0.7"), lb.SetOptions{}))
		}, count: func(s *scene) int {
			s.Helper()
			return truth(slices.Equal(s.addresses(s.app), []string{"10.0.0.1", "10.0.0.7"}))
		}, again: true, partly: true},
	}
}

func countServers(address string) func(*scene) int {
	return func(s *scene) int {
		s.Helper()
		return len(slices.DeleteFunc(s.addresses(s.app), func(a string) bool { return a != address }))
	}
}

// addresses are those of a backend's servers, sorted.
func (s *scene) addresses(id lb.BackendID) []string {
	s.Helper()
	var out []string
	for _, server := range must(lb.Collect(s.p.Servers().List(s.ctx, id, lb.ListOptions{})))(s.world, "list servers") {
		out = append(out, server.Address.String())
	}
	slices.Sort(out)
	return out
}

func ruleCalls() []call {
	const kind = lb.KindFrontend
	filters := func(s *scene) []lb.FilterSpec {
		return []lb.FilterSpec{s.denySource("198.51.100.0/24"), s.denyPath("first", "/a"), s.denyPath("second", "/b")}
	}
	routes := func(s *scene) []lb.RouteSpec {
		return []lb.RouteSpec{s.routeTo(s.other, "/x"), s.routeTo(s.spare, "/y")}
	}
	return []call{
		{op: "filters.list", kind: kind, do: func(ctx context.Context, s *scene, id string) (any, error) {
			return items(s.p.Filters().List(ctx, lb.FrontendID(id), lb.PageOptions{}))
		}},
		{op: "filters.set", kind: kind, do: func(ctx context.Context, s *scene, id string) (any, error) {
			return nothing(s.p.Filters().Set(ctx, lb.FrontendID(id), filters(s), lb.SetOptions{}))
		}, count: func(s *scene) int {
			s.Helper()
			front := must(s.p.Frontends().Get(s.ctx, s.web))(s.world, "read the frontend")
			want := must(s.p.Dialect().Filters(front.FrontendSpec, filters(s)))(s.world, "the dialect's filters")
			return truth(slices.EqualFunc(want, s.filters(), lb.Equal[lb.FilterSpec]))
		}, again: true},
		{op: "routes.list", kind: kind, do: func(ctx context.Context, s *scene, id string) (any, error) {
			return items(s.p.Routes().List(ctx, lb.FrontendID(id), lb.PageOptions{}))
		}},
		{op: "routes.set", kind: kind, do: func(ctx context.Context, s *scene, id string) (any, error) {
			return nothing(s.p.Routes().Set(ctx, lb.FrontendID(id), routes(s), lb.SetOptions{}))
		}, count: func(s *scene) int {
			s.Helper()
			front := must(s.p.Frontends().Get(s.ctx, s.web))(s.world, "read the frontend")
			want := must(s.p.Dialect().Routes(front.FrontendSpec, routes(s)))(s.world, "the dialect's routes")
			return truth(slices.EqualFunc(want, s.routes(), lb.Equal[lb.RouteSpec]))
		}, again: true},
	}
}

// filters are those of web.
func (s *scene) filters() []lb.FilterSpec {
	s.Helper()
	var out []lb.FilterSpec
	for _, filter := range must(lb.Collect(s.p.Filters().List(s.ctx, s.web, lb.PageOptions{})))(s.world, "list filters") {
		out = append(out, filter.FilterSpec)
	}
	return out
}

// routes are those of web.
func (s *scene) routes() []lb.RouteSpec {
	s.Helper()
	var out []lb.RouteSpec
	for _, route := range must(lb.Collect(s.p.Routes().List(s.ctx, s.web, lb.PageOptions{})))(s.world, "list routes") {
		out = append(out, route.RouteSpec)
	}
	return out
}

func certificateCalls() []call {
	const kind = lb.KindCertificate
	return []call{
		{op: "certificates.list", kind: lb.KindLoadBalancer, do: func(ctx context.Context, s *scene, id string) (any, error) {
			return items(s.p.Certificates().List(ctx, lb.LoadBalancerID(id), lb.ListOptions{}))
		}},
		{op: "certificates.get", kind: kind, do: func(ctx context.Context, s *scene, id string) (any, error) {
			return read(s.p.Certificates().Get(ctx, lb.CertificateID(id)))
		}},
		{op: "certificates.create", kind: lb.KindLoadBalancer, do: func(ctx context.Context, s *scene, id string) (any, error) {
			return nothing(s.p.Certificates().Create(ctx, lb.LoadBalancerID(id), certificateSpec("new")))
		}, count: countCertificates("new")},
		{op: "certificates.rename", kind: kind, do: func(ctx context.Context, s *scene, id string) (any, error) {
			return nothing(s.p.Certificates().Rename(ctx, lb.CertificateID(id), renamed))
		}, count: countCertificates(renamed), again: true},
		{op: "certificates.delete", kind: kind, do: func(ctx context.Context, s *scene, id string) (any, error) {
			return only(s.p.Certificates().Delete(ctx, lb.CertificateID(id)))
		}, count: countCertificates("one"), again: true},
	}
}

func countCertificates(name string) func(*scene) int {
	return func(s *scene) int {
		s.Helper()
		return len(must(lb.Collect(s.p.Certificates().List(s.ctx, s.id, lb.ListOptions{Name: name})))(s.world, "list certificates"))
	}
}

func addressCalls() []call {
	const kind = lb.KindAddress
	return []call{
		{op: "addresses.list", do: func(ctx context.Context, s *scene, _ string) (any, error) {
			return items(s.p.Addresses().List(ctx, lb.AddressListOptions{}))
		}},
		{op: "addresses.get", kind: kind, do: func(ctx context.Context, s *scene, id string) (any, error) {
			return read(s.p.Addresses().Get(ctx, lb.AddressID(id)))
		}},
		{op: "addresses.allocate", do: func(ctx context.Context, s *scene, _ string) (any, error) {
			return nothing(s.p.Addresses().Allocate(ctx, lb.AddressSpec{}))
		}, count: func(s *scene) int {
			s.Helper()
			return len(must(lb.Collect(s.p.Addresses().List(s.ctx, lb.AddressListOptions{})))(s.world, "list addresses"))
		}},
		{op: "addresses.attach", kind: kind, do: func(ctx context.Context, s *scene, id string) (any, error) {
			return nothing(s.p.Addresses().Attach(ctx, lb.AddressID(id), s.id))
		}},
		{op: "addresses.detach", kind: kind, prepare: func(s *scene) { s.attach() }, do: func(ctx context.Context, s *scene, id string) (any, error) {
			return nothing(s.p.Addresses().Detach(ctx, lb.AddressID(id)))
		}},
		{op: "addresses.release", kind: kind, do: func(ctx context.Context, s *scene, id string) (any, error) {
			return only(s.p.Addresses().Release(ctx, lb.AddressID(id)))
		}, again: true},
	}
}

// attach gives the scene's address to its load balancer.
func (s *scene) attach() {
	s.Helper()
	s.moved(must(s.p.Addresses().Attach(s.ctx, s.address, s.id))(s.world, "attach an address"))
}

// moved waits for an operation on an address.
func (s *scene) moved(op *lb.Operation) {
	s.Helper()
	must(lb.WaitOperation(s.ctx, s.p, op, lb.WithPoll(1, 1), lb.WithProgress(func(lb.Progress) { s.pass(10 * time.Second) })))(s.world, "wait for an address to move")
}

func operationCalls() []call {
	return []call{
		{op: "operations.get", kind: lb.KindOperation, do: func(ctx context.Context, s *scene, id string) (any, error) {
			return read(s.p.Operations().Get(ctx, lb.OperationID(id)))
		}},
		{op: "operations.list", kind: lb.KindLoadBalancer, do: func(ctx context.Context, s *scene, id string) (any, error) {
			return items(s.p.Operations().List(ctx, lb.LoadBalancerID(id), lb.PageOptions{}))
		}},
	}
}
