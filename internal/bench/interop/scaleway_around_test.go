package interop

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // G505: the API's fingerprints are SHA-1 (facts 8)
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	api "github.com/scaleway/scaleway-sdk-go/api/lb/v1"
	"github.com/scaleway/scaleway-sdk-go/scw"
)

// addCertificates orders one, imports one, waits for both by the client's two
// waiters, and has the frontend serve them.
func (l *life) addCertificates() {
	l.t.Helper()
	ordered := must(l.api.CreateCertificate(&api.ZonedAPICreateCertificateRequest{
		Zone: zone, LBID: l.lb.ID, Name: "ordered",
		Letsencrypt: &api.CreateCertificateRequestLetsencryptConfig{CommonName: "example.com", SubjectAlternativeName: []string{"www.example.com"}},
	}))(l.t)
	if ordered.Status != api.CertificateStatusPending || ordered.Fingerprint != "" {
		l.t.Errorf("just ordered, it is %s, fingerprint %q", ordered.Status, ordered.Fingerprint)
	}
	l.issued = must(l.api.WaitForLBCertificate(&api.ZonedAPIWaitForLBCertificateRequest{Zone: zone, CertID: ordered.ID, Timeout: patience, RetryInterval: pause}))(l.t)
	same(l.t, l.issued, &api.Certificate{
		Type: api.CertificateTypeLetsencrypt, ID: ordered.ID, CommonName: "example.com", SubjectAlternativeName: []string{"www.example.com"},
		Fingerprint: l.issued.Fingerprint, Status: api.CertificateStatusReady, LB: l.lb, Name: "ordered",
	})
	if len(l.issued.Fingerprint) != 2*sha1.Size || !l.issued.NotValidAfter.After(*l.issued.NotValidBefore) {
		l.t.Errorf("issued: fingerprint %q, from %v to %v", l.issued.Fingerprint, l.issued.NotValidBefore, l.issued.NotValidAfter)
	}
	recent(l.t, l.issued.CreatedAt, l.issued.UpdatedAt)
	l.importCertificate()
	l.serveCertificates()
}

func (l *life) importCertificate() {
	l.t.Helper()
	chain, leaf := selfSigned(l.t, "shop.example.com", "cdn.example.com")
	made := must(l.api.CreateCertificate(&api.ZonedAPICreateCertificateRequest{
		Zone: zone, LBID: l.lb.ID, Name: "imported", CustomCertificate: &api.CreateCertificateRequestCustomCertificate{CertificateChain: chain},
	}))(l.t)
	l.imported = must(l.api.WaitForCertificate(&api.WaitForCertificateRequest{Zone: zone, CertificateID: made.ID, Timeout: patience, RetryInterval: pause}))(l.t)
	for give := time.After(*patience); l.imported.Fingerprint == ""; { // it is ready before its fingerprint shows (facts 8)
		select {
		case <-give:
			l.t.Fatal("the fingerprint does not show")
		case <-time.After(*pause):
		}
		l.imported = must(l.api.GetCertificate(&api.ZonedAPIGetCertificateRequest{Zone: zone, CertificateID: made.ID}))(l.t)
	}
	sum := sha1.Sum(leaf.Raw) //nolint:gosec // G401: as above
	want := &api.Certificate{
		Type: api.CertificateTypeCustom, ID: made.ID, CommonName: "shop.example.com", SubjectAlternativeName: []string{"cdn.example.com"},
		Fingerprint: hex.EncodeToString(sum[:]), Status: api.CertificateStatusReady, LB: l.lb, Name: "imported",
	}
	same(l.t, l.imported, want)
	if !l.imported.NotValidBefore.Equal(leaf.NotBefore) || !l.imported.NotValidAfter.Equal(leaf.NotAfter) {
		l.t.Errorf("valid from %v to %v, want %v to %v", l.imported.NotValidBefore, l.imported.NotValidAfter, leaf.NotBefore, leaf.NotAfter)
	}
	want.Name = "renamed"
	l.imported = must(l.api.UpdateCertificate(&api.ZonedAPIUpdateCertificateRequest{Zone: zone, CertificateID: made.ID, Name: "renamed"}))(l.t)
	same(l.t, l.imported, want)
	list := must(l.api.ListCertificates(&api.ZonedAPIListCertificatesRequest{Zone: zone, LBID: l.lb.ID}, scw.WithAllPages()))(l.t)
	same(l.t, list, &api.ListCertificatesResponse{Certificates: []*api.Certificate{l.issued, l.imported}, TotalCount: 2})
}

