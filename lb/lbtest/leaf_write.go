package lbtest

import (
	"crypto/sha1" //nolint:gosec // G505: fingerprints of certificates are made with it
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/lbkit/lbkit/lb"
)

// notReadBack are the leaves that a read need not show as they were written. There are
// no other exceptions to the law of leaves. (Of the other leaves that are write-only, or
// count at creation alone, a read shows something: the fingerprint of PEM, the family of
// an address. What a provider's extension holds of that kind has no part in Harness.Own.)
var notReadBack = map[lb.Feature]exception{
	"certificate.key":   always, // write-only: nothing tells it
	"loadbalancer.zone": leftOut,
	"address.zone":      leftOut,
	"address.reverse":   leftOut, // then it is a name of the provider's
}

// exception is when a leaf is not read back.
type exception int

const (
	always  exception = iota + 1
	leftOut           // where the spec does not set it: then the provider has chosen
)

// excused reports whether a difference is an exception to the law.
func excused(d difference) bool {
	switch notReadBack[d.path] {
	case always:
		return true
	case leftOut:
		return d.Before == nil || reflect.ValueOf(d.Before).IsZero()
	default:
		return false
	}
}

// reading reads back what was written, and takes it away again.
type reading func() (example, error)

// put writes the part of x that is of a kind.
func (r *leafRig) put(kind lb.Kind, x example) (reading, error) {
	switch kind {
	case lb.KindLoadBalancer:
		return r.putLoadBalancer(x.LoadBalancer)
	case lb.KindFrontend:
		return r.putFrontend(x.Frontend)
	case lb.KindBackend, lb.KindServer:
		return r.putBackend(x.Backend, x.Servers)
	case lb.KindFilter:
		return r.putFilters(x.Frontend, x.Filters)
	case lb.KindRoute:
		return r.putRoutes(x.Frontend, x.Routes)
	case lb.KindCertificate:
		return r.putCertificate(x.Certificate)
	case lb.KindAddress:
		return r.putAddress(x.Address)
	default:
		panic("lbtest: no spec of " + string(kind))
	}
}

func (r *leafRig) putLoadBalancer(spec lb.LoadBalancerSpec) (reading, error) {
	service := r.provider.LoadBalancers()
	if !r.p.Has("loadbalancers.create") {
		_, err := service.Update(r.ctx, r.loadBalancer(), func(s *lb.LoadBalancerSpec) error {
			*s = spec
			return nil
		})
		return func() (example, error) {
			got, err := service.Get(r.ctx, r.loadBalancer())
			if err != nil {
				return example{}, err
			}
			return example{LoadBalancer: got.LoadBalancerSpec}, nil
		}, err
	}
	made, err := service.Create(r.ctx, spec)
	if err != nil {
		return nil, err
	}
	return func() (example, error) {
		got, err := lb.WaitReady(r.ctx, r.provider, made.ID, r.polling()...)
		if err != nil {
			return example{}, err
		}
		return example{LoadBalancer: got.LoadBalancerSpec}, service.Delete(r.ctx, made.ID, lb.DeleteLoadBalancerOptions{})
	}, nil
}

// polling is how the law waits: often, and time passes meanwhile.
func (r *leafRig) polling() []lb.WaitOption {
	return []lb.WaitOption{lb.WithPoll(time.Millisecond, 10*time.Millisecond), lb.WithProgress(func(lb.Progress) {
		if r.Advance != nil {
			r.Advance(time.Second)
		}
	})}
}

func (r *leafRig) putFrontend(spec lb.FrontendSpec) (reading, error) {
	service := r.provider.Frontends()
	made, err := service.Create(r.ctx, r.loadBalancer(), spec)
	if err != nil {
		return nil, err
	}
	return func() (example, error) {
		got, err := service.Get(r.ctx, made.ID)
		if err != nil {
			return example{}, err
		}
		return example{Frontend: got.FrontendSpec}, service.Delete(r.ctx, made.ID)
	}, nil
}

func (r *leafRig) putBackend(spec lb.BackendSpec, servers []lb.ServerSpec) (reading, error) {
	service := r.provider.Backends()
	made, err := service.Create(r.ctx, r.loadBalancer(), spec, servers...)
	if err != nil {
		return nil, err
	}
	return func() (example, error) {
		got, err := service.Get(r.ctx, made.ID)
		if err != nil {
			return example{}, err
		}
		x := example{Backend: got.BackendSpec}
		for _, server := range got.Servers {
			x.Servers = append(x.Servers, server.ServerSpec)
		}
		return x, service.Delete(r.ctx, made.ID)
	}, nil
}

// putFilters sets the filters of a frontend that earlier specs of it have set some of:
// so the way from any list to any other is tried too.
func (r *leafRig) putFilters(frontend lb.FrontendSpec, specs []lb.FilterSpec) (reading, error) {
	service, id := r.provider.Filters(), r.frontend(frontend)
	if _, err := service.Set(r.ctx, id, specs, lb.SetOptions{AllowEmpty: true}); err != nil {
		return nil, err
	}
	return func() (example, error) {
		got, err := lb.Collect(service.List(r.ctx, id, lb.PageOptions{}))
		x := example{}
		for _, filter := range got {
			x.Filters = append(x.Filters, filter.FilterSpec)
		}
		return x, err
	}, nil
}

