package ovh

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// Credentials are ApplicationKey, Application, OAuth2 or AccessToken. None of them shows a
// secret, however it is printed.
type Credentials interface {
	// credentials checks what was given and makes what signs a client's requests.
	credentials(endpoint Endpoint, o *options) (authenticator, error)
}

// authenticator is a rest.Auth that may have to send requests of its own, by
// the client that it signs for.
type authenticator interface {
	rest.Auth
	bind(c *Client)
}

// ApplicationKey signs each request with the keys of an application and of its
// user (facts 2.1). All three are made at the endpoint's createToken page; the
// consumer key also by [AuthService.RequestCredential].
func ApplicationKey(key string, secret, consumerKey lb.Secret) Credentials {
	return applicationKey{key: key, secret: secret, consumerKey: consumerKey}
}

type applicationKey struct {
	key                 string
	secret, consumerKey lb.Secret
}

func (k applicationKey) credentials(Endpoint, *options) (authenticator, error) {
	err := errors.Join(
		checkKey("application key", k.key),
		checkKey("application secret", k.secret.Reveal()),
		checkKey("consumer key", k.consumerKey.Reveal()),
	)
	if err != nil {
		return nil, err
	}
	return &signer{keys: k}, nil
}

// Application is an application that has no consumer key yet. All that a client
// can do with it is [AuthService.RequestCredential] and [AuthService.Time]; what
// has to be signed is ErrUnauthorized and not sent.
func Application(key string) Credentials { return application{key} }

type application struct{ key string }

func (a application) credentials(Endpoint, *options) (authenticator, error) {
	if err := checkKey("application key", a.key); err != nil {
		return nil, err
	}
	return a, nil
}

func (a application) bind(c *Client) { c.applicationKey = a.key }

func (application) Apply(context.Context, *http.Request, []byte) error {
	return &lb.Error{Code: lb.ErrUnauthorized, Provider: providerName, Message: "no consumer key: ask for one with Auth.RequestCredential"}
}

func (application) Refused(rest.Failure) bool { return false }

// OAuth2 fetches tokens with the client credentials of a service account, and
// renews them (facts 2.6). What it may do is said by IAM policies alone.
func OAuth2(clientID string, clientSecret lb.Secret) Credentials {
	return oauth2Client{id: clientID, secret: clientSecret}
}

type oauth2Client struct {
	id     string
	secret lb.Secret
}

// tokenURLs are where the platforms give out tokens (facts 1.1).
var tokenURLs = map[Endpoint]string{
	EU: "https://www.ovh.com/auth/oauth2/token",
	CA: "https://ca.ovh.com/auth/oauth2/token",
	US: "https://us.ovhcloud.com/auth/oauth2/token",
}

func (c oauth2Client) credentials(endpoint Endpoint, o *options) (authenticator, error) {
	err := errors.Join(checkKey("client ID", c.id), checkKey("client secret", c.secret.Reveal()))
	if err != nil {
		return nil, err
	}
	tokenURL := o.tokenURL
	if tokenURL == "" {
		tokenURL = tokenURLs[canonical(endpoint)]
	}
	if tokenURL == "" {
		return nil, errors.New("endpoint: its token URL is not known; say it by WithTokenURL")
	}
	source := newTokenSource(c, tokenURL, o)
	return &bearer{fetch: source.fetch, secret: c.secret}, nil
}

// canonical is the endpoint in the form of the constants: OVH also calls /v1 by
// its old name, /1.0 (facts 1.1).
func canonical(endpoint Endpoint) Endpoint {
	base := strings.TrimSuffix(string(endpoint), "/")
	if host, found := strings.CutSuffix(base, "/1.0"); found {
		return Endpoint(host + "/v1")
	}
	return Endpoint(base)
}

// AccessToken sends tokens that the caller has. The function is called when a
// client needs one: before its first request, and when the API has refused the
// last one. Calls that need one at the same time share one, and its context ends
// when none of them waits any more.
func AccessToken(token func(ctx context.Context) (lb.Secret, error)) Credentials {
	return accessToken{token}
}

type accessToken struct {
	token func(ctx context.Context) (lb.Secret, error)
}

func (t accessToken) credentials(Endpoint, *options) (authenticator, error) {
	if t.token == nil {
		return nil, errors.New("access token: nil function")
	}
	return &bearer{fetch: t.fetch}, nil
}

func (t accessToken) fetch(ctx context.Context) (bearerToken, error) {
	secret, err := t.token(ctx)
	if err != nil {
		return bearerToken{}, &lb.Error{Code: lb.ErrUnauthorized, Provider: providerName, Message: "no access token", Err: err}
	}
	if err := checkKey("access token", secret.Reveal()); err != nil {
		return bearerToken{}, &lb.Error{Code: lb.ErrUnauthorized, Provider: providerName, Err: err}
	}
	return bearerToken{secret: secret}, nil
}

// checkKey refuses what cannot be a key, without saying what it is. Users paste
// keys with the line's end or with quotes (user reports of "Invalid
// signature").
func checkKey(name, value string) error {
	switch {
	case value == "":
		return fmt.Errorf("%s: empty", name)
	case strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r > '~' }):
		return fmt.Errorf("%s: white space, a line break or a character that no key has", name)
	case strings.ContainsAny(value, `"'`):
		return fmt.Errorf("%s: quotes in it", name)
	default:
		return nil
	}
}

// The methods below keep secrets out of every verb of package fmt, and out of
// what marshals text.

func (applicationKey) String() string { return "ovh.ApplicationKey" }
func (application) String() string    { return "ovh.Application" }
func (oauth2Client) String() string   { return "ovh.OAuth2" }
func (accessToken) String() string    { return "ovh.AccessToken" }

func (k applicationKey) Format(f fmt.State, _ rune) { printName(f, k) }
func (a application) Format(f fmt.State, _ rune)    { printName(f, a) }
func (c oauth2Client) Format(f fmt.State, _ rune)   { printName(f, c) }
func (t accessToken) Format(f fmt.State, _ rune)    { printName(f, t) }

func printName(f fmt.State, s fmt.Stringer) {
	// A fmt.State that cannot be written to has nobody to tell.
	_, _ = io.WriteString(f, s.String())
}
