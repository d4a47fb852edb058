package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/lbkit/lbkit/lb"
)

// features are what the API can do: calls, and leaves, of which ".unset" is being able to
// leave them out and ".update" to change them in place. After "=" come the values that there
// are, where there are only some.
const features = `
	loadbalancers.list loadbalancers.get loadbalancers.update loadbalancers.read loadbalancers.health loadbalancers.pending loadbalancers.commit
	frontends.list frontends.get frontends.create frontends.update frontends.delete
	backends.list backends.get backends.create backends.update backends.delete backends.health
	servers.list servers.get servers.add servers.update servers.remove servers.set
	loadbalancer.name loadbalancer.name.unset loadbalancer.name.update
	frontend.name frontend.name.unset frontend.name.update
	frontend.protocol=http
	frontend.ports frontend.ports.update
	frontend.defaultBackend frontend.defaultBackend.update
	backend.name backend.name.unset backend.name.update
	backend.protocol=http
	backend.port backend.port.update
	backend.algorithm=roundrobin,leastconn backend.algorithm.unset backend.algorithm.update
	backend.healthCheck backend.healthCheck.unset backend.healthCheck.update
	backend.healthCheck.type=tcp
	backend.healthCheck.interval backend.healthCheck.interval.unset backend.healthCheck.interval.update
	server.address
	server.weight server.weight.unset server.weight.update`

// capabilities are only read; callers of Capabilities get their own.
var capabilities = newCapabilities()

func newCapabilities() lb.Capabilities {
	c := lb.Capabilities{
		Provider: providerName, Features: map[lb.Feature]lb.Support{},
		Limits: lb.Limits{MinCheckInterval: lb.Duration(time.Second), MaxCheckInterval: lb.Duration(time.Hour)},
	}
	for feature := range strings.FieldsSeq(features) {
		name, values, some := strings.Cut(feature, "=")
		support := lb.Support{Supported: true}
		if some {
			support.Values = strings.Split(values, ",")
		}
		c.Features[lb.Feature(name)] = support
	}
	return c
}

// dialect is which specs the API takes, and in which form it reports them.
type dialect struct{ lb.UnimplementedDialect }

var rules = dialect{lb.UnimplementedDialect{ProviderName: providerName}}

func (dialect) LoadBalancer(spec lb.LoadBalancerSpec) (lb.LoadBalancerSpec, error) {
	p := refuse("loadbalancer", "", lb.LoadBalancerSpec{}, spec)
	p = append(p, text("name", spec.Name)...)
	spec.Extensions = lb.Extensions{}
	return spec, p.Err()
}

func (dialect) Frontend(spec lb.FrontendSpec) (lb.FrontendSpec, error) {
	spec = lb.Clone(spec)
	blank := lb.FrontendSpec{TLS: spec.TLS && len(spec.Certificates) > 0} // which imply it, and are refused
	p := refuse("frontend", "", blank, spec, "protocol", "ports", "defaultBackend")
	p = append(p, text("name", spec.Name)...)
	if len(spec.Ports) > 1 {
		p = append(p, unsupported("frontend.ports.several", "ports", spec.Ports))
	}
	for _, ports := range spec.Ports {
		if ports.From == 0 || ports.To < ports.From {
			p = append(p, invalid("ports", "no port"))
		} else if ports.From != ports.To {
			p = append(p, unsupported("frontend.ports.range", "ports", ports))
		}
	}
	spec.Extensions = lb.Extensions{}
	return spec, p.Err()
}

