package topology_test

import (
	"crypto/sha1" //nolint:gosec // G505: the fingerprints of the contract are SHA-1
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/topology"
)

// decoded is a topology from the text of a file.
func decoded(t *testing.T, text string) *topology.Spec {
	t.Helper()
	spec, err := topology.Decode(strings.NewReader("loadBalancer: {name: edge}\n" + text))
	if err != nil {
		t.Fatal(err)
	}
	return spec
}

// Each difference shows as a plan shows what it does about one.
func TestDiffShows(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ before, after, want string }{
		"an entry that comes, with its servers and rules": {
			"",
			`
backends: [{name: app, protocol: http, port: 80, servers: [{address: 10.0.0.2}, {address: 10.0.0.1, port: 81}]}]
frontends: [{name: web, protocol: http, ports: [80], defaultBackend: app, filters: [{action: deny}]}]`,
			`
+ backend "app"
    name: "app"
    protocol: "http"
    port: 80
    server 10.0.0.1:81: {"address":"10.0.0.1","port":81}
    server 10.0.0.2:80: {"address":"10.0.0.2"}

+ frontend "web"
    name: "web"
    protocol: "http"
    ports: ["80"]
    defaultBackend: "app"

~ filters of frontend "web"
    + [0]: {"action":"deny"}
`,
		},
		"an entry that goes": {
			`backends: [{name: app, protocol: http, port: 80, servers: [{address: 10.0.0.1}]}]`,
			"",
			`
- backend "app"
    name: "app"
    protocol: "http"
    port: 80
    server 10.0.0.1:80: {"address":"10.0.0.1"}
`,
		},
		"settings and servers": {
			`backends: [{name: app, protocol: http, port: 80, servers: [{address: 10.0.0.1}, {address: 10.0.0.2, weight: 2}]}]`,
			`backends: [{name: app, protocol: tcp, port: 80, servers: [{address: 10.0.0.3}, {address: 10.0.0.2, weight: 3}]}]`,
			`
~ backend "app"
    protocol: "http" -> "tcp"

~ servers of backend "app"
    - 10.0.0.1:80: {"address":"10.0.0.1"}
    10.0.0.2:80 weight: 2 -> 3
    + 10.0.0.3:80: {"address":"10.0.0.3"}
`,
		},
		"servers that follow their backend's port": {
			`backends: [{name: app, protocol: http, port: 80, servers: [{address: 10.0.0.1}, {address: 10.0.0.2, port: 82}]}]`,
			`backends: [{name: app, protocol: http, port: 81, servers: [{address: 10.0.0.1, weight: 2}, {address: 10.0.0.2, port: 82}]}]`,
			`
~ backend "app"
    port: 80 -> 81

~ servers of backend "app"
    10.0.0.1:81 weight: none -> 2
`,
		},
		"a server that stays where it is while its backend's port moves": {
			`backends: [{name: app, protocol: http, port: 81, servers: [{address: 10.0.0.1}]}]`,
			`backends: [{name: app, protocol: http, port: 80, servers: [{address: 10.0.0.1, port: 81}]}]`,
			`
~ backend "app"
    port: 81 -> 80

~ servers of backend "app"
    10.0.0.1:81 port: 0 -> 81
`,
		},
		"an entry renamed, as its ID says, and what refers to it": {
			`
backends: [{id: b-1, name: app, protocol: http}]
frontends: [{name: web, protocol: http, ports: [80], defaultBackend: app, routes: [{backend: app}]}]`,
			`
backends: [{id: b-1, name: shop, protocol: http}]
frontends: [{name: web, protocol: http, ports: [80], defaultBackend: shop, routes: [{backend: b-1}]}]`,
			`
~ backend "app"
    name: "app" -> "shop"
`,
		},
		"a reference to another entry, by its name": {
			`
backends: [{name: app, protocol: http}, {id: b-2, name: shop, protocol: http}]
frontends: [{name: web, protocol: http, ports: [80], defaultBackend: app, routes: [{backend: app}]}]`,
			`
backends: [{name: app, protocol: http}, {id: b-2, name: shop, protocol: http}]
frontends: [{name: web, protocol: http, ports: [80], defaultBackend: b-2, routes: [{backend: shop}]}]`,
			`
~ frontend "web"
    defaultBackend: "app" -> "shop"

~ routes of frontend "web"
    [0]: {"backend":"app"} -> {"backend":"shop"}
`,
		},
		"names that several have": {
			`backends: [{id: b-1, name: app, protocol: http, port: 1}, {id: b-2, name: app, protocol: http, port: 2}]`,
			`backends: [{id: b-2, name: app, protocol: http, port: 2}, {id: b-3, name: app, protocol: http, port: 3}, {id: b-4, name: app, protocol: tcp}]`,
			`
~ backend "app"
    port: 1 -> 3

+ backend "app"
    name: "app"
    protocol: "tcp"
`,
		},
		"the order of filters, not that of entries and servers": {
			`
backends: [{name: a, protocol: tcp}, {name: b, protocol: tcp, port: 80, servers: [{address: 10.0.0.1}, {address: 10.0.0.2}]}]
frontends: [{name: web, protocol: http, ports: [80], filters: [{action: deny}, {action: allow}]}]`,
			`
backends: [{name: b, protocol: tcp, port: 80, servers: [{address: 10.0.0.2}, {address: 10.0.0.1}]}, {name: a, protocol: tcp}]
frontends: [{name: web, protocol: http, ports: [80], filters: [{action: allow}, {action: deny}]}]`,
			`
~ filters of frontend "web"
    - [0]: {"action":"deny"}
    + [1]: {"action":"deny"}
`,
		},
		"certificates": {
			`
certificates:
  - {name: site, pemFile: a.pem, keyFile: a.key}
  - {fingerprint: "AB:12"}
  - {domains: [example.org, b.example.org, a.example.org]}
  - {id: c-4, fingerprint: cd34}`,
			`
certificates:
  - {domains: [example.org, a.example.org, B.example.org]}
  - {fingerprint: ab12}
  - {name: site, pemFile: b.pem, keyFile: a.key}
  - {id: c-4, domains: [example.com]}`,
			`
~ certificate "site"
    pemFile: "a.pem" -> "b.pem"

~ certificate "cd34"
    domains: none -> ["example.com"]
    fingerprint: "cd34" -> ""
`,
		},
		"a default that is spelled out": {
			`backends: [{name: app, protocol: http, port: 80, servers: [{address: 10.0.0.1}]}]`,
			`backends: [{name: app, protocol: http, port: 80, algorithm: roundrobin, servers: [{address: 10.0.0.1, port: 80}]}]`,
			`
~ backend "app"
    algorithm: "" -> "roundrobin"

~ servers of backend "app"
    10.0.0.1:80 port: 0 -> 80
`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			same(t, "differences", strings.TrimPrefix(c.want, "\n"), topology.Diff(decoded(t, c.before), decoded(t, c.after)).String())
		})
	}
}

