package keypair_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/lbkit/lbkit/internal/keypair"
)

// authority makes certificates.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  crypto.Signer
}

func newAuthority(t *testing.T, name string, by *authority) *authority {
	t.Helper()
	a := &authority{t: t, key: newECKey(t)}
	signer := by
	if by == nil {
		signer = a
	}
	a.cert = signer.issue(name, a.key.Public(), true)
	return a
}

func (a *authority) issue(name string, public crypto.PublicKey, ca bool) *x509.Certificate {
	a.t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, IsCA: ca, BasicConstraintsValid: true,
		NotBefore: time.Unix(1_750_000_000, 0), NotAfter: time.Unix(1_850_000_000, 0),
	}
	parent := a.cert
	if parent == nil {
		parent = template
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return cert
}

func newECKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func newRSAKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func block(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func certBlock(certs ...*x509.Certificate) string {
	var out strings.Builder
	for _, c := range certs {
		out.WriteString(block("CERTIFICATE", c.Raw))
	}
	return out.String()
}

func pkcs8(t *testing.T, key any) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return block("PRIVATE KEY", der)
}

func sec1(t *testing.T, key *ecdsa.PrivateKey) string {
	t.Helper()
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return block("EC PRIVATE KEY", der)
}

func TestParseChain(t *testing.T) {
	t.Parallel()
	root := newAuthority(t, "root", nil)
	middle := newAuthority(t, "middle", root)
	key := newECKey(t)
	leaf := middle.issue("leaf", key.Public(), false)
	full := certBlock(leaf, middle.cert, root.cert)
	for name, test := range map[string]struct {
		text, fault string
		want        int
	}{
		"leaf alone":          {certBlock(leaf), "", 1},
		"leaf and issuer":     {certBlock(leaf, middle.cert), "", 2},
		"up to the root":      {full, "", 3},
		"texts between":       {"subject=leaf\n" + certBlock(leaf) + "\r\nissuer\n" + certBlock(middle.cert) + "end", "", 2},
		"backwards":           {certBlock(middle.cert, leaf), "certificate 2 did not issue certificate 1", 0},
		"a link missing":      {certBlock(leaf, root.cert), "certificate 2 did not issue certificate 1", 0},
		"nothing":             {"", "no certificate", 0},
		"no PEM":              {"leaf", "no certificate", 0},
		"a key in it":         {full + pkcs8(t, key), "private key", 0},
		"a SEC 1 key in it":   {sec1(t, key) + full, "private key", 0},
		"a request":           {block("CERTIFICATE REQUEST", leaf.Raw), `"CERTIFICATE REQUEST"`, 0},
		"no certificate in":   {block("CERTIFICATE", []byte("nonsense")), "certificate 1", 0},
		"the second is cut":   {certBlock(leaf) + certBlock(middle.cert)[:200], "block 2 is damaged", 0},
		"the first is broken": {strings.Replace(certBlock(leaf), "MII", "!!!", 1) + certBlock(middle.cert), "block 1 is damaged", 0},
		"the end is broken":   {strings.Replace(certBlock(leaf), "-----END", "----END", 1) + certBlock(middle.cert), "block 1 is damaged", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			chain, err := keypair.ParseChain(test.text)
			if test.fault != "" {
				if err == nil || !strings.Contains(err.Error(), test.fault) {
					t.Errorf("got %v, want %q", err, test.fault)
				}
				return
			}
			if err != nil || len(chain) != test.want || !chain[0].Equal(leaf) {
				t.Fatalf("got %d certificates, %v; want %d", len(chain), err, test.want)
			}
			if got, want := chain.PEM(), full; !strings.HasPrefix(want, got) {
				t.Errorf("one spelling is\n%s, want it as\n%s", got, want)
			}
		})
	}
}

