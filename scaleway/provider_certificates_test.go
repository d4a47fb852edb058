package scaleway_test

import (
	"encoding/json"
	"encoding/pem"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/scaleway"
	"github.com/lbkit/lbkit/scaleway/scalewaytest"
)

func TestCertificateUpload(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	parent := w.loadBalancer()
	material := scaleway.Issue(t, "www.example.org", "example.org")
	spec := lb.CertificateSpec{Name: "web", PEM: material.Leaf + "the issuer:\n" + material.Issuer, Key: lb.NewSecret(material.Key)}
	var made *lb.Certificate
	requests := w.sent(func() { made = must(w.Certificates().Create(t.Context(), parent, spec))(t) })
	same(t, "requests", []string{"POST " + path("lbs", parent) + "/certificates"}, requests)

	var body struct {
		Custom struct {
			Chain string `json:"certificate_chain"`
		} `json:"custom_certificate"`
	}
	if err := json.Unmarshal([]byte(w.lastBody()), &body); err != nil {
		t.Fatal(err)
	}
	var blocks []string
	for rest := []byte(body.Custom.Chain); ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		blocks = append(blocks, string(pem.EncodeToMemory(block)))
	}
	same(t, "the PEM that was sent", []string{material.Key, material.Leaf, material.Issuer}, blocks)
	if strings.Contains(body.Custom.Chain, "the issuer") {
		t.Errorf("sent what is between the blocks: %s", body.Custom.Chain)
	}

	if made.Source != lb.CertificateUploaded || made.Provisioning != lb.ProvisioningReady || made.Name != "web" || made.LoadBalancer != parent {
		t.Errorf("made %+v", made)
	}
	same(t, "its domains", []string{"www.example.org", "example.org"}, made.Domains)
	if made.CommonName != "www.example.org" || !made.NotAfter.Equal(material.Certificate.NotAfter) {
		t.Errorf("made %+v", made)
	}
	got := must(lb.WaitCertificate(t.Context(), w, made.ID, quick))(t)
	if got.ID != made.ID {
		t.Errorf("got %+v", got)
	}
}

func TestCertificateIsCheckedBeforeItIsSent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one, other := scaleway.Issue(t, "a.example"), scaleway.Issue(t, "b.example")
	for name, test := range map[string]struct {
		spec lb.CertificateSpec
		code error
	}{
		"nothing":            {lb.CertificateSpec{Name: "x"}, lb.ErrInvalid},
		"no name":            {lb.CertificateSpec{Domains: []string{"a.example"}}, lb.ErrUnsupported},
		"the key in the PEM": {lb.CertificateSpec{Name: "x", PEM: one.Leaf + one.Key, Key: lb.NewSecret(one.Key)}, lb.ErrInvalid},
		"another's key":      {lb.CertificateSpec{Name: "x", PEM: one.Leaf, Key: lb.NewSecret(other.Key)}, lb.ErrInvalid},
		"all domains":        {lb.CertificateSpec{Name: "x", Domains: []string{"*.example.org"}}, lb.ErrUnsupported},
	} {
		requests := w.sent(func() {
			_, err := w.Certificates().Create(t.Context(), nobody, test.spec)
			isCode(t, name, err, test.code)
			if err != nil && strings.Contains(err.Error(), "PRIVATE KEY") {
				t.Errorf("%s: the key shows in %v", name, err)
			}
		})
		if len(requests) > 0 {
			t.Errorf("%s: sent %v", name, requests)
		}
	}
}

func TestCertificateOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	parent := w.loadBalancer()
	spec := lb.CertificateSpec{Name: "web", Domains: []string{"WWW.example.org", "b.example.org", "a.example.org"}}
	made := must(w.Certificates().Create(t.Context(), parent, spec))(t)
	if made.Source != lb.CertificateManaged || made.Provisioning != lb.ProvisioningPending || made.Fingerprint != "" || !made.NotAfter.IsZero() {
		t.Errorf("made %+v", made)
	}
	want := must(w.Dialect().Certificate(spec))(t)
	same(t, "its domains", want.Domains, made.Domains)
	got := must(lb.WaitCertificate(t.Context(), w, made.ID, quick))(t)
	if got.Provisioning != lb.ProvisioningReady || len(got.Fingerprint) != 40 || got.NotAfter.IsZero() || got.Detail != "" {
		t.Errorf("got %+v", got)
	}
	listed := must(lb.Collect(w.Certificates().List(t.Context(), parent, lb.ListOptions{Name: "web"})))(t)
	if len(listed) != 1 || listed[0].ID != made.ID {
		t.Errorf("listed %v", listed)
	}
	if other := must(lb.Collect(w.Certificates().List(t.Context(), parent, lb.ListOptions{Name: "we"})))(t); len(other) > 0 {
		t.Errorf("listed %v by half its name", other)
	}
}

func TestCertificateOrderFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t, scalewaytest.WithFailingDomain("bad.example.org", "the challenge timed out"), scalewaytest.WithUnresolvedDomains("lost.example.org"))
	parent := w.loadBalancer()
	made := must(w.Certificates().Create(t.Context(), parent, lb.CertificateSpec{Name: "bad", Domains: []string{"bad.example.org"}}))(t)
	_, err := lb.WaitCertificate(t.Context(), w, made.ID, quick)
	var failed *lb.StateError
	if !errors.As(err, &failed) || failed.Got != string(lb.ProvisioningError) || failed.Detail != "the challenge timed out" {
		t.Errorf("got %v", err)
	}
	if got := must(w.Certificates().Get(t.Context(), made.ID))(t); got.Provisioning != lb.ProvisioningError || got.Detail != "the challenge timed out" {
		t.Errorf("got %+v", got)
	}
	_, err = w.Certificates().Create(t.Context(), parent, lb.CertificateSpec{Name: "lost", Domains: []string{"lost.example.org"}})
	e := coded(t, "a domain that points elsewhere", err, lb.ErrInvalid)
	if len(e.Fields) != 1 || !strings.Contains(e.Fields[0].Reason, "not resolve") {
		t.Errorf("the error is %v", e)
	}
}

func TestCertificateRename(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	parent := w.loadBalancer()
	made := must(w.Certificates().Create(t.Context(), parent, lb.CertificateSpec{Name: "old", Domains: []string{"a.example"}}))(t)
	got := must(w.Certificates().Rename(t.Context(), made.ID, "new"))(t)
	if read := must(w.Certificates().Get(t.Context(), made.ID))(t); got.Name != "new" || read.Name != "new" {
		t.Errorf("got %q, then %q", got.Name, read.Name)
	}
	requests := w.sent(func() {
		_, err := w.Certificates().Rename(t.Context(), made.ID, "")
		isCode(t, "no name", err, lb.ErrUnsupported)
		_, err = w.Certificates().Rename(t.Context(), made.ID, "a\nb")
		isCode(t, "two lines", err, lb.ErrInvalid)
	})
	if len(requests) > 0 {
		t.Errorf("sent %v", requests)
	}
	if o := must(w.LoadBalancers().Commit(t.Context(), parent, lb.CommitOptions{}))(t); o.ID != "" {
		t.Errorf("a certificate's name reaches the instances: %+v", o)
	}
}

// TestCertificateDelete: while a frontend serves it, it stays, whatever the API would
// have said.
func TestCertificateDelete(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	parent := w.loadBalancer()
	backend := w.backend(parent, "10.0.0.4")
	material := scaleway.Issue(t, "a.example")
	made := must(w.Certificates().Create(t.Context(), parent, lb.CertificateSpec{Name: "web", PEM: material.Leaf, Key: lb.NewSecret(material.Key)}))(t)
	spec := frontendSpec(backend.ID)
	spec.Name, spec.Ports, spec.Certificates = "secure", []lb.PortRange{lb.Port(443)}, []lb.CertificateID{made.ID}
	frontend := must(w.Frontends().Create(t.Context(), parent, spec))(t)
	w.frontend(parent, backend.ID)
	writes := w.writes(func() {
		e := coded(t, "in use", w.Certificates().Delete(t.Context(), made.ID), lb.ErrInUse)
		if len(e.Fields) != 1 || e.Fields[0].Path != string(frontend.ID) || !strings.Contains(e.Fields[0].Reason, `"secure"`) {
			t.Errorf("the error is %v", e)
		}
	})
	if len(writes) > 0 {
		t.Errorf("sent %v", writes)
	}
	if err := w.Frontends().Delete(t.Context(), frontend.ID); err != nil {
		t.Fatal(err)
	}
	if err := w.Certificates().Delete(t.Context(), made.ID); err != nil {
		t.Error(err)
	}
	_, err := w.Certificates().Get(t.Context(), made.ID)
	isCode(t, "a certificate that is gone", err, lb.ErrNotFound)
	isCode(t, "again", w.Certificates().Delete(t.Context(), made.ID), lb.ErrNotFound)
}

// TestCertificateCreatedWithUnknownOutcome: an upload that was lost is found by what
// it is, and not taken for one that was there before.
func TestCertificateCreatedWithUnknownOutcome(t *testing.T) {
	t.Parallel()
	post := func(request *http.Request) bool { return request.Method == http.MethodPost }
	w := newWorld(t, inOurTime()...)
	parent := w.loadBalancer()
	material, other := scaleway.Issue(t, "a.example"), scaleway.Issue(t, "b.example")
	spec := func(m scaleway.Issued) lb.CertificateSpec {
		return lb.CertificateSpec{Name: "web", PEM: m.Leaf, Key: lb.NewSecret(m.Key)}
	}
	w.api.Faults().On(post).Times(1).DropAfterSend()
	made := must(w.Certificates().Create(t.Context(), parent, spec(material)))(t)
	if made.CommonName != "a.example" {
		t.Errorf("found %+v", made)
	}
	w.api.Faults().On(post).Times(1).Replace(http.StatusBadGateway, "")
	made = must(w.Certificates().Create(t.Context(), parent, spec(other)))(t)
	if made.CommonName != "b.example" {
		t.Errorf("found %+v", made)
	}
	all := must(lb.Collect(w.Certificates().List(t.Context(), parent, lb.ListOptions{})))(t)
	names := []string{all[0].CommonName, all[1].CommonName}
	if slices.Sort(names); len(all) != 2 || names[0] != "a.example" {
		t.Errorf("there are %d: %v", len(all), names)
	}
}
