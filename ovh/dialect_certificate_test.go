package ovh

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
)

// issued is a certificate with its key, in PEM.
type issued struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	pem, secret string
}

// issue makes a certificate that by has signed, or that has signed itself.
func issue(t *testing.T, name string, by *issued) *issued {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	parent, signer := template, key
	if by != nil {
		parent, signer = by.certificate, by.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return &issued{
		certificate: certificate, key: key,
		pem:    string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		secret: string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})),
	}
}

func TestCanonicalCertificates(t *testing.T) {
	t.Parallel()
	root := issue(t, "root", nil)
	middle := issue(t, "middle", root)
	leaf := issue(t, "leaf", middle)
	for name, tt := range map[string]struct{ spec, want lb.CertificateSpec }{
		"upload": {
			lb.CertificateSpec{Name: "web", PEM: "subject=leaf\n" + leaf.pem + "\n\n" + middle.pem + root.pem, Key: lb.NewSecret(leaf.secret + "\n")},
			lb.CertificateSpec{Name: "web", PEM: leaf.pem + middle.pem + root.pem, Key: lb.NewSecret(leaf.secret)},
		},
		"order": {
			lb.CertificateSpec{Domains: []string{"WWW.example.com", "b.example.com", "a.example.com", "www.example.com"}},
			lb.CertificateSpec{Domains: []string{"www.example.com", "a.example.com", "b.example.com"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			unmodified(t, tt.spec, func(spec lb.CertificateSpec) {
				got, err := dialect{}.Certificate(spec)
				if err != nil || !lb.Equal(got, tt.want) {
					t.Errorf("%v, %v", err, lb.Diff(tt.want, got))
				}
				again, err := dialect{}.Certificate(got)
				if err != nil || !lb.Equal(again, got) {
					t.Errorf("canonical form of the canonical form: %v, %v", err, lb.Diff(got, again))
				}
			})
		})
	}
}

func TestDialectRefusesCertificates(t *testing.T) {
	t.Parallel()
	root := issue(t, "root", nil)
	leaf := issue(t, "leaf", root)
	key := lb.NewSecret(leaf.secret)
	for name, tt := range map[string]struct {
		spec lb.CertificateSpec
		want []string
	}{
		"nothing":            {lb.CertificateSpec{Name: "n"}, []string{"invalid at pem"}},
		"both":               {lb.CertificateSpec{PEM: leaf.pem, Key: key, Domains: []string{"a.example"}}, []string{"invalid at domains"}},
		"no key":             {lb.CertificateSpec{PEM: leaf.pem}, []string{"invalid at key"}},
		"no certificate":     {lb.CertificateSpec{Key: key}, []string{"invalid at pem"}},
		"a key in the chain": {lb.CertificateSpec{PEM: leaf.pem + leaf.secret, Key: key}, []string{"invalid at pem"}},
		"a key for a chain":  {lb.CertificateSpec{PEM: leaf.secret, Key: lb.NewSecret(leaf.pem)}, []string{"invalid at pem", "invalid at key"}},
		"the wrong order":    {lb.CertificateSpec{PEM: root.pem + leaf.pem, Key: lb.NewSecret(root.secret)}, []string{"invalid at pem"}},
		"another's key":      {lb.CertificateSpec{PEM: leaf.pem, Key: lb.NewSecret(root.secret)}, []string{"invalid at key"}},
		"a name for an order": {
			lb.CertificateSpec{Name: "n", Domains: []string{"a.example"}}, []string{"unsupported certificate.name.ordered at name"},
		},
		"a wildcard":        {lb.CertificateSpec{Domains: []string{"*.a.example"}}, []string{"unsupported certificate.domains.wildcard at domains"}},
		"a name of no text": {lb.CertificateSpec{Name: "a\n", PEM: leaf.pem, Key: key}, []string{"invalid at name"}},
		"no domains": {
			lb.CertificateSpec{Domains: []string{"", "localhost", "a..example", "-a.example", "a-.example", "a_b.example", "a.example.", "a/b.example", strings.Repeat("a", 64) + ".example"}},
			[]string{
				"invalid at domains", "invalid at domains", "invalid at domains", "invalid at domains", "invalid at domains", "invalid at domains",
				"invalid at domains", "invalid at domains", "invalid at domains",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := dialect{}.Certificate(tt.spec)
			if diff := cmp.Diff(tt.want, refusals(t, err)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			checkHints(t, err)
			for line := range strings.Lines(leaf.secret) {
				if !strings.Contains(line, "-----") && strings.Contains(err.Error(), strings.TrimSpace(line)) {
					t.Errorf("the error holds the key: %v", err)
				}
			}
		})
	}
}

func TestAddressesHaveNothingToChoose(t *testing.T) {
	t.Parallel()
	if got, err := (dialect{}).Address(lb.AddressSpec{Extensions: lb.Extend(elsewhere{Note: "x"})}); err != nil || !lb.Equal(got, lb.AddressSpec{}) {
		t.Errorf("%+v, %v", got, err)
	}
	_, err := dialect{}.Address(lb.AddressSpec{Zone: "gra", IPv6: true, Reverse: "a.example", Tags: []string{"t"}, Extensions: lb.Extend(AddressOptions{RoutedTo: "x"})})
	want := []string{
		"unsupported address.zone at zone", "unsupported address.ipv6 at ipv6", "unsupported address.reverse at reverse", "unsupported address.tags at tags",
		"unsupported address.extensions at extensions.ovh",
	}
	if diff := cmp.Diff(want, refusals(t, err)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	checkHints(t, err)
	_, err = dialect{}.Address(lb.AddressSpec{Extensions: lb.Extend(FrontendOptions{Zone: "gra"})})
	if got := refusals(t, err); len(got) == 0 || got[0] != "invalid at extensions.ovh" {
		t.Errorf("another level's extension: %v", got)
	}
}
