package topology_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"testing/fstest"
	"time"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/lbtest"
	"github.com/lbkit/lbkit/lb/topology"
	"github.com/lbkit/lbkit/scaleway"
)

// blogYAML is a small website.
const blogYAML = `
loadBalancer: {name: blog}
backends:
  - name: app
    protocol: http
    port: 8080
    healthCheck: {type: http, interval: 30s, http: {method: GET, path: /health}}
    servers:
      - address: 10.0.0.11
      - {address: 10.0.0.12, weight: 2}
frontends:
  - name: web
    protocol: http
    ports: [80]
    defaultBackend: app
`

// onScaleway is a provider of which these examples ask what it knows without a request.
func onScaleway() lb.Provider {
	client, err := scaleway.NewClient(lb.NewSecret("11111111-2222-4333-8444-555555555555"))
	if err != nil {
		panic(err)
	}
	provider, err := scaleway.NewProvider(client, []scaleway.Zone{"fr-par-1"})
	if err != nil {
		panic(err)
	}
	return provider
}

func ExampleDecode() {
	spec, err := topology.Decode(strings.NewReader(blogYAML))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(spec.Frontends[0].Name, spec.Frontends[0].Ports, "to", spec.Frontends[0].DefaultBackend)
	for _, server := range spec.Backends[0].Servers {
		fmt.Println(server.Address)
	}
	// Output:
	// web [80] to app
	// 10.0.0.11
	// 10.0.0.12
}

// Every fault is reported, with the line that it is in.
func ExampleDecode_faults() {
	_, err := topology.Decode(strings.NewReader(`
loadBalancer: {name: blog}
frontends:
  - name: web
    protocol: http
    port: 80
    clientTimeout: 5
    defaultBackend: app
`))
	fmt.Println(err)

	var first *topology.DecodeError
	if errors.As(err, &first) {
		fmt.Println("first in line", first.Line, "at", first.Path)
	}
	// Output:
	// line 6: frontends[0].port: unknown key; did you mean "ports"?
	// line 7: frontends[0].clientTimeout: "5": must be a duration with its unit, such as "30s" or "1m30s"
	// first in line 6 at frontends[0].port
}

// Two files, or what was exported at two times, are compared without a provider.
func ExampleDiff() {
	yesterday, err := topology.Decode(strings.NewReader(blogYAML))
	if err != nil {
		fmt.Println(err)
		return
	}
	today := yesterday.Clone()
	app := &today.Backends[0]
	app.HealthCheck.Interval = lb.Duration(time.Minute)
	app.Servers = append(app.Servers[1:], lb.ServerSpec{Address: netip.MustParseAddr("10.0.0.13")})
	today.Frontends[0].Filters = []lb.FilterSpec{{Action: lb.FilterDeny, Match: lb.Match{{Field: lb.FieldPath, Op: lb.MatchPrefix, Values: []string{"/admin"}}}}}

	differences := topology.Diff(yesterday, today)
	fmt.Println(len(differences), "differences")
	fmt.Println()
	fmt.Print(differences)
	// Output:
	// 3 differences
	//
	// ~ backend "app"
	//     healthCheck.interval: 30s -> 1m0s
	//
	// ~ servers of backend "app"
	//     - 10.0.0.11:8080: {"address":"10.0.0.11"}
	//     + 10.0.0.13:8080: {"address":"10.0.0.13"}
	//
	// ~ filters of frontend "web"
	//     + [0]: {"match":[{"field":"path","op":"prefix","values":["/admin"]}],"action":"deny"}
}

