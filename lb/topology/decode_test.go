package topology_test

import (
	"errors"
	"io"
	"net/netip"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/topology"
)

// decode reads a topology that must be right.
func decode(t testing.TB, text string) *topology.Spec {
	t.Helper()
	spec, err := topology.Decode(strings.NewReader(text))
	if err != nil {
		t.Fatalf("Decode:\n%v", err)
	}
	return spec
}

// complaint is what Decode has to say about a topology that is wrong.
func complaint(t testing.TB, text string) string {
	t.Helper()
	spec, err := topology.Decode(strings.NewReader(text))
	if err == nil {
		t.Fatalf("Decode took it: %+v", spec)
	}
	if spec != nil {
		t.Error("there is a spec beside the error")
	}
	var problems lb.Problems
	if !errors.As(err, &problems) || !errors.Is(err, lb.ErrInvalid) {
		t.Fatalf("error is %T %v; want lb.Problems that match ErrInvalid", err, err)
	}
	for _, problem := range problems {
		var fault *topology.DecodeError
		if !errors.As(problem, &fault) || fault.Line < 1 || fault.Reason == "" {
			t.Errorf("problem is %#v; want a *DecodeError with line and reason", problem)
		}
	}
	return err.Error()
}

func TestDecodeTakesWhatPeopleWrite(t *testing.T) {
	t.Parallel()
	spec := decode(t, `# A comment.
loadBalancer: {name: edge}
backends:
  - name: app
    protocol: http
    port: "8080"
    healthCheck: {type: http, interval: 1m30s, http: {status: [200, "204"]}}
    servers:
      - address: 10.0.0.1
        weight: 0
      - {address: "2001:db8::1", weight: "5"}
frontends:
  - name: web
    protocol: http
    ports: [80, "81", 8000-8100, "9000-9001"]
    addresses: [203.0.113.1, 203.0.113.8/29, "2001:db8::1"]
    defaultBackend: app
    disabled: True
    extensions: {ovh: {zone: gra, n: 1.50, none: null, list: [a, 1, true]}}
    filters:
      - action: deny
        match: [{field: source, values: [192.0.2.7, 10.0.0.0/8, "2001:db8::1"], not: true}]
`)
	frontend, backend := spec.Frontends[0], spec.Backends[0]
	for what, pair := range map[string][2]any{
		"ports":       {frontend.Ports, []lb.PortRange{lb.Port(80), lb.Port(81), {From: 8000, To: 8100}, {From: 9000, To: 9001}}},
		"disabled":    {frontend.Disabled, true},
		"port":        {backend.Port, uint16(8080)},
		"interval":    {backend.HealthCheck.Interval.String(), "1m30s"},
		"status":      {backend.HealthCheck.HTTP.Status, []int{200, 204}},
		"weights":     {[]int{*backend.Servers[0].Weight, *backend.Servers[1].Weight}, []int{0, 5}},
		"address":     {backend.Servers[1].Address.String(), "2001:db8::1"},
		"source":      {frontend.Filters[0].Match[0].Values, []string{"192.0.2.7/32", "10.0.0.0/8", "2001:db8::1/128"}},
		"extensions":  {frontend.Extensions.String(), `{"ovh":{"list":["a",1,true],"n":1.50,"none":null,"zone":"gra"}}`},
		"no weight":   {decode(t, minimal).Backends[0].Servers[0].Weight, (*int)(nil)},
		"no check":    {decode(t, minimal).Backends[0].HealthCheck, (*lb.HealthCheck)(nil)},
		"empty lists": {len(decode(t, "loadBalancer: {}\nbackends: []\n").Backends), 0},
	} {
		if diff := cmp.Diff(pair[1], pair[0]); diff != "" {
			t.Errorf("%s:\n%s", what, diff)
		}
	}
	want := []netip.Prefix{netip.MustParsePrefix("203.0.113.1/32"), netip.MustParsePrefix("203.0.113.8/29"), netip.MustParsePrefix("2001:db8::1/128")}
	if diff := cmp.Diff(want, frontend.Addresses, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); diff != "" {
		t.Errorf("addresses:\n%s", diff)
	}
}

