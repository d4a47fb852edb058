package topology_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/topology"
	"github.com/lbkit/lbkit/ovh"
	"github.com/lbkit/lbkit/scaleway"
)

// The clouds' own providers, of which nothing is sent.
func ovhProvider(t testing.TB) lb.Provider {
	t.Helper()
	client, err := ovh.NewClient(ovh.EU, ovh.AccessToken(func(context.Context) (lb.Secret, error) {
		return lb.Secret{}, errors.New("nothing may be sent")
	}))
	if err != nil {
		t.Fatal(err)
	}
	return ovh.NewProvider(client)
}

func scalewayProvider(t testing.TB) lb.Provider {
	t.Helper()
	client, err := scaleway.NewClient(lb.NewSecret("11111111-2222-4333-8444-555555555555"))
	if err != nil {
		t.Fatal(err)
	}
	provider, err := scaleway.NewProvider(client, []scaleway.Zone{"fr-par-1"})
	if err != nil {
		t.Fatal(err)
	}
	return provider
}

// plain is a provider whose Dialect takes everything as it comes.
type plain struct {
	lb.UnimplementedProvider
	can lb.Capabilities
}

func (p plain) Name() string                  { return "plain" }
func (p plain) Capabilities() lb.Capabilities { return p.can }
func (p plain) Dialect() lb.Dialect           { return plainDialect{} }

type plainDialect struct{ lb.UnimplementedDialect }

func (plainDialect) LoadBalancer(spec lb.LoadBalancerSpec) (lb.LoadBalancerSpec, error) {
	return spec, nil
}
func (plainDialect) Frontend(spec lb.FrontendSpec) (lb.FrontendSpec, error) { return spec, nil }

func (plainDialect) Backend(spec lb.BackendSpec, servers []lb.ServerSpec) (lb.BackendSpec, []lb.ServerSpec, error) {
	return spec, servers, nil
}

func (plainDialect) Filters(_ lb.FrontendSpec, specs []lb.FilterSpec) ([]lb.FilterSpec, error) {
	return specs, nil
}

func (plainDialect) Routes(_ lb.FrontendSpec, specs []lb.RouteSpec) ([]lb.RouteSpec, error) {
	return specs, nil
}

func (plainDialect) Certificate(spec lb.CertificateSpec) (lb.CertificateSpec, error) {
	return spec, nil
}

// places are the paths of the problems in err, sorted, each with what is said of it when
// that has to do with the topology and not with one entry.
func places(t testing.TB, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	var problems lb.Problems
	if !errors.As(err, &problems) {
		t.Fatalf("error is %T %v, want lb.Problems", err, err)
	}
	var out []string
	for _, problem := range problems {
		var lacking *lb.UnsupportedError
		var wrong *lb.Error
		switch {
		case errors.As(problem, &lacking):
			out = append(out, fmt.Sprintf("%s lacks %s", lacking.Path, lacking.Feature))
		case errors.As(problem, &wrong) && errors.Is(problem, lb.ErrInvalid) && len(wrong.Fields) == 1:
			out = append(out, wrong.Fields[0].Path+": "+wrong.Fields[0].Reason)
		default:
			t.Errorf("problem is %#v", problem)
		}
	}
	slices.Sort(out)
	return out
}

const websiteYAML = `
loadBalancer: {name: edge}
backends:
  - name: app
    protocol: http
    port: 8080
    healthCheck: {type: http, interval: 30s, http: {method: GET, path: /}}
    servers: [{address: 10.0.0.1}, {address: 10.0.0.2}]
  - {name: api, protocol: http, port: 8081, healthCheck: {type: tcp, interval: 30s}, servers: [{address: 10.0.0.3}]}
frontends:
  - name: web
    protocol: http
    ports: [80]
    defaultBackend: app
    filters:
      - {action: redirect, match: [{field: path, op: prefix, values: [/old]}], redirect: {path: /}}
    routes:
      - {backend: api, match: [{field: host, values: [api.example.org]}]}
`

