package document

import (
	"cmp"

	"github.com/lbkit/lbkit/lb"
)

// A document has IDs in the place of keys from when it is read until it is written. It is the
// provider's own for as long, and is changed in place.

// identify puts IDs in the place of keys, and says of each object what it is part of.
func (d *Document) identify(provider string) {
	id := join(provider, "", string(d.LoadBalancer.ID))
	balancer := lb.LoadBalancerID(id)
	d.LoadBalancer.ID = balancer
	d.LoadBalancer.Provisioning = cmp.Or(d.LoadBalancer.Provisioning, lb.ProvisioningReady)
	backendID := func(key lb.BackendID) lb.BackendID {
		if key == "" {
			return ""
		}
		return lb.BackendID(join(id, "backends", string(key)))
	}
	for _, c := range d.Certificates {
		c.LoadBalancer = balancer
	}
	for _, b := range d.Backends {
		b.ID, b.LoadBalancer = backendID(b.ID), balancer
		for _, s := range b.Servers {
			s.ID, s.Backend = serverID(b.ID, s.ServerSpec), b.ID
		}
	}
	for _, f := range d.Frontends {
		f.ID, f.LoadBalancer = lb.FrontendID(join(id, "frontends", string(f.ID))), balancer
		f.DefaultBackend = backendID(f.DefaultBackend)
		for _, filter := range f.Filters {
			filter.Frontend = f.ID
		}
		for _, route := range f.Routes {
			route.Frontend, route.Backend = f.ID, backendID(route.Backend)
		}
	}
}

// unidentify is the way back.
func (d *Document) unidentify() {
	d.LoadBalancer.ID = lb.LoadBalancerID(lastKey(string(d.LoadBalancer.ID)))
	for _, c := range d.Certificates {
		c.LoadBalancer = ""
	}
	for _, b := range d.Backends {
		b.ID, b.LoadBalancer = lb.BackendID(lastKey(string(b.ID))), ""
		for _, s := range b.Servers {
			s.ID, s.Backend = ServerKey(s.ServerSpec), ""
		}
	}
	for _, f := range d.Frontends {
		f.ID, f.LoadBalancer = lb.FrontendID(lastKey(string(f.ID))), ""
		f.DefaultBackend = lb.BackendID(lastKey(string(f.DefaultBackend)))
		for _, filter := range f.Filters {
			filter.Frontend = ""
		}
		for _, route := range f.Routes {
			route.Frontend, route.Backend = "", lb.BackendID(lastKey(string(route.Backend)))
		}
	}
}

// backend finds a backend, or is nil. So does frontend.
func (d *Document) backend(id lb.BackendID) *lb.Backend {
	for _, b := range d.Backends {
		if b.ID == id {
			return b
		}
	}
	return nil
}

func (d *Document) frontend(id lb.FrontendID) *lb.FrontendTree {
	for i := range d.Frontends {
		if d.Frontends[i].ID == id {
			return &d.Frontends[i]
		}
	}
	return nil
}