func ExampleSpec_WriteYAML() {
	spec := &topology.Spec{
		LoadBalancer: lb.LoadBalancerSpec{Name: "mail"},
		Backends: []topology.Backend{{
			BackendSpec: lb.BackendSpec{
				Name: "smtp", Protocol: lb.ProtocolTCP, Port: 25,
				HealthCheck: &lb.HealthCheck{Type: lb.CheckSMTP, Interval: lb.Duration(time.Minute)},
			},
			Servers: []lb.ServerSpec{{Address: netip.MustParseAddr("10.0.0.25")}},
		}},
		Frontends: []topology.Frontend{{
			FrontendSpec: lb.FrontendSpec{Name: "smtp", Protocol: lb.ProtocolTCP, Ports: []lb.PortRange{lb.Port(25), lb.Port(587)}, DefaultBackend: "smtp"},
		}},
	}
	if err := spec.WriteYAML(os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// loadBalancer:
	//   name: mail
	// backends:
	//   - name: smtp
	//     protocol: tcp
	//     port: 25
	//     healthCheck:
	//       type: smtp
	//       interval: 1m0s
	//     servers:
	//       - address: 10.0.0.25
	// frontends:
	//   - name: smtp
	//     protocol: tcp
	//     ports: [25, 587]
	//     defaultBackend: smtp
}

func ExampleSpec_WriteJSON() {
	spec := &topology.Spec{LoadBalancer: lb.LoadBalancerSpec{Name: "blog", Tags: []string{"team=web"}}}
	if err := spec.WriteJSON(os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// {
	//   "loadBalancer": {
	//     "name": "blog",
	//     "tags": [
	//       "team=web"
	//     ]
	//   }
	// }
}

// A topology names the files of its certificates; their content is read when it is
// needed. In a program, os.DirFS gives a folder's files.
func ExampleSpec_ReadFiles() {
	spec, err := topology.Decode(strings.NewReader(`
loadBalancer: {name: blog}
certificates:
  - {name: site, pemFile: tls/site.pem, keyFile: tls/site.key}
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	files := fstest.MapFS{"tls/site.pem": {Data: []byte("not a certificate")}}
	fmt.Println(spec.ReadFiles(files))
	// Output:
	// certificate: invalid: certificates[0].pemFile: file "tls/site.pem": holds no certificate in PEM
	// certificate: invalid: certificates[0].keyFile: file "tls/site.key" cannot be read: open tls/site.key: file does not exist
}

// Check needs no account: it asks what the provider knows of itself.
func ExampleSpec_Check() {
	spec, err := topology.Decode(strings.NewReader(blogYAML))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(spec.Check(onScaleway()))
	// Output:
	// scaleway: backends[0].servers[1].weight: 2 is unsupported: Scaleway has no such setting (feature server.weight; hint: make a second backend for other shares)
}

func ExampleSpec_Lint() {
	spec, err := topology.Decode(strings.NewReader(`
loadBalancer: {name: blog}
backends:
  - {name: app, protocol: http, port: 8080}
frontends:
  - name: web
    protocol: http
    ports: [80]
    defaultBackend: app
    filters:
      - {action: deny, match: [{field: source, values: [0.0.0.0/0]}, {field: path, op: prefix, values: [/admin]}]}
    routes:
      - {backend: app, match: [{field: path, op: prefix, values: [/shop]}]}
      - {backend: app, match: [{field: path, values: [/shop/cart]}]}
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, finding := range spec.Lint(onScaleway(), time.Now()) {
		fmt.Println(finding)
	}
	// Output:
	// backends[0].healthCheck: servers take traffic whether they work or not (healthCheck.missing)
	// frontends[0].routes[1]: routes[0] takes all that it matches (rule.shadowed)
	// frontends[0].filters[0]: it denies all of IPv4, and IPv6 clients pass: deny ::/0, too, or deny all but those meant with not (ipv6.open)
}

func ExampleSpec_WriteTree() {
	spec, err := topology.Decode(strings.NewReader(blogYAML))
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := spec.WriteTree(os.Stdout, nil); err != nil {
		fmt.Println(err)
	}
	// Output:
	// load balancer blog
	// ├── frontend web (http, port 80)
	// │   └── default → backend app
	// └── backend app (http, port 8080, check http of /health every 30s)
	//     ├── server 10.0.0.11:8080
	//     └── server 10.0.0.12:8080 (weight 2)
}

func ExampleSpec_WriteMermaid() {
	spec := &topology.Spec{LoadBalancer: lb.LoadBalancerSpec{Name: `edge"]; click me`}}
	var out strings.Builder
	if err := spec.WriteMermaid(&out, nil); err != nil {
		fmt.Println(err)
	}
	lines := strings.Split(out.String(), "\n")
	fmt.Println(strings.Join(lines[:2], "\n"))
	// Output:
	// flowchart LR
	//   lb["load balancer #34;edge#92;#34;#93;#59; click me#34;"]:::loadbalancer
}

func ExampleSpec_WriteDOT() {
	spec := &topology.Spec{LoadBalancer: lb.LoadBalancerSpec{Name: "edge"}}
	if err := spec.WriteDOT(os.Stdout, nil); err != nil {
		fmt.Println(err)
	}
	// Output:
	// digraph topology {
	//   rankdir=LR;
	//   node [shape=box, style=filled];
	//   lb [label="load balancer edge", fillcolor="#e8eaf6"];
	// }
}

// The health of a load balancer's servers goes into a drawing of its topology.
func ExampleReadHealth() {
	ctx := context.Background()
	provider := lbtest.NewMemory()
	id := provider.AddLoadBalancer(lb.LoadBalancerSpec{Name: "blog"})
	app, err := provider.Backends().Create(ctx, id,
		lb.BackendSpec{Name: "app", Protocol: lb.ProtocolHTTP, Port: 8080, HealthCheck: &lb.HealthCheck{Type: lb.CheckTCP}},
		lb.ServerSpec{Address: netip.MustParseAddr("10.0.0.11")}, lb.ServerSpec{Address: netip.MustParseAddr("10.0.0.12")},
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := lb.Publish(ctx, provider, id); err != nil {
		fmt.Println(err)
		return
	}
	provider.SetHealth(app.Servers[0].ID, lb.HealthHealthy)
	provider.SetHealth(app.Servers[1].ID, lb.HealthDown)

	health, err := topology.ReadHealth(ctx, provider, id)
	if err != nil {
		fmt.Println(err)
		return
	}
	spec, err := topology.Decode(strings.NewReader(strings.ReplaceAll(blogYAML, ", weight: 2", "")))
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := spec.WriteTree(os.Stdout, health); err != nil {
		fmt.Println(err)
	}
	// Output:
	// load balancer blog
	// ├── frontend web (http, port 80)
	// │   └── default → backend app
	// └── backend app (http, port 8080, check http of /health every 30s)
	//     ├── server 10.0.0.11:8080  ✓ healthy
	//     └── server 10.0.0.12:8080  ✗ down
}

// HealthOf is for a program that has read the load balancer and the health of its
// servers for other reasons.
func ExampleHealthOf() {
	server := &lb.Server{ID: "srv-1", ServerSpec: lb.ServerSpec{Address: netip.MustParseAddr("10.0.0.11")}}
	live := &lb.Tree{Backends: []*lb.Backend{{ID: "be-1", BackendSpec: lb.BackendSpec{Name: "app", Port: 8080}, Servers: []*lb.Server{server}}}}
	health := topology.HealthOf(live, []*lb.ServerHealth{
		{Server: "srv-1", Instance: "one", State: lb.HealthHealthy},
		{Server: "srv-1", Instance: "two", State: lb.HealthDown},
	})
	spec := &topology.Spec{Backends: []topology.Backend{{
		BackendSpec: lb.BackendSpec{Name: "app", Protocol: lb.ProtocolHTTP, Port: 8080}, Servers: []lb.ServerSpec{server.ServerSpec},
	}}}
	if err := spec.WriteTree(os.Stdout, health); err != nil {
		fmt.Println(err)
	}
	// Output:
	// load balancer ""
	// └── backend app (http, port 8080, no health check)
	//     └── server 10.0.0.11:8080  ✗ down
}

// The schema is for editors, and for checks outside of Go.
func ExampleSchema() {
	fmt.Println(strings.Contains(string(topology.Schema()), `"$schema": "https://json-schema.org/draft/2020-12/schema"`))
	// Output: true
}
