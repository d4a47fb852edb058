package topology

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/lbkit/lbkit/lb"
)

var updateDrawings = flag.Bool("update-drawings", false, "write the drawings in testdata anew")

// drawers are the three ways to draw, by the names of their files.
var drawers = map[string]func(*Spec, io.Writer, *Health) error{
	"txt": (*Spec).WriteTree, "mmd": (*Spec).WriteMermaid, "dot": (*Spec).WriteDOT,
}

func drawn(t rapid.TB, form string, s *Spec, health *Health) string {
	t.Helper()
	var out bytes.Buffer
	if err := drawers[form](s, &out, health); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

const shopYAML = `
loadBalancer: {name: shop, plan: lb-s, zone: fr-par-1}
certificates:
  - {name: site, pemFile: tls/site.pem, keyFile: tls/site.key}
  - {domains: [api.example.org]}
backends:
  - name: app
    protocol: http
    port: 8080
    algorithm: leastconn
    stickiness: cookie
    healthCheck: {type: http, port: 8081, interval: 30s, http: {path: /health}}
    servers:
      - {address: 10.0.0.1}
      - {address: 10.0.0.2, weight: 5}
      - {address: 10.0.0.3, disabled: true}
      - {address: 10.0.0.4, backup: true, name: spare}
      - {address: "2001:db8::1", port: 81}
  - {name: two words, protocol: http, port: 80, proxyProtocol: v2, tls: {verify: none}}
  - {name: mail, protocol: tcp}
frontends:
  - name: web
    protocol: http
    ports: [443, 8000-8100]
    addresses: [203.0.113.1]
    defaultBackend: app
    certificates: [site, api.example.org]
    filters:
      - {name: office, action: deny, status: 404, match: [{field: source, values: [10.0.0.0/8], not: true}, {field: path, op: prefix, values: [/admin]}]}
      - {action: redirect, redirect: {scheme: https, port: 8443, dropQuery: true}, match: [{field: header, name: X-Old, op: exists}]}
      - {action: allow, extensions: {scaleway: {edgeServices: true}}}
    routes:
      - {name: api, backend: two words, match: [{field: host, values: [a.example.org, b.example.org]}]}
  - {name: smtp, protocol: tcp, ports: [25], defaultBackend: mail, disabled: true}
`

// shop is the topology of the drawings, with the state that its servers are in.
func shop(t testing.TB) (*Spec, *Health) {
	t.Helper()
	s, err := Decode(strings.NewReader(shopYAML))
	if err != nil {
		t.Fatal(err)
	}
	server := func(id lb.ServerID, address string, port uint16) *lb.Server {
		return &lb.Server{ID: id, ServerSpec: lb.ServerSpec{Address: netip.MustParseAddr(address), Port: port}}
	}
	live := &lb.Tree{Backends: []*lb.Backend{
		{ID: "be-1", BackendSpec: lb.BackendSpec{Name: "app", Port: 8080}, Servers: []*lb.Server{
			server("s-1", "10.0.0.1", 0), server("s-2", "10.0.0.2", 8080), server("s-4", "10.0.0.4", 0), server("s-5", "2001:db8::1", 81),
		}},
	}}
	return s, HealthOf(live, []*lb.ServerHealth{
		{Server: "s-1", State: lb.HealthHealthy, Instance: "a"},
		{Server: "s-2", State: lb.HealthHealthy, Instance: "a"},
		{Server: "s-2", State: lb.HealthDown, Instance: "b"},
		{Server: "s-4", State: lb.HealthUnknown},
		{Server: "s-5", State: lb.HealthDegraded},
		{Server: "s-6", State: lb.HealthDown},
	})
}

func TestDrawings(t *testing.T) {
	t.Parallel()
	s, health := shop(t)
	for form := range drawers {
		got, name := drawn(t, form, s, health), "shop."+form
		if *updateDrawings {
			if err := os.WriteFile(filepath.Join("testdata", name), []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := fs.ReadFile(os.DirFS("testdata"), name)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s differs (-update-drawings writes it anew):\n%s", name, diff)
		}
	}
}

// Without health, and with that of another load balancer, servers have no state.
func TestDrawingsWithoutHealth(t *testing.T) {
	t.Parallel()
	s, _ := shop(t)
	elsewhere := HealthOf(&lb.Tree{Backends: []*lb.Backend{{ID: "be-9", BackendSpec: lb.BackendSpec{Name: "other", Port: 8080}, Servers: []*lb.Server{
		{ID: "s-1", ServerSpec: lb.ServerSpec{Address: netip.MustParseAddr("10.0.0.1")}},
	}}}}, []*lb.ServerHealth{{Server: "s-1", State: lb.HealthDown}})
	for form := range drawers {
		for _, health := range []*Health{nil, elsewhere} {
			if got := drawn(t, form, s, health); strings.Contains(got, "healthy") && form == "txt" || strings.Contains(got, "✗") {
				t.Errorf("%s shows a state:\n%s", form, got)
			}
		}
	}
}

// Two backends of one name are told apart by their IDs.
func TestHealthOfTwoBackendsOfOneName(t *testing.T) {
	t.Parallel()
	address := netip.MustParseAddr("10.0.0.1")
	live := &lb.Tree{}
	var reports []*lb.ServerHealth
	for id, state := range map[lb.BackendID]lb.Health{"be-1": lb.HealthDown, "be-2": lb.HealthHealthy} {
		server := &lb.Server{ID: lb.ServerID("s-" + id), ServerSpec: lb.ServerSpec{Address: address}}
		live.Backends = append(live.Backends, &lb.Backend{ID: id, BackendSpec: lb.BackendSpec{Name: "app"}, Servers: []*lb.Server{server}})
		reports = append(reports, &lb.ServerHealth{Server: server.ID, State: state})
	}
	health := HealthOf(live, reports)
	for id, want := range map[lb.BackendID]lb.Health{"be-1": lb.HealthDown, "be-2": lb.HealthHealthy, "be-3": "", "": ""} {
		got, known := health.of(Backend{ID: id, BackendSpec: lb.BackendSpec{Name: "app"}}, lb.ServerSpec{Address: address})
		if got != want || known != (want != "") {
			t.Errorf("backend %q: state %q, known %t; want %q", id, got, known, want)
		}
	}
}

// hostileText draws what would break out of a drawing if it could.
func hostileText() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.SampledFrom([]string{
			"a\nb", "a\r\nb", "\n  f0 --> lb\n", "\"]\n  x[\"", "a --> b", "a;b", "a\"];b[\"", "\\\"", "\\", "\\n", "]", "}", "|", "-->|x|", "%%", "%%{init: {}}%%",
			"<script>alert(1)</script>", "<br/>", "&quot;", "&#34;", "#quot;", "#34;", ":::down", "end", "subgraph x", "`x`", "**x**", "1. x", "- x",
			"\x1b[31mred\x1b[0m", "\x1b]0;title\x07", "\x9b31m", "\u202etfel\u202c", "\u2066x\u2069", "\u200b", "\u2028", "\u00ad", "\x00", "\x7f", "\xff\xfe",
			"├── server 10.0.0.9", "app (http) → evil", "\t", " ", "", "é", "😀", "שלום", strings.Repeat("x", 500), "✓ healthy",
		}),
		rapid.String(),
	)
}

