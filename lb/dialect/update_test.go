package dialect_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/dialect"
)

// fixed are the capabilities of a provider that lacks features and cannot change others.
func fixed(features ...lb.Feature) lb.Capabilities {
	c := everything()
	for _, feature := range features {
		c.Features[feature] = lb.Support{Hint: "do without"}
	}
	return c
}

func TestUpdates(t *testing.T) {
	t.Parallel()
	r := rules(fixed("loadbalancer.tags.update", "frontend.ports.update", "backend.port.update", "server.weight.update"))
	for name, tc := range map[string]struct {
		err  error
		want string
	}{
		"load balancer": {second(r.UpdateLoadBalancer(lb.LoadBalancerSpec{}, func(s *lb.LoadBalancerSpec) error {
			s.Name, s.Tags = "b", []string{"a"}
			return nil
		})), "?tags"},
		"frontend": {second(r.UpdateFrontend(webFrontend(""), func(s *lb.FrontendSpec) error {
			s.Ports[0], s.Protocol = lb.Port(81), "smtp"
			return nil
		})), "?ports ?protocol"},
		"backend": {second(r.UpdateBackend(webBackend(), nil, func(s *lb.BackendSpec) error {
			s.Port, s.HealthCheck.Interval = 81, -1
			return nil
		})), "!healthCheck.interval ?port"},
		"server": {second(r.UpdateServer(webBackend(), server("10.0.0.1"), func(s *lb.ServerSpec) error {
			s.Weight = new(2)
			return nil
		})), "?weight"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, joined(pathsOf(t, tc.err))); diff != "" {
				t.Errorf("%s\n%v", diff, tc.err)
			}
		})
	}
}

// A frontend's protocol that cannot change by itself changes with the default backend, where
// a backend's can.
func TestProtocolFollowsTheDefaultBackend(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		lacks []lb.Feature
		to    lb.BackendID
		want  string
	}{
		{[]lb.Feature{"frontend.protocol.update"}, "app", "?protocol"},
		{[]lb.Feature{"frontend.protocol.update"}, "other", ""},
		{[]lb.Feature{"frontend.protocol.update", "backend.protocol.update"}, "other", "?protocol"},
	} {
		_, err := rules(fixed(test.lacks...)).UpdateFrontend(webFrontend("app"), func(s *lb.FrontendSpec) error {
			s.Protocol, s.DefaultBackend = lb.ProtocolTCP, test.to
			return nil
		})
		if got := joined(pathsOf(t, err)); got != test.want {
			t.Errorf("without %v, to backend %s: got %q, want %q", test.lacks, test.to, got, test.want)
		}
	}
}

// What an update gets is left alone, and what it made is canonical.
func TestUpdateIsCanonicalAndOfACopy(t *testing.T) {
	t.Parallel()
	before := webFrontend("app")
	got, err := rules(everything()).UpdateFrontend(before, func(s *lb.FrontendSpec) error {
		s.Ports[0] = lb.Port(81)
		s.Ports = append(s.Ports, lb.Port(80))
		return nil
	})
	want := webFrontend("app")
	want.Ports = []lb.PortRange{{From: 80, To: 81}}
	equal(t, err, got, want)
	equal(t, nil, before, webFrontend("app"))

	stop := errors.New("the caller's own")
	if _, err := rules(everything()).UpdateFrontend(before, func(*lb.FrontendSpec) error { return stop }); err != stop { //nolint:errorlint // unchanged, not wrapped
		t.Errorf("got %v, want the error of the change itself", err)
	}
}