func TestParseKey(t *testing.T) {
	t.Parallel()
	ec, rsaKey := newECKey(t), newRSAKey(t)
	public, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	root := newAuthority(t, "root", nil)
	ofEC, ofRSA, ofEd := root.issue("a", ec.Public(), false), root.issue("b", rsaKey.Public(), false), root.issue("c", public, false)
	parameters := block("EC PARAMETERS", []byte{6, 8, 42, 134, 72, 206, 61, 3, 1, 7})
	encrypted := string(pem.EncodeToMemory(&pem.Block{
		Type: "RSA PRIVATE KEY", Bytes: []byte("x"), Headers: map[string]string{"Proc-Type": "4,ENCRYPTED", "DEK-Info": "AES-256-CBC,00"},
	}))
	for name, test := range map[string]struct {
		text, fault string
		of          *x509.Certificate
	}{
		"EC in PKCS 8":        {pkcs8(t, ec), "", ofEC},
		"EC in SEC 1":         {sec1(t, ec), "", ofEC},
		"EC with parameters":  {parameters + sec1(t, ec), "", ofEC},
		"RSA in PKCS 8":       {pkcs8(t, rsaKey), "", ofRSA},
		"RSA in PKCS 1":       {block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rsaKey)), "", ofRSA},
		"Ed25519":             {pkcs8(t, ed), "", ofEd},
		"words around":        {"my key\n" + pkcs8(t, ec) + "that was it", "", ofEC},
		"two":                 {pkcs8(t, ec) + pkcs8(t, rsaKey), "several", nil},
		"a certificate":       {pkcs8(t, ec) + certBlock(ofEC), `"CERTIFICATE"`, nil},
		"none":                {"", "no private key", nil},
		"parameters alone":    {parameters, "no private key", nil},
		"encrypted in PKCS 8": {block("ENCRYPTED PRIVATE KEY", []byte("x")), "encrypted", nil},
		"encrypted in PKCS 1": {encrypted, "encrypted", nil},
		"nonsense":            {block("PRIVATE KEY", []byte("canary")), "cannot be read", nil},
		"cut":                 {pkcs8(t, ec)[:100], "damaged", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			key, err := keypair.ParseKey(test.text)
			if test.fault != "" {
				if err == nil || !strings.Contains(err.Error(), test.fault) {
					t.Errorf("got %v, want %q", err, test.fault)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, other := range []*x509.Certificate{ofEC, ofRSA, ofEd} {
				if got := key.Belongs(other); got != (other == test.of) {
					t.Errorf("belongs to %s: %t", other.Subject, got)
				}
			}
			if again, err := keypair.ParseKey(key.PEM()); err != nil || !again.Belongs(test.of) || again.PEM() != key.PEM() {
				t.Errorf("what PEM gives is another key: %v", err)
			}
		})
	}
}

func TestKeysDoNotPrint(t *testing.T) {
	t.Parallel()
	key, err := keypair.ParseKey(pkcs8(t, newECKey(t)))
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%d", "%x"} {
		if text := fmt.Sprintf(format, key); text != "[secret]" {
			t.Errorf("%s shows %q", format, text)
		}
	}
	if _, err := keypair.ParseKey(block("PRIVATE KEY", []byte("canary"))); strings.Contains(err.Error(), "canary") {
		t.Errorf("the error shows the key: %v", err)
	}
}

func TestParsePair(t *testing.T) {
	t.Parallel()
	root := newAuthority(t, "root", nil)
	leafKey, otherKey := newECKey(t), newECKey(t)
	chain := certBlock(root.issue("shop.example", leafKey.Public(), false), root.cert)
	for name, c := range map[string]struct{ chain, key, chainWants, keyWants string }{
		"a pair":              {chain, sec1(t, leafKey), "", ""},
		"a later one's key":   {chain, pkcs8(t, root.key), "", "of a later one"},
		"nobody's key":        {chain, sec1(t, otherKey), "", "is not the key of the first certificate of pem"},
		"neither":             {"", "", "holds no certificate", "holds no private key"},
		"a chain, and no key": {chain, "", "", "holds no private key"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, chainErr, keyErr := keypair.ParsePair(c.chain, c.key)
			wantError(t, "chain", chainErr, c.chainWants)
			wantError(t, "key", keyErr, c.keyWants)
		})
	}
}

// wantError expects no error for an empty want.
func wantError(t *testing.T, what string, err error, want string) {
	t.Helper()
	if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
		t.Errorf("%s: %v, want %q", what, err, want)
	}
}