func (l *life) serveCertificates() {
	l.t.Helper()
	f := l.frontend
	f.InboundPort, f.EnableHTTP3 = 443, true
	f.CertificateIDs = []string{l.imported.ID, l.issued.ID}
	f.Certificate = l.imported //nolint:staticcheck // deprecated, and answered all the same
	updated := must(l.api.UpdateFrontend(&api.ZonedAPIUpdateFrontendRequest{
		Zone: zone, FrontendID: f.ID, Name: f.Name, InboundPort: f.InboundPort, BackendID: l.backend.ID, TimeoutClient: f.TimeoutClient,
		CertificateIDs: &f.CertificateIDs, EnableHTTP3: true,
	}))(l.t)
	same(l.t, updated, f)
	if got := must(l.api.GetFrontend(&api.ZonedAPIGetFrontendRequest{Zone: zone, FrontendID: f.ID}))(l.t); !slices.Equal(got.CertificateIDs, f.CertificateIDs) || !got.EnableHTTP3 {
		l.t.Errorf("read back, it serves %v, HTTP/3 %t", got.CertificateIDs, got.EnableHTTP3)
	}
}

// selfSigned is a certificate with its key, in one PEM as the API wants it.
func selfSigned(t *testing.T, domains ...string) (chain string, leaf *x509.Certificate) {
	t.Helper()
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: domains[0]}, DNSNames: domains,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}
	der := must(x509.CreateCertificate(rand.Reader, template, template, key.Public(), key))(t)
	private := must(x509.MarshalPKCS8PrivateKey(key))(t)
	text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})
	text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	return string(text), must(x509.ParseCertificate(der))(t)
}

const networkID = "11111111-2222-4333-8444-555555555555"

// attachNetwork attaches a private network and waits for it.
func (l *life) attachNetwork() {
	l.t.Helper()
	asked := must(l.api.AttachPrivateNetwork(&api.ZonedAPIAttachPrivateNetworkRequest{Zone: zone, LBID: l.lb.ID, PrivateNetworkID: networkID}))(l.t)
	if asked.Status != api.PrivateNetworkStatusPending || asked.PrivateNetworkID != networkID {
		l.t.Errorf("asked to attach %s, it is %s", asked.PrivateNetworkID, asked.Status)
	}
	all := l.waitNetworks()
	if len(all) != 1 || len(all[0].IpamIDs) != 1 {
		l.t.Fatalf("attached: %+v", all)
	}
	recent(l.t, all[0].CreatedAt, all[0].UpdatedAt)
	same(l.t, all[0], &api.PrivateNetwork{
		LB: l.lb, IpamIDs: all[0].IpamIDs, PrivateNetworkID: networkID,
		DHCPConfig: &api.PrivateNetworkDHCPConfig{IPID: &all[0].IpamIDs[0]}, //nolint:staticcheck // deprecated, and answered all the same
		Status:     api.PrivateNetworkStatusReady,
	})
}

func (l *life) waitNetworks() []*api.PrivateNetwork {
	l.t.Helper()
	return must(l.api.WaitForLBPN(&api.ZonedAPIWaitForLBPNRequest{Zone: zone, LBID: l.lb.ID, Timeout: patience, RetryInterval: pause}))(l.t)
}

// detachNetwork waits until the attachment is gone: the client's waiter goes on
// while it is still listed, as pending.
func (l *life) detachNetwork() {
	l.t.Helper()
	if err := l.api.DetachPrivateNetwork(&api.ZonedAPIDetachPrivateNetworkRequest{Zone: zone, LBID: l.lb.ID, PrivateNetworkID: networkID}); err != nil {
		l.t.Fatal(err)
	}
	if all := l.waitNetworks(); len(all) != 0 {
		l.t.Errorf("after detaching, there are %d", len(all))
	}
}

