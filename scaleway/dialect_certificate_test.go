package scaleway

import (
	"fmt"
	"strings"
	"testing"

	"github.com/lbkit/lbkit/lb"
)

func TestCertificateCanonicalForm(t *testing.T) {
	t.Parallel()
	one := Issue(t, "a.example", "b.example")
	upload := func(pem, key string) lb.CertificateSpec {
		return lb.CertificateSpec{Name: "web", PEM: pem, Key: lb.NewSecret(key)}
	}
	order := func(domains ...string) lb.CertificateSpec { return lb.CertificateSpec{Name: "web", Domains: domains} }
	for name, test := range map[string]struct{ spec, want lb.CertificateSpec }{
		"a certificate":              {upload(one.Leaf, one.Key), upload(one.Leaf, one.Key)},
		"with its issuer":            {upload(one.Leaf+one.Issuer, one.Key), upload(one.Leaf+one.Issuer, one.Key)},
		"words around":               {upload("a\n"+one.Leaf+"b\n"+one.Issuer, "c\n"+one.Key+"d\n"), upload(one.Leaf+one.Issuer, one.Key)},
		"a domain":                   {order("a.example"), order("a.example")},
		"domains behind the first":   {order("c.example", "b.example", "a.example"), order("c.example", "a.example", "b.example")},
		"the first among the others": {order("b.example", "a.example", "b.example", "a.example"), order("b.example", "a.example")},
		"in lower case":              {order("WWW.Example.org"), order("www.example.org")},
		"a name in Punycode":         {order("xn--bcher-kva.example"), order("xn--bcher-kva.example")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkCanonical(t, testDialect().Certificate, test.spec, test.want)
		})
	}
}

func TestCertificateRefused(t *testing.T) {
	t.Parallel()
	one, other := Issue(t, "a.example"), Issue(t, "b.example")
	upload := func(pem, key string) lb.CertificateSpec {
		return lb.CertificateSpec{Name: "web", PEM: pem, Key: lb.NewSecret(key)}
	}
	order := func(domains ...string) lb.CertificateSpec { return lb.CertificateSpec{Name: "web", Domains: domains} }
	for name, test := range map[string]struct {
		spec lb.CertificateSpec
		want []found
		says string
	}{
		"nothing":               {lb.CertificateSpec{Name: "web"}, []found{{malformed, "pem"}}, "domains"},
		"no name":               {lb.CertificateSpec{Domains: []string{"a.example"}}, []found{{"certificate.name.unset", "name"}}, "no default"},
		"a line in the name":    {lb.CertificateSpec{Name: "a\nb", Domains: []string{"a.example"}}, []found{{malformed, "name"}}, "control"},
		"both":                  {lb.CertificateSpec{Name: "web", PEM: one.Leaf, Key: lb.NewSecret(one.Key), Domains: []string{"a.example"}}, []found{{malformed, "domains"}}, "leave them out"},
		"no key":                {upload(one.Leaf, ""), []found{{malformed, "key"}}, "no private key"},
		"a key alone":           {upload("", one.Key), []found{{malformed, "pem"}}, "no certificate"},
		"the key in the PEM":    {upload(one.Leaf+one.Key, one.Key), []found{{malformed, "pem"}}, "a field of its own"},
		"the key in there only": {upload(one.Key+one.Leaf, ""), []found{{malformed, "pem"}, {malformed, "key"}}, "a field of its own"},
		"another's key":         {upload(one.Leaf, other.Key), []found{{malformed, "key"}}, "not the key of the first certificate of pem"},
		"the issuer's key":      {upload(one.Leaf+one.Issuer, one.IssuerKey), []found{{malformed, "key"}}, "but of a later one"},
		"the issuer first":      {upload(one.Issuer+one.Leaf, one.Key), []found{{malformed, "pem"}}, "the certificate comes first"},
		"another's issuer":      {upload(one.Leaf+other.Leaf, one.Key), []found{{malformed, "pem"}}, "certificate 2 did not issue"},
		"all domains":           {order("*.example.org"), []found{{"certificate.domains.wildcard", "domains"}}, "by HTTP"},
		"an address":            {order("10.0.0.1:80"), []found{{malformed, "domains"}}, "not the name of a domain"},
		"a label":               {order("localhost"), []found{{malformed, "domains"}}, "not the name of a domain"},
		"an empty domain":       {order("a.example", ""), []found{{malformed, "domains"}}, "not the name of a domain"},
		"letters of no DNS":     {order("bücher.example"), []found{{malformed, "domains"}}, "not the name of a domain"},
		"a hyphen at the end":   {order("a-.example"), []found{{malformed, "domains"}}, "not the name of a domain"},
		"a label too long":      {order(strings.Repeat("a", 64) + ".example"), []found{{malformed, "domains"}}, "not the name of a domain"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := testDialect().Certificate(test.spec)
			checkFindings(t, err, test.want...)
			contains(t, "the error", err.Error(), test.says)
			if text := fmt.Sprintf("%v %+v %#v", err, err, err); strings.Contains(text, "PRIVATE KEY-----") {
				t.Errorf("the error shows the key: %s", text)
			}
		})
	}
}

