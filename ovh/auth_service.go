package ovh

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// AuthService tells and changes who a client is.
type AuthService struct {
	client *Client
}

func newAuthService(c *Client) *AuthService { return &AuthService{client: c} }

// Time reads the API's clock, which has whole seconds. The call is not signed.
//
//api:operation GET /auth/time
func (s *AuthService) Time(ctx context.Context) (time.Time, error) {
	seconds, err := rest.Get[int64](ctx, s.client.rest, rest.Call{Op: "auth.time", Method: http.MethodGet, Route: "/auth/time", Anonymous: true})
	if err != nil {
		return time.Time{}, err
	}
	return time.Unix(*seconds, 0), nil
}

// AccessRule is a call that a consumer key may make. The path may end in "*";
// it is a pattern and no prefix: "/ipLoadbalancing/*" is not
// "/ipLoadbalancing".
type AccessRule struct {
	Method string `json:"method"` // GET, POST, PUT or DELETE
	Path   string `json:"path"`
}

// Credential is what a consumer key may do, and until when.
type Credential struct {
	CredentialID  int64            `json:"credentialId"`
	ApplicationID int64            `json:"applicationId"`
	Status        CredentialStatus `json:"status"`
	Rules         []AccessRule     `json:"rules"`
	AllowedIPs    []string         `json:"allowedIPs"` // CIDR blocks; empty: from anywhere
	Creation      time.Time        `json:"creation"`
	LastUse       *time.Time       `json:"lastUse"`
	Expiration    *time.Time       `json:"expiration"` // nil: never
	OVHSupport    bool             `json:"ovhSupport"` // it was made by OVH's support
}

// CredentialRequest says what a new consumer key is to be allowed.
type CredentialRequest struct {
	Rules       []AccessRule `json:"accessRules"`          // see AccessRules
	Redirection string       `json:"redirection,omitzero"` // where the owner is sent after validation
	AllowedIPs  []string     `json:"allowedIPs,omitzero"`  // CIDR blocks; empty: from anywhere
}

// RequestedCredential is a consumer key that waits for its owner.
type RequestedCredential struct {
	ConsumerKey   Token            `json:"consumerKey"`
	Status        CredentialStatus `json:"state"`
	ValidationURL string           `json:"validationUrl"` // for the owner of the account, to log in and agree
}

// AccessRules are the rules that every method of this package needs together.
// They allow nothing outside /ipLoadbalancing, /ip and /auth.
func AccessRules() []AccessRule {
	return []AccessRule{
		{http.MethodGet, "/ipLoadbalancing"},
		{http.MethodGet, "/ipLoadbalancing/*"},
		{http.MethodPost, "/ipLoadbalancing/*"},
		{http.MethodPut, "/ipLoadbalancing/*"},
		{http.MethodDelete, "/ipLoadbalancing/*"},
		{http.MethodGet, "/ip"},
		{http.MethodGet, "/ip/*"},
		{http.MethodPost, "/ip/*"},
		{http.MethodPut, "/ip/*"},
		{http.MethodGet, "/auth/*"},
		{http.MethodPost, "/auth/*"},
	}
}

// RequestCredential asks for a consumer key. The key works once the owner of the
// account has opened the validation URL, logged in and agreed; until then the API
// answers ErrUnauthorized. It needs a client made with Application, or with an
// ApplicationKey, whose own consumer key is not touched.
//
//api:operation POST /auth/credential
func (s *AuthService) RequestCredential(ctx context.Context, body CredentialRequest) (*RequestedCredential, error) {
	call := rest.Call{Op: "auth.requestCredential", Method: http.MethodPost, Route: "/auth/credential", Anonymous: true}
	if s.client.applicationKey == "" {
		return nil, &lb.Error{Code: lb.ErrInvalid, Provider: providerName, Op: call.Op, Err: errors.New("only an application can have consumer keys")}
	}
	body.Rules = append([]AccessRule{}, body.Rules...) // an empty list, not null
	call.Header = http.Header{headerApplication: {s.client.applicationKey}}
	call.In = body
	call.Repeatable = true // a key that nobody validates cannot be used
	return rest.Get[RequestedCredential](ctx, s.client.rest, call)
}

// CurrentCredential reads what the client's consumer key may do. Clients that
// use OAuth2 have none.
//
//api:operation GET /auth/currentCredential
func (s *AuthService) CurrentCredential(ctx context.Context) (*Credential, error) {
	return rest.Get[Credential](ctx, s.client.rest, rest.Call{Op: "auth.currentCredential", Method: http.MethodGet, Route: "/auth/currentCredential"})
}

// AuthDetails is who a client is.
type AuthDetails struct {
	Account       string       `json:"account"`
	User          string       `json:"user"`
	Description   string       `json:"description"`
	Method        AuthMethod   `json:"method"`
	Identities    []string     `json:"identities"` // URNs
	Roles         []string     `json:"roles"`
	AllowedRoutes []AccessRule `json:"allowedRoutes"` // nil: the API does not say
}

// Details reads who the client is. It works with all kinds of credentials.
//
//api:operation GET /auth/details
func (s *AuthService) Details(ctx context.Context) (*AuthDetails, error) {
	return rest.Get[AuthDetails](ctx, s.client.rest, rest.Call{Op: "auth.details", Method: http.MethodGet, Route: "/auth/details"})
}

// Logout makes the client's consumer key invalid, for good.
//
//api:operation POST /auth/logout
func (s *AuthService) Logout(ctx context.Context) error {
	return s.client.void(ctx, rest.Call{Op: "auth.logout", Method: http.MethodPost, Route: "/auth/logout"})
}
