package lb

import "slices"

// Feature names one thing that some provider cannot do, as a path in the
// contract: "loadbalancers.create", "frontend.ports.several",
// "backend.healthCheck.timeout", "filter.match.cookie". Its name is also the name
// of the conformance test that proves it, present or absent.
//
// A leaf of a Spec is named by kind, without spaces, and JSON path without
// indices: "loadbalancer.tlsPolicy", "server.disabled". "<leaf>.unset" is being
// able to leave it out, "<leaf>.update" to change it in place, "<leaf>.udp" and
// "<leaf>.tcp" to have it on that protocol too. dialect.Everything, of lb/dialect, lists
// every feature.
type Feature string

// Capabilities say what a provider can do. They are static: the same for every
// account and load balancer, and read without I/O.
type Capabilities struct {
	Provider string              `json:"provider"`
	Features map[Feature]Support `json:"features,omitzero"` // absent: not supported
	Limits   Limits              `json:"limits,omitzero"`
}

// Support says whether and how a provider has a feature.
type Support struct {
	Supported bool     `json:"supported"`
	Emulated  bool     `json:"emulated,omitzero"` // done by other means; plans say so
	Values    []string `json:"values,omitzero"`   // the values allowed, where only some are
	Hint      string   `json:"hint,omitzero"`     // what to do instead
}

// Limits are a provider's bounds. Zero means that none is known.
type Limits struct {
	MaxNameLength      int      `json:"maxNameLength,omitzero"`      // in characters, of a load balancer
	MaxPort            uint16   `json:"maxPort,omitzero"`            // of a frontend or server, up to 65535
	MinCheckInterval   Duration `json:"minCheckInterval,omitzero"`   // of HealthCheck.Interval
	MaxCheckInterval   Duration `json:"maxCheckInterval,omitzero"`   // of HealthCheck.Interval
	MaxFilters         int      `json:"maxFilters,omitzero"`         // how many per load balancer
	MaxRoutes          int      `json:"maxRoutes,omitzero"`          // how many per load balancer, on OVH with the filters
	MaxMatchConditions int      `json:"maxMatchConditions,omitzero"` // how many per filter or route
	MaxServers         int      `json:"maxServers,omitzero"`         // how many per backend
}

// Has reports whether all of features are supported, emulated ones included.
func (c Capabilities) Has(features ...Feature) bool {
	for _, feature := range features {
		if !c.Features[feature].Supported {
			return false
		}
	}
	return true
}

// Clone returns a copy that shares nothing with c. A provider that keeps its capabilities
// hands out clones: a caller may change what it gets.
func (c Capabilities) Clone() Capabilities {
	features := make(map[Feature]Support, len(c.Features))
	for feature, support := range c.Features {
		support.Values = slices.Clone(support.Values)
		features[feature] = support
	}
	c.Features = features
	return c
}

// Require fails, before any I/O, with Problems that hold an *UnsupportedError for
// each of features that p lacks, with the provider's hint. A program calls it once, at
// its start, with all that it relies on.
func Require(p Provider, features ...Feature) error {
	capabilities := p.Capabilities()
	var problems Problems
	for i, feature := range features {
		support := capabilities.Features[feature]
		if support.Supported || slices.Contains(features[:i], feature) {
			continue
		}
		problems = append(problems, &UnsupportedError{Provider: p.Name(), Feature: feature, Hint: support.Hint})
	}
	return problems.Err()
}
