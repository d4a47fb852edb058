// Package keypair reads and checks what a user uploads to be served over TLS: a
// chain of certificates and the private key of its first one, both in PEM. No
// error of it holds any part of a key.
package keypair

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

const (
	certificateBlock = "CERTIFICATE"
	parametersBlock  = "EC PARAMETERS" // openssl writes one before an EC key
	keySuffix        = "PRIVATE KEY"
	blockStart       = "-----BEGIN "
)

// Chain is certificates, the one that is served first, each issued by the next.
type Chain []*x509.Certificate

// ParseChain reads a chain. What stands between the certificates, such as their
// texts, is skipped; a private key, or anything else in PEM, is an error, and so
// is a certificate that did not issue the one before it.
func ParseChain(text string) (Chain, error) {
	blocks, err := blocksOf(text)
	if err != nil {
		return nil, err
	}
	var chain Chain
	for i, block := range blocks {
		switch {
		case strings.HasSuffix(block.Type, keySuffix):
			return nil, errors.New("holds a private key, which has a field of its own")
		case block.Type != certificateBlock:
			return nil, fmt.Errorf("holds a block of type %q", block.Type)
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("certificate %d: %w", i+1, err)
		}
		chain = append(chain, certificate)
	}
	if len(chain) == 0 {
		return nil, errors.New("holds no certificate in PEM")
	}
	return chain, chain.inOrder()
}

// inOrder compares names alone: signatures that this side cannot verify are of no
// concern where others serve them.
func (c Chain) inOrder() error {
	for i := 1; i < len(c); i++ {
		if !bytes.Equal(c[i-1].RawIssuer, c[i].RawSubject) {
			return fmt.Errorf("certificate %d did not issue certificate %d: the certificate comes first, then its issuer, and so on", i+1, i)
		}
	}
	return nil
}

// PEM is the chain in one spelling.
func (c Chain) PEM() string {
	var out bytes.Buffer
	for _, certificate := range c {
		out.Write(pem.EncodeToMemory(&pem.Block{Type: certificateBlock, Bytes: certificate.Raw}))
	}
	return out.String()
}

// Key is a private key.
type Key struct {
	block  *pem.Block
	public publicKey
}

// publicKey is what the public keys of the standard library have in common.
type publicKey interface {
	Equal(other crypto.PublicKey) bool
}

// ParseKey reads a private key in PEM: PKCS #8, PKCS #1 or SEC 1, unencrypted. It
// must be the only one, and no certificate may be with it.
func ParseKey(text string) (Key, error) {
	blocks, err := blocksOf(text)
	if err != nil {
		return Key{}, err
	}
	var key Key
	for _, block := range blocks {
		switch {
		case block.Type == parametersBlock:
			continue
		case !strings.HasSuffix(block.Type, keySuffix):
			return Key{}, fmt.Errorf("holds a block of type %q", block.Type)
		case key.block != nil:
			return Key{}, errors.New("holds several private keys")
		case strings.HasPrefix(block.Type, "ENCRYPTED") || block.Headers["DEK-Info"] != "":
			return Key{}, errors.New("is encrypted")
		}
		key.block, key.public = block, publicPart(block.Bytes)
		if key.public == nil {
			return Key{}, errors.New("cannot be read: neither PKCS #8 nor PKCS #1 nor SEC 1")
		}
	}
	if key.block == nil {
		return Key{}, errors.New("holds no private key in PEM")
	}
	return key, nil
}

// PEM is the key in one spelling.
func (k Key) PEM() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: k.block.Type, Bytes: k.block.Bytes}))
}

// ParsePair reads a chain and the key of its first certificate, and says what is wrong
// with each. A key of another certificate is wrong, too.
func ParsePair(chainText, keyText string) (chain Chain, key Key, chainErr, keyErr error) {
	chain, chainErr = ParseChain(chainText)
	key, keyErr = ParseKey(keyText)
	switch {
	case chainErr != nil || keyErr != nil || key.Belongs(chain[0]):
	case slices.ContainsFunc(chain[1:], key.Belongs):
		keyErr = errors.New("is not the key of the first certificate of pem, but of a later one")
	default:
		keyErr = errors.New("is not the key of the first certificate of pem")
	}
	return chain, key, chainErr, keyErr
}

// Belongs reports whether the key is a certificate's.
func (k Key) Belongs(to *x509.Certificate) bool { return k.public.Equal(to.PublicKey) }

// Format keeps the key out of prints, whatever the verb.
func (k Key) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, "[secret]") }

// publicPart is nil for what is no private key.
func publicPart(der []byte) publicKey {
	if key, err := x509.ParsePKCS8PrivateKey(der); err == nil {
		switch key := key.(type) {
		case *rsa.PrivateKey:
			return &key.PublicKey
		case *ecdsa.PrivateKey:
			return &key.PublicKey
		case ed25519.PrivateKey:
			return key.Public().(ed25519.PublicKey)
		}
		return nil
	}
	if key, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return &key.PublicKey
	}
	if key, err := x509.ParseECPrivateKey(der); err == nil {
		return &key.PublicKey
	}
	return nil
}

// blocksOf are the PEM blocks of a text. Package pem skips blocks that it cannot
// read: that would silently lose a certificate of a chain.
func blocksOf(text string) ([]*pem.Block, error) {
	var blocks []*pem.Block
	for rest := []byte(text); ; {
		block, after := pem.Decode(rest)
		skipped := rest[:len(rest)-len(after)]
		if bytes.Count(skipped, []byte(blockStart)) > 1 || block == nil && bytes.Contains(rest, []byte(blockStart)) {
			return nil, fmt.Errorf("PEM block %d is damaged", len(blocks)+1)
		}
		if block == nil {
			return blocks, nil
		}
		blocks, rest = append(blocks, block), after
	}
}
