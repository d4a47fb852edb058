package ovhtest

import (
	"cmp"
	"time"
)

func (r *router) addAuth() {
	r.add("GET", "/auth/time", serverTime)
	r.add("POST", "/auth/credential", requestCredential)
	r.add("GET", currentCredentialPath, currentCredential)
	r.add("GET", "/auth/details", authDetails)
	r.add("POST", "/auth/logout", logout)
}

const currentCredentialPath = "/auth/currentCredential" //nolint:gosec // G101: a path

func serverTime(c *call) (any, error) { return c.clock.Now().Unix(), nil }

// apiCredential is auth.ApiCredential.
type apiCredential struct {
	AllowedIPs    []string     `json:"allowedIPs"`
	ApplicationID int64        `json:"applicationId"`
	Creation      dateTime     `json:"creation"`
	CredentialID  int64        `json:"credentialId"`
	Expiration    *dateTime    `json:"expiration"`
	LastUse       *dateTime    `json:"lastUse"`
	OVHSupport    bool         `json:"ovhSupport"`
	Rules         []AccessRule `json:"rules"`
	Status        string       `json:"status"`
}

func currentCredential(c *call) (any, error) {
	k := c.credential
	if k == nil {
		return nil, refusedKey("NOT_CREDENTIAL", "This call needs a consumer key")
	}
	return apiCredential{
		AllowedIPs: k.allowedIPs, ApplicationID: 1, Creation: dateTime(k.created), CredentialID: k.id, Expiration: optionalDate(k.expires),
		LastUse: optionalDate(k.lastUse), Rules: k.rules, Status: k.statusAt(c.clock.Now()),
	}, nil
}

// identity is auth.Details.
type identity struct {
	Account       string       `json:"account"`
	AllowedRoutes []AccessRule `json:"allowedRoutes"`
	Description   *string      `json:"description"`
	Identities    []string     `json:"identities"`
	Method        string       `json:"method"`
	Roles         []string     `json:"roles"`
	User          *string      `json:"user"`
}

func authDetails(c *call) (any, error) {
	who := identity{Account: account, Method: "account", Identities: []string{"urn:v1:eu:identity:account:" + account}}
	if c.credential == nil {
		who.Method = "oauth2_client_credentials"
		who.Identities = []string{"urn:v1:eu:identity:credential:" + account + "/oauth2-" + cmp.Or(c.client, "ovhtest")}
		return who, nil
	}
	who.AllowedRoutes = c.credential.rules
	return who, nil
}

// optionalDate is nil for the zero time.
func optionalDate(t time.Time) *dateTime {
	if t.IsZero() {
		return nil
	}
	d := dateTime(t)
	return &d
}
