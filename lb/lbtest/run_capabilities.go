package lbtest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/lbkit/lbkit/lb"
)

// trial is one feature, tried on an empty load balancer.
type trial struct {
	feature lb.Feature
	path    string // of the field that is refused; empty: it is a call
	// try asks for the feature. Where it works, it has been seen to.
	try func(s *scene) error
	// looks: whether it is refused depends on what is there, so that reading comes
	// first.
	looks bool
	// refined: it says more of a refusal that other providers make too. Only a provider
	// that lists it is asked for it.
	refined bool
	// nonsense: the contract gives it no meaning, so that it is ErrInvalid where the
	// provider does not declare it.
	nonsense bool
}

// trials are the features of the contract, leaves and calls apart: those have their own
// tables. One that is not in any of the three is a feature that nothing proves.
func trials() []trial {
	return slices.Concat(frontendTrials(), backendTrials(), udpTrials(), filterTrials(), matchTrials("filter"), matchTrials("route"), routeTrials(), objectTrials())
}

func runCapabilities(t *testing.T, s *suite) {
	t.Helper()
	for _, trial := range trials() {
		if _, listed := s.capabilities.Features[trial.feature]; listed || !trial.refined {
			s.test(t, string(trial.feature), func(w *world) { trial.run(w) })
		}
	}
	for _, c := range allCalls() {
		if !s.supports(c.op) {
			s.test(t, string(c.op), func(w *world) { w.refusesCall(c) })
		}
	}
	s.test(t, "every feature is proven", everyFeature)
	s.test(t, "require", requires)
}

func (trial trial) run(w *world) {
	w.Helper()
	s := &scene{world: w, id: w.LoadBalancer(w.T)}
	if w.supports(trial.feature) {
		if err := trial.try(s); err != nil {
			w.Fatalf("%s is declared, and fails: %v", trial.feature, err)
		}
		w.suite.declared.Add(1)
		return
	}
	var err error
	requests := w.sent(func() { err = trial.try(s) })
	if trial.looks {
		requests = writes(requests)
	}
	if requests = less(requests, s.prepared); len(requests) > 0 {
		w.Errorf("%s is not declared, and there came %s", trial.feature, strings.Join(requests, ", "))
	}
	trial.refusedBy(w, err)
	w.suite.refused.Add(1)
}

// less are the requests that came after those of the preparation.
func less(requests []string, prepared int) []string { return requests[min(prepared, len(requests)):] }

// refusedBy wants err to refuse the feature, or what it is a part of, at its path.
func (trial trial) refusedBy(w *world, err error) {
	w.Helper()
	if err == nil {
		w.Fatalf("%s is not declared, and works", trial.feature)
	}
	for _, problem := range problemsOf(err) {
		if no, ok := errors.AsType[*lb.UnsupportedError](problem); ok && trial.concerns(w, no) {
			switch {
			case trial.path != "" && !strings.HasPrefix(no.Path, directory(trial.path)) && !strings.HasPrefix(trial.path, no.Path):
				w.Errorf("%s is refused at %q, want at %q", trial.feature, no.Path, trial.path)
			case no.Feature == trial.feature && no.Path != trial.path:
				w.Errorf("%s is refused at %q, want at %q", trial.feature, no.Path, trial.path)
			case no.Provider != w.p.Name():
				w.Errorf("%s is refused by %q", trial.feature, no.Provider)
			}
			if hint := w.suite.capabilities.Features[no.Feature].Hint; no.Hint != hint {
				w.Errorf("%s: the hint is %q, and that of the capabilities %q", no.Feature, no.Hint, hint)
			}
			return
		}
		if e, ok := errors.AsType[*lb.Error](problem); ok && trial.nonsense && errors.Is(e, lb.ErrInvalid) {
			if slices.ContainsFunc(e.Fields, func(f lb.FieldError) bool { return f.Path == trial.path }) {
				return
			}
		}
	}
	w.Errorf("%s is not declared, and refused as %v; want an *lb.UnsupportedError of it", trial.feature, err)
}

// concerns reports whether a refusal is one of the feature: by its name, by that of
// something that it is a part of, or, where the provider does not list it, by that of
// something inside the field.
func (trial trial) concerns(w *world, no *lb.UnsupportedError) bool {
	if w.supports(no.Feature) {
		return false
	}
	if ancestor(no.Feature, trial.feature) {
		return true
	}
	_, listed := w.suite.capabilities.Features[trial.feature]
	return !listed && trial.path != "" && strings.HasPrefix(no.Path, trial.path)
}

