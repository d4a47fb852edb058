package lbtest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/lbkit/lbkit/lb"
)

func runWaiting(t *testing.T, s *suite) {
	t.Helper()
	s.test(t, "ready at once", readyAtOnce)
	s.test(t, "deleted already", deletedAlready)
	s.test(t, "no operation", noOperation)
	for _, state := range []lb.Provisioning{lb.ProvisioningError, lb.ProvisioningSuspended} {
		s.testWith(t, "ready never: "+string(state), s.has.provisioning, "SetProvisioning", func(w *world) { w.neverReady(state) })
	}
	s.testWith(t, "ready in a state that nobody knows", s.has.provisioning, "SetProvisioning", readyUnknown)
	s.testWith(t, "not deleted by being broken", s.has.provisioning, "SetProvisioning", notDeleted)
	s.test(t, "what is not there is not waited for", missingWaits)
	if s.supports("certificate.domains", "certificates.create") {
		s.test(t, "certificate", waitsForCertificate)
		s.testWith(t, "certificate that fails", s.has.failingDomain, "FailingDomain", certificateFails)
	}
	if s.supports("backends.health") {
		s.testWith(t, "healthy", s.has.health, "SetHealth", waitsForHealth)
	}
	if s.supports("loadbalancers.health") {
		s.testWith(t, "the health of all", s.has.health, "SetHealth", sumsHealth)
	}
	s.testWith(t, "an API in trouble", s.has.faults, "Faults", survivesTrouble)
}

// reports collects what a wait tells, and lets time pass.
func (w *world) reports(all *[]lb.Progress) []lb.WaitOption {
	return []lb.WaitOption{
		lb.WithPoll(time.Millisecond, 4*time.Millisecond),
		lb.WithProgress(func(p lb.Progress) {
			*all = append(*all, p)
			w.pass(time.Second)
		}),
	}
}

// told wants the reports of a wait to be of the kind, in order, and to say something.
func (w *world) told(what string, kind lb.Kind, all []lb.Progress) {
	w.Helper()
	if len(all) == 0 {
		w.Errorf("%s: nothing was reported", what)
	}
	for i, p := range all {
		if p.Kind != kind || p.ID == "" || p.State == "" || p.Polls != i+1 || p.Elapsed < 0 || p.Percent < -1 || p.Percent > 100 {
			w.Errorf("%s: report %d is %+v", what, i+1, p)
		}
		if i > 0 && p.Elapsed < all[i-1].Elapsed {
			w.Errorf("%s: time runs backwards in report %d", what, i+1)
		}
	}
}

// waitedOut wants a wait to go on until its context ends, and then to say what it saw
// last, and how long and how often it looked.
func (w *world) waitedOut(what string, wait func(context.Context, ...lb.WaitOption) error) {
	w.Helper()
	const looks = 10
	ctx, cancel := context.WithCancel(w.ctx)
	defer cancel()
	var all []lb.Progress
	err := wait(ctx, lb.WithPoll(time.Millisecond, 4*time.Millisecond), lb.WithProgress(func(p lb.Progress) {
		all = append(all, p)
		w.pass(time.Second)
		if len(all) == looks {
			cancel()
		}
	}))
	if w.code(what, err, context.Canceled); len(all) != looks {
		w.Errorf("%s: it looked %d times, and its context ended after %d", what, len(all), looks)
		return
	}
	if text := err.Error(); !strings.Contains(text, all[len(all)-1].State) || !strings.Contains(text, "polls") {
		w.Errorf("%s: %q does not say the last state, %q, and the polls", what, text, all[len(all)-1].State)
	}
	// Cancelled in a pause, it ends at once.
	long, stop := context.WithCancel(w.ctx)
	time.AfterFunc(10*time.Millisecond, stop)
	begin := time.Now()
	err = wait(long, lb.WithPoll(time.Hour, time.Hour))
	w.code(what+", cancelled in a pause", err, context.Canceled)
	if took := time.Since(begin); took > 10*time.Second {
		w.Errorf("%s: cancelled, and it took %s more", what, took)
	}
}

func readyAtOnce(w *world) {
	id := w.LoadBalancer(w.T)
	var all []lb.Progress
	got := must(lb.WaitReady(w.ctx, w.p, id, w.reports(&all)...))(w, "wait for what is ready")
	w.same("the ID", id, got.ID)
	if w.told("ready", lb.KindLoadBalancer, all); len(all) != 1 {
		w.Errorf("it took %d polls to see that it is ready", len(all))
	}
}