// Nothing is compared like a topology that is empty, and with itself.
func TestDiffOfNothing(t *testing.T) {
	t.Parallel()
	for _, d := range []topology.Differences{topology.Diff(nil, nil), topology.Diff(nil, &topology.Spec{}), topology.Diff(main(), main())} {
		if len(d) != 0 || d.String() != "" {
			t.Errorf("differences: %v", d)
		}
	}
	want := "~ load balancer\n    name: \"edge\" -> \"\"\n"
	same(t, "differences", want, topology.Diff(&topology.Spec{LoadBalancer: lb.LoadBalancerSpec{Name: "edge"}}, nil).String())
	unknown := &topology.Spec{Backends: make([]topology.Backend, 2)} // with nothing to be known by
	if d := topology.Diff(unknown, unknown); len(d) != 0 {
		t.Errorf("differences: %v", d)
	}
}

// A certificate that has been read is the one that its fingerprint says, wherever it is kept.
func TestDiffOfCertificatesThatAreRead(t *testing.T) {
	t.Parallel()
	one, other := certify(t, time.Now().AddDate(1, 0, 0), "example.org"), certify(t, time.Now().AddDate(2, 0, 0), "example.org")
	with := func(c topology.Certificate) *topology.Spec {
		c.Name = "site"
		return &topology.Spec{Certificates: []topology.Certificate{c}}
	}
	file := topology.Certificate{PEMFile: "a.pem", KeyFile: "a.key"}
	read := file
	read.PEM, read.Key = one.pem, lb.NewSecret(one.key)
	moved := topology.Certificate{CertificateSpec: lb.CertificateSpec{PEM: one.pem}, PEMFile: "b.pem"}
	fingerprint := func(c certified) string {
		block, _ := pem.Decode([]byte(c.pem))
		sum := sha1.Sum(block.Bytes) //nolint:gosec // G401: the fingerprints of the contract are SHA-1
		return hex.EncodeToString(sum[:])
	}
	exported := topology.Certificate{Fingerprint: fingerprint(one)}
	renewed := topology.Certificate{CertificateSpec: lb.CertificateSpec{PEM: other.pem, Key: lb.NewSecret(other.key)}, PEMFile: "a.pem", KeyFile: "a.key"}
	for name, c := range map[string]struct {
		before, after topology.Certificate
		want          string
	}{
		"read, and not":             {file, read, ""},
		"read, and exported":        {read, exported, ""},
		"read from elsewhere":       {read, moved, ""},
		"not read, and exported":    {file, exported, "~ certificate \"site\"\n    pemFile: \"a.pem\" -> \"\"\n    keyFile: \"a.key\" -> \"\"\n    fingerprint: \"\" -> \"" + fingerprint(one) + "\"\n"},
		"renewed in the same files": {read, renewed, "~ certificate \"site\"\n    key: \"[secret]\" -> \"[secret]\"\n    fingerprint: \"" + fingerprint(one) + "\" -> \"" + fingerprint(other) + "\"\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			same(t, "differences", c.want, topology.Diff(with(c.before), with(c.after)).String())
		})
	}
}