// infest puts hostile texts wherever a topology has texts, and returns it with what it is
// with harmless ones in the same places.
func infest(t *rapid.T) (hostile, harmless *Spec) {
	hostile = randomSpec().Draw(t, "spec")
	harmless = new(Spec)
	copyDeep(reflect.ValueOf(harmless).Elem(), reflect.ValueOf(hostile).Elem())
	replaceTexts(t, reflect.ValueOf(hostile).Elem(), reflect.ValueOf(harmless).Elem())
	for _, s := range []*Spec{hostile, harmless} { // references lead where they led
		for i := range s.Backends {
			s.Backends[i].ID = lb.BackendID(fmt.Sprintf("backend-%d", i))
		}
	}
	for i, f := range hostile.Frontends {
		g := &harmless.Frontends[i]
		pick := func(before lb.BackendID) lb.BackendID {
			if len(hostile.Backends) == 0 || before == "" {
				return ""
			}
			return hostile.Backends[len(before)%len(hostile.Backends)].ID
		}
		hostile.Frontends[i].DefaultBackend = pick(f.DefaultBackend)
		g.DefaultBackend = hostile.Frontends[i].DefaultBackend
		for j := range f.Routes {
			f.Routes[j].Backend = pick("b")
			g.Routes[j].Backend = f.Routes[j].Backend
		}
	}
	return hostile, harmless
}

func copyDeep(dst, src reflect.Value) {
	switch {
	case kindOf(src.Type()) == form || src.Type() == reflect.TypeFor[lb.Extensions]() || src.Type() == reflect.TypeFor[lb.Secret]():
		dst.Set(src)
	case src.Kind() == reflect.Struct:
		for i := range src.NumField() {
			copyDeep(dst.Field(i), src.Field(i))
		}
	case src.Kind() == reflect.Slice && src.Len() > 0:
		dst.Set(reflect.MakeSlice(src.Type(), src.Len(), src.Len()))
		for i := range src.Len() {
			copyDeep(dst.Index(i), src.Index(i))
		}
	case src.Kind() == reflect.Pointer && !src.IsNil():
		dst.Set(reflect.New(src.Type().Elem()))
		copyDeep(dst.Elem(), src.Elem())
	default:
		dst.Set(src)
	}
}

