package dialect

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/lbkit/lbkit/internal/codes"
	"github.com/lbkit/lbkit/internal/fit"
	"github.com/lbkit/lbkit/lb"
)

// UpdateLoadBalancer calls change on a copy of before, the settings of a load balancer that
// is there, and returns the canonical form of what that made, or before itself where it
// means the same: then there is nothing to send. An error of change comes back unchanged.
// The others are [lb.Problems]: what the provider lacks, or cannot change in place.
func (r Rules) UpdateLoadBalancer(before lb.LoadBalancerSpec, change func(*lb.LoadBalancerSpec) error) (lb.LoadBalancerSpec, error) {
	return update(r.findings(lb.KindLoadBalancer, "loadbalancer", ""), before, change, r.loadBalancer)
}

// UpdateFrontend is [Rules.UpdateLoadBalancer] for a frontend. Its filters and routes are
// for Filters and Routes, which take the frontend's new settings.
func (r Rules) UpdateFrontend(before lb.FrontendSpec, change func(*lb.FrontendSpec) error) (lb.FrontendSpec, error) {
	return update(r.findings(lb.KindFrontend, "frontend", ""), before, change, r.frontend)
}

// UpdateBackend is [Rules.UpdateLoadBalancer] for a backend with the servers that it has.
func (r Rules) UpdateBackend(before lb.BackendSpec, servers []lb.ServerSpec, change func(*lb.BackendSpec) error) (lb.BackendSpec, error) {
	canonical := func(spec lb.BackendSpec) (lb.BackendSpec, lb.Problems) {
		spec, _, problems := r.backend(spec, servers)
		return spec, problems
	}
	return update(r.findings(lb.KindBackend, "backend", ""), before, change, canonical)
}

// UpdateServer is [Rules.UpdateLoadBalancer] for a server of a backend.
func (r Rules) UpdateServer(backend lb.BackendSpec, before lb.ServerSpec, change func(*lb.ServerSpec) error) (lb.ServerSpec, error) {
	canonical := func(spec lb.ServerSpec) (lb.ServerSpec, lb.Problems) {
		f := r.findings(lb.KindServer, "server", "")
		spec = f.server(backend, spec)
		return spec, f.problems
	}
	return update(r.findings(lb.KindServer, "server", ""), before, change, canonical)
}

// update is what all updates do; f collects what cannot be changed in place.
func update[S lb.Spec](f *findings, before S, change func(*S) error, canonical func(S) (S, lb.Problems)) (S, error) {
	desired := lb.Clone(before)
	if err := change(&desired); err != nil {
		var none S
		return none, err
	}
	was, known := canonical(before)
	is, found := canonical(desired)
	problems := codes.Fresh(known, found, codes.Differ(was, is))
	problems = append(problems, without(inPlace(f, was, is), problems)...)
	if lb.Equal(was, is) {
		is = before // in whichever spelling it is there
	}
	return settled(is, problems)
}

// without are the problems at other paths than those of others.
func without(problems, others lb.Problems) lb.Problems {
	return slices.DeleteFunc(slices.Clone(problems), func(problem error) bool {
		return slices.ContainsFunc(others, func(other error) bool { return codes.Path(other) == codes.Path(problem) })
	})
}

// inPlace refuses changes of leaves that cannot be changed in place.
func inPlace[S lb.Spec](f *findings, before, after S) lb.Problems {
	for _, change := range lb.Diff(before, after) {
		path, key := change.Path, ""
		if head, provider, found := strings.Cut(path, "extensions."); found {
			path = head + "extensions"
			key = f.fixedKey(path+"."+provider, change)
		}
		if feature := f.feature(path); !fit.Updates(f.rules.Capabilities, feature) && !f.follows(feature, before, after) {
			f.lacks(feature+".update", change.Path, change.After, "it cannot be changed in place")
		} else if key != "" {
			f.lacks(f.feature(change.Path+"."+key+".update"), change.Path+"."+key, nil, "it cannot be changed in place")
		}
	}
	return f.problems
}

// follows reports whether a frontend changes its protocol with its default backend, as it
// can where a backend can change its own.
func (f *findings) follows(leaf lb.Feature, before, after any) bool {
	was, ok := before.(lb.FrontendSpec)
	is, too := after.(lb.FrontendSpec)
	return ok && too && leaf == "frontend.protocol" && fit.Follows(f.rules.Capabilities, was, is)
}

// fixedKey is a setting of an extension that differs and that the capabilities say cannot
// change: "backend.extensions.ovh.zone.update". Without one it is empty.
func (f *findings) fixedKey(path string, change lb.Change) string {
	before, after := membersOf(change.Before), membersOf(change.After)
	for _, key := range slices.Sorted(maps.Keys(f.rules.Capabilities.Features)) {
		name, isUpdate := strings.CutSuffix(string(key), ".update")
		name, isOurs := strings.CutPrefix(name, string(f.feature(path))+".")
		if isUpdate && isOurs && f.narrowed(key) && string(before[name]) != string(after[name]) {
			return name
		}
	}
	return ""
}

// membersOf reads an extension as a Change shows it; nil where there is none.
func membersOf(shown any) map[string]json.RawMessage {
	var members map[string]json.RawMessage
	if text, ok := shown.(string); ok && json.Unmarshal([]byte(text), &members) != nil {
		return nil
	}
	return members
}