// What is there already passes, whatever the rules think of it, until a change is about it.
func TestUpdatePassesWhatIsThere(t *testing.T) {
	t.Parallel()
	r := rules(fixed("frontend.hsts"))
	there := webFrontend("")
	there.HSTS = true
	got, err := r.UpdateFrontend(there, func(s *lb.FrontendSpec) error {
		s.Name = "other"
		return nil
	})
	there.Name = "other"
	equal(t, err, got, there)

	moved := func(s *lb.BackendSpec) error { s.Port = 8081; return nil }
	if _, err := r.UpdateBackend(webBackend(), []lb.ServerSpec{server("10.0.0.1"), server("10.0.0.1")}, moved); err != nil {
		t.Errorf("two servers that were one already: %v", err)
	}
	apart := server("10.0.0.1")
	apart.Port = 8081
	_, err = r.UpdateBackend(webBackend(), []lb.ServerSpec{server("10.0.0.1"), apart}, moved)
	if diff := cmp.Diff("!servers[1].address", joined(pathsOf(t, err))); diff != "" {
		t.Error(diff)
	}

	_, err = r.UpdateFrontend(webFrontend(""), func(s *lb.FrontendSpec) error {
		s.HSTS = true
		return nil
	})
	if diff := cmp.Diff("?hsts", joined(pathsOf(t, err))); diff != "" {
		t.Error(diff)
	}
}

// lane is an extension of which some values are refused.
type lane struct {
	Zone string `json:"zone"`
	Note string `json:"note,omitzero"`
}

func (lane) ExtensionProvider() string { return "full" }

// What is wrong with what is there excuses nothing else: not another value of a setting in an
// extension, of which a Change says less than a problem does, nor another problem of a field
// that had one already.
func TestUpdateExcusesNothingElse(t *testing.T) {
	t.Parallel()
	r := rules(fixed("frontend.certificates.several", "frontend.certificates.port80"))
	r.Extensions = nil
	r.Refuse = func(spec any) []lb.FieldError {
		b, _ := spec.(lb.BackendSpec)
		if set, ok, err := lb.ExtensionOf[lane](b.Extensions); !ok || err != nil || set.Zone == "north" {
			return nil
		}
		return []lb.FieldError{{Path: "extensions.full.zone", Reason: "there is no such zone"}}
	}
	app := webBackend()
	app.Extensions = lb.Extend(lane{Zone: "old"})
	becomes := func(l lane) error {
		return second(r.UpdateBackend(app, nil, func(s *lb.BackendSpec) error { s.Extensions = lb.Extend(l); return nil }))
	}
	web := webFrontend("")
	web.Ports, web.Certificates = []lb.PortRange{lb.Port(443)}, []lb.CertificateID{"a", "b"}
	moves := func(port uint16) error {
		return second(r.UpdateFrontend(web, func(s *lb.FrontendSpec) error { s.Ports[0] = lb.Port(port); return nil }))
	}
	for name, tc := range map[string]struct {
		err  error
		want string
	}{
		"another setting beside it": {becomes(lane{Zone: "old", Note: "b"}), ""},
		"a value that fits":         {becomes(lane{Zone: "north"}), ""},
		"another that does not":     {becomes(lane{Zone: "south"}), "!extensions.full.zone"},
		"a port like the other":     {moves(8443), ""},
		"a port without TLS":        {moves(80), "?certificates"},
	} {
		if got := joined(pathsOf(t, tc.err)); got != tc.want {
			t.Errorf("%s: refused at %q, want %q", name, got, tc.want)
		}
	}
}

func TestServers(t *testing.T) {
	t.Parallel()
	r := rules(fixed("server.name.update"))
	named := server("10.0.0.2")
	named.Name = "b"
	got, err := r.Servers(webBackend(), []lb.ServerSpec{named}, []lb.ServerSpec{named, server("::ffff:10.0.0.1")})
	if err != nil || len(got) != 2 {
		t.Fatalf("got %v, %v", got, err)
	}
	first, second := named, server("10.0.0.1")
	first.Weight, second.Weight = new(1), new(1)
	equal(t, nil, got[0], first) // in the order wanted
	equal(t, nil, got[1], second)

	// The port that is meant is the backend's, so this is the server that is there.
	renamed := server("10.0.0.2")
	renamed.Name, renamed.Port = "c", webBackend().Port
	_, err = r.Servers(webBackend(), []lb.ServerSpec{named}, []lb.ServerSpec{server("10.0.0.9"), renamed, server("10.0.0.9")})
	if diff := cmp.Diff("!servers[2].address ?servers[1].name", joined(pathsOf(t, err))); diff != "" {
		t.Errorf("%s\n%v", diff, err)
	}
}

