package scaleway

import (
	"net/netip"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/lbkit/lbkit/lb"
)

func TestAddressCanonicalForm(t *testing.T) {
	t.Parallel()
	in := func(project string) lb.Extensions { return lb.Extend(AddressOptions{Project: project}) }
	for name, test := range map[string]struct{ spec, want lb.AddressSpec }{
		"the least":           {lb.AddressSpec{}, lb.AddressSpec{}},
		"IPv6":                {lb.AddressSpec{IPv6: true, Zone: "nl-ams-1"}, lb.AddressSpec{IPv6: true, Zone: "nl-ams-1"}},
		"tags are a set":      {lb.AddressSpec{Tags: []string{"b", "a", "b"}}, lb.AddressSpec{Tags: []string{"a", "b"}}},
		"a name":              {lb.AddressSpec{Reverse: "www.example.org."}, lb.AddressSpec{Reverse: "www.example.org"}},
		"another project":     {lb.AddressSpec{Extensions: in(testOrganization)}, lb.AddressSpec{Extensions: in(testOrganization)}},
		"the client's own":    {lb.AddressSpec{Extensions: in(testProject)}, lb.AddressSpec{}},
		"another's extension": {lb.AddressSpec{Extensions: lb.Extend(foreign{"x"})}, lb.AddressSpec{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkCanonical(t, testDialect().Address, test.spec, test.want)
		})
	}
}

func TestAddressRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		spec lb.AddressSpec
		want []found
	}{
		"a zone that is none":   {lb.AddressSpec{Zone: "paris"}, []found{{malformed, "zone"}}},
		"a zone that is not in": {lb.AddressSpec{Zone: "pl-waw-1"}, []found{{malformed, "zone"}}},
		"a name with a blank":   {lb.AddressSpec{Reverse: "a b.example"}, []found{{malformed, "reverse"}}},
		"half a name":           {lb.AddressSpec{Reverse: "www"}, []found{{malformed, "reverse"}}},
		"an empty tag":          {lb.AddressSpec{Tags: []string{"a", ""}}, []found{{malformed, "tags"}}},
		"a project by name":     {lb.AddressSpec{Extensions: lb.Extend(AddressOptions{Project: "web"})}, []found{{malformed, "extensions.scaleway.project"}}},
		"a misspelled option":   {lb.AddressSpec{Extensions: lb.Extend(misspelled{"x"})}, []found{{malformed, "extensions.scaleway"}}},
		"everything at once":    {lb.AddressSpec{Zone: "paris", Reverse: "x", Tags: []string{""}}, []found{{malformed, "zone"}, {malformed, "reverse"}, {malformed, "tags"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := testDialect().Address(test.spec)
			checkFindings(t, err, test.want...)
		})
	}
}

// TestAddressesAreReadAsAskedFor: of any spec that the dialect lets pass, what is
// read is the canonical form, but for the zone and the name that it left to others.
// addressSpec is what an address would be asked for with.
func (d dialect) addressSpec(zone Zone, ip *IP) lb.AddressSpec {
	model := d.neutralAddress(zone, ip)
	return lb.AddressSpec{
		Zone: model.Zone, IPv6: model.Prefix.Addr().Is6(), Reverse: model.Reverse, Tags: model.Tags, Extensions: model.Extensions,
	}
}

func TestAddressesAreReadAsAskedFor(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		spec := lb.AddressSpec{
			Zone: rapid.SampledFrom([]string{"", "fr-par-1"}).Draw(t, "zone"), IPv6: rapid.Bool().Draw(t, "IPv6"),
			Reverse:    rapid.SampledFrom([]string{"", "www.example.org", "www.example.org."}).Draw(t, "reverse"),
			Tags:       rapid.SliceOf(rapid.SampledFrom([]string{"a", "b", "c"})).Draw(t, "tags"),
			Extensions: lb.Extend(AddressOptions{Project: rapid.SampledFrom([]string{"", testProject, testOrganization}).Draw(t, "project")}),
		}
		d := testDialect()
		canonical, err := d.Address(spec)
		if err != nil {
			t.Fatal(err)
		}
		o, _, err := lb.ExtensionOf[AddressOptions](canonical.Extensions)
		if err != nil {
			t.Fatal(err)
		}
		body := newAddress(canonical, o)
		(&Client{project: testProject}).owner(&body.ProjectID, &body.OrganizationID)
		ip := &IP{
			ID: testIP, IPAddress: "192.0.2.1", ProjectID: body.ProjectID, OrganizationID: testOrganization,
			Reverse: body.Reverse, Tags: slices.Clone(body.Tags), Zone: "fr-par-1",
		}
		if body.IsIPv6 {
			ip.IPAddress = "2001:bc8:711:1586::"
		}
		if canonical.Zone == "" {
			canonical.Zone = "fr-par-1"
		}
		if got := d.addressSpec("fr-par-1", ip); !lb.Equal(got, canonical) {
			t.Fatalf("%+v\nread back: %v", canonical, lb.Diff(canonical, got))
		}
	})
}

func TestAddressesAreRead(t *testing.T) {
	t.Parallel()
	attached := decoded[IP](t, `{"id":"`+testIP+`","ip_address":"51.159.74.66","lb_id":"`+testLB+`","organization_id":"`+testOrganization+
		`","project_id":"`+testProject+`","region":"fr-par","reverse":"51-159-74-66.lb.fr-par.scw.cloud","tags":["b","a"],"zone":"fr-par-1"}`)
	got := testDialect().neutralAddress("fr-par-1", attached)
	want := lb.Address{
		ID: "fr-par-1/" + testIP, Prefix: netip.MustParsePrefix("51.159.74.66/32"), LoadBalancer: "fr-par-1/" + testLB, Zone: "fr-par-1",
		Reverse: "51-159-74-66.lb.fr-par.scw.cloud", Tags: []string{"a", "b"},
	}
	if got.ID != want.ID || got.Prefix != want.Prefix || got.LoadBalancer != want.LoadBalancer || got.Reverse != want.Reverse ||
		!slices.Equal(got.Tags, want.Tags) || !got.Extensions.IsZero() || got.Primary || got.Native != any(attached) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	free := decoded[IP](t, `{"id":"`+testIP+`","ip_address":"2001:bc8:711:1586::","lb_id":null,"organization_id":"`+testOrganization+
		`","project_id":"`+testOrganization+`","tags":[],"zone":"fr-par-1"}`)
	elsewhere := testDialect().neutralAddress("fr-par-1", free)
	if elsewhere.LoadBalancer != "" || elsewhere.Prefix.String() != "2001:bc8:711:1586::/128" {
		t.Errorf("got %+v", elsewhere)
	}
	if o, _, err := lb.ExtensionOf[AddressOptions](elsewhere.Extensions); err != nil || o.Project != testOrganization {
		t.Errorf("project: %+v, %v", o, err)
	}
	homeless := dialect{}.neutralAddress("fr-par-1", free) // the organization's default project
	if !homeless.Extensions.IsZero() {
		t.Errorf("extensions: %+v", homeless.Extensions)
	}
	if odd := (dialect{}).neutralAddress("fr-par-1", &IP{ID: testIP, IPAddress: "soon"}); odd.Prefix.IsValid() {
		t.Errorf("prefix of no address: %v", odd.Prefix)
	}
}
