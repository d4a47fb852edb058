package topology

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/lbkit/lbkit/internal/fit"
	"github.com/lbkit/lbkit/lb"
)

// Rule names what a Finding is about, for a program that wants to leave some out.
type Rule string

// The rules of Lint.
const (
	// RuleNoHealthCheck: servers of a backend take traffic whether they work or not. UDP
	// backends are left out, since no provider checks them.
	RuleNoHealthCheck Rule = "healthCheck.missing"
	// RuleShadowed: a filter or route never decides, since one before it matches all that
	// it matches. No rule is called shadowed that is not; some that are may be missed.
	RuleShadowed Rule = "rule.shadowed"
	// RuleIPv6Open: filters keep all IPv4 clients out of something, and let those of IPv6
	// in.
	RuleIPv6Open Rule = "ipv6.open"
	// RuleCertificateExpires: a certificate that is to be uploaded has expired, or will in
	// less than 30 days, or is not valid yet.
	RuleCertificateExpires Rule = "certificate.expires"
	// RuleCertificateHost: no certificate that a frontend serves is for a host that it
	// routes.
	RuleCertificateHost Rule = "certificate.host"
	// RuleCertificatesShared: the provider serves certificates on a frontend that the
	// frontend does not name.
	RuleCertificatesShared Rule = "certificate.shared"
	// RuleCheckPort: the provider checks a port other than the one that takes traffic
	// without the PROXY header or without TLS that the backend asks for.
	RuleCheckPort Rule = "healthCheck.port"
	// RuleMixedBackends: some backends have a setting that the provider wants on all
	// or on none, such as a network of OVH's vRack.
	RuleMixedBackends Rule = "backend.mixed"
	// RuleSharedAddress: two frontends are bound to one dedicated address.
	RuleSharedAddress Rule = "address.shared"
)

// Finding is something that is legal and probably wrong.
type Finding struct {
	Rule    Rule   `json:"rule"`
	Path    string `json:"path"`    // "frontends[0].routes[2]"
	Message string `json:"message"` // one line
}

// String is one line, such as
//
//	backends[0].healthCheck: servers take traffic whether they work or not (healthCheck.missing)
func (f Finding) String() string { return fmt.Sprintf("%s: %s (%s)", f.Path, f.Message, f.Rule) }

// Lint looks for what is legal and probably wrong, without I/O, in the order of the
// topology. What is illegal is for Check to say, and Lint passes over it. now is
// the time by which certificates are judged: time.Now(), but in a test.
//
// Rules about a provider's own ways go by p's Capabilities: by features that it says
// of itself to lack, "frontend.certificates.exclusive",
// "backend.healthCheck.port.alike" and "backend.extensions.<provider>.<key>.mixed".
// Of a provider that does not mention a feature nothing is assumed.
//
// Certificates are judged by what is known of them: their PEM, once ReadFiles has read
// it, or the domains that they are ordered for.
func (s *Spec) Lint(p lb.Provider, now time.Time) []Finding {
	l := &linter{spec: s, can: p.Capabilities(), provider: p.Name(), now: now, refs: s.references()}
	l.certificates = make([]knownCertificate, len(s.Certificates))
	for i, c := range s.Certificates {
		l.certificates[i] = know(c)
		l.expires(fmt.Sprintf("certificates[%d]", i), l.certificates[i])
	}
	for i, backend := range s.Backends {
		l.backend(i, fmt.Sprintf("backends[%d]", i), backend)
	}
	l.mixedBackends()
	for i, frontend := range s.Frontends {
		path := fmt.Sprintf("frontends[%d]", i)
		l.sharedAddress(i, path)
		l.hosts(path, frontend)
		l.sharedCertificates(path, frontend)
		l.shadowed(path, frontend)
		l.openIPv6(path, frontend)
	}
	return l.findings
}

// linter collects findings.
type linter struct {
	spec         *Spec
	can          lb.Capabilities
	provider     string
	now          time.Time
	refs         references
	certificates []knownCertificate // by index
	findings     []Finding
}

func (l *linter) find(rule Rule, path, format string, args ...any) {
	l.findings = append(l.findings, Finding{Rule: rule, Path: path, Message: fmt.Sprintf(format, args...)})
}

func (l *linter) backend(index int, path string, backend Backend) {
	check := backend.HealthCheck
	if check == nil {
		if backend.Protocol != lb.ProtocolUDP {
			l.find(RuleNoHealthCheck, path+".healthCheck", "servers take traffic whether they work or not")
		}
		return
	}
	hint, lacking := lacks(l.can, featureAlikeCheck)
	if !lacking || check.Port == 0 || l.takesTraffic(index, check.Port) {
		return
	}
	var lost []string
	if backend.ProxyProtocol != "" {
		lost = append(lost, "PROXY header")
	}
	if backend.TLS != nil && check.Type != lb.CheckHTTPS && !slices.Contains(check.Extensions.Providers(), l.provider) {
		lost = append(lost, "TLS") // an extension may say that it has it all the same
	}
	if len(lost) > 0 {
		l.find(RuleCheckPort, path+".healthCheck.port", "the check on port %d goes without the %s that the servers expect: %s", check.Port, strings.Join(lost, " and "), hint)
	}
}

// takesTraffic tells whether port is the backend's: its own, or, where it has none, that
// of all frontends that lead to it.
func (l *linter) takesTraffic(index int, port uint16) bool {
	if own := l.spec.Backends[index].Port; own != 0 {
		return own == port
	}
	for _, f := range l.spec.Frontends {
		if l.leads(f, index) && !slices.Equal(f.Ports, []lb.PortRange{lb.Port(port)}) {
			return false
		}
	}
	return true
}

// leads tells whether a frontend sends anything to the backend at index.
func (l *linter) leads(f Frontend, index int) bool {
	is := func(ref lb.BackendID) bool {
		i, ok := l.refs.backend(ref)
		return ok && i == index
	}
	return is(f.DefaultBackend) || slices.ContainsFunc(f.Routes, func(r lb.RouteSpec) bool { return is(r.Backend) })
}

// mixedBackends finds settings that the provider wants on all backends or on none.
func (l *linter) mixedBackends() {
	prefix := "backend.extensions." + l.provider + "."
	for _, feature := range slices.Sorted(maps.Keys(l.can.Features)) {
		key, isOwn := strings.CutPrefix(string(feature), prefix)
		key, isMixed := strings.CutSuffix(key, mixedSuffix)
		if hint, lacking := lacks(l.can, feature); isOwn && isMixed && lacking {
			l.mixed(key, hint)
		}
	}
}

func (l *linter) mixed(key, hint string) {
	var without []int
	for i, backend := range l.spec.Backends {
		if _, has := ownSettings(backend.Extensions, l.provider)[key]; !has {
			without = append(without, i)
		}
	}
	if len(without) == len(l.spec.Backends) {
		return
	}
	for _, i := range without {
		path := fmt.Sprintf("backends[%d].extensions.%s.%s", i, l.provider, key)
		l.find(RuleMixedBackends, path, "other backends have it, and this one does not: %s", hint)
	}
}

// sharedAddress finds the first frontend before the one at i that is bound to one of the
// same addresses.
func (l *linter) sharedAddress(i int, path string) {
	for j, sooner := range l.spec.Frontends[:i] {
		if fit.ShareAddress(sooner.FrontendSpec, l.spec.Frontends[i].FrontendSpec) {
			l.find(RuleSharedAddress, path+".addresses", "frontends[%d] is bound to the same address; one that is bound to a frontend is thought to serve it alone", j)
			return
		}
	}
}
