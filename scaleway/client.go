package scaleway

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/lbkit/lbkit/internal/locks"
	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// providerName is how errors and events call this provider.
const providerName = "scaleway"

// DefaultBaseURL is where the API is, unless WithBaseURL says otherwise. Paths
// begin with /lb/v1.
const DefaultBaseURL = "https://api.scaleway.com"

// requestIDHeader is on every answer, errors included (facts 1).
const requestIDHeader = "X-Request-Id"

// defaultAttemptTimeout is that of the API's own client (facts 1).
const defaultAttemptTimeout = 30 * time.Second

// Client speaks to the API with one secret key at a time. It is immutable and safe for
// concurrent use. What it holds of the key shows in no print, log or JSON.
type Client struct {
	rest *rest.Client
	// locks serialises the provider's read-modify-writes, by object.
	locks  locks.Keyed
	writes writes // what its providers wrote and is not known to be live

	project, organization string
	zone                  Zone
	region                Region
}

// NewClient makes a client that sends secretKey, a UUID, in the header
// X-Auth-Token. With WithSecretKeyFunc there is none to give: lb.Secret{}. It reads
// nothing but its arguments: no file, no environment (NewClientFromEnv does). What is
// wrong with an argument is an error here, with lb.ErrInvalid in it and without any secret.
func NewClient(secretKey lb.Secret, opts ...Option) (*Client, error) {
	o := options{config: rest.Config{Provider: providerName, BaseURL: DefaultBaseURL}}
	if err := o.apply(opts); err != nil {
		return nil, err
	}
	if o.profile != "" {
		return nil, misconfigured(errors.New("profile: NewClient reads no file, NewClientFromEnv does"))
	}
	return newClient(secretKey, o)
}

func newClient(secretKey lb.Secret, o options) (*Client, error) {
	config := o.config
	switch err := validateSecretKey(secretKey); {
	case o.keys == nil && err != nil:
		return nil, misconfigured(err)
	case o.keys == nil:
		config.Auth = newTokenAuth(secretKey)
	case !secretKey.IsZero():
		return nil, misconfigured(errors.New("secret key: given, and a function that gives it, too"))
	default:
		config.Auth = o.keys
	}
	config.DecodeError = decodeError
	config.Identify = identify
	config.RequestIDHeader = requestIDHeader
	if config.AttemptTimeout == 0 && (config.HTTPClient == nil || config.HTTPClient.Timeout == 0) {
		config.AttemptTimeout = defaultAttemptTimeout
	}
	client, err := rest.New(config)
	if err != nil {
		return nil, misconfigured(err)
	}
	return &Client{
		rest: client, project: o.project, organization: o.organization, zone: o.zone, region: cmp.Or(o.region, o.zone.Region()),
	}, nil
}

func validateSecretKey(key lb.Secret) error {
	switch {
	case key.IsZero():
		return errors.New("secret key: empty")
	case !isUUID(key.Reveal()):
		return errors.New("secret key: not a UUID")
	}
	return nil
}

// misconfigured is the error of a client that could not be made.
func misconfigured(err error) error {
	return &lb.Error{Code: lb.ErrInvalid, Provider: providerName, Op: "client", Err: err}
}

// Zone gives the services of a zone. It is cheap and sends nothing. An empty
// zone is the client's default zone (see WithDefaultZone). Every call of a
// malformed zone, or of an empty one without a default, is lb.ErrInvalid.
func (c *Client) Zone(zone Zone) *API {
	if zone == "" {
		zone = c.zone
	}
	return newAPI(&place{client: c, name: string(zone), err: zone.validate()})
}

// Region gives the same services under the API's older form, in which a region
// has no zones. Its resources are those of the region's first zone, under the
// same IDs (facts 3). The API calls this form deprecated; new code uses Zone. An
// empty region is the client's default region (see WithDefaultRegion).
func (c *Client) Region(region Region) *API {
	if region == "" {
		region = c.region
	}
	return newAPI(&place{client: c, name: string(region), regional: true, err: region.validate()})
}

// API is the services of one zone or region. It is immutable and safe for
// concurrent use.
type API struct {
	LBs             *LBService
	IPs             *IPService
	Backends        *BackendService
	Frontends       *FrontendService
	Routes          *RouteService
	ACLs            *ACLService
	Certificates    *CertificateService
	Subscribers     *SubscriberService
	PrivateNetworks *PrivateNetworkService
	Types           *TypeService
}

func newAPI(p *place) *API {
	s := service{p}
	return &API{
		LBs: &LBService{s}, IPs: &IPService{s}, Backends: &BackendService{s}, Frontends: &FrontendService{s},
		Routes: &RouteService{s}, ACLs: &ACLService{s}, Certificates: &CertificateService{s},
		Subscribers: &SubscriberService{s}, PrivateNetworks: &PrivateNetworkService{s}, Types: &TypeService{s},
	}
}

// Do sends a request to any path of the API: method and path, which begins with
// /lb/v1 or another API's name and is escaped already, with or without a query.
// In becomes the JSON body, out receives the answer; either may be nil. It has
// the credentials, retries and errors of every other call.
func (c *Client) Do(ctx context.Context, method, path string, in, out any) error {
	call := rest.Call{Op: "do", Method: method, Path: path, In: in, Out: out}
	switch {
	case path == "":
		return refuse(call, lb.ErrInvalid, "the path is empty")
	case !knownMethod(method):
		return refuse(call, lb.ErrInvalid, fmt.Sprintf("method %q: not GET, POST, PUT, PATCH, DELETE or HEAD", method))
	}
	_, err := c.rest.Do(ctx, call)
	return err
}

func knownMethod(method string) bool {
	switch method {
	case http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodHead:
		return true
	default:
		return false
	}
}

// String says whose client it is, and nothing of its credentials.
func (c *Client) String() string { return "scaleway.Client" }
