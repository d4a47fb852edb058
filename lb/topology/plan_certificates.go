package topology

import (
	"context"
	"crypto/sha1" //nolint:gosec // G505: the fingerprints of the contract are SHA-1
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/lbkit/lbkit/lb"
)

// certificateNode is a certificate: an entry, a live one, or both.
type certificateNode struct {
	path    string
	want    *Certificate
	leaf    *leafCertificate // of an entry to upload
	live    *lb.Certificate
	left    bool
	replace string
}

// leafCertificate is what is known of a certificate from its PEM.
type leafCertificate struct {
	fingerprint         string
	notBefore, notAfter time.Time
}

func (n *certificateNode) ref() lb.CertificateID {
	if n.live == nil || n.replace != "" {
		return lb.CertificateID(handle(n.path))
	}
	return n.live.ID
}

func (n *certificateNode) liveID() lb.CertificateID {
	if n.live == nil {
		return ""
	}
	return n.live.ID
}

// title is what a plan calls the entry.
func (n *certificateNode) title() string {
	switch {
	case n.want.Name != "" && n.replace != "":
		return n.want.Name + " (new)"
	case n.want.Name != "":
		return n.want.Name
	case len(n.want.Domains) > 0:
		return n.want.Domains[0]
	case n.leaf != nil:
		return n.leaf.fingerprint
	default:
		return string(n.want.ID)
	}
}

// parseLeaf reads the first certificate of a chain.
func parseLeaf(chain string) *leafCertificate {
	block, _ := pem.Decode([]byte(chain))
	if block == nil {
		return nil
	}
	parsed, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil
	}
	sum := sha1.Sum(parsed.Raw) //nolint:gosec // G401: as above
	return &leafCertificate{fingerprint: hex.EncodeToString(sum[:]), notBefore: parsed.NotBefore, notAfter: parsed.NotAfter}
}

// is tells whether c is the certificate, as far as the provider says yet: some show a
// fingerprint later.
func (l *leafCertificate) is(c *lb.Certificate) bool {
	if l == nil || c.Source == lb.CertificateManaged {
		return false
	}
	if c.Fingerprint != "" {
		return c.Fingerprint == l.fingerprint
	}
	return c.NotAfter.Unix() == l.notAfter.Unix() && (c.NotBefore.IsZero() || c.NotBefore.Unix() == l.notBefore.Unix())
}

// domainsOf are the names of a certificate, the common name first.
func domainsOf(c *lb.Certificate) []string {
	all := slices.Clone(c.Domains)
	if c.CommonName != "" && c.Source == lb.CertificateManaged {
		all = append([]string{c.CommonName}, all...)
	}
	for i := range all {
		all[i] = strings.ToLower(all[i])
	}
	if len(all) == 0 {
		return nil
	}
	first := all[0]
	slices.Sort(all)
	all = slices.DeleteFunc(slices.Compact(all), func(domain string) bool { return domain == first })
	return append([]string{first}, all...)
}

// ordered are the domains of an entry in the form of domainsOf.
func ordered(domains []string) []string {
	return domainsOf(&lb.Certificate{Domains: domains})
}

// matchCertificates finds the live certificates that entries stand for: by ID, else by
// name, else by content.
func (b *planner) matchCertificates() {
	claimed := map[*lb.Certificate]bool{}
	claim := func(n *certificateNode, fits func(c *lb.Certificate) bool) bool {
		for _, c := range b.live.Certificates {
			if n.live == nil && !claimed[c] && fits(c) {
				n.live, claimed[c] = c, true
			}
		}
		return n.live != nil
	}
	for i := range b.want.Certificates {
		entry := &b.want.Certificates[i]
		n := &certificateNode{path: fmt.Sprintf("certificates[%d]", i), want: entry, leaf: parseLeaf(entry.PEM)}
		b.certificates = append(b.certificates, n)
	}
	for _, n := range b.certificates {
		// One that an interrupted replacement has replaced gives way to its successor.
		claim(n, func(c *lb.Certificate) bool {
			return n.want.ID != "" && c.ID == n.want.ID && (n.want.Name == "" || c.Name != b.replacedName(n.want.Name)) && !b.succeeded(n, c)
		})
	}
	for _, n := range b.certificates {
		if n.live == nil {
			b.matchContent(n, claim)
		}
	}
	for _, c := range b.live.Certificates {
		if !claimed[c] {
			b.certificates = append(b.certificates, &certificateNode{live: c, left: b.replaced(c)})
		}
	}
}

