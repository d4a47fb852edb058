package topology

import (
	"crypto/x509"
	"fmt"
	"strings"
	"time"

	"github.com/lbkit/lbkit/internal/keypair"
	"github.com/lbkit/lbkit/lb"
)

// soon is how long before its end Lint begins to speak of a certificate. Let's Encrypt
// renews at that time.
const soon = 30 * 24 * time.Hour

// knownCertificate is what a topology knows of a certificate.
type knownCertificate struct {
	leaf    *x509.Certificate // nil where there is no PEM
	domains []string          // what it is ordered for
}

// know reads what there is to know of a certificate.
func know(c Certificate) knownCertificate {
	k := knownCertificate{domains: c.Domains}
	if chain, err := keypair.ParseChain(c.PEM); err == nil {
		k.leaf = chain[0]
	}
	return k
}

// unknown: it is at the provider, and what it is for cannot be seen from here.
func (k knownCertificate) unknown() bool { return k.leaf == nil && len(k.domains) == 0 }

// names are the hosts that a certificate is for, those with a wildcard among them.
func (k knownCertificate) names() []string {
	if k.leaf != nil {
		return k.leaf.DNSNames
	}
	return k.domains
}

// covers tells whether a certificate is for a host, as clients judge it (RFC 6125): a
// wildcard stands for one label. With ".example.com" it tells whether the certificate is
// for any of the subdomains.
func (k knownCertificate) covers(host string) bool {
	for _, name := range k.names() {
		name = strings.ToLower(name)
		_, domain, _ := strings.Cut(host, ".")
		switch {
		case strings.HasPrefix(host, ".") && strings.HasSuffix(name, host):
			return true
		case name == host, name == "*."+domain && domain != "" && !strings.HasPrefix(host, "."):
			return true
		}
	}
	return k.leaf != nil && !strings.HasPrefix(host, ".") && k.leaf.VerifyHostname(host) == nil
}

func (l *linter) expires(path string, k knownCertificate) {
	if k.leaf == nil {
		return
	}
	const day = "2006-01-02"
	switch left := k.leaf.NotAfter.Sub(l.now); {
	case left <= 0:
		l.find(RuleCertificateExpires, path, "the certificate expired on %s", k.leaf.NotAfter.UTC().Format(day))
	case left < soon:
		l.find(RuleCertificateExpires, path, "the certificate expires on %s, in %d days", k.leaf.NotAfter.UTC().Format(day), int(left/(24*time.Hour)))
	case l.now.Before(k.leaf.NotBefore):
		l.find(RuleCertificateExpires, path, "the certificate is not valid before %s", k.leaf.NotBefore.UTC().Format(day))
	}
}

// hosts finds hosts that a frontend routes or redirects, and that none of its
// certificates is for. It says nothing where one of those is not known.
func (l *linter) hosts(path string, f Frontend) {
	serves, ok := l.serves(f)
	if !ok {
		return
	}
	for i, filter := range f.Filters {
		if filter.Action == lb.FilterRedirect {
			l.uncovered(fmt.Sprintf("%s.filters[%d]", path, i), filter.Match, serves)
		}
	}
	for i, route := range f.Routes {
		l.uncovered(fmt.Sprintf("%s.routes[%d]", path, i), route.Match, serves)
	}
}

// serves are the certificates that a frontend serves; ok is false where it has no TLS or
// not all of them are known.
func (l *linter) serves(f Frontend) (serves []knownCertificate, ok bool) {
	if len(f.Certificates) == 0 {
		return nil, false
	}
	for _, ref := range f.Certificates {
		i, found := l.refs.certificate(ref)
		if !found {
			return nil, false
		}
		serves = append(serves, l.certificates[i])
	}
	if _, shared := lacks(l.can, featureOwnCertificates); shared {
		serves = l.certificates
	}
	for _, k := range serves {
		if k.unknown() {
			return nil, false
		}
	}
	return serves, true
}

func (l *linter) uncovered(path string, match lb.Match, serves []knownCertificate) {
	for i, condition := range match {
		for _, host := range hostsOf(condition) {
			covered := false
			for _, k := range serves {
				covered = covered || k.covers(host)
			}
			if !covered {
				l.find(RuleCertificateHost, fmt.Sprintf("%s.match[%d].values", path, i), "no certificate of the frontend is for %q", host)
			}
		}
	}
}

// hostsOf are the hosts that a condition asks for, in lower case and without a port;
// ".example.com" stands for its subdomains.
func hostsOf(c lb.Condition) []string {
	isHost := c.Field == lb.FieldHost || c.Field == lb.FieldHeader && strings.EqualFold(c.Name, "Host")
	if !isHost || c.Not || c.Op != "" && c.Op != lb.MatchSuffix {
		return nil
	}
	var hosts []string
	for _, value := range c.Values {
		host, _, _ := strings.Cut(strings.ToLower(value), ":")
		if c.Op == lb.MatchSuffix && !strings.HasPrefix(host, ".") || strings.Trim(host, ".") == "" {
			continue // the end of any name, or an address
		}
		hosts = append(hosts, host)
	}
	return hosts
}

// sharedCertificates finds certificates that a frontend serves without naming them.
func (l *linter) sharedCertificates(path string, f Frontend) {
	hint, shared := lacks(l.can, featureOwnCertificates)
	if !shared || len(f.Certificates) == 0 && !f.TLS {
		return
	}
	named := map[int]bool{}
	for _, ref := range f.Certificates {
		if i, ok := l.refs.certificate(ref); ok {
			named[i] = true
		}
	}
	for i, c := range l.spec.Certificates {
		if !named[i] {
			l.find(RuleCertificatesShared, path+".certificates", "the frontend also serves certificates[%d] (%q): %s", i, c.keyText(), hint)
			return // one is enough to say so
		}
	}
}

// keyText is what people know a certificate by.
func (c Certificate) keyText() string {
	for _, key := range []string{c.Name, c.commonName(), c.Fingerprint, string(c.ID)} {
		if key != "" {
			return key
		}
	}
	return ""
}
