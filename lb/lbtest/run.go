package lbtest

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/lbkit/lbkit/lb"
)

// Run is the conformance suite: it proves that a provider keeps the contract of
// package lb. newHarness makes what is tested, once for each test, so that no test
// sees what another one wrote; it should be cheap, and ends by t.Cleanup.
//
//	func TestConformance(t *testing.T) {
//		t.Parallel()
//		lbtest.Run(t, func(t *testing.T) *lbtest.Harness { … })
//	}
//
// Its subtests, all parallel, are named by what they prove:
//
//	harness       what the Harness lacks, each as a skipped test that names it
//	crud          what is made is read, listed, changed and deleted, by one ID for ever; what
//	              a write returns is what is read then
//	missing       what is not there is ErrNotFound, of each kind and for each call
//	parents       a list holds its parent's, and a child needs one that is there
//	ids           a malformed or foreign ID is ErrInvalid and sends nothing
//	lists         lazy, complete, restartable; one error, last; nothing after a break
//	update        what changed is sent, and nothing else; the others stay as they are; the
//	              closure's copy is its own
//	capabilities  each feature that is declared works, each other is refused by its path
//	leaves        each field of each Spec, for itself and in random specs: lossless or refused,
//	              and nothing is written to the caller's own
//	errors        each code, with request ID, the API's words, the provider's own error and
//	              the neutral call; of the path of what is read a 404 is ErrNotFound, in whatever words
//	staging       Pending, Commit and Publish, alone and several at once
//	waiting       the Wait functions: progress, the end of a context, failure, unknown states;
//	              the health of a load balancer is that of its servers where they agree
//	servers       Set with the fewest calls, what empties a backend, settings that differ; each
//	              field, as Set and Add write it
//	rules         filters before routes, in their order, neither touching the other
//	in use        what something refers to is not deleted
//	concurrency   writes at once are all there afterwards
//	faults        each call with each fault at each of its requests: done or a typed error,
//	              never twice, never without end, and the state agrees: what was written once
//	              and has no readable answer is ErrUncertain
//
// A feature's test has its name: capabilities/filter.match.cookie. What a provider
// does not declare is not called elsewhere, but for being refused. At the end the size of
// the suite is logged.
//
// # What a provider needs
//
// Before the tests Run builds on the first harness what most of them begin with. Where the
// provider does not take that, Run ends with this one failure. It is the following, and each
// setting that is not named here is left out, so that its ".unset" is a feature:
//
//	load balancers  those of Harness.LoadBalancer; one with a name alone, if
//	                loadbalancers.create is declared
//	backends        name, protocol http; port 8080, if backend.port is declared; if
//	                backend.healthCheck is, a health check of the first type that is declared,
//	                tcp before http, and with nothing but the type
//	servers         an IPv4 address; port 8080, where server.port.unset is not declared; none
//	                in some backends, ten in others
//	frontends       name, protocol http, one port, any, and a default backend
//	filters         if filters.set is declared: action deny and one condition, on a source in
//	                some and on a path by its prefix in others; on a host, or else on a source,
//	                where paths are not declared; a name, if filter.name is; four in a frontend
//	routes          if routes.set is declared: a backend and one condition, on a path by its
//	                prefix, or else on a host, or else on a source; two in a frontend, to one
//	                backend or to two, whose conditions exclude each other
//	certificates    if certificates.create and certificate.pem are declared: a name, PEM and
//	                its key
//	addresses       those of Harness.Address; else, if addresses.allocate is declared, one with
//	                nothing set
//
// All calls of frontends, backends and servers are declared, but for backends.health, and
// loadbalancers.list, get, read and health. Objects are told by their names, so that
// frontend.name.update and backend.name.update are features; two may have the same. An
// update of a load balancer is tried with its name, or else with its tags; of a backend with
// its port too, or else with its name. A redirect by scheme or port has a host as well.
//
// The suite measures what reached the API by Harness.Requests and injects failures by
// Harness.Faults, or Harness.Fail where there is no wire. Where Advance is nil, time
// has to pass by itself, at such a pace that what takes the provider's time ends
// within seconds.
//
// What a provider does with a fault is its own, within bounds. A call sends at most 300
// requests for each that it takes undisturbed: a conflict that never passes is an error in
// the end. A redirect is not followed, to whichever host: nothing is sent to where
// it leads. Success means that what writes has reached the API. Beside an error there is no
// value, but for what Backends.Create, Servers.Add and Servers.Set have done.
//
// A law of leaves that fails leaves what it failed with in testdata/rapid of the tested
// package, where its next run begins with it; the flag -rapid.nofailfile keeps it from that.
func Run(t *testing.T, newHarness func(t *testing.T) *Harness) {
	t.Helper()
	s := &suite{newHarness: newHarness}
	first := newHarness(t)
	p := first.Provider(t)
	if fault := sharedCapabilities(p); fault != "" {
		t.Fatal(fault) // what one test does to them would be another's surprise
	}
	s.provider, s.capabilities, s.has, s.staged = p.Name(), p.Capabilities(), first.has(), first.Staged
	s.canRun(t, first)
	t.Cleanup(func() { t.Log(s.size()) })
	for _, subject := range subjects() {
		t.Run(subject.name, func(t *testing.T) {
			t.Parallel()
			subject.run(t, s)
		})
	}
}

