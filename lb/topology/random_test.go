package topology

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"reflect"
	"time"

	"pgregory.net/rapid"

	"github.com/lbkit/lbkit/lb"
)

// settings is an extension for tests, of whatever a draw holds.
type settings map[string]any

func (settings) ExtensionProvider() string { return "other" }

// randomSpec draws a topology with any of its fields set, whose entries can be told
// apart and whose references lead somewhere. Whether any provider would take it is
// another matter.
func randomSpec() *rapid.Generator[*Spec] {
	return rapid.Custom(func(t *rapid.T) *Spec {
		s := new(Spec)
		fillRandom(t, "loadBalancer", reflect.ValueOf(&s.LoadBalancer).Elem())
		s.Certificates = make([]Certificate, rapid.IntRange(0, 3).Draw(t, "certificates"))
		s.Backends = make([]Backend, rapid.IntRange(0, 3).Draw(t, "backends"))
		s.Frontends = make([]Frontend, rapid.IntRange(0, 3).Draw(t, "frontends"))
		for i := range s.Certificates {
			c := &s.Certificates[i]
			fillRandom(t, "certificate", reflect.ValueOf(c).Elem())
			c.ID, c.Name = lb.CertificateID(fmt.Sprintf("certificate-%d", i)), randomText().Draw(t, "name")
			if c.PEMFile != "" {
				c.PEM = ""
			}
		}
		for i := range s.Backends {
			b := &s.Backends[i]
			fillRandom(t, "backend", reflect.ValueOf(b).Elem())
			b.ID, b.Name = lb.BackendID(fmt.Sprintf("backend-%d", i)), randomText().Draw(t, "name")
			for j := range b.Servers {
				b.Servers[j].Address = netip.AddrFrom4([4]byte{10, 0, byte(i), byte(j)})
			}
		}
		for i := range s.Frontends {
			f := &s.Frontends[i]
			fillRandom(t, "frontend", reflect.ValueOf(f).Elem())
			f.ID, f.Name = lb.FrontendID(fmt.Sprintf("frontend-%d", i)), randomText().Draw(t, "name")
			s.resolve(t, f)
		}
		return s
	})
}

// resolve makes every reference of a frontend lead somewhere.
func (s *Spec) resolve(t *rapid.T, f *Frontend) {
	f.DefaultBackend = s.someBackend(t)
	for j := range f.Certificates {
		if len(s.Certificates) == 0 {
			f.Certificates = nil
			break
		}
		f.Certificates[j] = rapid.SampledFrom(s.Certificates).Draw(t, "certificate").ID
	}
	for j := range f.Routes {
		f.Routes[j].Backend = s.someBackend(t)
	}
	for _, filter := range f.Filters {
		spellOutMatch(filter.Match) // a bare address reads back as a block
	}
	for _, route := range f.Routes {
		spellOutMatch(route.Match)
	}
}

func (s *Spec) someBackend(t *rapid.T) lb.BackendID {
	if len(s.Backends) == 0 {
		return ""
	}
	return rapid.SampledFrom(s.Backends).Draw(t, "backend").ID
}

// randomText draws texts that YAML has a way of misunderstanding, and any others.
func randomText() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.SampledFrom([]string{
			"", "web", "null", "~", "true", "No", "on", "1", "0x10", "010", "1_000", "1e400", "1.0", ".inf", "2024-01-01", "12:30:45", "<<", "=",
			"- a", "a: b", "a #b", "#", "? a", "! a", "*a", "&a", "{a}", "[a]", "'", "\"", "\\", "%", "@", "`", "|", ">", " a", "a ", "a:", "---", "...",
			"a\nb", "a\n", "\na", "a\n\n", "a\r\nb", "\t", "a\tb", "\u0085", "\u2028", "\ufeff", "\x7f", "\x1b[31m", "\u202e", "é", "😀", "{client_ip}", "a,b", "a, b",
			"-----BEGIN CERTIFICATE-----\nMIIB+/=\n-----END CERTIFICATE-----\n", " lead\nb\n", "a\n  b\n", "\x01", "\ufffd",
		}),
		rapid.StringN(0, 12, -1).Filter(validText),
	)
}

func randomNumber() *rapid.Generator[json.Number] {
	return rapid.SampledFrom([]json.Number{"0", "-1", "1.50", "1e400", "-0", "12345678901234567890", "1E+2"})
}

// fillRandom draws a value for every field that a file has.
func fillRandom(t *rapid.T, label string, v reflect.Value) {
	switch {
	case v.Kind() == reflect.Pointer:
		if rapid.Bool().Draw(t, label+" there") {
			v.Set(reflect.New(v.Type().Elem()))
			fillRandom(t, label, v.Elem())
		}
	case v.Type() == reflect.TypeFor[lb.Extensions]():
		if rapid.Bool().Draw(t, label+" there") {
			v.Set(reflect.ValueOf(lb.Extend(settings{
				randomText().Draw(t, "key"): randomText().Draw(t, "text"), "n": randomNumber().Draw(t, "number"),
				"l": []any{nil, true, randomText().Draw(t, "text"), settings{"deep": 1}},
			})))
		}
	case kindOf(v.Type()) == form:
		v.Set(reflect.ValueOf(randomForm(t, v.Type())))
	case v.Kind() == reflect.Struct:
		for _, field := range reflect.VisibleFields(v.Type()) {
			if field.Type != reflect.TypeFor[lb.Secret]() && !field.Anonymous {
				fillRandom(t, label+"."+field.Name, v.FieldByIndex(field.Index))
			}
		}
	case v.Kind() == reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), rapid.IntRange(0, 3).Draw(t, label+" length"), 3))
		for i := range v.Len() {
			fillRandom(t, label, v.Index(i))
		}
	case v.Kind() == reflect.String:
		v.SetString(randomText().Draw(t, label))
	case v.Kind() == reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, label))
	case v.Kind() == reflect.Uint16:
		v.SetUint(uint64(rapid.Uint16().Draw(t, label)))
	default:
		v.SetInt(int64(rapid.Int32().Draw(t, label)))
	}
}

