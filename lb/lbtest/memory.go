package lbtest

import (
	"fmt"
	"slices"
	"sync"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/dialect"
)

// memoryName is what the provider calls itself, in errors and IDs too.
const memoryName = "memory"

// Memory is an [lb.Provider] that keeps everything in memory: the reference
// implementation of the contract, and a fake for the tests of programs that use one.
// Make it with [NewMemory].
//
// It does all that a cloud does and nothing in the background. What takes a cloud a
// while (a commit, an ordered certificate, a new load balancer, a deletion) is seen under
// way by the next look at it, which is one call of Get, and is over by the look after
// that; [WithPolls] changes how many looks that takes. So a wait of package lb pauses
// once, for a second unless [lb.WithPoll] or testing/synctest makes that short, and
// without any wait nothing moves.
//
// IDs are readable, "memory/lb-1/backend-2/server-3", and count up in the order of
// creation: the same calls make the same IDs. Two Memories know nothing of each other.
// Every failure is an [*lb.Error] with a request ID, or [lb.Problems] or an
// [*lb.UnsupportedError], as from any provider. Native is nil everywhere, and so are the
// times of creation and update zero.
//
// A Memory is safe for concurrent use. What it returns shares nothing with what it keeps.
type Memory struct {
	lb.UnimplementedProvider

	options memoryOptions
	rules   dialect.Rules

	mu        sync.Mutex
	requests  int // calls so far, which request IDs count
	made      map[string]int
	balancers []*memoryBalancer
	addresses []*lb.Address
	health    map[lb.ServerID]lb.Health
	failures  map[string]memoryFailure
}

// MemoryOption changes what [NewMemory] makes.
type MemoryOption func(*memoryOptions)

type memoryOptions struct {
	capabilities lb.Capabilities
	staging      bool
	polls        int
}

// WithCapabilities has the provider do what c says and no more: its Dialect refuses each
// field, value and limit that c lacks, with c's hint, and its services refuse the calls.
// With the capabilities of a cloud's provider a test finds out offline what that cloud
// would refuse, as far as capabilities say it; the extensions of c.Provider are then kept
// as they are, unread. To take single features away, start from what a Memory can do by
// default:
//
//	c := lbtest.NewMemory().Capabilities()
//	c.Features["server.backup"] = lb.Support{Hint: "make two backends"}
//	provider := lbtest.NewMemory(lbtest.WithCapabilities(c))
//
// A feature that c does not list is not supported. Only one that narrows a leaf for some
// specs, such as "server.address.ipv6" or "backend.tls.withoutServers", narrows nothing
// where it is not listed.
func WithCapabilities(c lb.Capabilities) MemoryOption {
	return func(o *memoryOptions) { o.capabilities = c.Clone() }
}

// WithStaging has writes wait for a commit. Reads show what is written, Pending counts
// it, health is that of what is live, and [Memory.Live] shows the difference. One commit
// of a load balancer runs at a time; it makes live what was written before it began.
// Load balancers and addresses themselves are not staged: they come and go at once.
func WithStaging() MemoryOption {
	return func(o *memoryOptions) { o.staging = true }
}

// WithPolls sets how many looks (calls of Get) still see a commit, a certificate order,
// the making and the deletion of a load balancer under way. The default is 1. With 0 the
// first look sees the end, and no wait pauses; a negative number is 0.
func WithPolls(n int) MemoryOption {
	return func(o *memoryOptions) { o.polls = max(n, 0) }
}

// NewMemory makes an empty provider. Without options it supports everything in the
// contract, and writes are live at once.
func NewMemory(opts ...MemoryOption) *Memory {
	o := memoryOptions{capabilities: dialect.Everything(memoryName), polls: 1}
	for _, opt := range opts {
		if opt != nil {
			opt(&o)
		}
	}
	if o.capabilities.Provider == "" {
		o.capabilities.Provider = memoryName
	}
	return &Memory{
		UnimplementedProvider: lb.UnimplementedProvider{ProviderName: memoryName},

		options:  o,
		rules:    memoryDialectOf(o.capabilities),
		made:     map[string]int{},
		health:   map[lb.ServerID]lb.Health{},
		failures: map[string]memoryFailure{},
	}
}

// Capabilities returns a copy of what the provider can do: everything, or what
// [WithCapabilities] says.
func (m *Memory) Capabilities() lb.Capabilities {
	return m.options.capabilities.Clone()
}

// Dialect returns the rules of the provider: those of its capabilities, and those that
// hold everywhere.
func (m *Memory) Dialect() lb.Dialect { return m.rules }

// LoadBalancers manages the load balancers.
func (m *Memory) LoadBalancers() lb.LoadBalancers { return memoryLoadBalancers{m: m} }