// canRun looks whether the provider takes what nearly every test begins with. Where it does
// not, they would all fail, for that one reason.
func (s *suite) canRun(t *testing.T, h *Harness) {
	t.Helper()
	w := s.worldOf(t, h)
	w.preface = "the suite cannot run on this provider: it has to take what Run says: "
	id := w.LoadBalancer(t)
	got := must(w.p.LoadBalancers().Get(w.ctx, id))(w, "read load balancer "+string(id))
	if got.Provisioning != lb.ProvisioningReady {
		t.Fatalf("the suite cannot run on this provider: Harness.LoadBalancer made %q, which reads as %q and has to be ready", id, got.Provisioning)
	}
	w.newScene()
}

// subject is a part of the suite.
type subject struct {
	name string
	run  func(t *testing.T, s *suite)
}

func subjects() []subject {
	return []subject{
		{"harness", runHarness},
		{"crud", runCRUD},
		{"missing", runMissing},
		{"parents", runParents},
		{"ids", runIDs},
		{"lists", runLists},
		{"update", runUpdate},
		{"capabilities", runCapabilities},
		{"leaves", func(t *testing.T, s *suite) { t.Helper(); runLeaves(t, s.newHarness) }},
		{"errors", runErrors},
		{"staging", runStaging},
		{"waiting", runWaiting},
		{"servers", runServers},
		{"rules", runRules},
		{"in use", runInUse},
		{"concurrency", runConcurrency},
		{"faults", runFaults},
	}
}

// suite is one run. What is counted in it is what the run is worth.
type suite struct {
	newHarness   func(*testing.T) *Harness
	provider     string
	capabilities lb.Capabilities
	has          possible
	staged       bool

	tests    atomic.Int64 // that ran, leaves apart
	declared atomic.Int64 // features that were seen to work
	refused  atomic.Int64 // features that were seen to be refused
	faults   atomic.Int64 // requests that a fault was put in the way of
}

// size says how much of the contract a run has looked at.
func (s *suite) size() string {
	return fmt.Sprintf("lbtest: %s: %d tests, %d features proven and %d refused, %d faults in %d operations",
		s.provider, s.tests.Load(), s.declared.Load(), s.refused.Load(), s.faults.Load(), len(s.calls()))
}

// supports reports whether the provider declares all of features.
func (s *suite) supports(features ...lb.Feature) bool { return s.capabilities.Has(features...) }

// test runs one fact on a harness of its own.
func (s *suite) test(t *testing.T, name string, run func(w *world)) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		s.tests.Add(1)
		run(s.newWorld(t))
	})
}

// testIf is test where the provider declares features; where it does not, subject
// capabilities proves that it refuses them.
func (s *suite) testIf(t *testing.T, name string, features []lb.Feature, run func(w *world)) {
	t.Helper()
	if s.supports(features...) {
		s.test(t, name, run)
	}
}

// testWith is test where the harness has what it takes.
func (s *suite) testWith(t *testing.T, name string, need bool, what string, run func(w *world)) {
	t.Helper()
	if need {
		s.test(t, name, run)
		return
	}
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		t.Skipf("the harness has no %s", what)
	})
}

// possible is what a harness has.
type possible struct {
	advance, health, faults, fail, failure, endNext, requests, provisioning, ownError, failingDomain, address, mix bool
}

func (h *Harness) has() possible {
	return possible{
		advance: h.Advance != nil, health: h.SetHealth != nil, faults: h.Faults != nil, fail: h.Fail != nil, failure: h.Failure != nil,
		endNext: h.EndNext != nil, requests: h.Requests != nil, provisioning: h.SetProvisioning != nil, ownError: h.OwnError != nil,
		failingDomain: h.FailingDomain != nil, address: h.Address != nil, mix: h.Mix != nil,
	}
}

// runHarness names what the harness lacks, and what is not proven for it.
func runHarness(t *testing.T, s *suite) {
	t.Helper()
	staged := s.supports("loadbalancers.commit")
	for _, part := range []struct {
		name   string
		has    bool
		proves string
	}{
		{"Advance", s.has.advance || s.staged, "what is pending before time passes"},
		{"SetHealth", s.has.health || !s.supports("backends.health") && !s.supports("loadbalancers.health"), "health, and WaitHealthy"},
		{"Faults", s.has.faults, "what happens on a bad wire"},
		{"Failure", s.has.failure || s.has.fail, "the codes of errors"},
		{"EndNext", s.has.endNext || !staged, "operations that fail"},
		{"Requests", s.has.requests, "that what is refused or unchanged sends nothing"},
		{"SetProvisioning", s.has.provisioning, "load balancers that fail, or are in a state that nobody knows"},
		{"OwnError", s.has.ownError, "that the provider's own error is behind each error"},
		{"FailingDomain", s.has.failingDomain || !s.supports("certificate.domains"), "orders of certificates that fail"},
		{"Address", s.has.address || s.supports("addresses.allocate") || !s.supports("addresses.attach"), "what is done with addresses"},
		{"Mix", s.has.mix || s.perBackend(), "servers that differ in settings of their backend"},
	} {
		t.Run(part.name, func(t *testing.T) {
			t.Parallel()
			if !part.has {
				t.Skipf("it is nil, so it is not proven: %s", part.proves)
			}
		})
	}
}

// perBackend reports whether the provider keeps PROXY protocol, TLS and what happens to
// sessions on the backend, so that servers cannot differ in them.
func (s *suite) perBackend() bool {
	return s.supports("backend.proxyProtocol.withoutServers") || !s.supports("backend.proxyProtocol")
}
