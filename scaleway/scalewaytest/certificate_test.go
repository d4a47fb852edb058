package scalewaytest

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // G505: fingerprints of this API are SHA-1
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"testing"
	"time"
)

func TestLetsEncrypt(t *testing.T) {
	t.Parallel()
	s := manual(t)
	lb := s.lb("")
	before := s.get(zoned + "/lbs/" + lb).at("updated_at")
	s.settle()
	got := s.post(zoned+"/lbs/"+lb+"/certificates",
		`{"name": "c", "letsencrypt": {"common_name": "a.example", "subject_alternative_name": ["b.example"]}}`)
	got.has(map[string]string{
		"type": "letsencrypt", "name": "c", "common_name": "a.example", "subject_alternative_name": `["b.example"]`,
		"status": "pending", "status_details": "null", "fingerprint": "",
		"not_valid_before": unsetTime, "not_valid_after": unsetTime, "lb.id": lb, "lb.instances.0.status": "ready",
	})
	path := zoned + "/certificates/" + got.at("id")
	after := s.get(zoned + "/lbs/" + lb)
	if after.at("instances.0.status") != "pending" || after.at("updated_at") == before {
		t.Error("the load balancer does not follow")
	}
	s.server.Advance(recordedTimings.Issuance - time.Millisecond)
	s.get(path).has(map[string]string{"status": "pending", "lb.instances": "[]"})
	s.server.Advance(time.Millisecond)
	ready := s.get(path)
	ready.has(map[string]string{"status": "ready"})
	if lasted := mustTime(t, ready.at("updated_at")).Sub(mustTime(t, ready.at("created_at"))); lasted != recordedTimings.Issuance {
		t.Errorf("it was updated %v after its creation, want %v", lasted, recordedTimings.Issuance)
	}
	if raw, err := hex.DecodeString(ready.at("fingerprint")); err != nil || len(raw) != sha1.Size {
		t.Errorf("fingerprint is %q", ready.at("fingerprint"))
	}
	issued, err := time.Parse(time.RFC3339, ready.at("updated_at"))
	if err != nil {
		t.Fatal(err)
	}
	begins := issued.Add(-time.Hour).Truncate(time.Second)
	ready.has(map[string]string{
		"not_valid_before": timestamp(begins), "not_valid_after": timestamp(begins.Add(90*24*time.Hour - time.Second)),
	})

	s.put(path, `{"name": "new"}`).has(map[string]string{"name": "new", "status": "ready", "lb.instances": "[]"})
	s.get(zoned + "/lbs/" + lb).has(map[string]string{"instances.0.status": "ready"})
	s.get(zoned + "/lbs/" + lb + "/certificates?name=new").has(map[string]string{"total_count": "1", "certificates.0.name": "new"})
	s.remove(path)
	s.want(http.StatusNotFound, http.MethodGet, path, "").has(map[string]string{"message": "certificate not Found"})
	s.get(zoned + "/lbs/" + lb).has(map[string]string{"instances.0.status": "pending"})
}

func TestIssuanceCanFail(t *testing.T) {
	t.Parallel()
	s := manual(t, WithFailingDomain("b.example", "timeout during validation"))
	lb := s.lb("")
	id := s.post(zoned+"/lbs/"+lb+"/certificates",
		`{"name": "c", "letsencrypt": {"common_name": "a.example", "subject_alternative_name": ["b.example"]}}`).at("id")
	s.server.Advance(recordedTimings.Issuance)
	s.get(zoned + "/certificates/" + id).has(map[string]string{
		"status": "error", "status_details": "timeout during validation", "fingerprint": "", "not_valid_after": unsetTime,
	})
}

func TestWhatCannotBeOrdered(t *testing.T) {
	t.Parallel()
	s := manual(t, WithUnresolvedDomains("gone.example"))
	public, private, tcp := s.lb(""), s.lb(`{"assign_flexible_ip": false}`), s.lb("")
	s.frontend(tcp, s.backend(tcp, `{"forward_protocol": "tcp"}`), "")
	order := `{"name": "c", "letsencrypt": {"common_name": "a.example"}}`
	for _, tt := range []struct {
		name, lb, body string
		want           map[string]string
	}{
		{"a domain elsewhere", public, `{"name": "c", "letsencrypt": {"common_name": "a.example", "subject_alternative_name": ["gone.example"]}}`, map[string]string{
			"type": "invalid_field", "details.0.field": "dns_name", "details.0.reason": "constraint", "message": "Invalid parameters",
		}},
		{"private", private, order, map[string]string{"type": "absent"}},
		{"TCP on port 80", tcp, order, map[string]string{
			"type": "absent", "message": "port 80 frontend must be associated to an HTTP backend",
		}},
		{"no kind", public, `{"name": "c"}`, map[string]string{"details.0.argument_name": "letsencrypt"}},
		{"both kinds", public, `{"name": "c", "letsencrypt": {"common_name": "a"}, "custom_certificate": {"certificate_chain": "x"}}`, map[string]string{
			"details.0.argument_name": "letsencrypt",
		}},
		{"no name", public, `{"name": "", "letsencrypt": {"common_name": "a"}}`, map[string]string{"details.0.argument_name": "name"}},
		{"no domain", public, `{"name": "c", "letsencrypt": {"common_name": ""}}`, map[string]string{"details.0.argument_name": "letsencrypt.common_name"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s.want(http.StatusBadRequest, http.MethodPost, zoned+"/lbs/"+tt.lb+"/certificates", tt.body).has(tt.want)
		})
	}
}