// TestCertificatesAreRead: what is recorded, in both spellings of its type.
func TestCertificatesAreRead(t *testing.T) {
	t.Parallel()
	const common = `"id":"` + testCertificate + `","name":"web","lb":{"id":"` + testLB + `"},"created_at":"2026-07-21T10:35:02.805362129Z",`
	pending := common + `"common_name":"a.example","subject_alternative_name":[],"fingerprint":"","not_valid_before":"0001-01-01T00:00:00Z",` +
		`"not_valid_after":"0001-01-01T00:00:00Z","status":"pending","status_details":null`
	ready := common + `"common_name":"b.example","subject_alternative_name":["c.example","a.example","b.example"],"fingerprint":"06:45:33:E0",` +
		`"not_valid_before":"2026-07-21T09:35:02Z","not_valid_after":"2026-10-19T09:35:01Z","status":"ready","status_details":null`
	for name, test := range map[string]struct {
		text   string
		source lb.CertificateSource
		state  lb.Provisioning
		want   func(*lb.Certificate) bool
	}{
		"pending": {`{"type":"letsencrypt",` + pending + `}`, lb.CertificateManaged, lb.ProvisioningPending, func(c *lb.Certificate) bool {
			return c.Fingerprint == "" && c.NotAfter.IsZero() && c.NotBefore.IsZero()
		}},
		"until 2026":     {`{"type":"letsencryt",` + pending + `}`, lb.CertificateManaged, lb.ProvisioningPending, func(c *lb.Certificate) bool { return len(c.Domains) == 1 && c.Domains[0] == "a.example" }},
		"ready":          {`{"type":"letsencrypt",` + ready + `}`, lb.CertificateManaged, lb.ProvisioningReady, func(c *lb.Certificate) bool { return strings.Join(c.Domains, " ") == "b.example a.example c.example" }},
		"uploaded":       {`{"type":"custom",` + ready + `}`, lb.CertificateUploaded, lb.ProvisioningReady, func(c *lb.Certificate) bool { return c.Fingerprint == "064533e0" && c.CommonName == "b.example" }},
		"failed":         {`{"type":"letsencrypt",` + strings.NewReplacer(`"pending"`, `"error"`, `"status_details":null`, `"status_details":"no DNS"`).Replace(pending) + `}`, lb.CertificateManaged, lb.ProvisioningError, func(c *lb.Certificate) bool { return c.Detail == "no DNS" }},
		"no common name": {`{"type":"custom",` + strings.Replace(ready, `"b.example",`, `"",`, 1) + `}`, lb.CertificateUploaded, lb.ProvisioningReady, func(c *lb.Certificate) bool { return strings.Join(c.Domains, " ") == "a.example b.example c.example" }},
		"of tomorrow":    {`{"type":"quantum",` + strings.Replace(pending, `"pending"`, `"entangled"`, 1) + `}`, "quantum", "entangled", func(c *lb.Certificate) bool { return !c.Source.Known() && !c.Provisioning.Known() }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := neutralCertificate("fr-par-1", decoded[Certificate](t, test.text))
			if got.Source != test.source || got.Provisioning != test.state || !test.want(got) {
				t.Errorf("got %+v", got)
			}
			if got.ID != "fr-par-1/"+testCertificate || got.LoadBalancer != "fr-par-1/"+testLB || got.Name != "web" || got.Native == nil {
				t.Errorf("got %+v", got)
			}
		})
	}
}

// TestCertificateOutcome: what an upload or an order would have made.
func TestCertificateOutcome(t *testing.T) {
	t.Parallel()
	one, other, bare := Issue(t, "b.example", "a.example"), Issue(t, "b.example", "a.example"), Issue(t, "b.example")
	spec := lb.CertificateSpec{Name: "web", PEM: one.Leaf, Key: lb.NewSecret(one.Key)}
	ordered := lb.CertificateSpec{Name: "web", Domains: []string{"b.example", "a.example"}}
	const names = `"common_name":"b.example","subject_alternative_name":["a.example"]`
	const times = `"not_valid_before":"2025-06-15T15:06:40Z","not_valid_after":"2028-08-16T00:53:20Z"`
	fingerprint := func(i Issued) string {
		return fmt.Sprintf(`"fingerprint":%q`, sha1Of(i.Certificate))
	}
	for name, test := range map[string]struct {
		spec lb.CertificateSpec
		text string
		want bool
	}{
		"as uploaded":          {spec, `{"type":"custom","fingerprint":"",` + names + `,` + times + `}`, true},
		"a little later":       {spec, `{"type":"custom",` + fingerprint(one) + `,` + names + `,` + times + `}`, true},
		"another of its names": {spec, `{"type":"custom",` + fingerprint(other) + `,` + names + `,` + times + `}`, false},
		"of other names":       {spec, `{"type":"custom","fingerprint":"","common_name":"b.example","subject_alternative_name":[],` + times + `}`, false},
		"of other times":       {spec, `{"type":"custom","fingerprint":"",` + names + `,"not_valid_before":"2025-06-15T15:06:40Z","not_valid_after":"2029-01-01T00:00:00Z"}`, false},
		"an order instead":     {spec, `{"type":"letsencrypt","fingerprint":"",` + names + `,` + times + `}`, false},
		"by its subject":       {lb.CertificateSpec{PEM: bare.Leaf}, `{"type":"custom","fingerprint":"","common_name":"b.example","subject_alternative_name":[],` + times + `}`, true},
		"ordered":              {ordered, `{"type":"letsencryt",` + names + `}`, true},
		"ordered for one":      {ordered, `{"type":"letsencrypt","common_name":"b.example"}`, false},
		"ordered the other":    {ordered, `{"type":"letsencrypt","common_name":"a.example","subject_alternative_name":["b.example"]}`, false},
		"an upload instead":    {ordered, `{"type":"custom",` + names + `}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := outcomeOfCertificate(decoded[Certificate](t, test.text), test.spec); got != test.want {
				t.Errorf("got %t", got)
			}
		})
	}
}