func (r *leafRig) putRoutes(frontend lb.FrontendSpec, specs []lb.RouteSpec) (reading, error) {
	service, id := r.provider.Routes(), r.frontend(frontend)
	if _, err := service.Set(r.ctx, id, specs, lb.SetOptions{AllowEmpty: true}); err != nil {
		return nil, err
	}
	return func() (example, error) {
		got, err := lb.Collect(service.List(r.ctx, id, lb.PageOptions{}))
		x := example{}
		for _, route := range got {
			x.Routes = append(x.Routes, route.RouteSpec)
		}
		return x, err
	}, nil
}

func (r *leafRig) putCertificate(spec lb.CertificateSpec) (reading, error) {
	service := r.provider.Certificates()
	made, err := service.Create(r.ctx, r.loadBalancer(), spec)
	if err != nil {
		return nil, err
	}
	return func() (example, error) {
		got, err := lb.WaitCertificate(r.ctx, r.provider, made.ID, r.polling()...)
		if err != nil {
			return example{}, err
		}
		read := lb.CertificateSpec{Name: got.Name}
		if len(spec.Domains) > 0 {
			read.Domains = got.Domains
		} else {
			read.PEM = r.uploadedPEM(got)
		}
		return example{Certificate: read}, service.Delete(r.ctx, got.ID)
	}, nil
}

// uploadedPEM is the certificate that was uploaded, known by its fingerprint, which may
// take a while to show.
func (r *leafRig) uploadedPEM(c *lb.Certificate) string {
	for range 1000 {
		for i := range certificatePairs {
			block, _ := pem.Decode([]byte(pair(i).certificate))
			if sum := sha1.Sum(block.Bytes); hex.EncodeToString(sum[:]) == c.Fingerprint { //nolint:gosec // G401: fingerprints are made with it
				return pair(i).certificate
			}
		}
		<-time.After(time.Millisecond) // where no Advance moves the provider's clock
		again, err := lb.WaitCertificate(r.ctx, r.provider, c.ID, r.polling()...)
		if err != nil {
			return err.Error()
		}
		c = again
	}
	return "none with fingerprint " + c.Fingerprint
}

func (r *leafRig) putAddress(spec lb.AddressSpec) (reading, error) {
	service := r.provider.Addresses()
	made, err := service.Allocate(r.ctx, spec)
	if err != nil {
		return nil, err
	}
	return func() (example, error) {
		got, err := service.Get(r.ctx, made.ID)
		if err != nil {
			return example{}, err
		}
		read := lb.AddressSpec{Zone: got.Zone, IPv6: got.Prefix.Addr().Is6(), Reverse: got.Reverse, Tags: got.Tags, Extensions: got.Extensions}
		return example{Address: read}, service.Release(r.ctx, made.ID)
	}, nil
}

// difference is a field in which one example differs from another.
type difference struct {
	path lb.Feature
	lb.Change
}

func (d difference) String() string {
	return fmt.Sprintf("%s is %v, want %v", d.path, d.After, d.Before)
}

// differences lists in what got differs from want.
func differences(want, got example) []difference {
	return slices.Concat(
		specDifferences("loadbalancer", []lb.LoadBalancerSpec{want.LoadBalancer}, []lb.LoadBalancerSpec{got.LoadBalancer}),
		specDifferences("frontend", []lb.FrontendSpec{want.Frontend}, []lb.FrontendSpec{got.Frontend}),
		specDifferences("backend", []lb.BackendSpec{want.Backend}, []lb.BackendSpec{got.Backend}),
		specDifferences("server", byEndpoint(want.Servers), byEndpoint(got.Servers)),
		specDifferences("filter", want.Filters, got.Filters),
		specDifferences("route", want.Routes, got.Routes),
		specDifferences("certificate", []lb.CertificateSpec{want.Certificate}, []lb.CertificateSpec{got.Certificate}),
		specDifferences("address", []lb.AddressSpec{want.Address}, []lb.AddressSpec{got.Address}),
	)
}

func specDifferences[S lb.Spec](kind lb.Feature, want, got []S) []difference {
	if len(want) != len(got) {
		return []difference{{path: kind, Change: lb.Change{Before: fmt.Sprintf("%+v", want), After: fmt.Sprintf("%+v", got)}}}
	}
	var out []difference
	for i := range want {
		for _, change := range lb.Diff(want[i], got[i]) {
			out = append(out, difference{path: kind + "." + lb.Feature(change.Path), Change: change})
		}
	}
	return out
}

// byEndpoint sorts servers, whose order means nothing.
func byEndpoint(servers []lb.ServerSpec) []lb.ServerSpec {
	return slices.SortedStableFunc(slices.Values(servers), func(a, b lb.ServerSpec) int {
		if c := a.Address.Compare(b.Address); c != 0 {
			return c
		}
		return int(a.Port) - int(b.Port)
	})
}