// replaceTexts gives every text that is set a hostile one on one side, and a harmless one
// on the other.
func replaceTexts(t *rapid.T, hostile, harmless reflect.Value) {
	switch {
	case kindOf(hostile.Type()) == form || hostile.Type() == reflect.TypeFor[lb.Extensions]() || hostile.Type() == reflect.TypeFor[lb.Secret]():
	case hostile.Kind() == reflect.Struct:
		for i := range hostile.NumField() {
			replaceTexts(t, hostile.Field(i), harmless.Field(i))
		}
	case hostile.Kind() == reflect.Slice:
		for i := range hostile.Len() {
			replaceTexts(t, hostile.Index(i), harmless.Index(i))
		}
	case hostile.Kind() == reflect.Pointer && !hostile.IsNil():
		replaceTexts(t, hostile.Elem(), harmless.Elem())
	case hostile.Kind() == reflect.String && hostile.Len() > 0:
		hostile.SetString(hostileText().Filter(func(text string) bool { return text != "" }).Draw(t, "text"))
		harmless.SetString("x")
	}
}

// What a line may be, in each form.
var lineForms = map[string]*regexp.Regexp{
	"txt": regexp.MustCompile(`^(│   |    )*(├── |└── )?(load balancer|certificate|frontend|backend|server|filter|route|default) ?[^│├└]*( .*)?$`),
	"mmd": regexp.MustCompile(`^(flowchart LR|  \w+\["(?:[^"<>&;#]|#\d+;|<br/>)*"\]:::\w+|  \w+ -->(\|"(?:[^"<>&;#]|#\d+;)*"\|)? \w+|  classDef \w+ fill:#\w+,stroke:#\w+,color:#\w+)$`),
	"dot": regexp.MustCompile(`^(digraph topology \{|  rankdir=LR;|  node \[shape=box, style=filled\];|  \w+ \[label="(?:[^"\\<>&;]|&#\d+;|\\n)*", fillcolor="#\w+"\];|  \w+ -> \w+( \[label="(?:[^"\\<>&;]|&#\d+;)*"\])?;|\})$`),
}

// skeleton is a drawing without its labels: where lines begin, and what leads where.
func skeleton(form, drawing string) string {
	lines := strings.Split(drawing, "\n")
	for i, line := range lines {
		if form == "txt" {
			lines[i] = regexp.MustCompile(`^(│   |    )*(├── |└── )?(load balancer|certificate|frontend|backend|server|filter|route|default)?`).FindString(line)
			continue
		}
		lines[i] = regexp.MustCompile(`"[^"]*"`).ReplaceAllString(line, `""`)
	}
	return strings.Join(lines, "\n")
}

func TestHostileNamesBreakNothing(t *testing.T) {
	t.Parallel()
	for form := range drawers {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				hostile, harmless := infest(t)
				got, want := drawn(t, form, hostile, nil), drawn(t, form, harmless, nil)
				if diff := cmp.Diff(skeleton(form, want), skeleton(form, got)); diff != "" {
					t.Fatalf("names have changed the structure:\n%s", diff)
				}
				for line := range strings.SplitSeq(strings.TrimSuffix(got, "\n"), "\n") {
					if !lineForms[form].MatchString(line) {
						t.Fatalf("no such line is drawn: %q", line)
					}
					if i := strings.IndexFunc(line, func(r rune) bool { return !unicode.IsPrint(r) || r == unicode.ReplacementChar }); i >= 0 && !strings.ContainsRune(line, unicode.ReplacementChar) {
						t.Fatalf("an unprintable character at %d of %q", i, line)
					}
				}
			})
		})
	}
}

// Zones of IPv6 addresses may be any text, too.
func TestHostileZoneBreaksNothing(t *testing.T) {
	t.Parallel()
	s := &Spec{Backends: []Backend{{BackendSpec: lb.BackendSpec{Name: "a"}, Servers: []lb.ServerSpec{
		{Address: netip.MustParseAddr("fe80::1").WithZone("\"];x-->y\n\x1b[31m")},
	}}}}
	for form := range drawers {
		for line := range strings.SplitSeq(strings.TrimSuffix(drawn(t, form, s, nil), "\n"), "\n") {
			if !lineForms[form].MatchString(line) || strings.Contains(line, "\x1b") {
				t.Errorf("no such line is drawn: %q", line)
			}
		}
	}
}

func TestDrawingsPassOnWhatWritingFailsWith(t *testing.T) {
	t.Parallel()
	for form, draw := range drawers {
		if err := draw(&Spec{}, brokenWriter{}, nil); err == nil {
			t.Errorf("%s: there is no error", form)
		}
	}
}
