package ovh

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// bearer sends a token that is fetched once, renewed before it expires, and
// once more when the API refuses it.
type bearer struct {
	fetch func(ctx context.Context) (bearerToken, error)
	token rest.Shared[bearerToken]
	renew rest.Renewal
	// secret is what tokens are fetched with; zero: the caller has them.
	secret lb.Secret
}

// bearerToken is an access token.
type bearerToken struct {
	secret  lb.Secret
	expires time.Time // zero: not known
}

// tokenMargin is how long before its end a token is renewed, as OVH's own
// clients do (facts 2.6).
const tokenMargin = 10 * time.Second

func (t bearerToken) good() bool { return t.expires.IsZero() || time.Until(t.expires) > tokenMargin }

func (b *bearer) bind(*Client) {}

// Apply adds the Authorization header.
func (b *bearer) Apply(ctx context.Context, r *http.Request, _ []byte) error {
	t, err := b.token.Get(ctx, bearerToken.good, b.fetch)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+t.secret.Reveal())
	return nil
}

// Secrets are what is in no header: the token is in one.
func (b *bearer) Secrets() []string { return []string{b.secret.Reveal()} }

// Refused has a new token fetched after a 401, at most every 30 seconds. Calls
// that carried the old one meanwhile try once more with the new one.
func (b *bearer) Refused(f rest.Failure) bool {
	if f.Status != http.StatusUnauthorized {
		return false
	}
	b.token.Forget(func(bearerToken) bool { return b.renew.Due() })
	return true
}

// tokenSource fetches tokens with client credentials.
type tokenSource struct {
	config  clientcredentials.Config
	client  *http.Client
	timeout time.Duration
}

// newTokenSource is a source that uses a copy of the client's HTTP client and
// follows no redirect: the secret is in the request's body.
func newTokenSource(c oauth2Client, tokenURL string, o *options) *tokenSource {
	client := &http.Client{}
	if given := o.config.HTTPClient; given != nil {
		*client = *given
	} else if transport, ok := http.DefaultTransport.(*http.Transport); ok {
		client.Transport = transport.Clone()
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	client.Timeout = 0
	timeout := o.config.AttemptTimeout
	if given := o.config.HTTPClient; timeout == 0 && given != nil {
		timeout = given.Timeout
	}
	return &tokenSource{
		client:  client,
		timeout: timeout,
		config: clientcredentials.Config{
			ClientID:     c.id,
			ClientSecret: c.secret.Reveal(),
			TokenURL:     tokenURL,
			Scopes:       []string{"all"},
			AuthStyle:    oauth2.AuthStyleInParams,
		},
	}
}

// The attempts to fetch one token, and the wait after the first that failed,
// which doubles.
const (
	tokenAttempts = 3
	tokenWait     = 500 * time.Millisecond
)

// fetch asks for a token, and again where the service is in trouble: asking
// twice does no harm.
func (s *tokenSource) fetch(ctx context.Context) (bearerToken, error) {
	wait := tokenWait
	for attempt := 1; ; attempt++ {
		t, err := s.ask(ctx)
		if err == nil || attempt == tokenAttempts || !errors.Is(err, lb.ErrUnavailable) {
			return t, err
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return bearerToken{}, err
		case <-timer.C:
			wait *= 2
		}
	}
}

func (s *tokenSource) ask(ctx context.Context) (bearerToken, error) {
	ctx, cancel := context.WithTimeout(context.WithValue(ctx, oauth2.HTTPClient, s.client), s.timeout)
	defer cancel()
	t, err := s.config.Token(ctx)
	if err != nil {
		return bearerToken{}, s.tokenError(err)
	}
	return bearerToken{secret: lb.NewSecret(t.AccessToken), expires: t.Expiry}, nil
}

// tokenError says why there is no token. Of an answer that repeats its request, the
// secret is left out.
func (s *tokenSource) tokenError(err error) error {
	e := &lb.Error{Code: lb.ErrUnavailable, Provider: providerName, Op: "auth.token"}
	secret := s.config.ClientSecret
	clean := strings.NewReplacer(secret, "[secret]", url.QueryEscape(secret), "[secret]")
	var refusal *oauth2.RetrieveError
	if !errors.As(err, &refusal) {
		e.Message = "no token: " + clean.Replace(err.Error())
		return e
	}
	excerpt := func(text string) string { return rest.Excerpt([]byte(clean.Replace(text))) }
	own := &Error{Code: excerpt(refusal.ErrorCode), Message: excerpt(refusal.ErrorDescription)}
	if refusal.Response != nil {
		own.Status = refusal.Response.StatusCode
		e.Status = own.Status
	}
	if own.Message == "" && own.Code == "" {
		own.Message = excerpt(string(refusal.Body))
	}
	switch {
	case own.Status == http.StatusTooManyRequests:
		e.Code = lb.ErrRateLimited
		e.RetryAfter, _ = rest.RetryAfter(refusal.Response.Header.Get("Retry-After"), time.Now())
	case own.Status < 500 && own.Status != http.StatusRequestTimeout:
		e.Code = lb.ErrUnauthorized
	}
	e.Message, e.Err = own.Error(), own
	return e
}
