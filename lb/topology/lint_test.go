package topology_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/topology"
)

var lintTime = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// found are the findings of one rule, as lines.
func found(spec *topology.Spec, p lb.Provider, rule topology.Rule) []string {
	var out []string
	for _, finding := range spec.Lint(p, lintTime) {
		if finding.Rule == rule {
			out = append(out, finding.Path+": "+finding.Message)
		}
	}
	return out
}

// checkLint compares what a rule finds.
func checkLint(t *testing.T, p lb.Provider, rule topology.Rule, text string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, found(decode(t, text), p, rule)); diff != "" {
		t.Errorf("%s:\n%s", rule, diff)
	}
}

func TestLintHealthCheckMissing(t *testing.T) {
	t.Parallel()
	checkLint(t, plain{}, topology.RuleNoHealthCheck, "loadBalancer: {}\nbackends:\n- {name: a, protocol: tcp}\n- {name: b, protocol: http, healthCheck: {type: tcp}}\n- {name: c, protocol: udp, port: 53}\n",
		"backends[0].healthCheck: servers take traffic whether they work or not")
}

// rules is a topology with one frontend that has these filters and routes.
func rules(filters, routes string) string {
	return "loadBalancer: {}\nbackends: [{name: a, protocol: http, port: 80}]\nfrontends:\n- {name: f, protocol: http, ports: [80], filters: [" + filters + "], routes: [" + routes + "]}\n"
}

func TestLintShadowed(t *testing.T) {
	t.Parallel()
	const (
		deny     = "{action: deny, match: [{field: path, op: prefix, values: [/admin]}]}"
		office   = "{action: allow, match: [{field: source, values: [10.0.0.0/8]}]}"
		edge     = "{action: deny, match: [{field: path, op: prefix, values: [/admin]}], extensions: {scaleway: {edgeServices: true}}}"
		admin    = "{backend: a, match: [{field: path, op: prefix, values: [/admin/users, /admin]}, {field: method, values: [GET]}]}"
		someHost = "{backend: a, match: [{field: host, op: suffix, values: [.Example.org]}]}"
		oneHost  = "{backend: a, match: [{field: host, values: [api.example.org]}]}"
	)
	for name, c := range map[string]struct {
		filters, routes string
		want            []string
	}{
		"a route by a filter":       {deny, admin, []string{"frontends[0].routes[0]: filters[0], of action deny, lets nothing through to it"}},
		"unless some may pass":      {office + "," + deny, admin, nil},
		"or the filter is special":  {edge, admin, nil},
		"a route by an earlier one": {"", someHost + "," + oneHost, []string{"frontends[0].routes[1]: routes[0] takes all that it matches"}},
		"not by a later one":        {"", oneHost + "," + someHost, nil},
		"a filter by an earlier":    {deny + ", {action: redirect, redirect: {path: /}, match: [{field: path, values: [/admin]}]}", "", []string{"frontends[0].filters[1]: filters[0] decides first about all that it matches"}},
		"a filter that is wider":    {"{action: deny, match: [{field: path, values: [/admin]}]}," + deny, "", nil},
		"everything after all":      {"{action: deny}," + deny, oneHost, []string{"frontends[0].filters[1]: filters[0] decides first about all that it matches", "frontends[0].routes[0]: filters[0], of action deny, lets nothing through to it"}},
		"negations":                 {"{action: deny, match: [{field: source, values: [10.0.0.0/8], not: true}]}", "{backend: a, match: [{field: source, values: [192.0.2.0/24]}]}", []string{"frontends[0].routes[0]: filters[0], of action deny, lets nothing through to it"}},
		"a negation that leaves":    {"{action: deny, match: [{field: source, values: [10.0.0.0/8], not: true}]}", "{backend: a, match: [{field: source, values: [10.1.0.0/16]}]}", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkLint(t, plain{}, topology.RuleShadowed, rules(c.filters, c.routes), c.want...)
		})
	}
}

