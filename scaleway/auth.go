package scaleway

import (
	"context"
	"net/http"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// tokenAuth puts one secret key on each attempt.
type tokenAuth struct {
	header func() []string // the key as a header has it; a func, so that nothing prints it
}

func newTokenAuth(key lb.Secret) tokenAuth {
	header := []string{key.Reveal()}
	return tokenAuth{func() []string { return header[:1:1] }}
}

const tokenHeader = "X-Auth-Token" //nolint:gosec // G101: a name, not a credential

// Apply adds the header.
func (a tokenAuth) Apply(_ context.Context, r *http.Request, _ []byte) error {
	r.Header[tokenHeader] = a.header()
	return nil
}

// Refused is always false: a key that was refused once is refused again.
func (tokenAuth) Refused(rest.Failure) bool { return false }

// sourceAuth puts on each attempt the secret key that a function gives, until the API
// refuses that one.
type sourceAuth struct {
	source func(ctx context.Context) (lb.Secret, error)
	key    rest.Shared[tokenAuth]
	renew  rest.Renewal
}

// Apply adds the header.
func (a *sourceAuth) Apply(ctx context.Context, r *http.Request, body []byte) error {
	key, err := a.key.Get(ctx, func(tokenAuth) bool { return true }, a.fetch)
	if err != nil {
		return err
	}
	return key.Apply(ctx, r, body)
}

func (a *sourceAuth) fetch(ctx context.Context) (tokenAuth, error) {
	secret, err := a.source(ctx)
	if err != nil {
		return tokenAuth{}, &lb.Error{Code: lb.ErrUnauthorized, Provider: providerName, Message: "no secret key", Err: err}
	}
	if err := validateSecretKey(secret); err != nil {
		return tokenAuth{}, &lb.Error{Code: lb.ErrUnauthorized, Provider: providerName, Err: err}
	}
	return newTokenAuth(secret), nil
}

// Refused has the function asked again after a 401 (denied_authentication: the key has
// expired or is gone), at most every 30 seconds. Calls that carried the old key meanwhile
// try once more with the new one.
func (a *sourceAuth) Refused(f rest.Failure) bool {
	if f.Status != http.StatusUnauthorized {
		return false
	}
	a.key.Forget(func(tokenAuth) bool { return a.renew.Due() })
	return true
}
