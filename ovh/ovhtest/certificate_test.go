package ovhtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // G505: the API's fingerprints
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// keyPair makes a certificate and its key for a domain, in PEM.
func keyPair(t *testing.T, domain string) (certificatePEM, keyPEM string, der []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(4711), Subject: pkix.Name{CommonName: domain}, DNSNames: []string{domain},
		NotBefore: time.Now(), NotAfter: time.Now().Add(24 * time.Hour),
	}
	der, err = x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	encode := func(kind string, b []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}))
	}
	return encode("CERTIFICATE", der), encode("PRIVATE KEY", keyDER), der
}

// selfSigned is the body that uploads a certificate for a domain.
func selfSigned(t *testing.T, domain string) string {
	t.Helper()
	certificatePEM, keyPEM, _ := keyPair(t, domain)
	return string(mustMarshal(t, map[string]string{"certificate": certificatePEM, "key": keyPEM, "displayName": domain}))
}

func TestUploadedCertificate(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	certificatePEM, keyPEM, der := keyPair(t, "example.com")
	body := mustMarshal(t, map[string]string{"certificate": certificatePEM, "key": keyPEM, "chain": certificatePEM, "displayName": "web"})
	path := fmt.Sprintf("/ssl/%d", h.create("/ssl", string(body)))
	h.ok("PUT", path, `{"displayName":"shop"}`)
	var got struct {
		DisplayName, Fingerprint, Serial, Subject, Type string
		SAN                                             []string
		ExpireDate                                      time.Time
	}
	raw := h.ok("GET", path, "")
	decode(t, raw, &got)
	sum := sha1.Sum(der) //nolint:gosec // G401: as above
	if want := strings.ToUpper(hex.EncodeToString(sum[:])); strings.ReplaceAll(got.Fingerprint, ":", "") != want || strings.Count(got.Fingerprint, ":") != 19 {
		t.Errorf("fingerprint %s, want %s in pairs", got.Fingerprint, want)
	}
	if got.DisplayName != "shop" || got.Type != "custom" || !slices.Equal(got.SAN, []string{"example.com"}) || got.Subject != "CN=example.com" {
		t.Errorf("certificate %+v", got)
	}
	if until := time.Until(got.ExpireDate); until < 23*time.Hour || until > 25*time.Hour {
		t.Errorf("expires %v", got.ExpireDate)
	}
	for name, answer := range h.server.Staged(h.service, "gra") {
		if strings.Contains(string(answer), "PRIVATE") {
			t.Errorf("%s holds the key", name)
		}
	}
	for filter, want := range map[string]int{
		"type=custom": 1, "type=built": 0, "fingerprint=" + got.Fingerprint[:2] + "%25": 1, "fingerprint=zz%25": 0, "serial=" + got.Serial: 1,
		"expireDate=2000-01-01T00:00:00Z": 0, "expireDate=2999-01-01T00:00:00Z": 1,
	} {
		if ids := get[[]int64](h, "/ssl?"+filter); len(ids) != want {
			t.Errorf("%s: %v", filter, ids)
		}
	}
}

func TestRefusedCertificates(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	first, key, _ := keyPair(t, "example.com")
	_, otherKey, _ := keyPair(t, "example.org")
	for _, c := range []struct{ certificate, key, chain string }{
		{first, otherKey, ""}, {"x", key, ""}, {first, "x", ""}, {first, key, "x"},
	} {
		body := mustMarshal(t, map[string]string{"certificate": c.certificate, "key": c.key, "chain": c.chain})
		r := h.call("POST", "/ssl", string(body))
		if r.status != http.StatusBadRequest || strings.Contains(string(r.body), "PRIVATE") {
			t.Errorf("%d %s", r.status, r.body)
		}
	}
	h.fails(http.StatusBadRequest, "[key] is missing", "POST", "/ssl", `{"certificate":"x"}`)
}

// An ordered certificate arrives with the end of its task and is live without
// a refresh (facts 6.7).
func TestOrderedCertificate(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	order := func(domains string) shownTask {
		var made shownTask
		decode(t, h.ok("POST", "/freeCertificate", `{"fqdn":`+domains+`}`), &made)
		return made
	}
	made := order(`["example.com","www.example.com"]`)
	if made.Action != "orderFreeCertificate" || made.Status != "todo" {
		t.Errorf("task %+v", made)
	}
	h.server.Advance(10 * time.Second)
	if ids := get[[]int64](h, "/ssl"); len(ids) != 0 {
		t.Errorf("certificates %v while the order runs", ids)
	}
	h.server.Advance(time.Second)
	ids := get[[]int64](h, "/ssl?type=built")
	if len(ids) != 1 {
		t.Fatalf("certificates %v after the order", ids)
	}
	path := fmt.Sprintf("ssl/%d", ids[0])
	if _, live := h.server.Running(h.service, "rbx")[path]; !live {
		t.Error("the ordered certificate is not live")
	}
	if got := get[[]zoneChanges](h, "/pendingChanges"); len(got) != 0 {
		t.Errorf("pending %v", got)
	}
	h.ok("DELETE", "/"+path, "")

	h.server.EndNextTask(h.service, "error")
	failed := order(`["example.com"]`)
	h.server.Advance(time.Minute)
	if got := get[shownTask](h, fmt.Sprintf("/task/%d", failed.ID)); got.Status != "error" {
		t.Errorf("task %+v", got)
	}
	if ids := get[[]int64](h, "/ssl"); len(ids) != 0 {
		t.Errorf("certificates %v after a failed order", ids)
	}
	for _, domains := range []string{`[]`, `["localhost"]`, `["exa mple.com"]`, `[""]`, `["a..b"]`} {
		h.fails(http.StatusBadRequest, "[fqdn]", "POST", "/freeCertificate", `{"fqdn":`+domains+`}`)
	}
	h.fails(http.StatusBadRequest, "[fqdn]", "POST", "/freeCertificate", `{"fqdn":"example.com"}`)
}

func TestDeletingAnOrderedCertificateMayBeRefused(t *testing.T) {
	t.Parallel()
	h := newHarness(t, WithAssumptions(func(a *Assumptions) { a.BuiltSSLDelete = RefusedBadRequest }))
	h.ok("POST", "/freeCertificate", `{"fqdn":["example.com"]}`)
	h.server.Advance(time.Minute)
	h.fails(http.StatusBadRequest, "custom", "DELETE", fmt.Sprintf("/ssl/%d", get[[]int64](h, "/ssl")[0]), "")
}

func TestCertificateType(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	id := h.create("/ssl", selfSigned(t, "example.com"))
	h.create("/http/frontend", `{"zone":"all","port":"80","redirectLocation":"https://example.com/"}`)
	h.refreshed()
	h.server.SetCertificateType(h.service, id, "built_not_routed")
	for kind, n := range map[string]int{"built_not_routed": 1, "custom": 0, "built": 0} {
		if ids := get[[]int64](h, "/ssl?type="+kind); len(ids) != n {
			t.Errorf("%s: %v, want %d", kind, ids, n)
		}
	}
	h.wantPending("after a change that is nobody's write", 0, 0)
	defer func() {
		if recover() == nil {
			t.Error("no panic for a certificate that is not there")
		}
	}()
	h.server.SetCertificateType(h.service, 99, "built")
}
