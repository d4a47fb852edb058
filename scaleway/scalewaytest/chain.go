package scalewaytest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // G505: fingerprints of this API are SHA-1
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"slices"
	"strings"
	"time"
)

// leafFacts are what the API shows of an imported certificate.
type leafFacts struct {
	names       []string
	notBefore   time.Time
	notAfter    time.Time
	fingerprint string
}

// publicKey is what the standard library's public keys have in common.
type publicKey interface {
	Equal(other crypto.PublicKey) bool
}

const chainArgument = "custom_certificate.certificate_chain"

// readChain takes apart a PEM text with a private key, its certificate and the
// certificates that lead to a root, in any order (facts 8).
func (s *Server) readChain(text string) (leafFacts, error) {
	var chain []*x509.Certificate
	var key publicKey
	for rest := []byte(text); ; {
		var block *pem.Block
		block, rest = pem.Decode(rest)
		if block == nil {
			break
		}
		switch {
		case block.Type == "CERTIFICATE":
			parsed, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				return leafFacts{}, invalid(chainArgument, "format", "holds a certificate that cannot be read")
			}
			chain = append(chain, parsed)
		case strings.HasSuffix(block.Type, "PRIVATE KEY"):
			key = publicPart(block.Bytes)
		}
	}
	if len(chain) == 0 {
		return leafFacts{}, invalid(chainArgument, "format", "holds no certificate")
	}
	leaf, err := s.leafOf(chain, key)
	if err != nil {
		return leafFacts{}, err
	}
	return factsOf(leaf), nil
}

// leafOf is the certificate that the key belongs to, or the first where keys do
// not count.
func (s *Server) leafOf(chain []*x509.Certificate, key publicKey) (*x509.Certificate, error) {
	if key != nil {
		own := slices.IndexFunc(chain, func(x *x509.Certificate) bool { return key.Equal(x.PublicKey) })
		if own >= 0 {
			return chain[own], nil
		}
	}
	switch {
	case s.options.redactedKeys:
		return chain[0], nil
	case key == nil:
		return nil, invalid(chainArgument, "format", "holds no private key that can be read")
	}
	return nil, invalid(chainArgument, "constraint", "holds no certificate for its private key")
}

// publicPart is the public half of a private key in any of its three forms, or
// nil where it cannot be read.
func publicPart(der []byte) publicKey {
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		if key, err := x509.ParsePKCS1PrivateKey(der); err == nil {
			return &key.PublicKey
		}
		if key, err := x509.ParseECPrivateKey(der); err == nil {
			return &key.PublicKey
		}
		return nil
	}
	switch key := parsed.(type) {
	case *rsa.PrivateKey:
		return &key.PublicKey
	case *ecdsa.PrivateKey:
		return &key.PublicKey
	case ed25519.PrivateKey:
		if public, ok := key.Public().(ed25519.PublicKey); ok {
			return public
		}
	}
	return nil
}

// factsOf prefers the DNS names of a certificate, the first of them as its
// common name, to the common name of its subject (facts 8).
func factsOf(leaf *x509.Certificate) leafFacts {
	sum := sha1.Sum(leaf.Raw) //nolint:gosec // G401: fingerprints of this API are SHA-1
	names := leaf.DNSNames
	if len(names) == 0 {
		names = []string{leaf.Subject.CommonName}
	}
	return leafFacts{
		names: names, notBefore: leaf.NotBefore.UTC(), notAfter: leaf.NotAfter.UTC(),
		fingerprint: hex.EncodeToString(sum[:]),
	}
}
