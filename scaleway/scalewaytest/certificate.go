package scalewaytest

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/http"
	"time"
)

// certificate is a load balancer's.
type certificate struct {
	id, zone         string
	lb               *loadBalancer
	name             string
	kind             string // "letsencrypt" or "custom"
	status           string
	details          *string
	names            []string // the common name first
	fingerprint      string   // SHA-1 in hex, empty until it is shown
	notBefore        time.Time
	notAfter         time.Time
	created, updated moment
}

type certificateView struct {
	Type           string   `json:"type"`
	ID             string   `json:"id"`
	CommonName     string   `json:"common_name"`
	SANs           []string `json:"subject_alternative_name"`
	Fingerprint    string   `json:"fingerprint"`
	NotValidBefore string   `json:"not_valid_before"`
	NotValidAfter  string   `json:"not_valid_after"`
	Status         string   `json:"status"`
	LB             lbView   `json:"lb"`
	Name           string   `json:"name"`
	CreatedAt      string   `json:"created_at"`
	UpdatedAt      string   `json:"updated_at"`
	StatusDetails  *string  `json:"status_details"`
}

func (s *Server) viewCertificate(x *certificate, kind copyKind) certificateView {
	return certificateView{
		Type: x.kind, ID: x.id, CommonName: x.names[0], SANs: orEmpty(x.names[1:]), Fingerprint: x.fingerprint,
		NotValidBefore: timestamp(x.notBefore), NotValidAfter: timestamp(x.notAfter),
		Status: x.status, StatusDetails: x.details, LB: s.viewLB(x.lb, kind), Name: x.name,
		CreatedAt: s.show(x.created), UpdatedAt: s.show(x.updated),
	}
}

func (s *Server) findCertificate(c *call) (*certificate, error) {
	return find(&s.certificates, c, "certificate_id", "certificate")
}

func (s *Server) writableCertificate(c *call) (*certificate, error) {
	x, err := s.findCertificate(c)
	if err != nil {
		return nil, err
	}
	return x, s.writable(x.lb)
}

type listCertificatesView struct {
	Certificates []certificateView `json:"certificates"`
	Total        int               `json:"total_count"`
}

func (s *Server) listCertificates(c *call) (answer, error) {
	l, err := s.findLB(c)
	if err != nil {
		return nil, err
	}
	all := s.certificates.where(func(x *certificate) bool { return x.lb == l })
	all = named(s, c, all, func(x *certificate) string { return x.name })
	shown, err := page(s, c, all)
	if err != nil {
		return nil, err
	}
	return encode(listCertificatesView{
		Certificates: views(shown, func(x *certificate) certificateView { return s.viewCertificate(x, summary) }),
		Total:        len(all),
	})
}

func (s *Server) getCertificate(c *call) (answer, error) {
	x, err := s.findCertificate(c)
	if err != nil {
		return nil, err
	}
	return encode(s.viewCertificate(x, summary))
}

type createCertificate struct {
	Name        string `json:"name"`
	LetsEncrypt *struct {
		CommonName string   `json:"common_name"`
		SANs       []string `json:"subject_alternative_name"`
	} `json:"letsencrypt"`
	Custom *struct {
		Chain string `json:"certificate_chain"`
	} `json:"custom_certificate"`
}

func (s *Server) createCertificate(c *call) (answer, error) {
	l, err := s.writableLB(c)
	if err != nil {
		return nil, err
	}
	var body createCertificate
	if err := decode(c, &body); err != nil {
		return nil, err
	}
	if body.Name == "" {
		return nil, invalid("name", "constraint", "must not be empty")
	}
	n := s.certificates.count(func(x *certificate) bool { return x.lb == l })
	if err := s.overQuota("certificates", n, 1); err != nil {
		return nil, err
	}
	now := s.now()
	x := &certificate{id: newUUID(), zone: l.zone, lb: l, name: body.Name, created: now, updated: now}
	switch {
	case body.LetsEncrypt != nil:
		return s.order(x, append([]string{body.LetsEncrypt.CommonName}, body.LetsEncrypt.SANs...))
	case body.Custom != nil:
		return s.importCertificate(x, body.Custom.Chain)
	}
	return nil, invalid("letsencrypt", "required", "needs letsencrypt or custom_certificate")
}

