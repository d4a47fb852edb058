package scaleway

import (
	"strings"

	"github.com/lbkit/lbkit/lb"
)

// AddressOptions are the settings of an address that have no neutral name.
type AddressOptions struct {
	// Project is the UUID of the project to allocate it in; empty: the client's. What
	// is read back shows it unless it is the client's own, or, where the client has
	// none, the default project: see LoadBalancerOptions.Project.
	Project string `json:"project,omitzero"`
}

// ExtensionProvider is "scaleway".
func (AddressOptions) ExtensionProvider() string { return providerName }

// Address sorts tags and writes the name in the reverse DNS without a last dot.
// Where it is empty Scaleway makes one of the address.
//
// Zone passes as it is: where it is empty the provider's only zone, or the client's
// default zone, is taken.
func (d dialect) Address(spec lb.AddressSpec) (lb.AddressSpec, error) {
	p := &problems{kind: lb.KindAddress}
	c := lb.Clone(spec)
	d.checkZone(p, c.Zone)
	c.Reverse = strings.TrimSuffix(c.Reverse, ".")
	if c.Reverse != "" && !isDomain(strings.ToLower(c.Reverse)) {
		p.invalid("reverse", "%q: not the name of a host", c.Reverse)
	}
	c.Tags = p.tags(c.Tags)
	d.addressOptions(p, &c)
	if len(p.list) > 0 {
		return lb.AddressSpec{}, p.list
	}
	return c, nil
}

func (d dialect) addressOptions(p *problems, c *lb.AddressSpec) {
	const path = extensionPath
	o, ok := extensionOf[AddressOptions](p, path, c.Extensions)
	if !ok {
		return
	}
	if o.Project != "" && !canonicalUUID(o.Project) {
		p.invalid(path+".project", "%q: not a UUID in lower case", o.Project)
	}
	if o.Project == d.home {
		o.Project = ""
	}
	c.Extensions = lb.Extend(o)
}