// Frontends manages their frontends.
func (m *Memory) Frontends() lb.Frontends { return memoryFrontends{m: m} }

// Backends manages their backends.
func (m *Memory) Backends() lb.Backends { return memoryBackends{m: m} }

// Servers manages the servers of backends.
func (m *Memory) Servers() lb.Servers { return memoryServers{m: m} }

// Filters manages the filters of frontends.
func (m *Memory) Filters() lb.Filters { return memoryFilters{m: m} }

// Routes manages the routes of frontends.
func (m *Memory) Routes() lb.Routes { return memoryRoutes{m: m} }

// Certificates manages the certificates of load balancers.
func (m *Memory) Certificates() lb.Certificates { return memoryCertificates{m: m} }

// Addresses manages the account's addresses.
func (m *Memory) Addresses() lb.Addresses { return memoryAddresses{m: m} }

// Operations reads commits.
func (m *Memory) Operations() lb.Operations { return memoryOperations{m: m} }

// AddLoadBalancer adds a load balancer that is ready, with an address, whatever the
// capabilities say: as if it had been there before the program started, ordered at a
// console. It panics where spec means nothing to any provider.
func (m *Memory) AddLoadBalancer(spec lb.LoadBalancerSpec) lb.LoadBalancerID {
	anywhere := m.rules
	anywhere.Capabilities = dialect.Everything(m.rules.Capabilities.Provider)
	if _, err := anywhere.LoadBalancer(spec); err != nil {
		panic(fmt.Sprintf("lbtest: AddLoadBalancer: %v", err))
	}
	canonical, err := m.rules.LoadBalancer(spec)
	if err != nil {
		canonical = lb.Clone(spec) // what is there already passes
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	b := m.newBalancer(canonical)
	b.provisioning = lb.ProvisioningReady
	return b.id
}

// SetHealth makes a server appear in state, from now on. Until then a server is healthy
// once it is live, enabled, and its backend has a health check, and unknown otherwise.
// It panics where there is no such server, since a test that went on would prove nothing.
func (m *Memory) SetHealth(server lb.ServerID, state lb.Health) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, b := range m.balancers {
		for _, backend := range b.backends {
			if slices.ContainsFunc(backend.Servers, func(s *lb.Server) bool { return s.ID == server }) {
				m.health[server] = state
				return
			}
		}
	}
	panic(fmt.Sprintf("lbtest: SetHealth: no server %q", server))
}

// SetProvisioning puts a load balancer into a state in which it stays, a word that
// nobody knows too; ProvisioningReady lets it work again. It panics where there is no
// such load balancer.
func (m *Memory) SetProvisioning(id lb.LoadBalancerID, state lb.Provisioning) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b := m.mustBalancer("SetProvisioning", id)
	b.provisioning, b.settled = state, true
}

// SetCertificate puts a certificate into a state in which it stays, with the reason: an
// order that fails is ProvisioningError. (Orders for a domain under .invalid fail by
// themselves.) It panics where there is no such certificate.
func (m *Memory) SetCertificate(id lb.CertificateID, state lb.Provisioning, detail string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, b := range m.balancers {
		for _, certificate := range b.certificates {
			if certificate.ID == id {
				certificate.Provisioning, certificate.Detail, certificate.settled = state, detail, true
				return
			}
		}
	}
	panic(fmt.Sprintf("lbtest: SetCertificate: no certificate %q", id))
}

// EndNext makes the next commit of a load balancer end in status: failed, cancelled, or a
// word that nobody knows. It has no effect then, and what it would have made live is
// pending again. The next commit has an operation to fail even where nothing is pending.
// EndNext panics where there is no such load balancer.
func (m *Memory) EndNext(id lb.LoadBalancerID, status lb.OperationStatus) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.mustBalancer("EndNext", id).endNext = status
}

// Live is what a load balancer runs: with [WithStaging] what was last committed, of a load
// balancer in the state that it has now, and otherwise what Read returns. For one that is
// not there it fails as Read does.
func (m *Memory) Live(id lb.LoadBalancerID) (*lb.Tree, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.newCall("live")
	b, err := c.balancer(id)
	if err != nil {
		return nil, err
	}
	if !m.options.staging {
		return m.tree(b), nil
	}
	live, now := memoryCopyTree(b.live), m.model(b)
	live.LoadBalancer.Provisioning, live.LoadBalancer.Instances = now.Provisioning, now.Instances
	return live, nil
}

// mustBalancer finds a load balancer for a control; m.mu is held.
func (m *Memory) mustBalancer(control string, id lb.LoadBalancerID) *memoryBalancer {
	if b := m.find(id); b != nil {
		return b
	}
	panic(fmt.Sprintf("lbtest: %s: no load balancer %q", control, id))
}