const minimal = `loadBalancer: {}
backends:
  - {name: app, protocol: tcp, servers: [{address: 10.0.0.1}]}
`

func TestDecodeTakesJSON(t *testing.T) {
	t.Parallel()
	for _, mark := range []string{"", "\ufeff"} { // some editors write a byte order mark
		spec := decode(t, mark+"{\n\t\"loadBalancer\": {\"name\": \"a\\ud83d\\ude00\\/b\"},\n\t\"frontends\": [{\"name\": \"web\", \"protocol\": \"tcp\", \"ports\": [80, \"90-91\"]}]\n}\n")
		if got, want := spec.LoadBalancer.Name, "a😀/b"; got != want {
			t.Errorf("name is %q, want %q", got, want)
		}
		if diff := cmp.Diff([]lb.PortRange{lb.Port(80), {From: 90, To: 91}}, spec.Frontends[0].Ports); diff != "" {
			t.Error(diff)
		}
	}
}

// References are names, IDs where there are any, and, of certificates without a name,
// fingerprints and common names.
func TestDecodeResolvesReferences(t *testing.T) {
	t.Parallel()
	decode(t, `
loadBalancer: {}
certificates:
  - {name: site, fingerprint: AB:CD}
  - {fingerprint: ab12}
  - {domains: [example.org, www.example.org]}
  - {id: lb-1/ssl/5}
backends:
  - {name: app, id: be-1, protocol: tcp}
  - {name: app, id: be-2, protocol: tcp}
  - {name: api, protocol: tcp}
  - {id: be-3, protocol: tcp}
frontends:
  - {name: one, protocol: tcp, defaultBackend: be-2, certificates: [site, ab12, example.org, lb-1/ssl/5], routes: [{backend: api}, {backend: be-3}]}
  - {name: two, protocol: tcp}
  - {id: fe-1, protocol: tcp}
`)
}