func deletedAlready(w *world) {
	id := lb.LoadBalancerID(absent(string(w.LoadBalancer(w.T))))
	var all []lb.Progress
	w.done("wait for what is gone", lb.WaitDeleted(w.ctx, w.p, id, w.reports(&all)...))
	w.told("deleted", lb.KindLoadBalancer, all)
}

func noOperation(w *world) {
	w.silent("an operation without an ID", func() {
		_, err := lb.WaitOperation(w.ctx, w.p, nil)
		w.code("no operation", err, lb.ErrInvalid)
		done := &lb.Operation{Status: lb.OperationDone}
		w.same("what there was nothing to do for", done, must(lb.WaitOperation(w.ctx, w.p, done))(w, "wait for nothing"))
	})
}

// neverReady: a state that cannot lead to success is an error at the first poll.
func (w *world) neverReady(state lb.Provisioning) {
	id := w.LoadBalancer(w.T)
	w.SetProvisioning(id, state)
	got := must(w.p.LoadBalancers().Get(w.ctx, id))(w, "read it")
	var all []lb.Progress
	_, err := lb.WaitReady(w.ctx, w.p, id, w.reports(&all)...)
	failure, ok := errors.AsType[*lb.StateError](err)
	if !ok || !errors.Is(err, lb.ErrFailed) || failure.Got != string(got.Provisioning) || failure.Want != string(lb.ProvisioningReady) || failure.ID != string(id) {
		w.Errorf("%s: got %v, want a *lb.StateError that says so", state, err)
	}
	if w.told(string(state), lb.KindLoadBalancer, all); len(all) != 1 {
		w.Errorf("%s: seen at poll %d, want the first", state, len(all))
	}
}

func readyUnknown(w *world) {
	id := w.LoadBalancer(w.T)
	w.SetProvisioning(id, "hibernating")
	got := must(w.p.LoadBalancers().Get(w.ctx, id))(w, "read it")
	if got.Provisioning == lb.ProvisioningReady || got.Provisioning == "" {
		w.Errorf("a state that nobody knows reads as %q", got.Provisioning)
	}
	w.waitedOut("a state that nobody knows", func(ctx context.Context, opts ...lb.WaitOption) error {
		_, err := lb.WaitReady(ctx, w.p, id, opts...)
		return err
	})
}

func notDeleted(w *world) {
	id := w.LoadBalancer(w.T)
	w.SetProvisioning(id, lb.ProvisioningError)
	w.waitedOut("a broken load balancer", func(ctx context.Context, opts ...lb.WaitOption) error {
		return lb.WaitDeleted(ctx, w.p, id, opts...)
	})
}

func missingWaits(w *world) {
	s := w.newScene()
	gone := s.gone()
	_, err := lb.WaitReady(w.ctx, w.p, lb.LoadBalancerID(gone[lb.KindLoadBalancer]), w.poll()...)
	w.code("wait for a load balancer that is gone", err, lb.ErrNotFound)
	if id := gone[lb.KindCertificate]; id != "" {
		_, err := lb.WaitCertificate(w.ctx, w.p, lb.CertificateID(id), w.poll()...)
		w.code("wait for a certificate that is gone", err, lb.ErrNotFound)
	}
	if w.supports("backends.health") {
		w.code("wait for a backend that is gone", lb.WaitHealthy(w.ctx, w.p, lb.BackendID(gone[lb.KindBackend]), 1, w.poll()...), lb.ErrNotFound)
	}
	w.code("wait for no servers", lb.WaitHealthy(w.ctx, w.p, s.app, 0), lb.ErrInvalid)
}

// order asks for a managed certificate.
func (s *scene) order(domain string) *lb.Certificate {
	s.Helper()
	spec := lb.CertificateSpec{Name: s.orderName(), Domains: []string{domain}}
	return must(s.p.Certificates().Create(s.ctx, s.id, spec))(s.world, "order a certificate")
}

// waitsForCertificate: an order has an ID at once, that ID is good until the certificate
// has its own, and the wait returns that.
func waitsForCertificate(w *world) {
	s := w.newScene()
	ordered := s.order("a.example")
	if ordered.ID == "" || ordered.Source != lb.CertificateManaged {
		w.Errorf("what was ordered is %s", fingerprint(ordered))
	}
	provisional := must(w.p.Certificates().Get(w.ctx, ordered.ID))(w, "read it by the ID of the order")
	if provisional.Provisioning == lb.ProvisioningError {
		w.Errorf("what was just ordered reads as %s", fingerprint(provisional))
	}
	var all []lb.Progress
	ready := must(lb.WaitCertificate(w.ctx, w.p, ordered.ID, w.reports(&all)...))(w, "wait for it")
	w.told("a certificate on order", lb.KindCertificate, all)
	if ready.Provisioning != lb.ProvisioningReady || ready.ID == "" {
		w.Errorf("the wait returned %s", fingerprint(ready))
	}
	w.same("the certificate by its final ID", ready.ID, must(w.p.Certificates().Get(w.ctx, ready.ID))(w, "read it").ID)
}

