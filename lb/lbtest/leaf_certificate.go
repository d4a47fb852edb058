package lbtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"sync"
	"time"

	"github.com/lbkit/lbkit/lb"
)

func certificateLeaves() []leaf {
	at := func(x *example) *lb.CertificateSpec { return &x.Certificate }
	return []leaf{
		row("certificate.name", func(x *example) *string { return &at(x).Name }, "shop", "site").with(uploaded),
		row("certificate.domains", func(x *example) *[]string { return &at(x).Domains },
			[]string{"a.example"}, []string{"b.example", "c.example"}).with(func(p profile, x *example) {
			x.Certificate = lb.CertificateSpec{Name: p.certificateName("certificate.name.ordered")}
		}),
		rowOf("certificate.pem", func(x *example) *string { return &at(x).PEM }, func(profile) []string {
			return []string{pair(0).certificate, pair(1).certificate}
		}).with(uploaded).and(keyOfPEM),
		rowOf("certificate.key", func(x *example) *lb.Secret { return &at(x).Key }, func(profile) []lb.Secret {
			return []lb.Secret{lb.NewSecret(pair(0).key), lb.NewSecret(pair(1).key)}
		}).with(uploaded).and(pemOfKey),
	}
}

// uploaded is a certificate with its key.
func uploaded(p profile, x *example) {
	x.Certificate = lb.CertificateSpec{Name: p.certificateName("certificate.name"), PEM: pair(0).certificate, Key: lb.NewSecret(pair(0).key)}
}

// certificateName is a name where one is needed.
func (p profile) certificateName(feature lb.Feature) string {
	if p.Has("certificate.name.unset") || !p.Has(feature) && !p.Has("certificate.name") {
		return ""
	}
	return "web"
}

// keyOfPEM and pemOfKey: each goes with the other.
func keyOfPEM(_ profile, x *example) {
	x.Certificate.Key = lb.Secret{}
	for i := range certificatePairs {
		if x.Certificate.PEM == pair(i).certificate {
			x.Certificate.Key = lb.NewSecret(pair(i).key)
		}
	}
}

func pemOfKey(_ profile, x *example) {
	x.Certificate.PEM = ""
	for i := range certificatePairs {
		if x.Certificate.Key.Reveal() == pair(i).key {
			x.Certificate.PEM = pair(i).certificate
		}
	}
}

func addressLeaves() []leaf {
	at := func(x *example) *lb.AddressSpec { return &x.Address }
	return []leaf{
		rowOf("address.zone", func(x *example) *string { return &at(x).Zone }, func(p profile) []string { return p.orAny("address.zone", p.own.Zones) }),
		row("address.ipv6", func(x *example) *bool { return &at(x).IPv6 }, true),
		row("address.reverse", func(x *example) *string { return &at(x).Reverse }, "a.example", "b.example"),
		row("address.tags", func(x *example) *[]string { return &at(x).Tags }, []string{"env=test"}, []string{"env=prod", "team=web"}),
		extensionRow("address.extensions", func(x *example) *lb.Extensions { return &at(x).Extensions }),
	}
}

// leafPair is a self-signed certificate, which is an authority too, and its key.
type leafPair struct{ certificate, authority, key string }

// certificatePairs is how many there are.
const certificatePairs = 2

// pair is one of a few pairs, in the one spelling that is compared.
func pair(i int) leafPair { return pairsOnce()[i] }

// pairsOnce makes them, once: what they hold does not matter, and takes a while.
var pairsOnce = sync.OnceValue(func() (pairs [certificatePairs]leafPair) {
	for i := range pairs {
		pairs[i] = newLeafPair(i + 1)
	}
	return pairs
})

// newLeafPair panics where the machine has no randomness left.
func newLeafPair(serial int) leafPair {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	name := fmt.Sprintf("%d.example", serial)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(int64(serial)), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		panic(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		panic(err)
	}
	text := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	return leafPair{certificate: text, authority: text, key: string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}))}
}
