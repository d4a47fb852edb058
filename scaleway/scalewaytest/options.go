package scalewaytest

import (
	"net/netip"
	"time"
)

// Option changes how a new server behaves.
type Option func(*options)

type options struct {
	manual    bool
	speed     float64
	pipe      bool
	instances int
	timings   Timings

	statuses        map[Situation]int
	quotas          map[string]int
	keepOmitted     bool
	emptyEnums      bool
	prefixNames     bool
	rowsPerInstance bool
	redactedKeys    bool
	formerPaths     bool
	maxPageSize     int

	unresolved map[string]bool   // domains that do not point to the load balancer
	failing    map[string]string // domains whose certificate ends in error, and why

	failingNetworks map[string]bool
	organization    string // empty: each project has one of its own
	foreign         []netip.Prefix
	outOfStock      map[string]bool // offers, in lower case
}

func defaultOptions() options {
	return options{
		speed:       1,
		instances:   1,
		timings:     recordedTimings,
		statuses:    map[Situation]int{},
		quotas:      map[string]int{},
		maxPageSize: 100,
		unresolved:  map[string]bool{},
		failing:     map[string]string{},

		failingNetworks: map[string]bool{},
		outOfStock:      map[string]bool{},
	}
}

// WithManualClock stops the server's time: only Advance moves it.
func WithManualClock() Option { return func(o *options) { o.manual = true } }

// WithSpeed lets the server's time run factor times as fast as the wall clock.
// It panics where factor is not positive.
func WithSpeed(factor float64) Option {
	if factor <= 0 {
		panic("scalewaytest: speed must be positive")
	}
	return func(o *options) { o.speed = factor }
}

// WithPipe serves over net.Pipe in place of a port, for tests in a
// testing/synctest bubble, which real connections would leave. Reach it with
// Client or HTTPClient.
func WithPipe() Option { return func(o *options) { o.pipe = true } }

// WithInstances gives each load balancer n instances. One is what recordings
// since 2022 show, two is what those before show (facts 8). It panics where n is
// less than one.
func WithInstances(n int) Option {
	if n < 1 {
		panic("scalewaytest: a load balancer has at least one instance")
	}
	return func(o *options) { o.instances = n }
}

// Timings are how long the server takes for what it does by itself.
type Timings struct {
	Creation       time.Duration // of a load balancer, from to_create to ready
	Deletion       time.Duration // of a load balancer, from to_delete to 404
	Migration      time.Duration // of a load balancer to another offer
	Propagation    time.Duration // of a write to the instances
	Issuance       time.Duration // of a Let's Encrypt certificate; also until an imported one shows its fingerprint
	PrivateNetwork time.Duration // to attach one; to detach one takes half of it
}

// recordedTimings are those of facts 8 and 11, rounded.
var recordedTimings = Timings{
	Creation:       3 * time.Second,
	Deletion:       time.Second,
	Migration:      2500 * time.Millisecond,
	Propagation:    500 * time.Millisecond,
	Issuance:       10 * time.Second,
	PrivateNetwork: 2 * time.Second,
}

// WithTimings sets those of t that are positive; the others stay as recorded.
func WithTimings(t Timings) Option {
	return func(o *options) {
		set := func(to *time.Duration, d time.Duration) {
			if d > 0 {
				*to = d
			}
		}
		set(&o.timings.Creation, t.Creation)
		set(&o.timings.Deletion, t.Deletion)
		set(&o.timings.Migration, t.Migration)
		set(&o.timings.Propagation, t.Propagation)
		set(&o.timings.Issuance, t.Issuance)
		set(&o.timings.PrivateNetwork, t.PrivateNetwork)
	}
}

// WithRedactedKeys accepts a certificate chain whose private key is missing or
// unreadable, as in recordings, where keys are blacked out.
func WithRedactedKeys() Option { return func(o *options) { o.redactedKeys = true } }

// WithFormerPaths serves the zoned paths to attach and detach private networks
// that were replaced in March 2025, /lbs/{lb_id}/private-networks/{id}/attach and
// …/detach, beside those that replaced them (facts 3). By default they are 404.
func WithFormerPaths() Option { return func(o *options) { o.formerPaths = true } }

// WithUnresolvedDomains names domains that do not resolve to the load balancer:
// a Let's Encrypt certificate for one of them is refused as facts 5 records it.
// Every other domain resolves.
func WithUnresolvedDomains(domains ...string) Option {
	return func(o *options) {
		for _, d := range domains {
			o.unresolved[d] = true
		}
	}
}

// WithFailingDomain has a Let's Encrypt certificate for domain accepted, and end
// in status error with details in place of ready.
func WithFailingDomain(domain, details string) Option {
	return func(o *options) { o.failing[domain] = details }
}

// WithFailingNetworks names private networks, by their UUIDs, whose attachments
// end in status error in place of ready.
func WithFailingNetworks(ids ...string) Option {
	return func(o *options) {
		for _, id := range ids {
			o.failingNetworks[id] = true
		}
	}
}

// WithOrganization has every project belong to the organization with this UUID,
// whose default project has the same UUID. By default each project is the default
// project of an organization of its own (facts 8).
func WithOrganization(id string) Option { return func(o *options) { o.organization = id } }

// WithForeignServers names addresses outside Scaleway: as servers they are
// refused with 404 (facts 5), except on a multicloud offer, LB-GP-L or LB-GP-XL.
// Every other address is Scaleway's.
func WithForeignServers(prefixes ...netip.Prefix) Option {
	return func(o *options) { o.foreign = append(o.foreign, prefixes...) }
}
