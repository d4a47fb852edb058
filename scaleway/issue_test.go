package scaleway

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"testing"
	"time"
)

// Issued is a certificate and what goes with it, in PEM.
type Issued struct {
	Leaf, Issuer, Key, IssuerKey string
	Certificate                  *x509.Certificate
}

// Issue makes a certificate for names, the first of which is its subject's, with an
// issuer of its own. With one name alone it is in the subject and nowhere else.
func Issue(t *testing.T, names ...string) Issued {
	t.Helper()
	issuerKey, key := newKey(t), newKey(t)
	issuer := sign(t, &x509.Certificate{Subject: pkix.Name{CommonName: "issuer"}, IsCA: true, BasicConstraintsValid: true}, nil, issuerKey.Public(), issuerKey)
	leaf := &x509.Certificate{Subject: pkix.Name{CommonName: names[0]}}
	if len(names) > 1 {
		leaf.DNSNames = names
	}
	issued := sign(t, leaf, issuer, key.Public(), issuerKey)
	return Issued{
		Leaf: block("CERTIFICATE", issued.Raw), Issuer: block("CERTIFICATE", issuer.Raw),
		Key: keyBlock(t, key), IssuerKey: keyBlock(t, issuerKey), Certificate: issued,
	}
}

func keyBlock(t *testing.T, key *ecdsa.PrivateKey) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return block("PRIVATE KEY", der)
}

func sign(t *testing.T, template, parent *x509.Certificate, public crypto.PublicKey, key crypto.Signer) *x509.Certificate {
	t.Helper()
	template.SerialNumber = big.NewInt(1)
	template.NotBefore, template.NotAfter = time.Unix(1_750_000_000, 0), time.Unix(1_850_000_000, 0)
	if parent == nil {
		parent = template
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return certificate
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func block(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}