func TestCheckTakesOneTopologyOnBothClouds(t *testing.T) {
	t.Parallel()
	spec := decode(t, websiteYAML)
	for _, p := range []lb.Provider{ovhProvider(t), scalewayProvider(t), plain{}} {
		if err := spec.Check(p); err != nil {
			t.Errorf("%s: %v", p.Name(), err)
		}
	}
}

func TestCheckNamesEveryProblemByPath(t *testing.T) {
	t.Parallel()
	spec := decode(t, `
loadBalancer: {name: edge, zone: gra}
certificates:
  - {name: site, pem: nonsense}
  - {name: kept, fingerprint: ab12}
  - {name: file, pemFile: a.pem, keyFile: a.key}
backends:
  - name: app
    protocol: http
    serverTimeout: 5s
    servers: [{address: 10.0.0.1}, {address: "2001:db8::1"}, {address: 10.0.0.2, weight: 500}]
  - {name: raw, protocol: tcp, port: 80}
frontends:
  - {name: plain, protocol: http, ports: [80], defaultBackend: raw}
  - name: web
    protocol: http
    ports: [443]
    certificates: [kept]
    http3: true
    filters:
      - {action: deny, match: [{field: source, values: [10.0.0.0/8]}]}
      - {action: allow, match: [{field: path, values: [/a]}, {field: path, op: prefix, values: [""]}]}
    routes:
      - {backend: raw, match: [{field: host, values: [example.org]}]}
`)
	want := []string{
		"backends[0].serverTimeout lacks backend.serverTimeout",
		"backends[0].servers[1].address lacks server.address.ipv6",
		"backends[0].servers[2].weight: 500 is not within 0 and 256",
		"certificates[0].key: holds no private key in PEM",
		"certificates[0].pem: holds no certificate in PEM",
		"certificates[2].pemFile: has not been read: ReadFiles does it",
		`frontends[0].defaultBackend: backend "raw" speaks tcp, and the frontend http`,
		"frontends[1].filters[1].action lacks filter.action.allow",
		"frontends[1].filters[1].match[1].values lacks filter.match.values.empty",
		"frontends[1].http3 lacks frontend.http3",
		`frontends[1].routes[0].backend: backend "raw" speaks tcp, and the frontend http`,
		"loadBalancer.zone lacks loadbalancer.zone",
	}
	if diff := cmp.Diff(want, places(t, spec.Check(ovhProvider(t)))); diff != "" {
		t.Error(diff)
	}
}

// Check says itself what Decode says of a file: a topology may come from a program.
func TestCheckFindsDanglingReferencesAndDuplicates(t *testing.T) {
	t.Parallel()
	spec := &topology.Spec{
		Backends:  []topology.Backend{{BackendSpec: lb.BackendSpec{Name: "a"}}, {BackendSpec: lb.BackendSpec{Name: "a"}}},
		Frontends: []topology.Frontend{{FrontendSpec: lb.FrontendSpec{Name: "f", DefaultBackend: "b", Certificates: []lb.CertificateID{"c"}}}},
	}
	want := []string{
		`backends[1].name: backends[0] is called "a" already: rename one, or give the ID of each`,
		`frontends[0].certificates[0]: there is no certificate "c" in the topology`,
		`frontends[0].defaultBackend: there is no backend "b" in the topology`,
	}
	if diff := cmp.Diff(want, places(t, spec.Check(plain{}))); diff != "" {
		t.Error(diff)
	}
}