func (dialect) Backend(spec lb.BackendSpec, servers []lb.ServerSpec) (lb.BackendSpec, []lb.ServerSpec, error) {
	spec = lb.Clone(spec)
	var blank lb.BackendSpec
	needed := []string{"protocol", "port"}
	if spec.HealthCheck != nil {
		blank.HealthCheck, needed = &lb.HealthCheck{}, append(needed, "healthCheck.type")
	}
	p := refuse("backend", "", blank, spec, needed...)
	p = append(p, text("name", spec.Name)...)
	if c := spec.HealthCheck; c != nil {
		c.Interval = cmp.Or(c.Interval, lb.Duration(10*time.Second))
		if every := time.Duration(c.Interval); every < time.Second || every > time.Hour || every%time.Second != 0 {
			p = append(p, invalid("healthCheck.interval", "whole seconds, from 1s to 1h"))
		}
		c.Extensions = lb.Extensions{}
	}
	spec.Algorithm = cmp.Or(spec.Algorithm, lb.AlgorithmRoundRobin)
	spec.Extensions = lb.Extensions{}
	var canonical []lb.ServerSpec
	for i, server := range servers {
		at := fmt.Sprintf("servers[%d].", i)
		server, problems := canonicalServer(at, server)
		if slices.ContainsFunc(canonical, func(s lb.ServerSpec) bool { return s.Address == server.Address }) {
			problems = append(problems, invalid(at+"address", "is there twice"))
		}
		canonical, p = append(canonical, server), append(p, problems...)
	}
	return spec, canonical, p.Err()
}

// canonicalServer takes one server, whose fields are at a path.
func canonicalServer(at string, spec lb.ServerSpec) (lb.ServerSpec, lb.Problems) {
	p := refuse("server", at, lb.ServerSpec{}, spec, "address")
	if spec.Address.Is6() {
		p = append(p, unsupported("server.address.ipv6", at+"address", spec.Address))
	}
	weight := 1
	if spec.Weight != nil {
		weight = *spec.Weight
	}
	if weight < 0 || weight > 100 {
		p = append(p, invalid(at+"weight", "from 0 to 100"))
	}
	return lb.ServerSpec{Address: spec.Address, Weight: &weight}, p
}

// canonicalServers takes servers alone: nothing of theirs depends on their backend.
func canonicalServers(specs []lb.ServerSpec) ([]lb.ServerSpec, error) {
	_, specs, err := rules.Backend(lb.BackendSpec{Protocol: lb.ProtocolHTTP, Port: 80}, specs)
	return specs, err
}

func invalid(path, reason string) error {
	return &lb.Error{Code: lb.ErrInvalid, Provider: providerName, Fields: []lb.FieldError{{Path: path, Reason: reason}}}
}

func unsupported(feature lb.Feature, path string, value any) error {
	return &lb.UnsupportedError{Provider: providerName, Feature: feature, Path: path, Value: value, Reason: "the API has no such thing"}
}

// text refuses what JSON would change.
func text(path, value string) (p lb.Problems) {
	if !utf8.ValidString(value) {
		p = append(p, invalid(path, "is not text"))
	}
	return p
}

// refuse finds what capabilities lack: the fields that are set, since they differ from those
// of blank, and those that are needed and are not. It passes over other providers' extensions.
func refuse[S lb.Spec](kind, at string, blank, spec S, needed ...string) (p lb.Problems) {
	for _, field := range lb.Diff(blank, spec) {
		needed = slices.DeleteFunc(needed, func(path string) bool { return path == field.Path })
		path, provider, extension := strings.Cut(field.Path, "extensions.")
		if extension && provider != providerName {
			continue
		} else if extension {
			path += "extensions"
		}
		feature := lb.Feature(kind + "." + path)
		values := capabilities.Features[feature].Values
		if !capabilities.Has(feature) || values != nil && !slices.Contains(values, fmt.Sprint(field.After)) {
			p = append(p, unsupported(feature, at+path, field.After))
		}
	}
	for _, path := range needed {
		p = append(p, unsupported(lb.Feature(kind+"."+path+".unset"), at+path, nil))
	}
	return p
}

// revise runs the function of an Update on a copy of before. It returns the canonical form of
// what that made, and refuses what cannot change in place.
func revise[S lb.Spec](kind string, before S, change func(*S) error, canonical func(S) (S, error)) (S, error) {
	after := lb.Clone(before)
	if err := change(&after); err != nil {
		return before, err
	}
	after, err := canonical(after)
	if err != nil {
		return before, err
	}
	var p lb.Problems
	for _, d := range lb.Diff(before, after) {
		if feature := lb.Feature(kind + "." + d.Path + ".update"); !capabilities.Has(feature) {
			p = append(p, unsupported(feature, d.Path, d.After))
		}
	}
	return after, p.Err()
}
