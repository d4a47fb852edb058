package dialect

import (
	"slices"
	"strings"

	"github.com/lbkit/lbkit/internal/keypair"
	"github.com/lbkit/lbkit/lb"
)

// Certificate is lb.Dialect's: the chain and its key in one spelling, once the key has
// been found to be the first certificate's; domains in lower case, sorted behind the
// first.
func (r Rules) Certificate(spec lb.CertificateSpec) (lb.CertificateSpec, error) {
	f := r.findings(lb.KindCertificate, "certificate", "")
	out := lb.Clone(spec)
	f.name(spec.Name)
	uploads, orders := spec.PEM != "" || !spec.Key.IsZero(), len(spec.Domains) > 0
	switch {
	case uploads && orders:
		f.invalid("domains", "they are ordered for, and pem is uploaded: one of both")
	case uploads:
		f.upload(&out)
	case orders:
		f.leaf("domains", spec.Domains)
		f.narrow("certificate.name.ordered", spec.Name != "", "name", spec.Name, "an order takes no name")
		out.Domains = f.domains(spec.Domains)
	default:
		f.invalid("pem", "set pem and key to upload a certificate, or domains to order one")
	}
	f.more(out)
	return settled(out, f.problems)
}

// CertificateName refuses what is not the name of a certificate, for Rename.
func (r Rules) CertificateName(name string) error {
	f := r.findings(lb.KindCertificate, "certificate", "")
	f.name(name)
	return f.problems.Err()
}

func (f *findings) upload(spec *lb.CertificateSpec) {
	if feature := lb.Feature("certificate.pem"); !f.supports(feature) {
		f.lacks(feature, "pem", nil, "this provider has no such setting")
		return
	}
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
	f.leaf("key", spec.Key)
}

func (f *findings) domains(domains []string) []string {
	lower := make([]string, len(domains))
	for i, domain := range domains {
		lower[i] = strings.ToLower(domain)
		name, wild := strings.CutPrefix(lower[i], "*.")
		f.narrow("certificate.domains.wildcard", wild, "domains", domain, "a domain is proven by a request to it")
		if !isDomain(name) {
			f.invalid("domains", "%q is not the name of a domain", domain)
		}
	}
	others := slices.DeleteFunc(sortedSet(lower), func(domain string) bool { return domain == lower[0] })
	return append(lower[:1:1], others...)
}

// isDomain: two labels or more, of letters, digits and hyphens (RFC 1035, 2.3.4).
func isDomain(name string) bool {
	labels := strings.Split(name, ".")
	for _, label := range labels {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' || strings.ContainsFunc(label, notInLabel) {
			return false
		}
	}
	return len(labels) > 1 && len(name) <= 253
}

func notInLabel(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' }