// subscribe has somebody told of the load balancer's state.
func (l *life) subscribe() {
	l.t.Helper()
	made := must(l.api.CreateSubscriber(&api.ZonedAPICreateSubscriberRequest{Zone: zone, Name: "ops", EmailConfig: &api.SubscriberEmailConfig{Email: "ops@example.com"}}))(l.t)
	want := &api.Subscriber{ID: made.ID, Name: "ops", EmailConfig: &api.SubscriberEmailConfig{Email: "ops@example.com"}}
	same(l.t, made, want)
	want.EmailConfig, want.WebhookConfig = nil, &api.SubscriberWebhookConfig{URI: "https://example.com/hook"}
	same(l.t, must(l.api.UpdateSubscriber(&api.ZonedAPIUpdateSubscriberRequest{Zone: zone, SubscriberID: made.ID, Name: "ops", WebhookConfig: want.WebhookConfig}))(l.t), want)
	same(l.t, must(l.api.GetSubscriber(&api.ZonedAPIGetSubscriberRequest{Zone: zone, SubscriberID: made.ID}))(l.t), want)
	list := must(l.api.ListSubscriber(&api.ZonedAPIListSubscriberRequest{Zone: zone}, scw.WithAllPages()))(l.t)
	same(l.t, list, &api.ListSubscriberResponse{Subscribers: []*api.Subscriber{want}, TotalCount: 1})
	for _, call := range []func() (*api.LB, error){
		func() (*api.LB, error) {
			return l.api.SubscribeToLB(&api.ZonedAPISubscribeToLBRequest{Zone: zone, LBID: l.lb.ID, SubscriberID: made.ID})
		},
		func() (*api.LB, error) {
			return l.api.UnsubscribeFromLB(&api.ZonedAPIUnsubscribeFromLBRequest{Zone: zone, LBID: l.lb.ID})
		},
	} {
		if answer := must(call())(l.t); answer.ID != l.lb.ID {
			l.t.Errorf("answered with load balancer %q", answer.ID)
		}
	}
	if err := l.api.DeleteSubscriber(&api.ZonedAPIDeleteSubscriberRequest{Zone: zone, SubscriberID: made.ID}); err != nil {
		l.t.Fatal(err)
	}
}

// listAll reads more load balancers and addresses than fit a page.
func (l *life) listAll() {
	l.t.Helper()
	const more = 25
	for range more {
		must(l.api.CreateLB(&api.ZonedAPICreateLBRequest{Zone: zone, Name: "many", Tags: []string{"many"}, AssignFlexibleIP: ref(false)}))(l.t)
	}
	many := must(l.api.ListLBs(&api.ZonedAPIListLBsRequest{Zone: zone, Tags: []string{"many"}, PageSize: ref(uint32(10))}, scw.WithAllPages()))(l.t)
	if many.TotalCount != more || len(many.LBs) != more {
		l.t.Errorf("listed %d, total %d, want %d", len(many.LBs), many.TotalCount, more)
	}
	for _, b := range many.LBs {
		l.waitLB(b.ID)
		if err := l.api.DeleteLB(&api.ZonedAPIDeleteLBRequest{Zone: zone, LBID: b.ID, ReleaseIP: true}); err != nil {
			l.t.Fatal(err)
		}
	}
	for _, b := range many.LBs {
		if _, err := l.api.WaitForLb(&api.ZonedAPIWaitForLBRequest{Zone: zone, LBID: b.ID, Timeout: patience, RetryInterval: pause}); !gone(err) {
			l.t.Fatalf("waiting for what was deleted: %v; want a 404", err)
		}
	}
	all := must(l.api.ListLBs(&api.ZonedAPIListLBsRequest{Zone: zone, Name: &l.lb.Name}, scw.WithAllPages()))(l.t)
	if all.TotalCount != 1 || len(all.LBs) != 1 || all.LBs[0].ID != l.lb.ID {
		l.t.Errorf("by its name there are %d", all.TotalCount)
	}
	addresses := must(l.api.ListIPs(&api.ZonedAPIListIPsRequest{Zone: zone}, scw.WithAllPages()))(l.t)
	same(l.t, addresses, &api.ListIPsResponse{IPs: []*api.IP{l.ip}, TotalCount: 1})
}