// keyPair is a certificate and its key, in PEM.
func keyPair(t *testing.T, key any, public any, dns ...string) (certificate, privateKey string, raw []byte) {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "subject.example"}, DNSNames: dns,
		NotBefore: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), NotAfter: time.Date(2027, 1, 2, 3, 4, 5, 0, time.UTC),
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, public, key)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return block("CERTIFICATE", raw), block("PRIVATE KEY", der), raw
}

func block(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func ecKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func imported(t *testing.T, chain string) string {
	t.Helper()
	text, err := json.Marshal(chain)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf(`{"name": "c", "custom_certificate": {"certificate_chain": %s}}`, text)
}

func TestImportedCertificate(t *testing.T) {
	t.Parallel()
	s := manual(t)
	lb := s.lb("")
	key, other := ecKey(t), ecKey(t)
	leaf, private, raw := keyPair(t, key, &key.PublicKey, "first.example", "second.example")
	parent, _, _ := keyPair(t, other, &other.PublicKey)
	s.settle()
	before := s.get(zoned + "/lbs/" + lb)
	// The order in the text does not matter: the key tells which is the leaf.
	got := s.post(zoned+"/lbs/"+lb+"/certificates", imported(t, parent+private+leaf))
	got.has(map[string]string{
		"type": "custom", "status": "ready", "common_name": "first.example",
		"subject_alternative_name": `["second.example"]`, "fingerprint": "",
		"not_valid_before": "2026-01-02T03:04:05Z", "not_valid_after": "2027-01-02T03:04:05Z",
	})
	s.get(zoned + "/lbs/" + lb).has(map[string]string{
		"instances.0.status": "ready", "updated_at": before.at("updated_at"),
	})
	s.server.Advance(recordedTimings.Issuance)
	sum := sha1.Sum(raw) //nolint:gosec // G401: fingerprints of this API are SHA-1
	s.get(zoned + "/certificates/" + got.at("id")).has(map[string]string{
		"fingerprint": hex.EncodeToString(sum[:]), "updated_at": timestamp(mustTime(t, got.at("updated_at")).Round(time.Microsecond)),
	})
}

func mustTime(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestKindsOfKeys(t *testing.T) {
	t.Parallel()
	s := manual(t)
	lb := s.lb("")
	ec := ecKey(t)
	ecLeaf, ecPKCS8, _ := keyPair(t, ec, &ec.PublicKey)
	ecDER, err := x509.MarshalECPrivateKey(ec)
	if err != nil {
		t.Fatal(err)
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	rsaLeaf, rsaPKCS8, _ := keyPair(t, rsaKey, &rsaKey.PublicKey)
	edPublic, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	edLeaf, edPKCS8, _ := keyPair(t, edKey, edPublic)
	for name, chain := range map[string]string{
		"EC": ecPKCS8 + ecLeaf, "EC, SEC 1": block("EC PRIVATE KEY", ecDER) + ecLeaf,
		"RSA": rsaPKCS8 + rsaLeaf, "RSA, PKCS 1": block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rsaKey)) + rsaLeaf,
		"Ed25519": edPKCS8 + edLeaf,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s.post(zoned+"/lbs/"+lb+"/certificates", imported(t, chain)).
				has(map[string]string{"common_name": "subject.example", "subject_alternative_name": "[]"})
		})
	}
}

func TestChainsThatDoNotPass(t *testing.T) {
	t.Parallel()
	key, other := ecKey(t), ecKey(t)
	leaf, private, _ := keyPair(t, key, &key.PublicKey)
	_, stranger, _ := keyPair(t, other, &other.PublicKey)
	redacted := "-----BEGIN PRIVATE KEY-----\nREDACTED\n-----END PRIVATE KEY-----\n"
	for name, tt := range map[string]struct {
		chain           string
		status, lenient int // without and with WithRedactedKeys
	}{
		"nothing":              {"", 400, 400},
		"no PEM":               {"certificate", 400, 400},
		"a key alone":          {private, 400, 400},
		"no key":               {leaf, 400, 200},
		"a blacked-out key":    {redacted + leaf, 400, 200},
		"another's key":        {stranger + leaf, 400, 200},
		"an unreadable key":    {block("PRIVATE KEY", []byte("x")) + leaf, 400, 200},
		"an unreadable leaf":   {private + block("CERTIFICATE", []byte("x")), 400, 400},
		"the key and its leaf": {private + leaf, 200, 200},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			strict, lenient := manual(t), manual(t, WithRedactedKeys())
			for s, status := range map[*session]int{strict: tt.status, lenient: tt.lenient} {
				got := s.want(status, http.MethodPost, zoned+"/lbs/"+s.lb("")+"/certificates", imported(t, tt.chain))
				if status != http.StatusOK {
					got.has(map[string]string{"details.0.argument_name": "custom_certificate.certificate_chain"})
				}
			}
		})
	}
}