// matchContent finds the certificate of an entry by its name and what is in it.
func (b *planner) matchContent(n *certificateNode, claim func(*certificateNode, func(*lb.Certificate) bool) bool) {
	want, name := n.want, n.want.Name
	named := func(c *lb.Certificate) bool { return c.Name == name }
	same := func(c *lb.Certificate) bool { return b.sameContent(n, c) }
	switch {
	case claim(n, func(c *lb.Certificate) bool { return named(c) && same(c) }):
	case want.Fingerprint != "" && want.existing():
		if !claim(n, same) {
			b.invalid(lb.ErrNotFound, lb.KindCertificate, string(want.ID), n.path+".fingerprint", "there is no certificate with the fingerprint %s", want.Fingerprint)
		}
	case name == "":
		if !claim(n, same) && want.existing() {
			b.invalid(lb.ErrNotFound, lb.KindCertificate, string(want.ID), n.path+".id", "there is no certificate %q", want.ID)
		}
	case len(want.Domains) > 0 && !b.capabilities.Has(featureOrderedName) && claim(n, func(c *lb.Certificate) bool { return c.Name == "" && same(c) }):
	default:
		b.matchName(n, claim)
	}
}

// featureOrderedName is giving a certificate its name when it is ordered. Without it,
// it is renamed once it is there.
const featureOrderedName lb.Feature = "certificate.name.ordered"

// featureRename is giving a certificate that is there another name.
const featureRename lb.Feature = "certificates.rename"

// matchName finds the one certificate of an entry's name, whatever is in it.
func (b *planner) matchName(n *certificateNode, claim func(*certificateNode, func(*lb.Certificate) bool) bool) {
	name := n.want.Name
	others := 0
	for _, c := range b.live.Certificates {
		if c.Name == name && !slices.ContainsFunc(b.certificates, func(o *certificateNode) bool { return o.live == c }) {
			others++
		}
	}
	switch {
	case others > 1:
		b.invalid(lb.ErrAmbiguous, lb.KindCertificate, "", n.path, "%d certificates are called %s: say by id which one is meant", others, quoted(name))
	case others == 1:
		claim(n, func(c *lb.Certificate) bool { return c.Name == name })
	case n.want.existing():
		b.invalid(lb.ErrNotFound, lb.KindCertificate, string(n.want.ID), n.path+".name", "there is no certificate called %s, and nothing to make one of", quoted(name))
	}
}

// sameContent tells whether c is what an entry asks for, but for its name.
func (b *planner) sameContent(n *certificateNode, c *lb.Certificate) bool {
	switch {
	case n.leaf != nil:
		return n.leaf.is(c)
	case len(n.want.Domains) > 0:
		return c.Source == lb.CertificateManaged && c.Provisioning != lb.ProvisioningError && slices.Equal(domainsOf(c), ordered(n.want.Domains))
	case n.want.Fingerprint != "":
		return c.Fingerprint == plainFingerprint(n.want.Fingerprint)
	default:
		return false
	}
}

// succeeded tells whether c is an unnamed entry's old certificate, whose successor is
// there already.
func (b *planner) succeeded(n *certificateNode, c *lb.Certificate) bool {
	return n.want.Name == "" && !n.want.existing() && !b.sameContent(n, c) &&
		slices.ContainsFunc(b.live.Certificates, func(o *lb.Certificate) bool { return o != c && o.Name == "" && b.sameContent(n, o) })
}

// replaced tells whether a live certificate is left over of a replacement.
func (b *planner) replaced(c *lb.Certificate) bool {
	return slices.ContainsFunc(b.want.Certificates, func(e Certificate) bool {
		return e.Name != "" && c.Name == b.replacedName(e.Name) || e.Name == "" && e.ID != "" && e.ID == c.ID
	})
}

// planCertificates compares the certificates.
func (b *planner) planCertificates() {
	for _, n := range b.certificates {
		switch {
		case n.want == nil:
			continue
		case n.live == nil:
			b.createCertificate(n, Step{Action: ActionCreate})
			continue
		}
		b.excused[n.path] = true
		if !n.want.existing() && !b.sameContent(n, n.live) {
			b.replaceCertificate(n)
			continue
		}
		b.awaitCertificate(n)
		if n.want.Name != "" && n.want.Name != n.live.Name {
			b.renameCertificate(n)
		}
	}
}

// awaitCertificate waits for one that an interrupted Apply has ordered, before anything
// serves it. One whose order has failed is only what a frontend that comes to it waits
// for, in vain.
func (b *planner) awaitCertificate(n *certificateNode) {
	id := n.live.ID
	if n.live.Source != lb.CertificateManaged || n.live.Provisioning == lb.ProvisioningReady {
		return
	}
	if n.live.Provisioning == lb.ProvisioningError && !b.servedAnew(id) {
		return
	}
	b.do(phaseCertificates, noStep, func(ctx context.Context, a *application) error {
		_, err := lb.WaitCertificate(ctx, a.provider, id, a.wait...)
		return err
	})
}

// servedAnew tells whether a frontend is to serve a live certificate that it does not
// serve yet.
func (b *planner) servedAnew(id lb.CertificateID) bool {
	return slices.ContainsFunc(b.frontends, func(n *frontendNode) bool {
		if n.want == nil || n.live != nil && slices.Contains(n.live.Certificates, id) {
			return false
		}
		return slices.ContainsFunc(n.want.Certificates, func(ref lb.CertificateID) bool { return b.certificateRef(ref) == id })
	})
}

