package topology

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/lbkit/lbkit/lb"
)

// specDifference is empty when two topologies are the same.
func specDifference(a, b *Spec) string {
	addresses := cmp.Comparer(func(a, b netip.Addr) bool { return a == b })
	prefixes := cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })
	empty := cmp.FilterValues(func(a, b any) bool {
		x, y := reflect.ValueOf(a), reflect.ValueOf(b)
		return x.Kind() == reflect.Slice && y.Kind() == reflect.Slice && x.Len()+y.Len() == 0
	}, cmp.Ignore())
	return cmp.Diff(a, b, addresses, prefixes, empty)
}

// writers are the two forms, by name.
var writers = map[string]func(*Spec, io.Writer) error{"YAML": (*Spec).WriteYAML, "JSON": (*Spec).WriteJSON}

func TestWhatIsWrittenReadsBackTheSame(t *testing.T) {
	t.Parallel()
	for name, write := range writers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				want := randomSpec().Draw(t, "spec")
				var out bytes.Buffer
				if err := write(want, &out); err != nil {
					t.Fatalf("writing: %v", err)
				}
				got, err := Decode(bytes.NewReader(out.Bytes()))
				if err != nil {
					t.Fatalf("reading back:\n%v\n%s", err, out.Bytes())
				}
				if diff := specDifference(want, got); diff != "" {
					t.Fatalf("what is read back differs:\n%s\n%s", diff, out.Bytes())
				}
			})
		})
	}
}

func TestFullSpecHasEveryField(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := fullSpec().WriteJSON(&out); err != nil {
		t.Fatal(err)
	}
	checkKeys(t, "", specShape(), out.String())
}

// checkKeys finds keys of a shape that a text does not have.
func checkKeys(t *testing.T, path string, s *shape, text string) {
	t.Helper()
	for _, k := range s.keys {
		if !strings.Contains(text, fmt.Sprintf("%q:", k.name)) {
			t.Errorf("%s is nowhere", join(path, k.name))
		}
		checkKeys(t, join(path, k.name), k.shape, text)
	}
	if s.item != nil {
		checkKeys(t, path, s.item, text)
	}
}

// The YAML of a topology is the one that a person would write.
func TestWriteYAMLIsForPeople(t *testing.T) {
	t.Parallel()
	s := fullSpec()
	s.LoadBalancer.Tags = []string{"no", "a b", "5"}
	var out bytes.Buffer
	if err := s.WriteYAML(&out); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		`  tags: ["no", a b, "5"]`,
		"    pem: |\n      -----BEGIN CERTIFICATE-----\n      MIIB\n      -----END CERTIFICATE-----\n",
		`    ports: [80-81]`,
		`      interval: 30s`,
		`        value: "{client_ip}"`,
		`        weight: 0`,
	} {
		if !strings.Contains(out.String(), line+"\n") && !strings.Contains(out.String(), line) {
			t.Errorf("there is no\n%s\nin\n%s", line, out.String())
		}
	}
}

func TestNoSecretIsWritten(t *testing.T) {
	t.Parallel()
	const canary = "canary-of-a-private-key"
	key := "-----BEGIN EC PRIVATE KEY-----\n" + canary + "\n-----END EC PRIVATE KEY-----\n"
	certificate := func(c Certificate) *Spec { c.Name = "site"; return &Spec{Certificates: []Certificate{c}} }
	for name, c := range map[string]struct {
		spec *Spec
		path string // at fault; empty: it is written, without the key
	}{
		"key without file":  {certificate(Certificate{CertificateSpec: lb.CertificateSpec{PEM: "pem", Key: lb.NewSecret(canary)}}), "certificates[0].keyFile"},
		"key with file":     {certificate(Certificate{CertificateSpec: lb.CertificateSpec{PEM: canary, Key: lb.NewSecret(canary)}, PEMFile: "a.pem", KeyFile: "a.key"}), ""},
		"key in the PEM":    {certificate(Certificate{CertificateSpec: lb.CertificateSpec{PEM: key}}), "certificates[0].pem"},
		"key in the CA":     {&Spec{Backends: []Backend{{BackendSpec: lb.BackendSpec{Name: "a", TLS: &lb.BackendTLS{CA: key}}}}}, "backends[0].tls.ca"},
		"key in extensions": {&Spec{LoadBalancer: lb.LoadBalancerSpec{Extensions: lb.Extend(settings{"a": []any{key}})}}, "loadBalancer.extensions.other.a[0]"},
	} {
		for form, write := range writers {
			t.Run(name+" "+form, func(t *testing.T) {
				t.Parallel()
				var out bytes.Buffer
				err := write(c.spec, &out)
				if strings.Contains(out.String(), canary) || strings.Contains(fmt.Sprint(err), canary) {
					t.Errorf("the key shows: %s %v", out.String(), err)
				}
				checkWritten(t, c.path, err, out.String())
			})
		}
	}
}

