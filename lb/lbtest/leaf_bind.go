package lbtest

import (
	"fmt"

	"github.com/lbkit/lbkit/lb"
)

// bind puts IDs in the place of the names of other objects, which it makes where they
// are missing.
func (r *leafRig) bind(kind lb.Kind, x *example) {
	switch kind {
	case lb.KindLoadBalancer:
		r.bindLoadBalancer(&x.LoadBalancer)
	case lb.KindFrontend:
		r.bindFrontend(&x.Frontend)
	case lb.KindFilter:
		r.bindFrontend(&x.Frontend)
		r.frontend(x.Frontend)
	case lb.KindRoute:
		r.bindFrontend(&x.Frontend)
		r.frontend(x.Frontend)
		for i := range x.Routes {
			x.Routes[i].Backend = r.backend(string(x.Routes[i].Backend), x.Frontend.Protocol)
		}
	default: // they refer to nothing
		r.loadBalancer()
	}
}

// bindLoadBalancer: what an order has settled stays, unless the spec says otherwise.
func (r *leafRig) bindLoadBalancer(spec *lb.LoadBalancerSpec) {
	if r.p.Has("loadbalancers.create") {
		return
	}
	live, err := r.provider.LoadBalancers().Get(r.ctx, r.loadBalancer())
	if err != nil {
		r.t.Fatalf("reading the load balancer: %v", err)
	}
	if spec.Tags == nil {
		spec.Tags = live.Tags
	}
	if spec.Plan == "" {
		spec.Plan = live.Plan
	}
	if spec.Zone == "" {
		spec.Zone = live.Zone
	}
}

func (r *leafRig) bindFrontend(spec *lb.FrontendSpec) {
	spec.DefaultBackend = r.backend(string(spec.DefaultBackend), spec.Protocol)
	for i, id := range spec.Certificates {
		if !r.p.Has("certificates.create") {
			break // there are none, and they are refused unread
		}
		spec.Certificates[i] = r.certificate(id)
	}
}

// loadBalancer is the one that everything is in.
func (r *leafRig) loadBalancer() lb.LoadBalancerID {
	if r.lb == "" {
		r.lb = r.LoadBalancer(r.t)
	}
	return r.lb
}

// backend is a backend that specs call so, or none where they name none.
func (r *leafRig) backend(name string, protocol lb.Protocol) lb.BackendID {
	if name == "" {
		return ""
	}
	if !r.p.takes("backend.protocol", protocol) {
		protocol = r.p.protocol("backend.protocol", lb.ProtocolHTTP)
	}
	key := name + " of " + string(protocol)
	if id, ok := r.backends[key]; ok {
		return id
	}
	x := newExample(r.p)
	x.Backend.Name, x.Backend.Protocol = name, protocol
	if protocol == lb.ProtocolUDP {
		x.Backend.HealthCheck = nil
	}
	made, err := r.provider.Backends().Create(r.ctx, r.loadBalancer(), x.Backend, x.Servers...)
	if err != nil {
		r.t.Fatalf("making backend %s: %v", key, err)
	}
	r.backends[key] = made.ID
	return made.ID
}

// certificate is a certificate that specs call so.
func (r *leafRig) certificate(name lb.CertificateID) lb.CertificateID {
	if id, ok := r.certificates[name]; ok {
		return id
	}
	x := newExample(r.p)
	x.Certificate.Name = string(name)
	made, err := r.provider.Certificates().Create(r.ctx, r.loadBalancer(), x.Certificate)
	if err != nil {
		r.t.Fatalf("making certificate %s: %v", name, err)
	}
	r.certificates[name] = made.ID
	return made.ID
}

// frontend is a frontend with the protocol and the ports of a spec.
func (r *leafRig) frontend(spec lb.FrontendSpec) lb.FrontendID {
	key := fmt.Sprint(spec.Protocol, spec.Ports)
	if id, ok := r.frontends[key]; ok {
		return id
	}
	if !r.p.takes("frontend.protocol", spec.Protocol) {
		spec.Protocol = r.p.protocol("frontend.protocol", lb.ProtocolHTTP)
	}
	made, err := r.provider.Frontends().Create(r.ctx, r.loadBalancer(), spec)
	if err != nil {
		r.t.Fatalf("making a frontend: %v", err)
	}
	r.frontends[key] = made.ID
	return made.ID
}
