package rest_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// maker makes one object through a provider and counts those that are there.
type maker struct {
	name  string
	only  string // the provider that can; empty: both
	skip  int    // of its POSTs, how many go well
	make  func(ctx context.Context, r *room) (id string, err error)
	count func(ctx context.Context, r *room) (ids []string, err error)
}

var httpBackend = lb.BackendSpec{
	Name: "made", Protocol: lb.ProtocolHTTP, Port: 8080,
	HealthCheck: &lb.HealthCheck{Type: lb.CheckTCP, Interval: lb.Duration(30 * time.Second)},
}

var makers = []maker{
	{
		"backend", "", 0,
		func(ctx context.Context, r *room) (string, error) {
			made, err := r.p.Backends().Create(ctx, r.lb, httpBackend)
			return idOf(made, err, func(b *lb.Backend) string { return string(b.ID) })
		},
		func(ctx context.Context, r *room) ([]string, error) {
			return idsOf(r.p.Backends().List(ctx, r.lb, lb.ListOptions{Name: "made"}), func(b *lb.Backend) string { return string(b.ID) })
		},
	},
	{
		"frontend", "", 0,
		func(ctx context.Context, r *room) (string, error) {
			made, err := r.p.Frontends().Create(ctx, r.lb, lb.FrontendSpec{Name: "made", Protocol: lb.ProtocolHTTP, Ports: []lb.PortRange{lb.Port(80)}, DefaultBackend: r.backend})
			return idOf(made, err, func(f *lb.Frontend) string { return string(f.ID) })
		},
		func(ctx context.Context, r *room) ([]string, error) {
			return idsOf(r.p.Frontends().List(ctx, r.lb, lb.ListOptions{Name: "made"}), func(f *lb.Frontend) string { return string(f.ID) })
		},
	},
	{
		"server", "", 0,
		func(ctx context.Context, r *room) (string, error) {
			made, err := r.p.Servers().Add(ctx, r.backend, lb.ServerSpec{Address: netip.MustParseAddr("10.0.0.2")})
			if err != nil {
				return "", err
			}
			return string(made[0].ID), nil
		},
		func(ctx context.Context, r *room) ([]string, error) {
			all, err := idsOf(r.p.Servers().List(ctx, r.backend, lb.ListOptions{}), func(s *lb.Server) string { return string(s.ID) })
			return all[1:], err // the first was there before
		},
	},
	{
		"load balancer", "scaleway", 0, // one is ordered at OVH
		func(ctx context.Context, r *room) (string, error) {
			made, err := r.p.LoadBalancers().Create(ctx, lb.LoadBalancerSpec{Name: "made", Zone: string(zone)})
			return idOf(made, err, func(b *lb.LoadBalancer) string { return string(b.ID) })
		},
		func(ctx context.Context, r *room) ([]string, error) {
			return idsOf(r.p.LoadBalancers().List(ctx, lb.LoadBalancerListOptions{ListOptions: lb.ListOptions{Name: "made"}}), func(b *lb.LoadBalancer) string { return string(b.ID) })
		},
	},
	{
		"server of a new backend", "ovh", 1,
		func(ctx context.Context, r *room) (string, error) {
			made, err := r.p.Backends().Create(ctx, r.lb, httpBackend, lb.ServerSpec{Address: netip.MustParseAddr("10.0.0.2")})
			return idOf(made, err, func(b *lb.Backend) string { return string(b.ID) })
		},
		func(ctx context.Context, r *room) (ids []string, err error) {
			for b, err := range r.p.Backends().List(ctx, r.lb, lb.ListOptions{Name: "made"}) {
				if err != nil {
					return nil, err
				}
				servers, err := lb.Collect(r.p.Servers().List(ctx, b.ID, lb.ListOptions{}))
				if err != nil {
					return nil, err
				}
				for range servers {
					ids = append(ids, string(b.ID))
				}
			}
			return ids, nil
		},
	},
	{
		"certificate", "", 0,
		func(ctx context.Context, r *room) (string, error) {
			chain, key := material()
			made, err := r.p.Certificates().Create(ctx, r.lb, lb.CertificateSpec{Name: "made", PEM: chain, Key: lb.NewSecret(key)})
			return idOf(made, err, func(c *lb.Certificate) string { return string(c.ID) })
		},
		countCertificates,
	},
	{
		"ordered certificate", "", 0,
		func(ctx context.Context, r *room) (string, error) {
			spec := lb.CertificateSpec{Domains: []string{"made.example.org"}}
			if r.p.Name() == "scaleway" {
				spec.Name = "made" // OVH takes no name with an order, and Scaleway needs one
			}
			made, err := r.p.Certificates().Create(ctx, r.lb, spec)
			if err != nil {
				return "", err
			}
			made, err = lb.WaitCertificate(ctx, r.p, made.ID) // OVH's has its ID once it is there
			return idOf(made, err, func(c *lb.Certificate) string { return string(c.ID) })
		},
		func(ctx context.Context, r *room) ([]string, error) {
			<-time.After(time.Hour) // what was ordered is there
			return countCertificates(ctx, r)
		},
	},
	{"filter", "", 0, setFilter, countFilters},
	{"rule of a filter", "ovh", 1, setFilter, countFilters},
	{"route", "", 0, setRoute, countRoutes},
	{"rule of a route", "ovh", 1, setRoute, countRoutes},
	{
		"address", "scaleway", 0, // they come with a service of their own at OVH
		func(ctx context.Context, r *room) (string, error) {
			made, err := r.p.Addresses().Allocate(ctx, lb.AddressSpec{Zone: string(zone), Tags: []string{"made"}})
			return idOf(made, err, func(a *lb.Address) string { return string(a.ID) })
		},
		func(ctx context.Context, r *room) ([]string, error) {
			made := rest.Filter(r.p.Addresses().List(ctx, lb.AddressListOptions{}), func(a *lb.Address) bool { return slices.Contains(a.Tags, "made") })
			return idsOf(made, func(a *lb.Address) string { return string(a.ID) })
		},
	},
}