// refuse provokes the errors that the client tells apart.
func (l *life) refuse() {
	l.t.Helper()
	_, err := l.api.CreateBackend(&api.ZonedAPICreateBackendRequest{
		Zone: zone, LBID: l.lb.ID, Name: "bad", ForwardProtocol: api.ProtocolHTTP, ForwardPort: 70000, HealthCheck: &api.HealthCheck{Port: 80, CheckMaxRetries: 3},
	})
	var invalid *scw.InvalidArgumentsError
	if !errors.As(err, &invalid) || len(invalid.Details) != 1 || invalid.Details[0].ArgumentName != "forward_port" {
		l.t.Errorf("a port beyond the range: %v", err)
	}
	if _, err := l.api.GetLB(&api.ZonedAPIGetLBRequest{Zone: zone, LBID: networkID}); !gone(err) || !strings.Contains(err.Error(), "lbs not Found") {
		l.t.Errorf("an unknown load balancer: %v", err)
	}
	stranger := must(scw.NewClient(scw.WithAPIURL(l.server.URL), scw.WithAuth("SCW00000000000000000", networkID), scw.WithHTTPClient(l.server.HTTPClient())))(l.t)
	_, err = api.NewZonedAPI(stranger).GetLB(&api.ZonedAPIGetLBRequest{Zone: zone, LBID: l.lb.ID})
	var denied *scw.DeniedAuthenticationError
	var response *scw.ResponseError
	if !errors.As(err, &denied) && (!errors.As(err, &response) || response.StatusCode != http.StatusUnauthorized) {
		l.t.Errorf("another's token: %v", err)
	}
	l.server.RefuseWrites(1)
	_, err = l.api.UpdateCertificate(&api.ZonedAPIUpdateCertificateRequest{Zone: zone, CertificateID: l.issued.ID, Name: "x"})
	var transient *scw.TransientStateError
	if !errors.As(err, &transient) {
		l.t.Errorf("a load balancer in a transient state: %v", err)
	}
}

// takeDown deletes piece by piece what the load balancer has, its users first.
func (l *life) takeDown() {
	l.t.Helper()
	for _, step := range []struct {
		what   string
		remove func() error
		read   func() error
	}{
		{
			"route",
			func() error {
				return l.api.DeleteRoute(&api.ZonedAPIDeleteRouteRequest{Zone: zone, RouteID: l.route.ID})
			},
			func() error {
				_, err := l.api.GetRoute(&api.ZonedAPIGetRouteRequest{Zone: zone, RouteID: l.route.ID})
				return err
			},
		},
		{
			"frontend",
			func() error {
				return l.api.DeleteFrontend(&api.ZonedAPIDeleteFrontendRequest{Zone: zone, FrontendID: l.frontend.ID})
			},
			func() error {
				_, err := l.api.GetFrontend(&api.ZonedAPIGetFrontendRequest{Zone: zone, FrontendID: l.frontend.ID})
				return err
			},
		},
		{
			"backend",
			func() error {
				return l.api.DeleteBackend(&api.ZonedAPIDeleteBackendRequest{Zone: zone, BackendID: l.backend.ID})
			},
			func() error {
				_, err := l.api.GetBackend(&api.ZonedAPIGetBackendRequest{Zone: zone, BackendID: l.backend.ID})
				return err
			},
		},
		{
			"certificate",
			func() error {
				return l.api.DeleteCertificate(&api.ZonedAPIDeleteCertificateRequest{Zone: zone, CertificateID: l.imported.ID})
			},
			func() error {
				_, err := l.api.GetCertificate(&api.ZonedAPIGetCertificateRequest{Zone: zone, CertificateID: l.imported.ID})
				return err
			},
		},
	} {
		if err := step.read(); err != nil {
			l.t.Errorf("%s: %v", step.what, err)
		}
		if err := step.remove(); err != nil {
			l.t.Errorf("%s: %v", step.what, err)
		}
		if err := step.read(); !gone(err) {
			l.t.Errorf("the deleted %s: %v; want a 404", step.what, err)
		}
	}
	if _, err := l.api.GetACL(&api.ZonedAPIGetACLRequest{Zone: zone, ACLID: l.acl.ID}); !gone(err) {
		l.t.Errorf("an ACL of the deleted frontend: %v; want a 404", err)
	}
}