// checkWritten checks that a topology was written, or refused for what is at path.
func checkWritten(t *testing.T, path string, err error, written string) {
	t.Helper()
	if path == "" {
		if err != nil {
			t.Errorf("error is %v", err)
		}
		return
	}
	var wrong *lb.Error
	if !errors.Is(err, lb.ErrInvalid) || !errors.As(err, &wrong) || len(wrong.Fields) != 1 || wrong.Fields[0].Path != path {
		t.Errorf("error is %v, want ErrInvalid at %s", err, path)
	}
	if written != "" {
		t.Errorf("something was written: %s", written)
	}
}

func TestWriteRefusesWhatCannotBeReadBack(t *testing.T) {
	t.Parallel()
	backend := func(b Backend) *Spec { b.Name, b.Protocol = "a", lb.ProtocolTCP; return &Spec{Backends: []Backend{b}} }
	for name, c := range map[string]struct {
		spec *Spec
		path string
	}{
		"no address": {backend(Backend{Servers: []lb.ServerSpec{{}}}), "backends[0].servers[0].address"},
		"not UTF-8":  {&Spec{LoadBalancer: lb.LoadBalancerSpec{Tags: []string{"a", "\xff"}}}, "loadBalancer.tags[1]"},
		"NUL":        {backend(Backend{BackendSpec: lb.BackendSpec{CookieName: "a\x00"}}), "backends[0].cookieName"},
		"prefix":     {&Spec{Frontends: []Frontend{{FrontendSpec: lb.FrontendSpec{Addresses: []netip.Prefix{{}}}}}}, "frontends[0].addresses[0]"},
		"number":     {backend(Backend{BackendSpec: lb.BackendSpec{MaxConnections: 1 << 40}}), "backends[0].maxConnections"},
	} {
		for form, write := range writers {
			t.Run(name+" "+form, func(t *testing.T) {
				t.Parallel()
				var out bytes.Buffer
				checkWritten(t, c.path, write(c.spec, &out), out.String())
			})
		}
	}
	// A range that is none has no text form at all.
	err := (&Spec{Frontends: []Frontend{{FrontendSpec: lb.FrontendSpec{Ports: []lb.PortRange{{}}}}}}).WriteJSON(io.Discard)
	if !errors.Is(err, lb.ErrInvalid) {
		t.Errorf("error is %v, want ErrInvalid", err)
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestWritePassesOnWhatWritingFailsWith(t *testing.T) {
	t.Parallel()
	for name, write := range writers {
		if err := write(&Spec{}, brokenWriter{}); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("%s: error is %v, want the writer's", name, err)
		}
	}
}

// FuzzDecode: whatever a file holds, Decode says what is wrong or returns a topology
// that can be written and read back.
func FuzzDecode(f *testing.F) {
	for _, write := range writers {
		var out bytes.Buffer
		if err := write(fullSpec(), &out); err != nil {
			f.Fatal(err)
		}
		f.Add(out.Bytes())
	}
	for _, seed := range []string{
		"", "a: &a [*a]", "loadBalancer: {}\n---\n", "<<: {}", "loadBalancer: {name: !!binary aGk=}", "? [a]\n: b", "{\"loadBalancer\":{}}", "loadBalancer: {tags: [|\n a]}",
		"loadBalancer:\n  name: \"\\ud800\"\nbackends:\n- {name: a, protocol: tcp, port: 0o17, servers: [{address: fe80::1%eth0}]}\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		spec, err := Decode(bytes.NewReader(b))
		if err != nil {
			var fault *DecodeError
			if spec != nil || !errors.Is(err, lb.ErrInvalid) || !errors.As(err, &fault) || fault.Line < 1 {
				t.Fatalf("spec %v, error %v", spec, err)
			}
			return
		}
		for name, write := range writers {
			var out bytes.Buffer
			if err := write(spec, &out); err != nil {
				if strings.Contains(string(b), "PRIVATE KEY") {
					continue
				}
				t.Fatalf("%s: %v", name, err)
			}
			again, err := Decode(&out)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if diff := specDifference(spec, again); diff != "" {
				t.Fatalf("%s: reads back differently:\n%s", name, diff)
			}
		}
	})
}
