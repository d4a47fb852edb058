package topology

import (
	"cmp"
	"strings"

	"github.com/lbkit/lbkit/lb"
)

func (d *Differences) certificate(action Action, was, is Certificate) {
	d.add(Step{
		Action: action, Kind: lb.KindCertificate, Name: cmp.Or(was.Name, is.Name, was.keyText(), is.keyText()), ID: string(cmp.Or(was.ID, is.ID)),
		Changes: certificateChanges(was, is),
	})
}

// certificateChanges compares certificates. Of one that has been read, its fingerprint
// counts.
func certificateChanges(was, is Certificate) []lb.Change {
	if was.unread() || is.unread() {
		was, is = was.asFile(), is.asFile()
	}
	was, is = was.known(), is.known()
	if was.Fingerprint != "" && was.Fingerprint == is.Fingerprint {
		was, is = was.withoutMaterial(), is.withoutMaterial()
	}
	changes := lb.Diff(was.CertificateSpec, is.CertificateSpec)
	for _, field := range []struct{ path, before, after string }{
		{"pemFile", was.PEMFile, is.PEMFile},
		{"keyFile", was.KeyFile, is.KeyFile},
		{"fingerprint", was.Fingerprint, is.Fingerprint},
	} {
		if field.before != field.after {
			changes = append(changes, lb.Change{Path: field.path, Before: unsecret(field.before), After: unsecret(field.after)})
		}
	}
	return changes
}

// unread tells whether c names a file that ReadFiles has not read.
func (c Certificate) unread() bool { return c.PEMFile != "" && c.PEM == "" }

// asFile is c without what ReadFiles has read.
func (c Certificate) asFile() Certificate {
	if c.PEMFile != "" {
		c.PEM = ""
	}
	if c.KeyFile != "" {
		c.Key = lb.Secret{}
	}
	return c
}

// known is c with its domains and its fingerprint as they are compared, that of PEM in the
// place of PEM.
func (c Certificate) known() Certificate {
	c.Domains, c.Fingerprint = ordered(c.Domains), plainFingerprint(c.Fingerprint)
	if leaf := parseLeaf(c.PEM); leaf != nil {
		c.PEM, c.Fingerprint = "", leaf.fingerprint
	}
	return c
}

// withoutMaterial is c without what its fingerprint stands for.
func (c Certificate) withoutMaterial() Certificate {
	c.PEM, c.PEMFile, c.Key, c.KeyFile = "", "", lb.Secret{}, ""
	return c
}

// unsecret is a text unless there is a private key in it.
func unsecret(text string) string {
	if secretText(strings.ToUpper(text)) { // a fingerprint is compared in lower case
		return "[secret]"
	}
	return text
}