// directory is a path without its last part.
func directory(path string) string { return path[:strings.LastIndexByte(path, '.')+1] }

// problemsOf are the errors that err is made of.
func problemsOf(err error) []error {
	if all, ok := errors.AsType[lb.Problems](err); ok {
		return all
	}
	return []error{err}
}

// refusesCall wants a call that is not declared to be unsupported, and nothing sent.
// The IDs are those of a scene, so that nothing else is wrong.
func (w *world) refusesCall(c call) {
	w.Helper()
	s := w.newScene()
	requests := w.sent(func() {
		_, err := c.on(w.ctx, s)
		no, ok := errors.AsType[*lb.UnsupportedError](err)
		switch {
		case !ok:
			w.Errorf("%s is not declared: got error %v, want an *lb.UnsupportedError", c.op, err)
		case no.Feature != c.op || no.Provider != w.p.Name():
			w.Errorf("%s is refused as %q of %q, with hint %q", c.op, no.Feature, no.Provider, no.Hint)
		case no.Hint != w.suite.capabilities.Features[c.op].Hint:
			w.Errorf("%s: the hint is %q, and that of the capabilities %q", c.op, no.Hint, w.suite.capabilities.Features[c.op].Hint)
		}
	})
	if len(requests) > 0 {
		w.Errorf("%s is not declared, and there came %s", c.op, strings.Join(requests, ", "))
	}
	w.suite.refused.Add(1)
}

// elsewhere are features that no call shows: what lb/topology warns of.
var elsewhere = []lb.Feature{
	"filter.limit.own", "frontend.certificates.exclusive", "backend.healthCheck.port.alike", featureBareCommit,
}

// everyFeature: what a provider says of itself, some test of the suite looks at.
func everyFeature(w *world) {
	known := map[lb.Feature]bool{}
	for _, l := range leaves() {
		known[l.path], known[l.path+".unset"], known[l.path+".update"] = true, true, true
	}
	for _, feature := range elsewhere {
		known[feature] = true
	}
	for _, trial := range trials() {
		known[trial.feature] = true
	}
	for _, c := range allCalls() {
		known[c.op] = true
	}
	if w.suite.capabilities.Provider != w.p.Name() {
		w.Errorf("the capabilities are of %q, and the provider is %q", w.suite.capabilities.Provider, w.p.Name())
	}
	for feature, support := range w.suite.capabilities.Features {
		own := strings.Contains(string(feature), ".extensions."+w.p.Name()+".")
		switch {
		case !known[feature] && !own && support.Supported:
			w.Errorf("nothing in the suite proves feature %s", feature)
		case !support.Supported && support.Hint == "":
			w.Errorf("feature %s is not supported, and there is no hint", feature)
		case !support.Supported && (support.Emulated || len(support.Values) > 0):
			w.Errorf("feature %s is not supported, and says more: %+v", feature, support)
		}
	}
}

// requires: Require says what is missing without a request.
func requires(w *world) {
	w.silent("Require", func() {
		if err := lb.Require(w.p, "backends.get", "frontends.get"); err != nil {
			w.Errorf("Require: %v", err)
		}
		err := lb.Require(w.p, "backends.get", "nothing.like.this", "nothing.like.that")
		if w.code("Require", err, lb.ErrUnsupported); len(problemsOf(err)) != 2 {
			w.Errorf("Require says %v, want both that are missing", err)
		}
	})
}

// sharedCapabilities says what callers of Capabilities share, if they do.
func sharedCapabilities(p lb.Provider) string {
	const probe = "lbtest.probe"
	mine := p.Capabilities()
	if mine.Features == nil {
		return ""
	}
	mine.Features[probe] = lb.Support{}
	_, shared := p.Capabilities().Features[probe]
	delete(mine.Features, probe)
	if shared {
		return "Capabilities: callers share the map of features; hand out a Clone"
	}
	for feature, support := range mine.Features {
		for i := range support.Values {
			support.Values[i] = probe
		}
		if slices.Contains(p.Capabilities().Features[feature].Values, probe) {
			return fmt.Sprintf("Capabilities: callers share the values of %s; hand out a Clone", feature)
		}
	}
	return ""
}

