package ovh

import (
	"slices"
	"strings"

	"github.com/lbkit/lbkit/internal/keypair"
	"github.com/lbkit/lbkit/lb"
)

// Certificate is lb.Dialect's: the chain and its key in one spelling, once the key has
// been found to be the first certificate's, and domains in lower case, sorted behind
// the first.
func (dialect) Certificate(spec lb.CertificateSpec) (lb.CertificateSpec, error) {
	out, problems := canonicalCertificate(spec)
	if len(problems) > 0 {
		return lb.CertificateSpec{}, problems
	}
	return out, nil
}

// canonicalCertificate checks all that can be checked without the API. No problem
// repeats a key.
func canonicalCertificate(spec lb.CertificateSpec) (lb.CertificateSpec, lb.Problems) {
	f := &findings{kind: lb.KindCertificate, leaf: "certificate"}
	out := lb.Clone(spec)
	uploaded := spec.PEM != "" || spec.Key.Reveal() != ""
	switch {
	case uploaded && len(spec.Domains) > 0:
		f.invalid("domains", "they are ordered for, and pem is uploaded: one of both")
	case uploaded:
		f.upload(&out)
	case len(spec.Domains) > 0:
		out.Domains = f.domains(spec.Domains)
		if spec.Name != "" {
			f.lacks("certificate.name.ordered", "name", spec.Name, "OVH takes no name with an order")
		}
	default:
		f.invalid("pem", "set pem and key to upload a certificate, or domains to order one")
	}
	return out, f.problems
}

// upload checks what no answer of the API would explain: that pem holds certificates,
// each the issuer of the one before, and that key is the first one's.
func (f *findings) upload(spec *lb.CertificateSpec) {
	f.text("name", spec.Name)
	chain, key, chainErr, keyErr := keypair.ParsePair(spec.PEM, spec.Key.Reveal())
	if chainErr != nil {
		f.invalid("pem", "%v", chainErr)
	}
	if keyErr != nil {
		f.invalid("key", "%v", keyErr)
	}
	if chainErr == nil && keyErr == nil {
		spec.PEM, spec.Key = chain.PEM(), lb.NewSecret(key.PEM())
	}
}

// domains are in lower case, the common name first and the others sorted behind it.
func (f *findings) domains(domains []string) []string {
	lower := make([]string, len(domains))
	for i, domain := range domains {
		lower[i] = strings.ToLower(domain)
		switch {
		case strings.HasPrefix(domain, "*."):
			f.lacks("certificate.domains.wildcard", "domains", domain, "OVH proves a domain by a request to it")
		case !domainName(lower[i]):
			f.invalid("domains", "%q is not a domain's name", domain)
		}
	}
	others := slices.DeleteFunc(sortedSet(lower), func(domain string) bool { return domain == lower[0] })
	return append(lower[:1:1], others...)
}

// domainName: two labels or more, of letters, digits and hyphens.
func domainName(name string) bool {
	labels := strings.Split(name, ".")
	for _, label := range labels {
		if len(label) > 63 || !nameLike(label, "-") || strings.HasSuffix(label, "-") {
			return false
		}
	}
	return len(labels) > 1 && len(name) <= 253
}