// What is wrong with a server that is there passes while it stays, and is refused of another.
func TestServersPassWhatIsThere(t *testing.T) {
	t.Parallel()
	capabilities := fixed("server.weight")
	capabilities.Limits.MaxServers = 2
	r := rules(capabilities)
	heavy := func(address string) lb.ServerSpec {
		s := server(address)
		s.Weight = new(7)
		return s
	}
	a, b, c := heavy("10.0.0.1"), heavy("10.0.0.2"), heavy("10.0.0.3")
	heavier := heavy("10.0.0.3")
	heavier.Weight = new(8)
	for name, tc := range map[string]struct {
		there, wanted []lb.ServerSpec
		want          string
	}{
		"as they are":  {[]lb.ServerSpec{a, b, c}, []lb.ServerSpec{c, a, b}, ""},
		"one for one":  {[]lb.ServerSpec{a, b, c}, []lb.ServerSpec{server("10.0.0.9"), a, b}, ""},
		"with another": {[]lb.ServerSpec{a}, []lb.ServerSpec{a, b}, "?servers[1].weight"},
		"heavier":      {[]lb.ServerSpec{a, c}, []lb.ServerSpec{a, heavier}, "?servers[1].weight"},
		"one more":     {[]lb.ServerSpec{a, b}, []lb.ServerSpec{a, b, server("10.0.0.9")}, "!servers"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := r.Servers(webBackend(), tc.there, tc.wanted)
			if tc.want == "" {
				if err != nil || len(got) != len(tc.wanted) {
					t.Errorf("got %v, %v", got, err)
				}
			} else if diff := cmp.Diff(tc.want, joined(pathsOf(t, err))); diff != "" {
				t.Errorf("%s\n%v", diff, err)
			}
		})
	}
}

func TestCertificateName(t *testing.T) {
	t.Parallel()
	if err := rules(everything()).CertificateName("shop"); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff("!name", joined(pathsOf(t, rules(everything()).CertificateName("a\nb")))); diff != "" {
		t.Error(diff)
	}
}

// Without Lenient, what narrows a leaf is supported where it is listed, and there alone.
func TestStrictRules(t *testing.T) {
	t.Parallel()
	yes := lb.Support{Supported: true}
	features := map[lb.Feature]lb.Support{
		"frontend.protocol": yes, "frontend.ports": yes, "frontend.defaultBackend": yes, "frontend.defaultBackend.unset": yes,
	}
	r := dialect.Rules{Capabilities: lb.Capabilities{Provider: "small", Features: features}}
	spec := lb.FrontendSpec{Protocol: lb.ProtocolHTTP, Ports: []lb.PortRange{lb.Port(80), lb.Port(443)}}
	if diff := cmp.Diff("?ports", joined(pathsOf(t, second(r.Frontend(spec))))); diff != "" {
		t.Error(diff)
	}
	r.Lenient = true
	if _, err := r.Frontend(spec); err != nil {
		t.Errorf("lenient: %v", err)
	}
	r.Lenient, features["frontend.ports.several"] = false, yes
	if _, err := r.Frontend(spec); err != nil {
		t.Errorf("listed: %v", err)
	}
}

// A provider's own defaults of a check, within its limits.
func TestCheckDefaults(t *testing.T) {
	t.Parallel()
	r := rules(everything())
	r.Check = lb.HealthCheck{Type: lb.CheckHTTP, Interval: lb.Duration(20 * time.Second), Timeout: lb.Duration(2 * time.Second), UnhealthyThreshold: 5}
	spec := webBackend()
	spec.HealthCheck = &lb.HealthCheck{}
	got, _, err := r.Backend(spec, nil)
	want := r.Check
	want.HTTP = &lb.HTTPCheck{Method: "GET", Path: "/"}
	spec.HealthCheck, spec.Algorithm = &want, lb.AlgorithmRoundRobin
	got.HealthCheck.HTTP.Status = nil // not a check's own default
	equal(t, err, got, spec)

	r.Capabilities.Limits.MaxCheckInterval = lb.Duration(10 * time.Second)
	got, _, err = r.Backend(lb.BackendSpec{Protocol: lb.ProtocolHTTP, HealthCheck: &lb.HealthCheck{}}, nil)
	if err != nil || got.HealthCheck.Interval != lb.Duration(10*time.Second) {
		t.Errorf("got %+v, %v", got.HealthCheck, err)
	}
}