// What has no part in what a provider gets is no problem: servers that a plan leaves out,
// and settings of another provider, whatever they are.
func TestCheckPassesWhatIsLeftOut(t *testing.T) {
	t.Parallel()
	spec := decode(t, `
loadBalancer: {name: edge}
backends:
  - name: app
    protocol: tcp
    port: 80
    healthCheck: {type: tcp}
    extensions: {elsewhere: {color: red}}
    servers: [{address: 10.0.0.1, disabled: true}, {address: 10.0.0.2, backup: true}, {address: 10.0.0.3, disabled: true}, {address: 10.0.0.4, weight: 5}]
`)
	want := []string{"backends[0].servers[1].backup lacks server.backup", "backends[0].servers[3].weight lacks server.weight"}
	if diff := cmp.Diff(want, places(t, spec.Check(scalewayProvider(t)))); diff != "" {
		t.Errorf("Scaleway, which cannot disable servers:\n%s", diff)
	}
	if err := spec.Check(ovhProvider(t)); err != nil {
		t.Errorf("OVH, which can: %v", err)
	}
}

// Provider-wide limits are about all frontends together.
func TestCheckCountsForTheWholeLoadBalancer(t *testing.T) {
	t.Parallel()
	frontend := func(port, filters, routes int) string {
		out := fmt.Sprintf("- {name: f%d, protocol: http, ports: [%d], defaultBackend: app, filters: [", port, port)
		for i := range filters {
			out += fmt.Sprintf("{action: deny, match: [{field: path, values: [/%d]}]},", i)
		}
		out += "], routes: ["
		for i := range routes {
			out += fmt.Sprintf("{backend: app, match: [{field: host, values: [h%d.example.org]}]},", i)
		}
		return out + "]}\n"
	}
	spec := func(frontends ...string) *topology.Spec {
		return decode(t, "loadBalancer: {name: a}\nbackends: [{name: app, protocol: http, port: 80}]\nfrontends:\n"+strings.Join(frontends, ""))
	}
	limited := plain{can: lb.Capabilities{Limits: lb.Limits{MaxFilters: 3, MaxRoutes: 2, MaxServers: 1}}}
	own := strings.ReplaceAll(frontend(90, 1, 24), "filters: [", "filters: [{action: deny, match: [{field: source, values: [10.0.0.0/8]}]},")
	for name, c := range map[string]struct {
		provider lb.Provider
		spec     *topology.Spec
		want     []string
	}{
		"as many as there may be":   {limited, spec(frontend(80, 2, 1), frontend(81, 1, 1)), nil},
		"a filter too many":         {limited, spec(frontend(80, 2, 0), frontend(81, 2, 0)), []string{"frontends[1].filters: all frontends together have 4 filters, and a load balancer has 3 at most"}},
		"a route too many":          {limited, spec(frontend(80, 0, 1), frontend(81, 0, 1), frontend(82, 0, 1)), []string{"frontends[2].routes: all frontends together have 3 routes and a load balancer has 2 at most"}},
		"OVH, 50 together":          {ovhProvider(t), spec(frontend(80, 25, 0), frontend(81, 0, 25)), nil},
		"OVH, 51 together":          {ovhProvider(t), spec(frontend(80, 25, 1), frontend(81, 0, 25)), []string{"frontends[1].routes: all frontends together have 51 filters and routes, which count alike, and a load balancer has 50 at most"}},
		"OVH, source lists aside":   {ovhProvider(t), spec(frontend(80, 25, 0), own), nil},
		"Scaleway, apart":           {scalewayProvider(t), spec(frontend(80, 40, 0), frontend(443, 0, 40)), nil},
		"Scaleway, 301 filters":     {scalewayProvider(t), spec(frontend(80, 200, 0), frontend(443, 101, 0)), []string{"frontends[1].filters: all frontends together have 301 filters, and a load balancer has 300 at most"}},
		"one server more than fits": {limited, decode(t, "loadBalancer: {}\nbackends: [{name: a, protocol: tcp, servers: [{address: 10.0.0.1}, {address: 10.0.0.2}]}]\n"), []string{"backends[0].servers: 2: a backend has 1 at most"}},
		"the other one is disabled": {limited, decode(t, "loadBalancer: {}\nbackends: [{name: a, protocol: tcp, servers: [{address: 10.0.0.1}, {address: 10.0.0.2, disabled: true}]}]\n"), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := c.spec.Check(c.provider)
			var got []string
			for _, place := range places(t, err) {
				if !strings.Contains(place, "backend.healthCheck.unset") { // which Scaleway needs, and these do without
					got = append(got, place)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestCheckFindsFrontendsInOnePlace(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		frontends []string
		port      int // 0: they do not meet
	}{
		"one port":                {[]string{"protocol: http, ports: [80]", "protocol: tcp, ports: [80]"}, 80},
		"ranges":                  {[]string{"protocol: http, ports: [80, 8000-8100]", "protocol: http, ports: [8100-9000]"}, 8100},
		"other ports":             {[]string{"protocol: http, ports: [80]", "protocol: http, ports: [81]"}, 0},
		"TCP and UDP":             {[]string{"protocol: tcp, ports: [53]", "protocol: udp, ports: [53]"}, 0},
		"other addresses":         {[]string{"protocol: tcp, ports: [53], addresses: [203.0.113.1]", "protocol: tcp, ports: [53], addresses: [203.0.113.2]"}, 0},
		"one address":             {[]string{"protocol: tcp, ports: [53], addresses: [203.0.113.1]", "protocol: tcp, ports: [53], addresses: [203.0.113.0/29]"}, 53},
		"one has its own address": {[]string{"protocol: tcp, ports: [53], addresses: [203.0.113.1]", "protocol: tcp, ports: [53]"}, 0},
		"one is disabled":         {[]string{"protocol: tcp, ports: [53]", "protocol: tcp, ports: [53], disabled: true"}, 0},
		"other zones":             {[]string{"protocol: tcp, ports: [53], extensions: {ovh: {zone: gra}}", "protocol: tcp, ports: [53], extensions: {ovh: {zone: rbx}}"}, 0},
		"one zone":                {[]string{"protocol: tcp, ports: [53], extensions: {ovh: {zone: gra}}", "protocol: tcp, ports: [53], extensions: {ovh: {zone: gra}}"}, 53},
		"one in all zones":        {[]string{"protocol: tcp, ports: [53], extensions: {ovh: {zone: gra}}", "protocol: tcp, ports: [53], extensions: {ovh: {zone: all}}"}, 53},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spec := decode(t, fmt.Sprintf("loadBalancer: {name: a}\nfrontends:\n- {name: a, %s}\n- {name: b, %s}\n", c.frontends[0], c.frontends[1]))
			var want []string
			if c.port != 0 {
				want = []string{fmt.Sprintf("frontends[1].ports: frontends[0] listens on port %d of the same address already", c.port)}
			}
			if diff := cmp.Diff(want, places(t, spec.Check(ovhProvider(t)))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Check asks nothing of a provider but what it knows without I/O: these would fail. It
// leaves the topology as it is.
func TestCheckChangesNothing(t *testing.T) {
	t.Parallel()
	spec, again := decode(t, websiteYAML), decode(t, websiteYAML)
	pair := certify(t, time.Now().AddDate(1, 0, 0), "example.org")
	for _, s := range []*topology.Spec{spec, again} {
		s.Certificates = []topology.Certificate{{CertificateSpec: lb.CertificateSpec{Name: "a", PEM: "\n" + pair.pem, Key: lb.NewSecret(pair.key)}}}
	}
	if err := spec.Check(scalewayProvider(t)); err != nil {
		t.Error(err)
	}
	for i := range spec.Backends {
		if !lb.Equal(spec.Backends[i].BackendSpec, again.Backends[i].BackendSpec) {
			t.Errorf("backends[%d] has changed", i)
		}
	}
	if !lb.Equal(spec.Certificates[0].CertificateSpec, again.Certificates[0].CertificateSpec) || !lb.Equal(spec.Frontends[0].FrontendSpec, again.Frontends[0].FrontendSpec) {
		t.Error("the topology has changed")
	}
}
