package ovhtest

import (
	"crypto/sha1" //nolint:gosec // G505: the API's fingerprints are SHA-1 (facts 5.7)
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strings"
	"time"
)

// certificate is ipLoadbalancing.Ssl.Ssl, and what a POST gives for one. The
// key is read and not kept.
type certificate struct {
	ID          int64    `json:"id"`
	DisplayName *string  `json:"displayName,omitzero"`
	ExpireDate  dateTime `json:"expireDate"`
	Fingerprint string   `json:"fingerprint"`
	SAN         []string `json:"san"`
	Serial      string   `json:"serial"`
	Subject     string   `json:"subject"`
	Type        *string  `json:"type"`

	Certificate string `json:"certificate,omitzero"`
	Key         string `json:"key,omitzero"`
	Chain       string `json:"chain,omitzero"`
}

func (*certificate) zoneIn(*tree, string) string { return everyZone }

func (s *certificate) clone() resource        { next := *s; return &next }
func (s *certificate) place(path string)      { s.ID = idOf(path) }
func (s *certificate) view(*call, string) any { return s }

// check reads the PEM texts of a new certificate.
func (s *certificate) check(*call, string) error {
	if s.Fingerprint != "" {
		return nil // only the name can change
	}
	pair, err := tls.X509KeyPair([]byte(s.Certificate), []byte(s.Key))
	if err != nil {
		return badRequest("[certificate] and [key] are not a PEM certificate and its key")
	}
	if s.Chain != "" && !pemCertificates(s.Chain) {
		return invalid("chain", "not PEM certificates")
	}
	leaf, err := x509.ParseCertificate(pair.Certificate[0])
	if err != nil {
		return invalid("certificate", "not a certificate")
	}
	s.describe(leaf.Raw, leaf.Subject.String(), leaf.DNSNames, leaf.SerialNumber.Text(16), leaf.NotAfter, "custom")
	s.Certificate, s.Key, s.Chain = "", "", ""
	return nil
}

func pemCertificates(text string) bool {
	count := 0
	for block, rest := pem.Decode([]byte(text)); block != nil; block, rest = pem.Decode(rest) {
		if _, err := x509.ParseCertificate(block.Bytes); err != nil {
			return false
		}
		count++
	}
	return count > 0
}

// describe fills in what the API tells about a certificate. The fingerprint is
// upper-case hex pairs joined by colons.
func (s *certificate) describe(der []byte, subject string, names []string, serial string, expires time.Time, kind string) {
	sum := sha1.Sum(der) //nolint:gosec // G401: as above
	pairs := make([]string, len(sum))
	for i, b := range sum {
		pairs[i] = fmt.Sprintf("%02X", b)
	}
	s.Fingerprint = strings.Join(pairs, ":")
	s.Subject, s.SAN, s.Serial, s.ExpireDate, s.Type = subject, names, serial, dateTime(expires), &kind
}

func (s *certificate) remove(c *call, _ string) error {
	for _, protocol := range []string{"http", "tcp"} {
		for user, f := range each[frontend](c.svc.draft, protocol+"/frontend") {
			if f.DefaultSSLID == nil || *f.DefaultSSLID != s.ID {
				continue
			}
			if err := c.assume.SSLInUse.refuse("This certificate is used by " + user); err != nil {
				return err
			}
		}
	}
	if *s.Type != "custom" {
		return c.assume.BuiltSSLDelete.refuse("Only custom certificates can be deleted")
	}
	return nil
}

// SetCertificateType changes the type that a certificate shows, live and in the
// draft: "built_not_routed" is one of OVH's making whose domain no longer leads to
// the service (facts 6.7). It panics when there is no such certificate.
func (s *Server) SetCertificateType(serviceName string, id int64, kind string) {
	defer s.settled().mu.Unlock()
	svc := s.mustService(serviceName)
	path := "ssl/" + formatID(id)
	found := at[certificate](svc.draft.nodes, path)
	if found == nil {
		panic("ovhtest: no certificate " + formatID(id))
	}
	next := *found
	next.Type = &kind
	svc.draft.put(path, &next)
	svc.deploy(path)
}

const builtLifetime = 90 * 24 * time.Hour // of a free certificate (facts 6.7)

// orderCertificate makes the task that ends with a free certificate, which
// deploys itself (facts 6.7, 8.24).
func orderCertificate(c *call) (any, error) {
	var ordered struct {
		FQDN []string `json:"fqdn"`
	}
	merge(&ordered, c.body)
	if len(ordered.FQDN) == 0 {
		return nil, invalid("fqdn", "names no domain")
	}
	for _, name := range ordered.FQDN {
		if !domainName(name) {
			return nil, invalid("fqdn", "not a domain name")
		}
	}
	t := c.newTask(c.svc, "orderFreeCertificate", c.svc.zones)
	server, svc := c.Server, c.svc
	c.run(t, c.assume.OrderQueued, c.assume.OrderRuns, nil, func(done bool) {
		if done {
			server.issue(svc, ordered.FQDN)
		}
	})
	return t, nil
}

func domainName(name string) bool {
	labels := strings.Split(name, ".")
	if len(labels) < 2 || len(name) > 253 {
		return false
	}
	for _, label := range labels {
		if label == "" || len(label) > 63 || strings.Trim(strings.ToLower(label), "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return false
		}
	}
	return true
}

// issue puts a certificate of OVH's making into the draft and to work.
func (s *Server) issue(svc *service, names []string) {
	id := s.newID(svc, "ssl")
	made := &certificate{}
	der := fmt.Appendf(nil, "%s certificate %d for %s", svc.name, id, strings.Join(names, ","))
	made.describe(der, "CN="+names[0], names, fmt.Sprintf("%x", id), s.clock.Now().Add(builtLifetime), "built")
	path := "ssl/" + formatID(id)
	made.place(path)
	svc.draft.put(path, made)
	svc.deploy(path)
}