func countCertificates(ctx context.Context, r *room) ([]string, error) {
	return idsOf(r.p.Certificates().List(ctx, r.lb, lb.ListOptions{}), func(c *lb.Certificate) string { return string(c.ID) })
}

// material is a certificate and its key, in PEM.
var material = sync.OnceValues(func() (chain, key string) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "made.example.org"}, DNSNames: []string{"made.example.org"},
		NotBefore: now.AddDate(-50, 0, 0), NotAfter: now.AddDate(50, 0, 0), // a bubble's time is another
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		panic(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		panic(err)
	}
	block := func(kind string, bytes []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: bytes}))
	}
	return block("CERTIFICATE", der), block("PRIVATE KEY", secret)
})

func setFilter(ctx context.Context, r *room) (string, error) {
	deny := lb.FilterSpec{Action: lb.FilterDeny, Match: lb.Match{{Field: lb.FieldPath, Op: lb.MatchPrefix, Values: []string{"/made"}}}}
	made, err := r.p.Filters().Set(ctx, r.frontend, []lb.FilterSpec{deny}, lb.SetOptions{})
	return firstOf(made, err, func(f *lb.Filter) string { return f.ID })
}

// countFilters counts a filter once for each of its conditions: one that was
// written twice shows.
func countFilters(ctx context.Context, r *room) (ids []string, err error) {
	for f, err := range r.p.Filters().List(ctx, r.frontend, lb.PageOptions{}) {
		if err != nil {
			return nil, err
		}
		ids = append(ids, slices.Repeat([]string{f.ID}, max(1, len(f.Match)))...)
	}
	return ids, nil
}

func setRoute(ctx context.Context, r *room) (string, error) {
	to := lb.RouteSpec{Backend: r.backend, Match: lb.Match{{Field: lb.FieldHost, Values: []string{"made.example.org"}}}}
	made, err := r.p.Routes().Set(ctx, r.frontend, []lb.RouteSpec{to}, lb.SetOptions{})
	return firstOf(made, err, func(x *lb.Route) string { return x.ID })
}

func countRoutes(ctx context.Context, r *room) (ids []string, err error) {
	for x, err := range r.p.Routes().List(ctx, r.frontend, lb.PageOptions{}) {
		if err != nil {
			return nil, err
		}
		ids = append(ids, slices.Repeat([]string{x.ID}, max(1, len(x.Match)))...)
	}
	return ids, nil
}

func firstOf[T any](made []*T, err error, id func(*T) string) (string, error) {
	if err != nil {
		return "", err
	}
	return id(made[0]), nil
}

func idOf[T any](made *T, err error, id func(*T) string) (string, error) {
	if err != nil {
		return "", err
	}
	return id(made), nil
}

func idsOf[T any](list func(func(*T, error) bool), id func(*T) string) (ids []string, err error) {
	for item, err := range list {
		if err != nil {
			return ids, err
		}
		ids = append(ids, id(item))
	}
	return ids, nil
}