func (b *planner) renameCertificate(n *certificateNode) {
	id, name := n.live.ID, n.want.Name
	if !b.needs(featureRename, n.path+".name", "%s is called %s", id, quoted(n.live.Name)) {
		return
	}
	b.requests++
	changes := []lb.Change{{Path: "name", After: name}}
	if n.live.Name != "" {
		changes[0].Before = n.live.Name
	}
	step := b.stepOf(n.path, Step{Action: ActionUpdate, Kind: lb.KindCertificate, Name: n.live.Name, ID: string(id), Changes: changes})
	b.do(phaseCertificates, step, func(ctx context.Context, a *application) error {
		_, err := a.provider.Certificates().Rename(ctx, id, name)
		return err
	})
}

// replaceCertificate plans a new certificate in the place of the live one.
func (b *planner) replaceCertificate(n *certificateNode) {
	n.replace = "new material is a new certificate"
	if len(n.want.Domains) > 0 {
		n.replace = "other domains are another certificate"
		if n.live.Provisioning == lb.ProvisioningError {
			n.replace = "its order has failed"
		}
	}
	if n.want.Name != "" && !b.needs(featureRename, n.path+".name", "it has to be replaced (%s), and called something else until the new one is there", n.replace) {
		return
	}
	if n.want.Name != "" && slices.ContainsFunc(b.certificates, func(o *certificateNode) bool {
		return o != n && !o.left && (o.want != nil && o.want.Name == n.want.Name || o.live != nil && o.live.Name == n.want.Name)
	}) {
		b.invalid(lb.ErrAmbiguous, lb.KindCertificate, string(n.live.ID), n.path+".name",
			"it has to be replaced (%s), and needs a name for that which no other certificate has", n.replace)
		return
	}
	b.createCertificate(n, Step{Action: ActionReplace, ID: string(n.live.ID), Reason: n.replace})
}

// createCertificate adds the step that uploads or orders an entry.
func (b *planner) createCertificate(n *certificateNode, s Step) {
	spec, name := n.want.CertificateSpec, n.want.Name
	if n.want.existing() {
		return // it was looked for, and is a problem already
	}
	if spec.PEM == "" && n.want.PEMFile != "" {
		b.invalid(lb.ErrInvalid, lb.KindCertificate, "", n.path+".pemFile", "it has not been read: ReadFiles does that")
		return
	}
	rename := name != "" && len(spec.Domains) > 0 && !b.capabilities.Has(featureOrderedName)
	if rename && !b.needs(featureRename, n.path+".name", "an order takes no name") {
		return
	}
	if rename {
		spec.Name = ""
		b.requests++
	}
	canonical, err := b.dialect.Certificate(spec)
	if err != nil {
		b.refused(n.path, err)
		return
	}
	canonical.Name = name
	s.Kind, s.Name, s.Changes = lb.KindCertificate, n.title(), certificateFields(canonical, n.leaf)
	if n.replace != "" && name != "" {
		s.Name = name
	}
	b.requests++
	step, ref := b.stepOf(n.path, s), string(n.ref())
	if n.replace != "" && name != "" && n.live.Name != b.replacedName(name) {
		b.requests++
		old, marked := n.live.ID, b.replacedName(name)
		b.do(phaseCertificates, step, func(ctx context.Context, a *application) error {
			_, err := a.provider.Certificates().Rename(ctx, old, marked)
			return err
		})
	}
	before := b.live.Certificates
	b.do(phaseCertificates, step, func(ctx context.Context, a *application) error {
		made, err := a.certificate(ctx, b.id, spec, before)
		if err != nil {
			return err
		}
		a.made(ref, string(made.ID))
		if rename {
			_, err = a.provider.Certificates().Rename(ctx, made.ID, name)
		}
		return err
	})
	if n.replace != "" {
		b.removeCertificate(n, step)
	}
}

// certificateFields are what a certificate to be made sets. Its chain shows as its
// fingerprint.
func certificateFields(spec lb.CertificateSpec, leaf *leafCertificate) []lb.Change {
	changes := setFields(spec)
	for i := range changes {
		if changes[i].Path == "pem" && leaf != nil {
			changes[i].Path, changes[i].After = "fingerprint", leaf.fingerprint
		}
	}
	return changes
}

func certificateRemoval(n *certificateNode) removed {
	r := removed{path: n.path, wanted: n.want != nil, left: n.left, replace: n.replace}
	if n.live != nil {
		r.step = Step{Kind: lb.KindCertificate, Name: n.live.Name, ID: string(n.live.ID)}
	}
	return r
}

func (b *planner) removeCertificate(n *certificateNode, step int) {
	id := n.live.ID
	b.requests++
	b.do(phaseRemoveCertificates, step, func(ctx context.Context, a *application) error {
		return gone(a.provider.Certificates().Delete(ctx, id))
	})
}
