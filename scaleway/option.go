package scaleway

import (
	"context"
	"errors"
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

// WithProject is the project, a UUID, in which load balancers, addresses and
// subscribers are created where the call names neither a project nor an
// organization. It does not filter lists.
func WithProject(id string) Option {
	return func(o *options) error {
		if !isUUID(id) {
			return errors.New("project: not a UUID")
		}
		o.project = strings.ToLower(id) // as the API reports it
		return nil
	}
}

// WithOrganization is the organization, a UUID, in whose default project things
// are created where neither the call nor WithProject says more.
func WithOrganization(id string) Option {
	return func(o *options) error {
		if !isUUID(id) {
			return errors.New("organization: not a UUID")
		}
		o.organization = strings.ToLower(id)
		return nil
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
