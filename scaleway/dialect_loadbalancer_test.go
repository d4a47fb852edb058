package scaleway

import (
	"testing"

	"github.com/lbkit/lbkit/lb"
)

const otherProject = "0a1b2c3d-0000-4000-8000-0000000000ff"

func TestDialectLoadBalancerCanonical(t *testing.T) {
	t.Parallel()
	base := lb.LoadBalancerSpec{Name: "web", Plan: "lb-s", TLSPolicy: lb.TLSPolicyIntermediate}
	with := func(change func(*lb.LoadBalancerSpec)) lb.LoadBalancerSpec {
		spec := lb.Clone(base)
		change(&spec)
		return spec
	}
	addresses := []lb.AddressID{FormatAddressID("fr-par-1", testIP)}
	for name, test := range map[string]struct{ spec, want lb.LoadBalancerSpec }{
		"defaults": {lb.LoadBalancerSpec{Name: "web"}, base},
		"offer in lower case": {
			lb.LoadBalancerSpec{Name: "web", Plan: "LB-GP-M"},
			with(func(s *lb.LoadBalancerSpec) { s.Plan = "lb-gp-m" }),
		},
		"tags are a set": {
			lb.LoadBalancerSpec{Name: "web", Tags: []string{"b", "a", "b"}},
			with(func(s *lb.LoadBalancerSpec) { s.Tags = []string{"a", "b"} }),
		},
		"no tags": {lb.LoadBalancerSpec{Name: "web", Tags: []string{}}, base},
		"modern": {
			lb.LoadBalancerSpec{Name: "web", TLSPolicy: lb.TLSPolicyModern},
			with(func(s *lb.LoadBalancerSpec) { s.TLSPolicy = lb.TLSPolicyModern }),
		},
		"legacy": {
			lb.LoadBalancerSpec{Name: "web", TLSPolicy: lb.TLSPolicyLegacy},
			with(func(s *lb.LoadBalancerSpec) { s.TLSPolicy = lb.TLSPolicyLegacy }),
		},
		"zone": {
			lb.LoadBalancerSpec{Name: "web", Zone: "nl-ams-1"},
			with(func(s *lb.LoadBalancerSpec) { s.Zone = "nl-ams-1" }),
		},
		"options": {
			lb.LoadBalancerSpec{Name: "web", Extensions: lb.Extend(LoadBalancerOptions{Description: "d", Project: otherProject, IPv6: true})},
			with(func(s *lb.LoadBalancerSpec) {
				s.Extensions = lb.Extend(LoadBalancerOptions{Description: "d", Project: otherProject, IPv6: true})
			}),
		},
		"the client's own project": {
			lb.LoadBalancerSpec{Name: "web", Extensions: lb.Extend(LoadBalancerOptions{Project: testProject})}, base,
		},
		"addresses": {
			lb.LoadBalancerSpec{Name: "web", Extensions: lb.Extend(LoadBalancerOptions{Addresses: addresses})},
			with(func(s *lb.LoadBalancerSpec) { s.Extensions = lb.Extend(LoadBalancerOptions{Addresses: addresses}) }),
		},
		"private": {
			lb.LoadBalancerSpec{Name: "web", Extensions: lb.Extend(LoadBalancerOptions{NoIPv4: true})},
			with(func(s *lb.LoadBalancerSpec) { s.Extensions = lb.Extend(LoadBalancerOptions{NoIPv4: true}) }),
		},
		"another provider's extension": {lb.LoadBalancerSpec{Name: "web", Extensions: lb.Extend(foreign{"x"})}, base},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkCanonical(t, testDialect().LoadBalancer, test.spec, test.want)
		})
	}
}

