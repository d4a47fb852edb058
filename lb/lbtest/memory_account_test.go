package lbtest_test

import (
	"errors"
	"net/netip"
	"testing"
	"testing/synctest"

	"github.com/lbkit/lbkit/internal/keypair"
	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/lbtest"
)

func TestMemoryLoadBalancers(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	m := lbtest.NewMemory(lbtest.WithPolls(0))
	for _, spec := range []lb.LoadBalancerSpec{
		{Name: "a", Zone: "north", Tags: []string{"x", "y"}}, {Name: "a", Zone: "south", Tags: []string{"x"}}, {Name: "b"},
	} {
		m.AddLoadBalancer(spec)
	}
	for name, tc := range map[string]struct {
		opts lb.LoadBalancerListOptions
		want int
	}{
		"all":        {lb.LoadBalancerListOptions{}, 3},
		"by name":    {lb.LoadBalancerListOptions{ListOptions: lb.ListOptions{Name: "a"}}, 2},
		"by tags":    {lb.LoadBalancerListOptions{Tags: []string{"y", "x"}}, 1},
		"by zone":    {lb.LoadBalancerListOptions{Zone: "south"}, 1},
		"by neither": {lb.LoadBalancerListOptions{Zone: "west"}, 0},
	} {
		all, err := lb.Collect(m.LoadBalancers().List(ctx, tc.opts))
		if err != nil || len(all) != tc.want {
			t.Errorf("%s: got %d, %v", name, len(all), err)
		}
	}

	// Zones are for good, and a commit is of one.
	_, err := m.LoadBalancers().Update(ctx, "memory/lb-1", func(s *lb.LoadBalancerSpec) error { s.Zone, s.Name = "south", "c"; return nil })
	var unsupported *lb.UnsupportedError
	if !errors.As(err, &unsupported) || unsupported.Feature != "loadbalancer.zone.update" || unsupported.Path != "zone" {
		t.Errorf("got %v", err)
	}
	if got, err := m.LoadBalancers().Get(ctx, "memory/lb-1"); err != nil || got.Name != "a" || got.Zones[0] != "north" {
		t.Errorf("got %+v, %v", got, err)
	}

	m.SetProvisioning("memory/lb-2", lb.ProvisioningError)
	if _, err := lb.WaitReady(ctx, m, "memory/lb-2"); !errors.Is(err, lb.ErrFailed) {
		t.Errorf("got %v", err)
	}
	m.SetProvisioning("memory/lb-2", lb.ProvisioningReady)
	if _, err := lb.WaitReady(ctx, m, "memory/lb-2"); err != nil {
		t.Error(err)
	}
}

func TestMemoryDelete(t *testing.T) {
	t.Parallel()
	for _, release := range []bool{false, true} {
		w := newMemoryWorld(t)
		ctx := t.Context()
		if err := w.LoadBalancers().Delete(ctx, w.lb, lb.DeleteLoadBalancerOptions{ReleaseAddresses: release}); err != nil {
			t.Fatal(err)
		}
		all, err := lb.Collect(w.LoadBalancers().List(ctx, lb.LoadBalancerListOptions{}))
		if err != nil || len(all) != 0 {
			t.Errorf("there is %v, %v", all, err)
		}
		memoryFails(t, w.LoadBalancers().Delete(ctx, w.lb, lb.DeleteLoadBalancerOptions{}), "loadbalancers.delete", lb.ErrNotFound)
		_, err = w.Backends().Get(ctx, w.backend.ID)
		memoryFails(t, err, "backends.get", lb.ErrNotFound)
		if got, err := w.LoadBalancers().Get(ctx, w.lb); err != nil || got.Provisioning != lb.ProvisioningDeleting {
			t.Errorf("the first look sees %+v, %v", got, err)
		}
		if _, err := w.LoadBalancers().Get(ctx, w.lb); !errors.Is(err, lb.ErrNotFound) {
			t.Errorf("the second look sees %v", err)
		}
		addresses, err := lb.Collect(w.Addresses().List(ctx, lb.AddressListOptions{}))
		if want := map[bool]int{false: 2, true: 1}[release]; err != nil || len(addresses) != want {
			t.Errorf("%d addresses are left, %v", len(addresses), err)
		}
		for _, address := range addresses {
			if address.LoadBalancer != "" || address.Primary {
				t.Errorf("left is %+v", address)
			}
		}
	}
}

