package lbtest

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/lbkit/lbkit/lb"
)

// memoryBalancer is a load balancer with all that is in it, as it was written.
type memoryBalancer struct {
	id           lb.LoadBalancerID
	spec         lb.LoadBalancerSpec
	provisioning lb.Provisioning
	settled      bool // a test has chosen the provisioning
	polls        int  // looks that still see it pending, or deleting

	certificates []*memoryCertificate
	backends     []*lb.Backend // with their servers, by address and port
	frontends    []*lb.FrontendTree

	made     map[string]int // objects made so far, by what their IDs begin with
	revision int            // counts writes: an update starts over where it has changed

	pending    int // writes that no commit carries
	operations []*memoryOperation
	endNext    lb.OperationStatus
	live       *lb.Tree // what runs; kept with staging alone
}

// memoryCertificate is a certificate, which may be on order.
type memoryCertificate struct {
	lb.Certificate

	settled bool // a test has chosen the provisioning
	polls   int  // looks that still see it pending
}

// memoryOperation is a commit.
type memoryOperation struct {
	lb.Operation

	polls  int                // looks that still see it running
	ending lb.OperationStatus // what it will end as
	count  int                // writes that it carries
	tree   *lb.Tree           // what it makes live
}

// newBalancer makes a load balancer with an address; m.mu is held. Its provisioning is
// for the caller to say.
func (m *Memory) newBalancer(spec lb.LoadBalancerSpec) *memoryBalancer {
	b := &memoryBalancer{
		id: lb.LoadBalancerID(memoryName + "/" + m.next("lb")), spec: spec, polls: m.options.polls, made: map[string]int{},
	}
	m.balancers = append(m.balancers, b)
	m.newAddress(lb.AddressSpec{Zone: spec.Zone}, b.id).Primary = true
	b.live = m.tree(b)
	return b
}

// next is the last part of the ID of a new object of the account: "lb-1".
func (m *Memory) next(word string) string { return memoryNumbered(m.made, word) }

// next is the ID of a new object in the load balancer, whose parent is given.
func (b *memoryBalancer) next(parent, word string) string {
	parent += "/"
	return parent + memoryNumbered(b.made, parent+word)[len(parent):]
}

func memoryNumbered(made map[string]int, word string) string {
	made[word]++
	return fmt.Sprintf("%s-%d", word, made[word])
}

// find is a load balancer that is not being deleted, or nil; m.mu is held.
func (m *Memory) find(id lb.LoadBalancerID) *memoryBalancer {
	i := slices.IndexFunc(m.balancers, func(b *memoryBalancer) bool { return b.id == id && !b.deleting() })
	if i < 0 {
		return nil
	}
	return m.balancers[i]
}

func (b *memoryBalancer) deleting() bool {
	return b.provisioning == lb.ProvisioningDeleting && !b.settled
}

// wrote takes note of a write that is to go live.
func (b *memoryBalancer) wrote() {
	b.revision++
	b.pending++
}

func (b *memoryBalancer) zones() []string {
	if b.spec.Zone == "" {
		return nil
	}
	return []string{b.spec.Zone}
}

// instance is the one machine that a load balancer runs on.
func (b *memoryBalancer) instance() string { return string(b.id) + "/instance-1" }

// model is a load balancer as it is reported; m.mu is held.
func (m *Memory) model(b *memoryBalancer) *lb.LoadBalancer {
	out := &lb.LoadBalancer{
		ID: b.id, LoadBalancerSpec: lb.Clone(b.spec), Provisioning: b.provisioning, Zones: b.zones(),
		Instances: []lb.Instance{{ID: b.instance(), Zone: b.spec.Zone, Status: b.provisioning}},
	}
	for _, address := range m.addresses {
		if address.LoadBalancer == b.id {
			out.Addresses = append(out.Addresses, address.Prefix.Addr())
		}
	}
	return out
}

// tree is a load balancer with all that is in it, as it was written; m.mu is held.
func (m *Memory) tree(b *memoryBalancer) *lb.Tree {
	out := &lb.Tree{LoadBalancer: m.model(b)}
	for _, certificate := range b.certificates {
		out.Certificates = append(out.Certificates, memoryCopyCertificate(&certificate.Certificate))
	}
	for _, backend := range b.backends {
		out.Backends = append(out.Backends, memoryCopyBackend(backend))
	}
	for _, frontend := range b.frontends {
		out.Frontends = append(out.Frontends, memoryCopyFrontendTree(frontend))
	}
	return out
}

// What is reported is always a copy.