// creating tries a backend, with servers, and wants it to read back as the dialect says.
func creating(change func(*lb.BackendSpec), servers ...lb.ServerSpec) func(*scene) error {
	return func(s *scene) error {
		spec, servers := s.backendSpec("tried"), s.profile().reachable(slices.Clone(servers))
		change(&spec)
		want, _, refused := s.p.Dialect().Backend(spec, servers)
		made, err := s.p.Backends().Create(s.ctx, s.id, spec, servers...)
		if err := agree(refused, alone(made, err)(s.world, "create")); err != nil || made == nil {
			return err
		}
		got := must(s.p.Backends().Get(s.ctx, made.ID))(s.world, "read it")
		equal(s.world, "the backend", want, got.BackendSpec)
		return nil
	}
}

// agree wants a call to be refused exactly where the dialect does.
func agree(refused, err error) error {
	if refused != nil && err == nil {
		return fmt.Errorf("done, and the dialect refuses it: %w", refused)
	}
	if refused != nil && refused.Error() != err.Error() {
		return fmt.Errorf("the dialect says %w, and the call: %w", refused, err)
	}
	return err
}

// listening tries a frontend with a default backend.
func listening(change func(s *scene, spec *lb.FrontendSpec)) func(*scene) error {
	return func(s *scene) error {
		s.prepare(func() { s.app = s.backend("app").ID })
		spec := s.frontendSpec("tried", 80, s.app)
		s.prepare(func() { change(s, &spec) })
		want, refused := s.p.Dialect().Frontend(spec)
		made, err := s.p.Frontends().Create(s.ctx, s.id, spec)
		if err := agree(refused, alone(made, err)(s.world, "create")); err != nil {
			return err
		}
		equal(s.world, "the frontend", want, must(s.p.Frontends().Get(s.ctx, made.ID))(s.world, "read it").FrontendSpec)
		return nil
	}
}

// prepare does what a trial needs, whose requests are none of it.
func (s *scene) prepare(do func()) {
	s.Helper()
	s.prepared += len(s.sent(do))
}

// filtering tries filters of a frontend, and routing routes.
func filtering(frontend func(*lb.FrontendSpec), specs ...lb.FilterSpec) func(*scene) error {
	return func(s *scene) error {
		front := s.ground(frontend)
		want, refused := s.p.Dialect().Filters(front, specs)
		set, err := s.p.Filters().Set(s.ctx, s.web, specs, lb.SetOptions{})
		if err := agree(refused, alone(set, err)(s.world, "set")); err != nil {
			return err
		}
		if got := s.filters(); !slices.EqualFunc(want, got, lb.Equal[lb.FilterSpec]) {
			s.Errorf("the filters are %s, want %s", fingerprint(got), fingerprint(want))
		}
		return nil
	}
}

func routing(frontend func(*lb.FrontendSpec), specs ...lb.RouteSpec) func(*scene) error {
	return func(s *scene) error {
		front := s.ground(frontend)
		specs := slices.Clone(specs)
		for i := range specs {
			switch specs[i].Backend {
			case "app":
				specs[i].Backend = s.app
			case "other":
				specs[i].Backend = s.other
			}
		}
		want, refused := s.p.Dialect().Routes(front, specs)
		set, err := s.p.Routes().Set(s.ctx, s.web, specs, lb.SetOptions{})
		if err := agree(refused, alone(set, err)(s.world, "set")); err != nil {
			return err
		}
		if got := s.routes(); !slices.EqualFunc(want, got, lb.Equal[lb.RouteSpec]) {
			s.Errorf("the routes are %s, want %s", fingerprint(got), fingerprint(want))
		}
		return nil
	}
}

// ground is a frontend for rules, and two backends of its protocol.
func (s *scene) ground(change func(*lb.FrontendSpec)) lb.FrontendSpec {
	s.Helper()
	var front lb.FrontendSpec
	s.prepare(func() {
		spec := s.frontendSpec("web", 80, "")
		if change != nil {
			change(&spec)
		}
		if values := s.suite.capabilities.Features["frontend.protocol"].Values; values != nil && !slices.Contains(values, string(spec.Protocol)) {
			s.Skipf("the provider has no frontends of protocol %s", spec.Protocol)
		}
		create := func(name string) lb.BackendID {
			b := s.backendSpec(name)
			b.Protocol = spec.Protocol
			if spec.Protocol == lb.ProtocolUDP {
				b.HealthCheck = nil
			}
			return must(s.p.Backends().Create(s.ctx, s.id, b))(s.world, "create a backend").ID
		}
		s.app, s.other = create("app"), create("other")
		spec.DefaultBackend = s.app
		made := s.frontend(spec)
		s.web, front = made.ID, made.FrontendSpec
	})
	return front
}
