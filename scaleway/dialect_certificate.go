package scaleway

import (
	"slices"
	"strings"

	"github.com/lbkit/lbkit/internal/keypair"
	"github.com/lbkit/lbkit/lb"
)

// Certificate writes the PEM of a chain in one spelling, once the key has been found
// to be its first certificate's, and domains in lower case, sorted behind the first.
func (d dialect) Certificate(spec lb.CertificateSpec) (lb.CertificateSpec, error) {
	p := &problems{kind: lb.KindCertificate}
	c := lb.Clone(spec)
	p.certificateName(c.Name)
	uploads, orders := c.PEM != "" || c.Key.Reveal() != "", len(c.Domains) > 0
	switch {
	case uploads && orders:
		p.invalid("domains", "an uploaded certificate has its own: leave them out, or pem and key")
	case uploads:
		p.upload(&c)
	case orders:
		p.domains(c.Domains)
		c.Domains = canonicalDomains(c.Domains)
	default:
		p.invalid("pem", "must be said, with its key; or domains, to order a certificate for")
	}
	if len(p.list) > 0 {
		return lb.CertificateSpec{}, p.list
	}
	return c, nil
}

func (p *problems) certificateName(name string) {
	p.required("certificate.name", "name", name)
	p.text("name", name)
}

// upload checks what no answer of the API would explain.
func (p *problems) upload(c *lb.CertificateSpec) {
	chain, key, chainErr, keyErr := keypair.ParsePair(c.PEM, c.Key.Reveal())
	if chainErr != nil {
		p.invalid("pem", "%v", chainErr)
	}
	if keyErr != nil {
		p.invalid("key", "%v", keyErr)
	}
	if chainErr == nil && keyErr == nil {
		c.PEM, c.Key = chain.PEM(), lb.NewSecret(key.PEM())
	}
}

func (p *problems) domains(domains []string) {
	for _, domain := range domains {
		switch {
		case strings.HasPrefix(domain, "*."):
			p.unsupported("certificate.domains.wildcard", "domains", domain, "Let's Encrypt asks the load balancer for each domain by HTTP")
		case !isDomain(strings.ToLower(domain)):
			p.invalid("domains", "%q: not the name of a domain", domain)
		}
	}
}

// canonicalDomains has the common name first and the others sorted, each once.
func canonicalDomains(domains []string) []string {
	if len(domains) == 0 {
		return nil
	}
	lower := make([]string, len(domains))
	for i, domain := range domains {
		lower[i] = strings.ToLower(domain)
	}
	others := slices.DeleteFunc(sortedSet(lower), func(domain string) bool { return domain == lower[0] })
	return append(lower[:1:1], others...)
}

// isDomain reports whether s is a name that DNS could know, in lower case: labels of
// letters, digits and hyphens.
func isDomain(s string) bool {
	const maxName, maxLabel = 253, 63 // RFC 1035, 2.3.4
	labels := strings.Split(s, ".")
	if len(s) > maxName || len(labels) < 2 {
		return false
	}
	return every(labels, func(label string) bool {
		return label != "" && len(label) <= maxLabel && label[0] != '-' && label[len(label)-1] != '-' &&
			!strings.ContainsFunc(label, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' })
	})
}