// pastedKey is a private key that got where none belongs.
const pastedKey = "\"-----BEGIN EC PRIVATE KEY-----\"" + canary

const canary = "canary"

// note is an extension of a text.
type note struct {
	Text string `json:"text"`
}

func (note) ExtensionProvider() string { return "other" }

// A private key shows in no difference: of a setting, a file's name, a server, a rule or an
// extension.
func TestDiffHidesKeys(t *testing.T) {
	t.Parallel()
	spec := main()
	spec.Certificates = []topology.Certificate{{
		ID: "c-1", CertificateSpec: lb.CertificateSpec{PEM: pastedKey, Key: lb.NewSecret(pastedKey)},
		PEMFile: pastedKey, KeyFile: pastedKey, Fingerprint: pastedKey,
	}}
	spec.Backends = []topology.Backend{webBackend(pastedKey, "10.0.0.1")}
	spec.Backends[0].CookieName = pastedKey
	spec.Backends[0].Servers[0].Name, spec.Backends[0].Servers[0].Extensions = pastedKey, lb.Extend(note{pastedKey})
	spec.Frontends = []topology.Frontend{webFrontend("site", 80, pastedKey)}
	spec.Frontends[0].Filters = []lb.FilterSpec{{Action: lb.FilterRedirect, Redirect: &lb.Redirect{Path: pastedKey}}}
	spec.Frontends[0].Routes = []lb.RouteSpec{{Name: pastedKey, Backend: pastedKey}}
	for _, d := range []topology.Differences{topology.Diff(nil, spec), topology.Diff(spec, nil)} {
		text, err := json.Marshal(d)
		fatal(t, err)
		if strings.Contains(d.String()+string(text), canary) || strings.Count(d.String(), "[secret]") != 15 {
			t.Errorf("%v\n%s", d, text)
		}
	}
}