func memoryCopyTree(t *lb.Tree) *lb.Tree {
	balancer := *t.LoadBalancer
	balancer.LoadBalancerSpec = lb.Clone(balancer.LoadBalancerSpec)
	balancer.Zones = slices.Clone(balancer.Zones)
	balancer.Addresses = slices.Clone(balancer.Addresses)
	balancer.Instances = slices.Clone(balancer.Instances)
	out := &lb.Tree{LoadBalancer: &balancer, Certificates: memoryCopies(t.Certificates, memoryCopyCertificate), Backends: memoryCopies(t.Backends, memoryCopyBackend)}
	for i := range t.Frontends {
		out.Frontends = append(out.Frontends, memoryCopyFrontendTree(&t.Frontends[i]))
	}
	return out
}

// shared is what is in a load balancer, to be looked at while m.mu is held.
func (b *memoryBalancer) shared() *lb.Tree {
	out := &lb.Tree{Backends: b.backends}
	for _, certificate := range b.certificates {
		out.Certificates = append(out.Certificates, &certificate.Certificate)
	}
	for _, f := range b.frontends {
		out.Frontends = append(out.Frontends, *f)
	}
	return out
}

// memoryCopies keeps nil what is nil.
func memoryCopies[T any](items []*T, one func(*T) *T) []*T {
	var out []*T
	for _, item := range items {
		out = append(out, one(item))
	}
	return out
}

func memoryCopyCertificate(c *lb.Certificate) *lb.Certificate {
	out := *c
	out.Domains = slices.Clone(c.Domains)
	return &out
}

func memoryCopyBackend(b *lb.Backend) *lb.Backend {
	out := *b
	out.BackendSpec = lb.Clone(b.BackendSpec)
	out.Servers = memoryCopies(b.Servers, memoryCopyServer)
	return &out
}

func memoryCopyServer(s *lb.Server) *lb.Server {
	out := *s
	out.ServerSpec = lb.Clone(s.ServerSpec)
	return &out
}

func memoryCopyFrontend(f *lb.Frontend) *lb.Frontend {
	out := *f
	out.FrontendSpec = lb.Clone(f.FrontendSpec)
	return &out
}

func memoryCopyFrontendTree(f *lb.FrontendTree) lb.FrontendTree {
	return lb.FrontendTree{Frontend: memoryCopyFrontend(f.Frontend), Filters: memoryCopies(f.Filters, memoryCopyFilter), Routes: memoryCopies(f.Routes, memoryCopyRoute)}
}

func memoryCopyFilter(f *lb.Filter) *lb.Filter {
	out := *f
	out.FilterSpec = lb.Clone(f.FilterSpec)
	return &out
}

func memoryCopyRoute(r *lb.Route) *lb.Route {
	out := *r
	out.RouteSpec = lb.Clone(r.RouteSpec)
	return &out
}

func memoryCopyAddress(a *lb.Address) *lb.Address {
	out := *a
	out.Tags = slices.Clone(a.Tags)
	return &out
}

func memoryCopyOperation(o *lb.Operation) *lb.Operation {
	out := *o
	out.Zones = slices.Clone(o.Zones)
	return &out
}

// Where addresses are taken from: ranges for tests and documentation (RFC 2544, RFC 3849).
var (
	memoryIPv4   = netip.MustParseAddr("198.18.0.0")
	memoryIPv6   = netip.MustParseAddr("2001:db8::")
	memoryEgress = netip.MustParsePrefix("192.0.2.0/28")
)

// newAddress allocates an address, for a load balancer or for none; m.mu is held.
func (m *Memory) newAddress(spec lb.AddressSpec, owner lb.LoadBalancerID) *lb.Address {
	id := m.next("address")
	number := m.made["address"]
	ip := memoryIPv4.As4()
	addr := netip.AddrFrom4([4]byte{ip[0], ip[1] + byte(number>>16&1), byte(number >> 8), byte(number)}) //nolint:gosec // the low bits are what is meant
	if spec.IPv6 {
		ip := memoryIPv6.As16()
		ip[13], ip[14], ip[15] = byte(number>>16), byte(number>>8), byte(number) //nolint:gosec // the low bits are what is meant
		addr = netip.AddrFrom16(ip)
	}
	address := &lb.Address{
		ID: lb.AddressID(memoryName + "/" + id), Prefix: netip.PrefixFrom(addr, addr.BitLen()), LoadBalancer: owner,
		Zone: spec.Zone, Reverse: spec.Reverse, Tags: slices.Clone(spec.Tags), Extensions: spec.Extensions,
	}
	m.addresses = append(m.addresses, address)
	return address
}