func TestLintIPv6Open(t *testing.T) {
	t.Parallel()
	const open = "frontends[0].filters[%]: it denies all of IPv4, and IPv6 clients pass: deny ::/0, too, or deny all but those meant with not"
	for name, c := range map[string]struct {
		filters string
		open    string // the index of the filter that is found
	}{
		"IPv4 alone":               {"{action: deny, match: [{field: source, values: [0.0.0.0/0]}]}", "0"},
		"in two halves":            {"{action: deny, match: [{field: source, values: [0.0.0.0/1, 128.0.0.0/1]}]}", "0"},
		"half of it":               {"{action: deny, match: [{field: source, values: [0.0.0.0/1]}]}", ""},
		"after what is allowed":    {`{action: allow, match: [{field: source, values: [10.0.0.0/8, "2001:db8::/32"]}]}, {action: deny, match: [{field: source, values: [0.0.0.0/0]}]}`, "1"},
		"both":                     {`{action: deny, match: [{field: source, values: [0.0.0.0/0, "::/0"]}]}`, ""},
		"both, one after another":  {`{action: deny, match: [{field: source, values: [0.0.0.0/0]}]}, {action: deny, match: [{field: source, values: ["::/0"]}]}`, ""},
		"all but some":             {"{action: deny, match: [{field: source, values: [10.0.0.0/8], not: true}]}", ""},
		"everything":               {"{action: deny, match: [{field: source, values: [0.0.0.0/0]}]}, {action: deny}", ""},
		"one path":                 {"{action: deny, match: [{field: source, values: [0.0.0.0/0]}, {field: path, values: [/a]}]}", "0"},
		"one path, all paths":      {`{action: deny, match: [{field: source, values: [0.0.0.0/0]}, {field: path, values: [/a]}]}, {action: deny, match: [{field: source, values: ["::/0"]}]}`, ""},
		"one path, another path":   {`{action: deny, match: [{field: source, values: [0.0.0.0/0]}, {field: path, values: [/a]}]}, {action: deny, match: [{field: source, values: ["::/0"]}, {field: path, values: [/b]}]}`, "0"},
		"allowed, and not denied":  {"{action: allow, match: [{field: source, values: [0.0.0.0/0]}]}", ""},
		"denied but for IPv4 only": {"{action: deny, match: [{field: source, values: [0.0.0.0/0], not: true}]}", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var want []string
			if c.open != "" {
				want = append(want, strings.ReplaceAll(open, "%", c.open))
			}
			checkLint(t, plain{}, topology.RuleIPv6Open, rules(c.filters, ""), want...)
		})
	}
	t.Run("no IPv6 address", func(t *testing.T) {
		t.Parallel()
		text := strings.ReplaceAll(rules("{action: deny, match: [{field: source, values: [0.0.0.0/0]}]}", ""), "ports: [80]", "ports: [80], addresses: [203.0.113.1]")
		checkLint(t, plain{}, topology.RuleIPv6Open, text)
	})
}

// withCertificate is a topology with an uploaded certificate and a frontend that serves it.
func withCertificate(t *testing.T, end time.Time, frontend string, hosts ...string) *topology.Spec {
	t.Helper()
	spec := decode(t, "loadBalancer: {}\ncertificates: [{name: site}, {name: other, domains: [other.example.net]}]\nbackends: [{name: a, protocol: http, port: 80}]\nfrontends:\n- {name: f, protocol: http, ports: [443], certificates: [site], "+frontend+"}\n")
	pair := certify(t, end, hosts...)
	spec.Certificates[0].PEM, spec.Certificates[0].Key = pair.pem, lb.NewSecret(pair.key)
	return spec
}

