package ovhtest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"
)

// Words of auth.CredentialStateEnum.
const (
	keyValidated = "validated"
	keyPending   = "pendingValidation"
	keyRefused   = "refused"
	keyExpired   = "expired"
)

// credential is a consumer key.
type credential struct {
	id          int64
	application string
	rules       []AccessRule
	allowedIPs  []string
	status      string // validated, pendingValidation, refused, expired
	created     time.Time
	lastUse     time.Time
	expires     time.Time // zero: never
}

// statusAt tells a validated key from one whose time is over.
func (k *credential) statusAt(now time.Time) string {
	if k.status == keyValidated && !k.expires.IsZero() && !now.Before(k.expires) {
		return keyExpired
	}
	return k.status
}

// reachedFrom tells whether the key may be used from an address. A connection in
// memory counts as one of 127.0.0.1.
func (k *credential) reachedFrom(remote string) bool {
	if len(k.allowedIPs) == 0 {
		return true
	}
	from := netip.AddrFrom4([4]byte{127, 0, 0, 1})
	if host, _, err := net.SplitHostPort(remote); err == nil {
		if addr, err := netip.ParseAddr(host); err == nil {
			from = addr
		}
	}
	return slices.ContainsFunc(k.allowedIPs, func(text string) bool {
		block, err := parseBlock(text)
		return err == nil && block.Contains(from)
	})
}

// ValidateCredential is what the account's owner does at the validationUrl of a
// consumer key: from now on the key works, for as long as validity says, or
// without end where that is 0. For the server's own key too it sets when it
// expires. ValidateCredential panics when there is no such key.
func (s *Server) ValidateCredential(consumerKey string, validity time.Duration) {
	defer s.settled().mu.Unlock()
	k := s.mustCredential(consumerKey)
	k.status, k.expires = keyValidated, time.Time{}
	if validity > 0 {
		k.expires = s.clock.Now().Add(validity)
	}
}

// RefuseCredential is what the account's owner does instead: the key never works.
// It panics when there is no such key.
func (s *Server) RefuseCredential(consumerKey string) {
	defer s.settled().mu.Unlock()
	s.mustCredential(consumerKey).status = keyRefused
}

func (s *Server) mustCredential(consumerKey string) *credential {
	k := s.credentials[consumerKey]
	if k == nil {
		panic("ovhtest: no such consumer key")
	}
	return k
}

// apiCredentialRequest is auth.ApiCredentialRequest.
type apiCredentialRequest struct {
	ConsumerKey   string `json:"consumerKey"`
	State         string `json:"state"`
	ValidationURL string `json:"validationUrl"`
}

// requestCredential makes a consumer key that waits for its validation. The
// application names itself and signs nothing (facts 2.5).
func requestCredential(c *call) (any, error) {
	application := c.request.Header.Get("X-Ovh-Application")
	if application == "" {
		return nil, unauthorized("You must login first")
	}
	if _, known := c.applications[application]; !known {
		return nil, refusedKey("INVALID_KEY", "This application key is invalid")
	}
	var asked struct {
		AccessRules []AccessRule `json:"accessRules"`
		AllowedIPs  []string     `json:"allowedIPs"`
		Redirection *string      `json:"redirection"` // where the owner's browser goes on; nobody browses here
	}
	merge(&asked, c.body)
	id := len(c.credentials) + 1
	made := &credential{
		id: int64(id), application: application, rules: asked.AccessRules, allowedIPs: canonical(asked.AllowedIPs),
		status: keyPending, created: c.clock.Now(),
	}
	consumerKey := madeUp("consumer key %d", id)
	c.credentials[consumerKey] = made
	return apiCredentialRequest{
		ConsumerKey: consumerKey, State: made.status, ValidationURL: c.URL + "/auth/?credentialToken=" + madeUp("validation %d", id),
	}, nil
}

// logout ends the consumer key of the call (facts 1.3).
func logout(c *call) (any, error) {
	if c.credential == nil {
		return nil, refusedKey("NOT_CREDENTIAL", "This call needs a consumer key")
	}
	c.credential.status = keyExpired
	return nil, nil
}

// madeUp is 32 hexadecimal digits that are always the same for the same words.
func madeUp(format string, args ...any) string {
	sum := sha256.Sum256(fmt.Appendf(nil, format, args...))
	return hex.EncodeToString(sum[:16])
}

// madeUpUUID is madeUp in the form of a UUID.
func madeUpUUID(format string, args ...any) string {
	d := madeUp(format, args...)
	return d[:8] + "-" + d[8:12] + "-" + d[12:16] + "-" + d[16:20] + "-" + d[20:]
}
