package scaleway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// Option configures a client. What is wrong with its argument is an error of
// NewClient.
type Option func(*options) error

// options holds no credentials.
type options struct {
	config                rest.Config
	keys                  rest.Auth // in place of one secret key
	profile               string
	project, organization string
	zone                  Zone
	region                Region
}

func (o *options) apply(opts []Option) error {
	for _, opt := range opts {
		if opt == nil {
			return misconfigured(errors.New("option: nil"))
		}
		if err := opt(o); err != nil {
			return misconfigured(err)
		}
	}
	return nil
}

// WithHTTPClient sends requests by client, which is copied and never changed.
// Its transport carries every request, its Timeout bounds each attempt where no
// WithAttemptTimeout is given; redirects are not followed.
func WithHTTPClient(client *http.Client) Option {
	return func(o *options) error { return o.config.SetHTTPClient(client) }
}

// WithRetry bounds the retries of each call.
func WithRetry(policy lb.RetryPolicy) Option {
	return func(o *options) error { return o.config.SetRetry(policy) }
}

// WithAttemptTimeout bounds each attempt, answer included. The default is 30 s. A
// call as a whole is bounded by its context.
func WithAttemptTimeout(d time.Duration) Option {
	return func(o *options) error { return o.config.SetAttemptTimeout(d) }
}

// WithRateLimit has every attempt wait for limiter, which several clients may
// share.
func WithRateLimit(limiter lb.Limiter) Option {
	return func(o *options) error { return o.config.SetLimiter(limiter) }
}

// WithLogger logs each attempt: at debug level, or as a warning where it failed.
// A path's template is logged, never a header or a body; the error of a failure, which
// is logged too, holds the object's ID and the API's words.
func WithLogger(logger *slog.Logger) Option {
	return func(o *options) error { return o.config.SetLogger(logger) }
}

// WithObserver has observe called after each attempt.
func WithObserver(observe func(context.Context, lb.CallEvent)) Option {
	return func(o *options) error { return o.config.SetObserver(observe) }
}

// WithDump writes the request and the answer of each attempt to w, as text for people to
// read, when the attempt has ended: request line, headers, indented JSON, status, duration,
// or the error in place of an answer.
//
// Secrets are left out: header values beyond a few known ones, the JSON members and
// query parameters whose names end with a word for a key, a token, a password or a
// certificate chain (so publicKey and nextPageToken too), private keys in PEM wherever
// they are, a webhook's address, and the client's key. Where the same attempt repeats
// one of these elsewhere, as it is or escaped for JSON, HTML or a URL, it is left out
// too. What nothing tells to be a secret shows: one in a path or in a description, one
// that another API, reached by Do, has under another name, one in base64.
//
// What is not JSON shows as its length and type; of an error page, the beginning too. A
// body shows up to 64 KiB. Names, IP addresses and mail addresses are shown: the text is
// not for everybody.
//
// There is one call of Write for an attempt, and at most one at a time for a client:
// calls wait for w, and for those of other calls. What w returns is ignored, and its
// panics end nothing. A w that several clients share takes concurrent calls.
func WithDump(w io.Writer) Option {
	return func(o *options) error { return o.config.SetDump(w) }
}

// WithUserAgent puts application before this library's name in User-Agent.
func WithUserAgent(application string) Option {
	return func(o *options) error { return o.config.SetApplication(application) }
}

// WithBaseURL is where the API is: https, or http on a loopback address. The
// default is DefaultBaseURL.
func WithBaseURL(url string) Option {
	return func(o *options) error {
		if url == "" {
			return errors.New("base URL: empty")
		}
		o.config.BaseURL = url
		return nil
	}
}

// WithSecretKeyFunc takes the secret key, a UUID, from source instead of NewClient's
// argument or the environment: for keys that expire or are rotated, in a vault, say. Source
// is called when a client needs a key: before its first request, and when the API has
// refused the last one (401), at most every 30 seconds; the call that was refused is sent
// once more with the new key. Calls that need one at the same time share one, and source's
// context ends when none of them waits any more. Its error ends them with
// lb.ErrUnauthorized and is not remembered: the next call asks again. What source panics
// with, the calls that wait panic with.
func WithSecretKeyFunc(source func(ctx context.Context) (lb.Secret, error)) Option {
	return func(o *options) error {
		if source == nil {
			return errors.New("secret key: nil function")
		}
		o.keys = &sourceAuth{source: source}
		return nil
	}
}

// WithProfile chooses the profile of the configuration file, in place of SCW_PROFILE and of
// the file's active_profile: for programs that work with several, or have a flag for it. The
// environment's other variables count before it as before any profile. "default" are the
// keys at the root of the file. It is for NewClientFromEnv; NewClient, which reads no file,
// refuses it.
func WithProfile(name string) Option {
	return func(o *options) error {
		if name == "" {
			return errors.New("profile: empty")
		}
		o.profile = name
		return nil
	}
}

// WithProject is the project, a UUID, in which load balancers, addresses and
// subscribers are created where the call names neither a project nor an
// organization. It does not filter lists: InProject does, an option of NewProvider.
func WithProject(id string) Option {
	return func(o *options) (err error) {
		o.project, err = ownerID("project", id)
		return err
	}
}

// WithOrganization is the organization, a UUID, in whose default project things
// are created where neither the call nor WithProject says more.
func WithOrganization(id string) Option {
	return func(o *options) (err error) {
		o.organization, err = ownerID("organization", id)
		return err
	}
}

// WithDefaultZone is the zone of Client.Zone("").
func WithDefaultZone(zone Zone) Option {
	return func(o *options) error {
		if err := zone.validate(); err != nil {
			return err
		}
		o.zone = zone
		return nil
	}
}

// WithDefaultRegion is the region of Client.Region(""). Without it, that is the
// region of the default zone.
func WithDefaultRegion(region Region) Option {
	return func(o *options) error {
		if err := region.validate(); err != nil {
			return err
		}
		o.region = region
		return nil
	}
}

// ownerID is the ID of a project or an organization, as the API reports it.
func ownerID(what, id string) (string, error) {
	if !isUUID(id) {
		return "", fmt.Errorf("%s: not a UUID", what)
	}
	return strings.ToLower(id), nil
}

// owner fills in who a new object belongs to, where the caller names nobody. The
// API wants exactly one of the two (facts 8).
func (c *Client) owner(project, organization *string) {
	switch {
	case *project != "" || *organization != "":
	case c.project != "":
		*project = c.project
	default:
		*organization = c.organization
	}
}
