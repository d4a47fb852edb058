package lbtest

import (
	"slices"
	"strings"

	"github.com/lbkit/lbkit/internal/keypair"
	"github.com/lbkit/lbkit/lb"
)

// memoryDialect refuses what the capabilities lack and what means nothing on any
// provider. Each method stands on one that gives the canonical form of what is refused
// too: an update passes what it found so.
type memoryDialect struct {
	lb.UnimplementedDialect

	capabilities *lb.Capabilities
}

// MemorySettings is the extension of the provider in memory. It goes into the Extensions
// of any spec, is kept and read back, and changes nothing.
type MemorySettings struct {
	Note string `json:"note,omitzero"`
}

// ExtensionProvider returns "memory".
func (MemorySettings) ExtensionProvider() string { return memoryName }

// extensions are the provider's own alone: those of others have no part in what is kept.
func (f *memoryFindings) extensions(path string, all lb.Extensions) lb.Extensions {
	own := f.capabilities.Provider
	for _, provider := range all.Providers() {
		if provider != own {
			all = all.Without(provider)
		}
	}
	if own == memoryName {
		settings, _, err := lb.ExtensionOf[MemorySettings](all)
		if err != nil {
			f.invalid(path+"."+own, "%v", err)
		} else {
			all = lb.Extend(settings)
		}
	} else if _, err := all.MarshalJSON(); err != nil {
		f.invalid(path+"."+own, "%v", err)
	}
	if feature := f.feature(path); !all.IsZero() && !f.supports(feature) {
		f.lacks(feature, path+"."+own, nil, "this provider has no such settings")
	}
	return all
}

// LoadBalancer is lb.Dialect's: the TLS policy filled in, tags sorted.
func (d memoryDialect) LoadBalancer(spec lb.LoadBalancerSpec) (lb.LoadBalancerSpec, error) {
	out, problems := d.loadBalancer(spec)
	if len(problems) > 0 {
		return lb.LoadBalancerSpec{}, problems
	}
	return out, nil
}

func (d memoryDialect) loadBalancer(spec lb.LoadBalancerSpec) (lb.LoadBalancerSpec, lb.Problems) {
	f := d.findings(lb.KindLoadBalancer, "loadbalancer", "")
	out := lb.Clone(spec)
	f.name(spec.Name)
	out.Tags = f.set("tags", spec.Tags)
	if f.leaf("plan", spec.Plan) {
		f.word("plan", spec.Plan)
	}
	if f.leaf("zone", spec.Zone) {
		f.word("zone", spec.Zone)
	}
	f.enum("tlsPolicy", spec.TLSPolicy)
	out.TLSPolicy = memoryFill(f, "tlsPolicy", spec.TLSPolicy, lb.TLSPolicyIntermediate)
	out.Extensions = f.extensions("extensions", spec.Extensions)
	return out, f.problems
}

// Address is lb.Dialect's: tags sorted, the name in the reverse DNS without a last dot.
func (d memoryDialect) Address(spec lb.AddressSpec) (lb.AddressSpec, error) {
	f := d.findings(lb.KindAddress, "address", "")
	out := lb.Clone(spec)
	if f.leaf("zone", spec.Zone) {
		f.word("zone", spec.Zone)
	}
	f.leaf("ipv6", spec.IPv6)
	out.Reverse = strings.TrimSuffix(spec.Reverse, ".")
	if f.leaf("reverse", spec.Reverse) && !memoryIsDomain(strings.ToLower(out.Reverse)) {
		f.invalid("reverse", "%q is not the name of a host", spec.Reverse)
	}
	out.Tags = f.set("tags", spec.Tags)
	out.Extensions = f.extensions("extensions", spec.Extensions)
	if len(f.problems) > 0 {
		return lb.AddressSpec{}, f.problems
	}
	return out, nil
}

// Certificate is lb.Dialect's: the chain and its key in one spelling, once the key has
// been found to be the first certificate's; domains in lower case, sorted behind the
// first.
func (d memoryDialect) Certificate(spec lb.CertificateSpec) (lb.CertificateSpec, error) {
	f := d.findings(lb.KindCertificate, "certificate", "")
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
	if len(f.problems) > 0 {
		return lb.CertificateSpec{}, f.problems
	}
	return out, nil
}

func (f *memoryFindings) upload(spec *lb.CertificateSpec) {
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

func (f *memoryFindings) domains(domains []string) []string {
	lower := make([]string, len(domains))
	for i, domain := range domains {
		lower[i] = strings.ToLower(domain)
		name, wild := strings.CutPrefix(lower[i], "*.")
		f.narrow("certificate.domains.wildcard", wild, "domains", domain, "a domain is proven by a request to it")
		if !memoryIsDomain(name) {
			f.invalid("domains", "%q is not the name of a domain", domain)
		}
	}
	others := slices.DeleteFunc(memorySortedSet(lower), func(domain string) bool { return domain == lower[0] })
	return append(lower[:1:1], others...)
}

// isDomain: two labels or more, of letters, digits and hyphens (RFC 1035, 2.3.4).
func memoryIsDomain(name string) bool {
	labels := strings.Split(name, ".")
	for _, label := range labels {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' || strings.ContainsFunc(label, memoryNotInLabel) {
			return false
		}
	}
	return len(labels) > 1 && len(name) <= 253
}

func memoryNotInLabel(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' }