func randomForm(t *rapid.T, form reflect.Type) any {
	switch form {
	case portRangeType:
		from := rapid.Uint16Range(1, 65535).Draw(t, "from")
		return lb.PortRange{From: from, To: rapid.Uint16Range(from, 65535).Draw(t, "to")}
	case durationType:
		return lb.Duration(rapid.Int64().Draw(t, "duration"))
	case addressType:
		return randomAddress(t)
	case prefixType:
		address := randomAddress(t)
		return netip.PrefixFrom(address, rapid.IntRange(0, address.BitLen()).Draw(t, "bits"))
	default:
		panic("no draw for " + form.String())
	}
}

func randomAddress(t *rapid.T) netip.Addr {
	if rapid.Bool().Draw(t, "IPv6") {
		return netip.AddrFrom16([16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "address"))).Unmap()
	}
	return netip.AddrFrom4([4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "address")))
}

// fullSpec has every field set.
func fullSpec() *Spec {
	weight, retries := 0, 3
	options := lb.Extend(settings{"a": 1})
	match := lb.Match{{Field: lb.FieldHeader, Name: "X", Op: lb.MatchPrefix, Values: []string{"a"}, Not: true}}
	return &Spec{
		LoadBalancer: lb.LoadBalancerSpec{Name: "edge", Tags: []string{"a"}, Plan: "lb-s", Zone: "fr-par-1", TLSPolicy: lb.TLSPolicyModern, Extensions: options},
		Certificates: []Certificate{
			{ID: "c-1", CertificateSpec: lb.CertificateSpec{Name: "one", PEM: "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"}},
			{CertificateSpec: lb.CertificateSpec{Name: "two", Domains: []string{"example.org"}}, PEMFile: "a.pem", KeyFile: "a.key", Fingerprint: "ab12"},
		},
		Backends: []Backend{{
			ID: "b-1",
			BackendSpec: lb.BackendSpec{
				Name: "app", Protocol: lb.ProtocolHTTP, Port: 80, Algorithm: lb.AlgorithmLeastConn, Stickiness: lb.StickinessCookie, CookieName: "SRV",
				HealthCheck: &lb.HealthCheck{
					Type: lb.CheckHTTPS, Port: 81, Interval: lb.Duration(30 * time.Second), Timeout: lb.Duration(500 * time.Millisecond), UnhealthyThreshold: 2, User: "u",
					HTTP:   &lb.HTTPCheck{Method: "GET", Host: "example.org", Path: "/", Status: []int{200}, SNI: "example.org"},
					Expect: &lb.Expect{Contains: "ok", Regex: "^ok", Negate: true}, Extensions: options,
				},
				ProxyProtocol: lb.ProxyProtocolV2, OnMarkedDown: lb.OnMarkedDownShutdownSessions,
				TLS:           &lb.BackendTLS{Verify: lb.TLSVerifyCA, CA: "pem", Name: "app"},
				ServerTimeout: lb.Duration(time.Minute), ConnectTimeout: lb.Duration(time.Second), TunnelTimeout: lb.Duration(time.Hour), QueueTimeout: lb.Duration(time.Second),
				MaxConnections: 5, MaxRetries: &retries, Extensions: options,
			},
			Servers: []lb.ServerSpec{{Name: "s", Address: netip.MustParseAddr("10.0.0.1"), Port: 81, Weight: &weight, Backup: true, Disabled: true, Extensions: options}},
		}},
		Frontends: []Frontend{{
			ID: "f-1",
			FrontendSpec: lb.FrontendSpec{
				Name: "web", Protocol: lb.ProtocolHTTP, Ports: []lb.PortRange{{From: 80, To: 81}}, DefaultBackend: "app", TLS: true, Certificates: []lb.CertificateID{"one"},
				Addresses: []netip.Prefix{netip.MustParsePrefix("203.0.113.1/32")}, Disabled: true, HSTS: true, SetHeaders: []lb.Header{{Name: "X", Value: "{client_ip}"}},
				ClientTimeout: lb.Duration(time.Second), HTTP3: true, ConnectionRate: 5, Extensions: options,
			},
			Filters: []lb.FilterSpec{{
				Name: "f", Match: match, Action: lb.FilterRedirect, Status: 403,
				Redirect: &lb.Redirect{Scheme: "https", Host: "example.org", Port: 443, Path: "/", DropQuery: true, Code: 301}, Extensions: options,
			}},
			Routes: []lb.RouteSpec{{Name: "r", Match: match, Backend: "app", Extensions: options}},
		}},
	}
}