func TestDecodeNamesEveryFault(t *testing.T) {
	t.Parallel()
	got := complaint(t, `
loadBalancer:
  nme: x
  tags: [1]
backends:
  - name: app
    protocol: http
    port: 0x50
    Port: 8
    port: 80
    serverTimeout: 5
    healthCheck:
  - name: app
    servers: [{address: 1.2.3}, {adress: 10.0.0.1}]
frontends:
  - protocol: tcp
    ports: 80
    disabled: yes
    certificates: [[a]]
    extensions: {ovh: 5}
    clientTimeout: 1d
`)
	want := `line 3: loadBalancer.nme: unknown key; did you mean "name"?
line 4: loadBalancer.tags[0]: 1 is not a text: put it in quotes
line 8: backends[0].port: "0x50": must be a whole number from 0 to 65535
line 9: backends[0].Port: unknown key; did you mean "port"?
line 10: backends[0].port: the key is in line 8 already
line 11: backends[0].serverTimeout: "5": must be a duration with its unit, such as "30s" or "1m30s"
line 12: backends[0].healthCheck: has no value: give it one, or leave the key out
line 13: backends[1].protocol: must be set
line 14: backends[1].servers[0].address: "1.2.3": must be an IP address, such as "10.0.0.1"
line 14: backends[1].servers[1].adress: unknown key; did you mean "address"?
line 14: backends[1].servers[1].address: must be set
line 17: frontends[0].ports: must be a list
line 18: frontends[0].disabled: "yes": must be true or false
line 19: frontends[0].certificates[0]: must be a text, not a mapping or a list
line 20: frontends[0].extensions.ovh: must be a mapping of settings
line 21: frontends[0].clientTimeout: "1d": must be a duration with its unit, such as "30s" or "1m30s"`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestDecodeRefusesWhatCannotBeToldApart(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"two of a name": {
			"loadBalancer: {}\nbackends:\n- {name: a, protocol: tcp}\n- {name: a, protocol: tcp}\n",
			`line 4: backends[1].name: backends[0] is called "a" already: rename one, or give the ID of each`,
		},
		"one of two with an ID": {
			"loadBalancer: {}\nfrontends:\n- {name: a, id: fe-1, protocol: tcp}\n- {name: a, protocol: tcp}\n",
			`line 4: frontends[1].name: frontends[0] is called "a" already: rename one, or give the ID of each`,
		},
		"one ID twice": {
			"loadBalancer: {}\nbackends:\n- {name: a, id: be-1, protocol: tcp}\n- {name: b, id: be-1, protocol: tcp}\n",
			`line 4: backends[1].id: backends[0] has the ID "be-1" already`,
		},
		"neither name nor ID": {
			"loadBalancer: {}\nfrontends:\n- {protocol: tcp}\n",
			`line 3: frontends[0]: a frontend needs a name, or the ID of one that is there`,
		},
		"certificate without anything": {
			"loadBalancer: {}\ncertificates:\n- {pem: x}\n",
			`line 3: certificates[0]: a certificate needs a name, or the ID of one that is there`,
		},
		"one fingerprint twice": {
			"loadBalancer: {}\ncertificates:\n- {fingerprint: ab12}\n- {fingerprint: 'AB:12'}\n",
			`line 4: certificates[1].name: certificates[0] is called "ab12" already: rename one, or give the ID of each`,
		},
		"text and file": {
			"loadBalancer: {}\ncertificates:\n- {name: a, pem: x, pemFile: y}\n",
			`line 3: certificates[0].pemFile: pem is there, too: one of both`,
		},
		"server twice": {
			"loadBalancer: {}\nbackends:\n- name: a\n  protocol: tcp\n  port: 80\n  servers:\n  - {address: 10.0.0.1}\n  - {address: '::ffff:10.0.0.1', port: 80}\n",
			`line 8: backends[0].servers[1].address: 10.0.0.1:80 is servers[0] already`,
		},
		"dangling backend": {
			"loadBalancer: {}\nfrontends:\n- name: a\n  protocol: tcp\n  defaultBackend: nope\n",
			`line 5: frontends[0].defaultBackend: there is no backend "nope" in the topology`,
		},
		"dangling route": {
			"loadBalancer: {}\nfrontends:\n- name: a\n  protocol: tcp\n  routes:\n  - backend: nope\n",
			`line 6: frontends[0].routes[0].backend: there is no backend "nope" in the topology`,
		},
		"dangling certificate": {
			"loadBalancer: {}\nfrontends:\n- {name: a, protocol: tcp, certificates: [nope]}\n",
			`line 3: frontends[0].certificates[0]: there is no certificate "nope" in the topology`,
		},
		"a name that is two": {
			"loadBalancer: {}\nbackends:\n- {name: a, id: b1, protocol: tcp}\n- {name: a, id: b2, protocol: tcp}\nfrontends:\n- {name: f, protocol: tcp, defaultBackend: a}\n",
			`line 6: frontends[0].defaultBackend: "a" may be 2 backends: refer to one by its ID`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, complaint(t, c.text)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Two servers of one address are two, when their ports differ.
func TestDecodeTakesServersOnTwoPorts(t *testing.T) {
	t.Parallel()
	decode(t, "loadBalancer: {}\nbackends:\n- {name: a, protocol: tcp, port: 80, servers: [{address: 10.0.0.1}, {address: 10.0.0.1, port: 81}]}\n")
}

// bomb is an alias bomb: nine lines that stand for a billion items.
const bomb = `a: &a [x, x, x, x, x, x, x, x, x, x]
b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]
c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]
d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]
e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]
f: &f [*e, *e, *e, *e, *e, *e, *e, *e, *e, *e]
g: &g [*f, *f, *f, *f, *f, *f, *f, *f, *f, *f]
h: &h [*g, *g, *g, *g, *g, *g, *g, *g, *g, *g]
loadBalancer: {tags: *h}
`

func TestDecodeRefusesHostileFiles(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"empty":             {"", "line 1: the file is empty"},
		"only a comment":    {"# nothing\n", "line 1: the file is empty"},
		"not YAML":          {"loadBalancer: {name: a\n", "line 1: not YAML: did not find expected ',' or '}'"},
		"not JSON":          {"{\"loadBalancer\": {},\n \"backends\": [}", "line 2: not JSON: invalid character '}' looking for beginning of value"},
		"a scalar":          {"hello", "line 1: must be a mapping of keys to values"},
		"a list":            {"[1]", "line 1: must be a mapping of keys to values"},
		"null":              {"null", "line 1: has no value: give it one, or leave the key out"},
		"tab":               {"loadBalancer:\n\tname: a\n", "line 2: not YAML: found character that cannot start any token: the line is indented with a tab, and YAML takes spaces"},
		"tab after blanks":  {"name: a\n\n\n\tzone: b\n", "line 4: not YAML: found a tab character that violates indentation: the line is indented with a tab, and YAML takes spaces"},
		"tab in a block":    {"loadBalancer:\n  name: |\n    a\n\tb\n", "line 4: not YAML: found a tab character where an indentation space is expected: the line is indented with a tab, and YAML takes spaces"},
		"tab of a key":      {"backends:\n- name: a\n\tport: 1\n", "line 3: not YAML: found a tab character that violates indentation: the line is indented with a tab, and YAML takes spaces"},
		"alias bomb":        {bomb, "line 1: anchor &a: leave it out, there are no aliases"},
		"alias":             {"loadBalancer: {name: *x}\n", "line 1: not YAML: unknown anchor 'x' referenced"},
		"merge key":         {"loadBalancer:\n  <<: {name: a}\n", "line 2: merge key <<: write out what it stands for"},
		"two documents":     {"loadBalancer: {}\n---\nloadBalancer: {}\n", "line 2: a second document: a file holds one topology"},
		"binary tag":        {"loadBalancer: {name: !!binary aGk=}\n", "line 1: tag !!binary: leave it out"},
		"own tag":           {"loadBalancer: !exec {name: a}\n", "line 1: tag !exec: leave it out"},
		"string tag":        {"loadBalancer: {name: !!str 5}\n", "line 1: tag !!str: leave it out"},
		"number key":        {"loadBalancer: {5: a}\n", `line 1: key "5" is not a text: put it in quotes`},
		"null key":          {"loadBalancer: {~: a}\n", `line 1: key "~" is not a text: put it in quotes`},
		"mapping key":       {"? {a: b}\n: c\n", `line 1: key "" is not a text: put it in quotes`},
		"NUL":               {"loadBalancer:\n  name: \"a\x00b\"\n", "line 2: the file is not UTF-8 text, or has a NUL in it"},
		"escaped NUL":       {"loadBalancer:\n  name: \"a\\0b\"\n", "line 2: loadBalancer.name: holds a NUL"},
		"escaped NUL, JSON": {"{\"loadBalancer\":\n{\"tags\":[\"\\u0000\"]}}", "line 2: loadBalancer.tags[0]: holds a NUL"},
		"not UTF-8":         {"loadBalancer:\n  name: \xff\n", "line 2: the file is not UTF-8 text, or has a NUL in it"},
		"UTF-16":            {"\xff\xfe{\x00}\x00", "line 1: the file is not UTF-8 text, or has a NUL in it"},
		"deep YAML":         {"loadBalancer: {extensions: {ovh: {a: " + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + "}}}", "line 1: nested too deeply"},
		"deep JSON":         {`{"a":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `}`, "line 1: nested too deeply"},
		"deeper JSON":       {strings.Repeat(`{"a":`, 500_000), "line 1: not JSON: invalid character '{' exceeded max depth"},
		"huge port":         {"loadBalancer: {}\nbackends: [{name: a, protocol: tcp, port: 99999999999999999999999}]\n", `line 2: backends[0].port: "99999999999999999999999": must be a whole number from 0 to 65535`},
		"port 65536":        {"loadBalancer: {}\nfrontends: [{name: a, protocol: tcp, ports: [65536]}]\n", `line 2: frontends[0].ports[0]: "65536": must be a port from 1 to 65535, or a range such as "8000-8100"`},
		"port 0":            {"loadBalancer: {}\nfrontends: [{name: a, protocol: tcp, ports: [0]}]\n", `line 2: frontends[0].ports[0]: "0": must be a port from 1 to 65535, or a range such as "8000-8100"`},
		"octal port":        {"loadBalancer: {}\nfrontends: [{name: a, protocol: tcp, ports: [0100]}]\n", `line 2: frontends[0].ports[0]: "0100": must be a port from 1 to 65535, or a range such as "8000-8100"`},
		"huge weight":       {"loadBalancer: {}\nbackends: [{name: a, protocol: tcp, servers: [{address: 10.0.0.1, weight: 5000000000}]}]\n", `line 2: backends[0].servers[0].weight: "5000000000": must be a whole number from -2147483648 to 2147483647`},
		"half a weight":     {"loadBalancer: {}\nbackends: [{name: a, protocol: tcp, servers: [{address: 10.0.0.1, weight: 0.5}]}]\n", `line 2: backends[0].servers[0].weight: "0.5": must be a whole number from -2147483648 to 2147483647`},
		"infinity":          {"loadBalancer: {extensions: {ovh: {a: .inf}}}\n", `line 1: loadBalancer.extensions.ovh.a: .inf is a number in YAML alone: write it in decimal, or a text in quotes`},
		"octal extension":   {"loadBalancer: {extensions: {ovh: {a: 010}}}\n", `line 1: loadBalancer.extensions.ovh.a: 010 is a number in YAML alone: write it in decimal, or a text in quotes`},
		"key twice in it":   {"loadBalancer: {extensions: {ovh: {a: 1, a: 2}}}\n", `line 1: loadBalancer.extensions.ovh.a: the key is in line 1 already`},
		"key twice, JSON":   {"{\"loadBalancer\": {\"name\": \"a\",\n\"name\": \"b\"}}", `line 2: loadBalancer.name: the key is in line 1 already`},
		"case":              {"{\"LoadBalancer\": {}, \"loadBalancer\": {}}", `line 1: LoadBalancer: unknown key; did you mean "loadBalancer"?`},
		"Go's names":        {"{\"loadBalancer\": {\"Name\": \"a\"}}", `line 1: loadBalancer.Name: unknown key; did you mean "name"?`},
		"private key":       {"loadBalancer: {}\ncertificates:\n- name: a\n  key: '-----BEGIN PRIVATE KEY-----'\n", `line 4: certificates[0].key: unknown key: a private key is never part of a topology; name its file in keyFile`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, complaint(t, c.text)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A private key that stands where a port belongs is not shown.
func TestDecodeShowsNoKey(t *testing.T) {
	t.Parallel()
	got := complaint(t, "loadBalancer: {}\nbackends: [{name: a, protocol: tcp, port: '-----BEGIN EC PRIVATE KEY-----canary'}]\n")
	if strings.Contains(got, "canary") {
		t.Errorf("the error shows the key: %s", got)
	}
}

func TestDecodeBoundsWhatItReadsAndSays(t *testing.T) {
	t.Parallel()
	if got, want := complaint(t, "loadBalancer: {name: "+strings.Repeat("a", 17<<20)+"}"), "line 1: the file is larger than 16 MiB"; got != want {
		t.Errorf("complaint is %.100q, want %q", got, want)
	}
	got := complaint(t, "loadBalancer: {tags: ["+strings.Repeat("1,", 100_000)+"1]}")
	if lines := strings.Count(got, "\n") + 1; lines != 100 {
		t.Errorf("%d problems are listed, want 100", lines)
	}
}

func TestDecodePassesOnWhatReadingFailsWith(t *testing.T) {
	t.Parallel()
	_, err := topology.Decode(iotest.ErrReader(io.ErrUnexpectedEOF))
	if !errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, lb.ErrInvalid) {
		t.Errorf("error is %v, want the reader's", err)
	}
}
