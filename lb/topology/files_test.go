package topology_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/topology"
)

// certified is a certificate for some hosts with its key, both in PEM.
type certified struct{ pem, key string }

// certify makes a certificate that is valid until end.
func certify(t testing.TB, end time.Time, hosts ...string) certified {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, DNSNames: hosts,
		NotBefore: end.AddDate(-1, 0, 0), NotAfter: end,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return certified{
		pem: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		key: string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: keyDER})),
	}
}

// withFiles is a topology with one certificate in files.
func withFiles(pemFile, keyFile string) *topology.Spec {
	return &topology.Spec{Certificates: []topology.Certificate{{
		CertificateSpec: lb.CertificateSpec{Name: "site"}, PEMFile: pemFile, KeyFile: keyFile,
	}}}
}

func TestReadFiles(t *testing.T) {
	t.Parallel()
	pair := certify(t, time.Now().AddDate(1, 0, 0), "example.org")
	files := fstest.MapFS{"tls/site.pem": {Data: []byte(pair.pem)}, "tls/site.key": {Data: []byte(pair.key)}}
	spec := withFiles("tls/site.pem", "tls/site.key")
	spec.Certificates = append(spec.Certificates, topology.Certificate{CertificateSpec: lb.CertificateSpec{Name: "ordered", Domains: []string{"example.org"}}})
	if err := spec.ReadFiles(files); err != nil {
		t.Fatal(err)
	}
	if c := spec.Certificates[0]; c.PEM != pair.pem || c.Key.Reveal() != pair.key || c.Name != "site" {
		t.Errorf("certificate is %+v", c)
	}
	if c := spec.Certificates[1]; c.PEM != "" || !c.Key.IsZero() || len(c.Domains) != 1 {
		t.Errorf("a certificate without files has changed: %+v", c)
	}
	// Once read, it is what the files hold, and written it is the files' names.
	var out strings.Builder
	if err := spec.WriteYAML(&out); err != nil {
		t.Fatal(err)
	}
	if again := decode(t, out.String()); again.Certificates[0].PEM != "" || again.Certificates[0].PEMFile != "tls/site.pem" {
		t.Errorf("written:\n%s", out.String())
	}
}

func TestReadFilesNamesEveryFault(t *testing.T) {
	t.Parallel()
	pair, other := certify(t, time.Now().AddDate(1, 0, 0), "example.org"), certify(t, time.Now().AddDate(1, 0, 0), "example.org")
	files := fstest.MapFS{
		"a.pem":     {Data: []byte(pair.pem)},
		"a.key":     {Data: []byte(pair.key)},
		"b.key":     {Data: []byte(other.key)},
		"both.pem":  {Data: []byte(pair.pem + pair.key)},
		"empty.pem": {},
		"huge.pem":  {Data: []byte(strings.Repeat("a", 1<<20+1))},
		"folder/x":  {},
	}
	for name, c := range map[string]struct {
		pem, key string
		path     string
		want     string
	}{
		"no such file":     {"none.pem", "a.key", "certificates[0].pemFile", `file "none.pem" cannot be read`},
		"no such key":      {"a.pem", "none.key", "certificates[0].keyFile", `file "none.key" cannot be read`},
		"out of the tree":  {"../a.pem", "a.key", "certificates[0].pemFile", `file "../a.pem" cannot be read`},
		"absolute":         {"/etc/a.pem", "a.key", "certificates[0].pemFile", `file "/etc/a.pem" cannot be read`},
		"a folder":         {"folder", "a.key", "certificates[0].pemFile", `file "folder" cannot be read`},
		"key in the chain": {"both.pem", "a.key", "certificates[0].pemFile", `file "both.pem": holds a private key, which has a field of its own`},
		"empty":            {"empty.pem", "a.key", "certificates[0].pemFile", `file "empty.pem": holds no certificate in PEM`},
		"too large":        {"huge.pem", "a.key", "certificates[0].pemFile", `file "huge.pem" cannot be read`},
		"another's key":    {"a.pem", "b.key", "certificates[0].keyFile", `file "b.key": is not the key of the first certificate of a.pem`},
		"no key":           {"a.pem", "a.pem", "certificates[0].keyFile", `file "a.pem": holds a block of type "CERTIFICATE"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spec := withFiles(c.pem, c.key)
			err := spec.ReadFiles(files)
			var wrong *lb.Error
			if !errors.Is(err, lb.ErrInvalid) || !errors.As(err, &wrong) || len(wrong.Fields) != 1 {
				t.Fatalf("error is %v, want one ErrInvalid", err)
			}
			if field := wrong.Fields[0]; field.Path != c.path || !strings.HasPrefix(field.Reason, c.want) {
				t.Errorf("error is at %s: %s\nwant %s: %s", field.Path, field.Reason, c.path, c.want)
			}
			if strings.HasPrefix(name, "no such") && !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%v does not match fs.ErrNotExist", err)
			}
			if strings.Contains(fmt.Sprint(err), "PRIVATE KEY") {
				t.Errorf("the error shows a key: %v", err)
			}
			if got := spec.Certificates[0]; got.PEM != "" || !got.Key.IsZero() {
				t.Errorf("the topology has changed: %+v", got)
			}
		})
	}
	err := (&topology.Spec{Certificates: append(withFiles("none", "").Certificates, withFiles("", "none").Certificates...)}).ReadFiles(files)
	var problems lb.Problems
	if !errors.As(err, &problems) || len(problems) != 2 {
		t.Errorf("error is %v, want both faults", err)
	}
}