// order has a certificate issued. The load balancer counts as updated, and its
// instances follow after the answer, as recordings show.
func (s *Server) order(x *certificate, names []string) (answer, error) {
	if err := s.orderable(x.lb, names); err != nil {
		return nil, err
	}
	x.kind, x.status, x.names = "letsencrypt", "pending", names
	s.certificates.put(x.zone, x.id, x)
	s.clock.Schedule(s.options.timings.Issuance, func() { s.issue(x) })
	x.lb.updated = s.now()
	ok, err := encode(s.viewCertificate(x, withInstances))
	s.disturb(x.lb)
	return ok, err
}

// orderable refuses what cannot be validated over HTTP (facts 5, 8).
func (s *Server) orderable(l *loadBalancer, names []string) error {
	addresses := s.addressesOf(l)
	if names[0] == "" {
		return invalid("letsencrypt.common_name", "constraint", "must not be empty")
	}
	if len(addresses) == 0 {
		return plain(http.StatusBadRequest, "a private load balancer cannot have a Let's Encrypt certificate")
	}
	for _, f := range s.frontends.all {
		if f.lb == l && f.InboundPort == 80 && f.backend.ForwardProtocol != protocolHTTP {
			return plain(http.StatusBadRequest, "port 80 frontend must be associated to an HTTP backend")
		}
	}
	for _, name := range names {
		if s.options.unresolved[name] {
			message := fmt.Sprintf("%s not resolve to your Load Balancer IP %s", name, addresses[0].ip)
			return &apiError{
				status: http.StatusBadRequest, Message: "Invalid parameters", Type: "invalid_field",
				Details: []errorDetail{{Field: "dns_name", Reason: "constraint", Message: message}},
			}
		}
	}
	return nil
}

// The validity of a new Let's Encrypt certificate begins an hour before it is
// issued and lasts 90 days less a second.
const (
	issuedBefore = time.Hour
	issuedFor    = 90*24*time.Hour - time.Second
)

// issue ends an order.
func (s *Server) issue(x *certificate) {
	x.updated = s.now()
	for _, name := range x.names {
		if details, fails := s.options.failing[name]; fails {
			x.status, x.details = "error", &details
			return
		}
	}
	var fingerprint [20]byte
	_, _ = rand.Read(fingerprint[:]) // never fails, says its documentation
	x.status, x.fingerprint = "ready", hex.EncodeToString(fingerprint[:])
	x.notBefore = x.updated.at.Add(-issuedBefore).Truncate(time.Second)
	x.notAfter = x.notBefore.Add(issuedFor)
}

// importCertificate takes one that the caller has. It is ready at once; its
// fingerprint stays empty for a while (facts 8).
func (s *Server) importCertificate(x *certificate, chain string) (answer, error) {
	leaf, err := s.readChain(chain)
	if err != nil {
		return nil, err
	}
	x.kind, x.status, x.names = "custom", "ready", leaf.names
	x.notBefore, x.notAfter = leaf.notBefore, leaf.notAfter
	s.certificates.put(x.zone, x.id, x)
	s.clock.Schedule(s.options.timings.Issuance, func() { x.fingerprint = leaf.fingerprint })
	return encode(s.viewCertificate(x, withInstances))
}

// updateCertificate changes the name alone, which the instances do not see.
func (s *Server) updateCertificate(c *call) (answer, error) {
	x, err := s.writableCertificate(c)
	if err != nil {
		return nil, err
	}
	var body struct {
		Name string `json:"name"`
	}
	if err := decode(c, &body); err != nil {
		return nil, err
	}
	if body.Name == "" {
		return nil, invalid("name", "constraint", "must not be empty")
	}
	x.name, x.updated = body.Name, s.now()
	return encode(s.viewCertificate(x, summary))
}

func (s *Server) deleteCertificate(c *call) (answer, error) {
	x, err := s.writableCertificate(c)
	if err != nil {
		return nil, err
	}
	var users []string
	for _, f := range s.frontends.where(func(f *frontend) bool { return f.serves(x) }) {
		users = append(users, "frontend "+f.id)
	}
	if err := s.inUse(InUse, "certificate", users); err != nil {
		return nil, err
	}
	s.certificates.remove(x.zone, x.id)
	x.lb.updated = s.now()
	s.disturb(x.lb)
	return nil, nil
}
