package lbtest_test

import (
	"context"
	"net/netip"

	"github.com/lbkit/lbkit/lb"
)

// memoryDrain ranges over a list.
func memoryDrain[T any](list func(func(T, error) bool)) error {
	_, err := lb.Collect(list)
	return err
}

// memoryCall is one call, about the object of an ID that is valid unless a test says
// otherwise: id returns it in the place of the valid one.
type memoryCall struct {
	op  string
	run func(ctx context.Context, w *memoryWorld, id func(valid string) string) error
}

func memoryCallTable() []memoryCall {
	type ids = func(string) string
	type world = memoryWorld
	lbID := func(w *world, id ids) lb.LoadBalancerID { return lb.LoadBalancerID(id(string(w.lb))) }
	feID := func(w *world, id ids) lb.FrontendID { return lb.FrontendID(id(string(w.frontend.ID))) }
	beID := func(w *world, id ids) lb.BackendID { return lb.BackendID(id(string(w.backend.ID))) }
	srvID := func(w *world, id ids) lb.ServerID { return lb.ServerID(id(string(w.backend.Servers[0].ID))) }
	certID := func(w *world, id ids) lb.CertificateID { return lb.CertificateID(id(string(w.certificate.ID))) }
	addrID := func(w *world, id ids) lb.AddressID { return lb.AddressID(id(string(w.address.ID))) }
	return []memoryCall{
		{"loadbalancers.get", func(ctx context.Context, w *world, id ids) error {
			_, err := w.LoadBalancers().Get(ctx, lbID(w, id))
			return err
		}},
		{"loadbalancers.update", func(ctx context.Context, w *world, id ids) error {
			_, err := w.LoadBalancers().Update(ctx, lbID(w, id), func(s *lb.LoadBalancerSpec) error { s.Name = "other"; return nil })
			return err
		}},
		{"loadbalancers.delete", func(ctx context.Context, w *world, id ids) error {
			return w.LoadBalancers().Delete(ctx, lbID(w, id), lb.DeleteLoadBalancerOptions{})
		}},
		{"loadbalancers.read", func(ctx context.Context, w *world, id ids) error {
			_, err := w.LoadBalancers().Read(ctx, lbID(w, id))
			return err
		}},
		{"loadbalancers.health", func(ctx context.Context, w *world, id ids) error {
			_, err := w.LoadBalancers().Health(ctx, lbID(w, id))
			return err
		}},
		{"loadbalancers.egressRanges", func(ctx context.Context, w *world, id ids) error {
			_, err := w.LoadBalancers().EgressRanges(ctx, lbID(w, id))
			return err
		}},
		{"loadbalancers.pending", func(ctx context.Context, w *world, id ids) error {
			_, err := w.LoadBalancers().Pending(ctx, lbID(w, id))
			return err
		}},
		{"loadbalancers.commit", func(ctx context.Context, w *world, id ids) error {
			_, err := w.LoadBalancers().Commit(ctx, lbID(w, id), lb.CommitOptions{})
			return err
		}},
		{"frontends.list", func(ctx context.Context, w *world, id ids) error {
			return memoryDrain(w.Frontends().List(ctx, lbID(w, id), lb.ListOptions{}))
		}},
		{"frontends.get", func(ctx context.Context, w *world, id ids) error {
			_, err := w.Frontends().Get(ctx, feID(w, id))
			return err
		}},
		{"frontends.create", func(ctx context.Context, w *world, id ids) error {
			_, err := w.Frontends().Create(ctx, lbID(w, id), lb.FrontendSpec{Protocol: lb.ProtocolTCP, Ports: []lb.PortRange{lb.Port(25)}})
			return err
		}},
		{"frontends.update", func(ctx context.Context, w *world, id ids) error {
			_, err := w.Frontends().Update(ctx, feID(w, id), func(s *lb.FrontendSpec) error { s.Name = "other"; return nil })
			return err
		}},
		{"frontends.delete", func(ctx context.Context, w *world, id ids) error { return w.Frontends().Delete(ctx, feID(w, id)) }},
		{"backends.list", func(ctx context.Context, w *world, id ids) error {
			return memoryDrain(w.Backends().List(ctx, lbID(w, id), lb.ListOptions{}))
		}},
		{"backends.get", func(ctx context.Context, w *world, id ids) error {
			_, err := w.Backends().Get(ctx, beID(w, id))
			return err
		}},
		{"backends.create", func(ctx context.Context, w *world, id ids) error {
			_, err := w.Backends().Create(ctx, lbID(w, id), lb.BackendSpec{Protocol: lb.ProtocolTCP})
			return err
		}},
		{"backends.update", func(ctx context.Context, w *world, id ids) error {
			_, err := w.Backends().Update(ctx, beID(w, id), func(s *lb.BackendSpec) error { s.Name = "other"; return nil })
			return err
		}},
		{"backends.delete", func(ctx context.Context, w *world, id ids) error { return w.Backends().Delete(ctx, beID(w, id)) }},
		{"backends.health", func(ctx context.Context, w *world, id ids) error {
			return memoryDrain(w.Backends().Health(ctx, beID(w, id), lb.PageOptions{}))
		}},
		{"servers.list", func(ctx context.Context, w *world, id ids) error {
			return memoryDrain(w.Servers().List(ctx, beID(w, id), lb.ListOptions{}))
		}},
		{"servers.get", func(ctx context.Context, w *world, id ids) error {
			_, err := w.Servers().Get(ctx, srvID(w, id))
			return err
		}},
		{"servers.add", func(ctx context.Context, w *world, id ids) error {
			_, err := w.Servers().Add(ctx, beID(w, id), lb.ServerSpec{Address: netip.MustParseAddr("10.0.0.9")})
			return err
		}},
		{"servers.update", func(ctx context.Context, w *world, id ids) error {
			_, err := w.Servers().Update(ctx, srvID(w, id), func(s *lb.ServerSpec) error { s.Disabled = true; return nil })
			return err
		}},
		{"servers.remove", func(ctx context.Context, w *world, id ids) error { return w.Servers().Remove(ctx, srvID(w, id)) }},
		{"servers.set", func(ctx context.Context, w *world, id ids) error {
			_, err := w.Servers().Set(ctx, beID(w, id), nil, lb.SetOptions{AllowEmpty: true})
			return err
		}},
		{"filters.list", func(ctx context.Context, w *world, id ids) error {
			return memoryDrain(w.Filters().List(ctx, feID(w, id), lb.PageOptions{}))
		}},
		{"filters.set", func(ctx context.Context, w *world, id ids) error {
			_, err := w.Filters().Set(ctx, feID(w, id), nil, lb.SetOptions{AllowEmpty: true})
			return err
		}},
		{"routes.list", func(ctx context.Context, w *world, id ids) error {
			return memoryDrain(w.Routes().List(ctx, feID(w, id), lb.PageOptions{}))
		}},
		{"routes.set", func(ctx context.Context, w *world, id ids) error {
			_, err := w.Routes().Set(ctx, feID(w, id), nil, lb.SetOptions{AllowEmpty: true})
			return err
		}},
		{"certificates.list", func(ctx context.Context, w *world, id ids) error {
			return memoryDrain(w.Certificates().List(ctx, lbID(w, id), lb.ListOptions{}))
		}},
		{"certificates.get", func(ctx context.Context, w *world, id ids) error {
			_, err := w.Certificates().Get(ctx, certID(w, id))
			return err
		}},
		{"certificates.create", func(ctx context.Context, w *world, id ids) error {
			_, err := w.Certificates().Create(ctx, lbID(w, id), lb.CertificateSpec{Domains: []string{"a.example.org"}})
			return err
		}},
		{"certificates.rename", func(ctx context.Context, w *world, id ids) error {
			_, err := w.Certificates().Rename(ctx, certID(w, id), "other")
			return err
		}},
		{"certificates.delete", func(ctx context.Context, w *world, id ids) error { return w.Certificates().Delete(ctx, certID(w, id)) }},
		{"addresses.list", func(ctx context.Context, w *world, id ids) error {
			return memoryDrain(w.Addresses().List(ctx, lb.AddressListOptions{LoadBalancer: lbID(w, id)}))
		}},
		{"addresses.get", func(ctx context.Context, w *world, id ids) error {
			_, err := w.Addresses().Get(ctx, addrID(w, id))
			return err
		}},
		{"addresses.attach", func(ctx context.Context, w *world, id ids) error {
			_, err := w.Addresses().Attach(ctx, addrID(w, id), w.lb)
			return err
		}},
		{"addresses.detach", func(ctx context.Context, w *world, id ids) error {
			_, err := w.Addresses().Detach(ctx, addrID(w, id))
			return err
		}},
		{"addresses.release", func(ctx context.Context, w *world, id ids) error { return w.Addresses().Release(ctx, addrID(w, id)) }},
		{"operations.get", func(ctx context.Context, w *world, id ids) error {
			_, err := w.Operations().Get(ctx, lb.OperationID(id(string(w.lb)+"/operation-1")))
			return err
		}},
		{"operations.list", func(ctx context.Context, w *world, id ids) error {
			return memoryDrain(w.Operations().List(ctx, lbID(w, id), lb.PageOptions{}))
		}},
	}
}

// memoryRootCalls are those that are about no object.
func memoryRootCalls() []memoryCall {
	return []memoryCall{
		{"loadbalancers.list", func(ctx context.Context, w *memoryWorld, _ func(string) string) error {
			return memoryDrain(w.LoadBalancers().List(ctx, lb.LoadBalancerListOptions{}))
		}},
		{"loadbalancers.create", func(ctx context.Context, w *memoryWorld, _ func(string) string) error {
			_, err := w.LoadBalancers().Create(ctx, lb.LoadBalancerSpec{Name: "new"})
			return err
		}},
		{"addresses.allocate", func(ctx context.Context, w *memoryWorld, _ func(string) string) error {
			_, err := w.Addresses().Allocate(ctx, lb.AddressSpec{})
			return err
		}},
	}
}