func certificateFails(w *world) {
	s := w.newScene()
	ordered := s.order(w.FailingDomain(s.id))
	var all []lb.Progress
	_, err := lb.WaitCertificate(w.ctx, w.p, ordered.ID, w.reports(&all)...)
	failure, ok := errors.AsType[*lb.StateError](err)
	if !ok || failure.Kind != lb.KindCertificate || failure.Got != string(lb.ProvisioningError) || failure.Detail == "" {
		w.Errorf("an order that fails: got %v, want a *lb.StateError with the reason", err)
	}
}

// waitsForHealth: servers count once every instance says that they are healthy.
func waitsForHealth(w *world) {
	s := w.newScene()
	w.SetHealth(s.servers[0], lb.HealthDown)
	w.SetHealth(s.servers[1], lb.HealthHealthy)
	w.done("wait for one healthy server", lb.WaitHealthy(w.ctx, w.p, s.app, 1, w.poll()...))
	seen := map[lb.ServerID][]lb.Health{}
	for report, err := range w.p.Backends().Health(w.ctx, s.app, lb.PageOptions{}) {
		w.done("health", err)
		seen[report.Server] = append(seen[report.Server], report.State)
	}
	for i, want := range []lb.Health{lb.HealthDown, lb.HealthHealthy} {
		states := seen[s.servers[i]]
		if len(states) == 0 {
			w.Errorf("no instance reports on server %s", s.servers[i])
		}
		for _, state := range states {
			w.same("the health of server "+string(s.servers[i]), want, state)
		}
	}
	w.waitedOut("two healthy servers, of which one is down", func(ctx context.Context, opts ...lb.WaitOption) error {
		return lb.WaitHealthy(ctx, w.p, s.app, 2, opts...)
	})
	w.SetHealth(s.servers[0], lb.HealthHealthy)
	var all []lb.Progress
	w.done("wait for two healthy servers", lb.WaitHealthy(w.ctx, w.p, s.app, 2, w.reports(&all)...))
	w.told("healthy", lb.KindBackend, all)
}

// sumsHealth: where all servers are healthy or all are down, so is the load balancer. What
// it is where they differ is the provider's to say.
func sumsHealth(w *world) {
	s := &scene{world: w, id: w.LoadBalancer(w.T)}
	app := s.backend("app", w.hosts("10.0.0.1", "10.0.0.2")...)
	s.frontend(w.frontendSpec("web", 80, app.ID))
	w.publish(s.id)
	for _, state := range []lb.Health{lb.HealthHealthy, lb.HealthDown, lb.HealthHealthy} {
		for _, server := range app.Servers {
			w.SetHealth(server.ID, state)
		}
		var summary *lb.HealthSummary
		for range 100 { // what the provider takes to see it
			summary = must(w.p.LoadBalancers().Health(w.ctx, s.id))(w, "the health of all")
			if summary.State == state && summary.Servers[state] == 2 {
				break
			}
			w.pass(time.Second)
			_ = sleep(w.ctx, 3*time.Millisecond)
		}
		if summary.State != state || summary.Servers[state] != 2 {
			w.Errorf("both servers are %s, and the summary is %s", state, fingerprint(summary))
		}
	}
}

// survivesTrouble: polls that fail for reasons that pass do not end a wait; others do.
func survivesTrouble(w *world) {
	id := w.LoadBalancer(w.T)
	w.Faults.On(nil).Times(20).Status(503, `{"message":"down"}`)
	var all []lb.Progress
	must(lb.WaitReady(w.ctx, w.p, id, w.reports(&all)...))(w, "wait while the API is down for a moment")
	if w.told("an API in trouble", lb.KindLoadBalancer, all); len(all) < 2 || all[0].State != lb.ErrUnavailable.Error() {
		w.Errorf("the reports are %+v, want polls that failed", all)
	}
	w.Faults.Reset()
	w.Faults.On(nil).Status(403, `{"message":"no"}`)
	_, err := lb.WaitReady(w.ctx, w.p, id, w.poll()...)
	w.code("wait without the rights to look", err, lb.ErrForbidden)
}