func TestMemoryAddresses(t *testing.T) {
	t.Parallel()
	w := newMemoryWorld(t)
	ctx := t.Context()
	other := w.AddLoadBalancer(lb.LoadBalancerSpec{Zone: "north"})
	if w.address.Prefix != netip.MustParsePrefix("198.18.0.2/32") || w.address.Reverse != "edge.example.org" {
		t.Errorf("got %+v", w.address)
	}
	six, err := w.Addresses().Allocate(ctx, lb.AddressSpec{IPv6: true, Zone: "south"})
	if err != nil || six.Prefix != netip.MustParsePrefix("2001:db8::4/128") {
		t.Errorf("got %+v, %v", six, err)
	}
	_, err = w.Addresses().Attach(ctx, six.ID, other)
	memoryFails(t, err, "addresses.attach", lb.ErrInvalid) // another zone
	for _, to := range []lb.LoadBalancerID{w.lb, other, other} {
		o, err := w.Addresses().Attach(ctx, w.address.ID, to)
		if err != nil || o.Status != lb.OperationDone || o.LoadBalancer != to {
			t.Errorf("got %+v, %v", o, err)
		}
		of, err := lb.Collect(w.Addresses().List(ctx, lb.AddressListOptions{LoadBalancer: to}))
		if err != nil || len(of) != 2 || of[0].LoadBalancer != to || of[1].LoadBalancer != to {
			t.Errorf("got %v, %v", of, err)
		}
	}
	got, err := w.LoadBalancers().Get(ctx, other)
	if err != nil || len(got.Addresses) != 2 || got.Addresses[0] != w.address.Prefix.Addr() {
		t.Errorf("got %v, %v", got, err)
	}

	c := w.Capabilities()
	c.Features["addresses.attach.move"] = lb.Support{Hint: "stay"}
	still := lbtest.NewMemory(lbtest.WithCapabilities(c))
	still.AddLoadBalancer(lb.LoadBalancerSpec{})
	still.AddLoadBalancer(lb.LoadBalancerSpec{})
	var unsupported *lb.UnsupportedError
	if _, err = still.Addresses().Attach(ctx, "memory/address-1", "memory/lb-2"); !errors.As(err, &unsupported) || unsupported.Hint != "stay" {
		t.Errorf("got %v", err)
	}
}

func TestMemoryCertificates(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newMemoryWorld(t)
		ctx := t.Context()
		chain, key := selfSigned(t, "upload.example.org")
		up, err := w.Certificates().Create(ctx, w.lb, lb.CertificateSpec{Name: "up", PEM: "a comment\n" + chain, Key: lb.NewSecret(key)})
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := keypair.ParseChain(chain)
		if err != nil {
			t.Fatal(err)
		}
		if up.Provisioning != lb.ProvisioningReady || up.Source != lb.CertificateUploaded || len(up.Fingerprint) != 40 ||
			up.Domains[0] != "upload.example.org" || !up.NotAfter.Equal(parsed[0].NotAfter) {
			t.Errorf("got %+v", up)
		}
		_, otherKey := selfSigned(t, "other.example.org")
		_, err = w.Certificates().Create(ctx, w.lb, lb.CertificateSpec{PEM: chain, Key: lb.NewSecret(otherKey)})
		if got := memoryPaths(t, err); len(got) != 1 || got[0] != "!key" {
			t.Errorf("another's key: %v", err)
		}
		_, err = w.Certificates().Create(ctx, w.lb, lb.CertificateSpec{PEM: chain + key, Key: lb.NewSecret(key)})
		if got := memoryPaths(t, err); len(got) != 1 || got[0] != "!pem" {
			t.Errorf("a key in the chain: %v", err)
		}

		if got, err := w.Certificates().Rename(ctx, up.ID, "renamed"); err != nil || got.Name != "renamed" {
			t.Errorf("got %v, %v", got, err)
		}
		if one, err := lb.One(w.Certificates().List(ctx, w.lb, lb.ListOptions{Name: "renamed"})); err != nil || one.ID != up.ID {
			t.Errorf("got %v, %v", one, err)
		}
		lost, err := w.Certificates().Create(ctx, w.lb, lb.CertificateSpec{Domains: []string{"a.example.org", "www.nowhere.invalid"}})
		if err != nil {
			t.Fatal(err)
		}
		var state *lb.StateError
		if _, err := lb.WaitCertificate(ctx, w, lost.ID); !errors.As(err, &state) || state.Detail == "" {
			t.Errorf("a domain that leads nowhere: %v", err)
		}
		w.SetCertificate(w.certificate.ID, lb.ProvisioningError, "rate limit")
		if _, err := lb.WaitCertificate(ctx, w, w.certificate.ID); !errors.As(err, &state) || state.Detail != "rate limit" {
			t.Errorf("got %v", err)
		}
	})
}