func TestLintCertificateExpires(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for name, c := range map[string]struct {
		end  time.Time
		want []string
	}{
		"in a month and a bit": {lintTime.Add(30 * day), nil},
		"soon":                 {lintTime.Add(30*day - time.Second), []string{"certificates[0]: the certificate expires on 2026-07-01, in 29 days"}},
		"now":                  {lintTime, []string{"certificates[0]: the certificate expired on 2026-06-01"}},
		"not yet valid":        {lintTime.AddDate(2, 0, 0), []string{"certificates[0]: the certificate is not valid before 2027-06-01"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := found(withCertificate(t, c.end, "hsts: true", "example.org"), plain{}, topology.RuleCertificateExpires)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLintCertificateHost(t *testing.T) {
	t.Parallel()
	route := func(condition string) string { return "routes: [{backend: a, match: [" + condition + "]}]" }
	for name, c := range map[string]struct {
		frontend string
		host     string // that is not covered
	}{
		"covered":             {route("{field: host, values: [example.org, WWW.example.com]}"), ""},
		"with its port":       {route("{field: header, name: host, values: ['example.org:8443']}"), ""},
		"another":             {route("{field: host, values: [example.org, example.net]}"), "example.net"},
		"two labels":          {route("{field: host, values: [a.b.example.com]}"), "a.b.example.com"},
		"subdomains":          {route("{field: host, op: suffix, values: [.example.com]}"), ""},
		"other subdomains":    {route("{field: host, op: suffix, values: [.example.net]}"), ".example.net"},
		"everything else":     {route("{field: host, values: [example.net], not: true}"), ""},
		"any end of a name":   {route("{field: host, op: suffix, values: [net]}"), ""},
		"a pattern":           {route("{field: host, op: regex, values: ['net$']}"), ""},
		"another header":      {route("{field: header, name: X-Host, values: [example.net]}"), ""},
		"of the load's other": {route("{field: host, values: [other.example.net]}"), "other.example.net"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spec := withCertificate(t, lintTime.AddDate(0, 6, 0), c.frontend, "example.org", "*.example.com")
			var want []string
			if c.host != "" {
				want = append(want, `frontends[0].routes[0].match[0].values: no certificate of the frontend is for "`+c.host+`"`)
			}
			if diff := cmp.Diff(want, found(spec, plain{}, topology.RuleCertificateHost)); diff != "" {
				t.Error(diff)
			}
		})
	}
	spec := withCertificate(t, lintTime.AddDate(0, 6, 0), "filters: [{action: redirect, redirect: {host: example.org}, match: [{field: host, values: [old.example.net]}]}]", "example.org")
	if got := found(spec, plain{}, topology.RuleCertificateHost); len(got) != 1 || !strings.HasPrefix(got[0], "frontends[0].filters[0].match[0].values") {
		t.Errorf("a redirect of a host without certificate: %q", got)
	}
	spec = withCertificate(t, lintTime.AddDate(0, 6, 0), route("{field: host, values: [other.example.net]}"), "example.org")
	if got := found(spec, ovhProvider(t), topology.RuleCertificateHost); len(got) > 0 {
		t.Errorf("OVH serves the load balancer's other certificate: %q", got)
	}
	spec.Certificates[0].PEM = "" // one that is there already, and that nothing is known of
	if got := found(spec, plain{}, topology.RuleCertificateHost); len(got) > 0 {
		t.Errorf("of a certificate that nothing is known of: %q", got)
	}
}

func TestLintCertificatesShared(t *testing.T) {
	t.Parallel()
	const two = "loadBalancer: {}\ncertificates: [{name: one, fingerprint: ab}, {name: two, fingerprint: cd}]\nfrontends:\n- {name: f, protocol: http, ports: [443], certificates: [one]}\n- {name: g, protocol: http, ports: [80]}\n"
	checkLint(t, ovhProvider(t), topology.RuleCertificatesShared, two,
		`frontends[0].certificates: the frontend also serves certificates[1] ("two"): `+ovhHint(t, "frontend.certificates.exclusive"))
	checkLint(t, scalewayProvider(t), topology.RuleCertificatesShared, two)
	checkLint(t, ovhProvider(t), topology.RuleCertificatesShared, strings.ReplaceAll(two, ", {name: two, fingerprint: cd}", ""))
}

func ovhHint(t *testing.T, feature lb.Feature) string {
	t.Helper()
	support, said := ovhProvider(t).Capabilities().Features[feature]
	if !said || support.Supported || support.Hint == "" {
		t.Fatalf("OVH says of %s: %+v", feature, support)
	}
	return support.Hint
}

func TestLintCheckPort(t *testing.T) {
	t.Parallel()
	backend := func(members string) string {
		return "loadBalancer: {}\nbackends: [{name: a, protocol: http, " + members + ", servers: [{address: 10.0.0.1}]}]\nfrontends: [{name: f, protocol: http, ports: [8080], defaultBackend: a}]\n"
	}
	const without = "backends[0].healthCheck.port: the check on port 81 goes without the "
	hint := " that the servers expect: " + ovhHint(t, "backend.healthCheck.port.alike")
	for members, lost := range map[string]string{
		"port: 80, proxyProtocol: v2, healthCheck: {type: tcp, port: 81}":                                        "PROXY header",
		"port: 80, proxyProtocol: v1, tls: {verify: none}, healthCheck: {type: tcp, port: 81}":                   "PROXY header and TLS",
		"port: 80, tls: {verify: none}, healthCheck: {type: https, port: 81}":                                    "",
		"port: 80, tls: {verify: none}, healthCheck: {type: tcp, port: 81, extensions: {ovh: {forceTls: true}}}": "",
		"port: 80, healthCheck: {type: tcp, port: 81}":                                                           "",
		"port: 80, proxyProtocol: v2, healthCheck: {type: tcp, port: 80}":                                        "",
		"port: 80, proxyProtocol: v2, healthCheck: {type: tcp}":                                                  "",
		"proxyProtocol: v2, healthCheck: {type: tcp, port: 81}":                                                  "PROXY header",
		"proxyProtocol: v2, healthCheck: {type: tcp, port: 8080}":                                                "",
	} {
		var want []string
		if lost != "" {
			want = append(want, without+lost+hint)
		}
		checkLint(t, ovhProvider(t), topology.RuleCheckPort, backend(members), want...)
		checkLint(t, scalewayProvider(t), topology.RuleCheckPort, backend(members))
	}
}

func TestLintMixedBackends(t *testing.T) {
	t.Parallel()
	const (
		inside  = "{name: %, protocol: tcp, port: 80, extensions: {ovh: {vrackNetwork: 5}}}"
		outside = "{name: %, protocol: tcp, port: 80, extensions: {other: {vrackNetwork: 5}}}"
	)
	spec := func(backends ...string) string {
		for i := range backends {
			backends[i] = strings.ReplaceAll(backends[i], "%", string(rune('a'+i)))
		}
		return "loadBalancer: {}\nbackends: [" + strings.Join(backends, ", ") + "]\n"
	}
	hint := ovhHint(t, "backend.extensions.ovh.vrackNetwork.mixed")
	checkLint(t, ovhProvider(t), topology.RuleMixedBackends, spec(outside, inside, outside),
		"backends[0].extensions.ovh.vrackNetwork: other backends have it, and this one does not: "+hint,
		"backends[2].extensions.ovh.vrackNetwork: other backends have it, and this one does not: "+hint)
	checkLint(t, ovhProvider(t), topology.RuleMixedBackends, spec(inside, inside))
	checkLint(t, ovhProvider(t), topology.RuleMixedBackends, spec(outside, outside))
	checkLint(t, scalewayProvider(t), topology.RuleMixedBackends, spec(outside, inside))
}

func TestLintSharedAddress(t *testing.T) {
	t.Parallel()
	frontends := func(addresses ...string) string {
		out := "loadBalancer: {}\nfrontends:\n"
		for i, some := range addresses {
			out += "- {name: " + string(rune('a'+i)) + ", protocol: tcp, ports: [" + string(rune('1'+i)) + "], addresses: [" + some + "]}\n"
		}
		return out
	}
	checkLint(t, plain{}, topology.RuleSharedAddress, frontends("203.0.113.1", "203.0.113.2, 203.0.113.3", "203.0.113.0/31"),
		"frontends[2].addresses: frontends[0] is bound to the same address; one that is bound to a frontend is thought to serve it alone")
	checkLint(t, plain{}, topology.RuleSharedAddress, frontends("203.0.113.1", "203.0.113.2", ""))
}

// A topology that both clouds take has nothing that Lint would speak of, and Lint says
// what it finds in the order of the topology, one line each.
func TestLintIsQuietAboutWhatIsRight(t *testing.T) {
	t.Parallel()
	spec := decode(t, websiteYAML)
	for _, p := range []lb.Provider{ovhProvider(t), scalewayProvider(t), plain{}} {
		if got := spec.Lint(p, lintTime); len(got) > 0 {
			t.Errorf("%s: %v", p.Name(), got)
		}
	}
	spec.Backends[0].HealthCheck, spec.Backends[1].HealthCheck = nil, nil
	got := spec.Lint(plain{}, lintTime)
	if len(got) != 2 || !slices.IsSortedFunc(got, func(a, b topology.Finding) int { return strings.Compare(a.Path, b.Path) }) {
		t.Errorf("findings are %v", got)
	}
	if text, want := got[0].String(), "backends[0].healthCheck: servers take traffic whether they work or not (healthCheck.missing)"; text != want {
		t.Errorf("a finding prints as %q, want %q", text, want)
	}
}