func TestDialectLoadBalancerRefusals(t *testing.T) {
	t.Parallel()
	const options = "extensions.scaleway"
	options3 := []lb.AddressID{FormatAddressID("fr-par-1", testIP), FormatAddressID("fr-par-1", testLB), FormatAddressID("fr-par-1", testACL)}
	for name, test := range map[string]struct {
		spec lb.LoadBalancerSpec
		want []found
	}{
		"no name":            {lb.LoadBalancerSpec{}, []found{{"loadbalancer.name.unset", "name"}}},
		"blank name":         {lb.LoadBalancerSpec{Name: "  "}, []found{{"loadbalancer.name.unset", "name"}}},
		"line break in name": {lb.LoadBalancerSpec{Name: "a\nb"}, []found{{malformed, "name"}}},
		"empty tag":          {lb.LoadBalancerSpec{Name: "web", Tags: []string{"a", ""}}, []found{{malformed, "tags"}}},
		"offer with a blank": {lb.LoadBalancerSpec{Name: "web", Plan: "lb s"}, []found{{malformed, "plan"}}},
		"no zone":            {lb.LoadBalancerSpec{Name: "web", Zone: "paris"}, []found{{malformed, "zone"}}},
		"not our zone":       {lb.LoadBalancerSpec{Name: "web", Zone: "pl-waw-1"}, []found{{malformed, "zone"}}},
		"TLS policy":         {lb.LoadBalancerSpec{Name: "web", TLSPolicy: "futuristic"}, []found{{"loadbalancer.tlsPolicy", "tlsPolicy"}}},
		"IPv6 alone": {
			lb.LoadBalancerSpec{Name: "web", Extensions: lb.Extend(LoadBalancerOptions{NoIPv4: true, IPv6: true})},
			[]found{{string(featureIPv6Alone), options + ".ipv6"}},
		},
		"addresses and flags": {
			lb.LoadBalancerSpec{Name: "web", Extensions: lb.Extend(LoadBalancerOptions{Addresses: options3[:1], IPv6: true})},
			[]found{{malformed, options + ".addresses"}},
		},
		"three addresses": {
			lb.LoadBalancerSpec{Name: "web", Extensions: lb.Extend(LoadBalancerOptions{Addresses: options3})},
			[]found{{malformed, options + ".addresses"}},
		},
		"an address twice": {
			lb.LoadBalancerSpec{Name: "web", Extensions: lb.Extend(LoadBalancerOptions{Addresses: []lb.AddressID{options3[0], options3[0]}})},
			[]found{{malformed, options + ".addresses"}},
		},
		"an address of another zone": {
			lb.LoadBalancerSpec{Name: "web", Zone: "nl-ams-1", Extensions: lb.Extend(LoadBalancerOptions{Addresses: options3[:1]})},
			[]found{{malformed, options + ".addresses[0]"}},
		},
		"not the ID of an address": {
			lb.LoadBalancerSpec{Name: "web", Extensions: lb.Extend(LoadBalancerOptions{Addresses: []lb.AddressID{options3[0], "203.0.113.10"}})},
			[]found{{malformed, options + ".addresses[1]"}},
		},
		"a name that is not UTF-8": {lb.LoadBalancerSpec{Name: "a\xff"}, []found{{malformed, "name"}}},
		"no project":               {lb.LoadBalancerSpec{Name: "web", Extensions: lb.Extend(LoadBalancerOptions{Project: "p"})}, []found{{malformed, options + ".project"}}},
		"unknown option":           {lb.LoadBalancerSpec{Name: "web", Extensions: lb.Extend(misspelled{"x"})}, []found{{malformed, options}}},
		"everything at once":       {lb.LoadBalancerSpec{Zone: "x", TLSPolicy: "y", Extensions: lb.Extend(misspelled{"x"})}, []found{{"loadbalancer.name.unset", "name"}, {malformed, "zone"}, {"loadbalancer.tlsPolicy", "tlsPolicy"}, {malformed, options}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := testDialect().LoadBalancer(test.spec)
			checkFindings(t, err, test.want...)
			if !lb.Equal(got, lb.LoadBalancerSpec{}) {
				t.Errorf("a spec beside the problems: %+v", got)
			}
		})
	}
}

func TestDialectWithoutZonesTakesAny(t *testing.T) {
	t.Parallel()
	if _, err := (dialect{}).LoadBalancer(lb.LoadBalancerSpec{Name: "web", Zone: "it-mil-1"}); err != nil {
		t.Error(err)
	}
}
