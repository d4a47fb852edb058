package dialect_test

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/dialect"
)

// tiny are the rules of a provider that has HTTP backends with a name, a port and checks.
func tiny() dialect.Rules {
	yes := lb.Support{Supported: true}
	return dialect.Rules{
		Capabilities: lb.Capabilities{Provider: "tiny", Features: map[lb.Feature]lb.Support{
			"backend.name": yes, "backend.name.unset": yes,
			"backend.protocol": {Supported: true, Values: []string{"http"}},
			"backend.port":     yes, "backend.port.update": yes,
			"backend.healthCheck.interval": yes, "backend.healthCheck.interval.unset": yes,
			"backend.healthCheck.type": {Supported: true, Values: []string{"tcp"}}, "backend.healthCheck.type.unset": yes,
		}},
		Check: lb.HealthCheck{Interval: lb.Duration(10 * time.Second)},
	}
}

// A spec is put into the form in which the provider reports it, or refused with all that
// is wrong with it.
func ExampleRules() {
	spec, _, err := tiny().Backend(lb.BackendSpec{Protocol: lb.ProtocolHTTP, Port: 80, HealthCheck: &lb.HealthCheck{}}, nil)
	fmt.Println(spec.HealthCheck.Type, spec.HealthCheck.Interval, err)

	_, _, err = tiny().Backend(lb.BackendSpec{Protocol: lb.ProtocolTCP, Stickiness: lb.StickinessCookie}, nil)
	fmt.Println(err)
	// Output:
	// tcp 10s <nil>
	// tiny: protocol: "tcp" is unsupported: it has http (feature backend.protocol)
	// tiny: port: unsupported: this provider has no default for it (feature backend.port.unset)
	// tiny: stickiness: "cookie" is unsupported: this provider has no such setting (feature backend.stickiness)
}

// The core of an Update: what cannot be changed in place is refused.
func ExampleRules_UpdateBackend() {
	before := lb.BackendSpec{Name: "web", Protocol: lb.ProtocolHTTP, Port: 80}
	after, err := tiny().UpdateBackend(before, nil, func(s *lb.BackendSpec) error {
		s.Port = 8080
		return nil
	})
	fmt.Println(after.Port, err)

	_, err = tiny().UpdateBackend(before, nil, func(s *lb.BackendSpec) error {
		s.Name = "shop"
		return nil
	})
	fmt.Println(err)
	// Output:
	// 8080 <nil>
	// tiny: name: "shop" is unsupported: it cannot be changed in place (feature backend.name.update)
}

func ExampleEverything() {
	c := dialect.Everything("tiny")
	delete(c.Features, "backends.health")
	fmt.Println(c.Has("backends.create"), c.Has("backends.health"))
	fmt.Println(c.Features["backend.algorithm"].Values)
	// Output:
	// true false
	// [roundrobin leastconn first source uri]
}

func ExampleCalls() {
	fmt.Println(dialect.Calls()[:3])
	// Output: [loadbalancers.list loadbalancers.get loadbalancers.create]
}

// A server without a port has its backend's.
func ExampleEndpoint() {
	backend := lb.BackendSpec{Port: 8080}
	fmt.Println(dialect.Endpoint(backend, lb.ServerSpec{Address: netip.MustParseAddr("10.0.0.11")}))
	// Output: 10.0.0.11:8080
}
