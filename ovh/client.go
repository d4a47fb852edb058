package ovh

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/lbkit/lbkit/internal/locks"
	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// Endpoint is the base URL of one of OVHcloud's platforms, without a slash at
// its end. Accounts, credentials and services belong to one platform and are
// unknown on the others.
//
// A URL of another form is accepted, for a proxy or a test server: https, or
// http on a loopback address.
type Endpoint string

// The platforms that offer IP Load Balancing (facts 1.1). On US there is no
// UDP.
const (
	EU Endpoint = "https://eu.api.ovh.com/v1"
	CA Endpoint = "https://ca.api.ovh.com/v1"
	US Endpoint = "https://api.us.ovhcloud.com/v1"
)

// attemptTimeout is what OVH's own clients wait (facts 3.5).
const attemptTimeout = 180 * time.Second

// Client groups the operations as the API's tree does. It is immutable and safe
// for concurrent use. What it writes is staged: traffic sees it after
// [LoadBalancerService.Refresh].
//
// Every error of its methods is an *lb.Error, behind which errors.As finds the
// API's own *Error.
type Client struct {
	LoadBalancers *LoadBalancerService
	HTTP          *HTTPService
	TCP           *TCPService
	UDP           *UDPService
	Certificates  *CertificateService
	Tasks         *TaskService
	Zones         *ZoneService
	Quotas        *QuotaService
	VRack         *VRackService
	Logs          *LogService
	IPs           *IPService
	Auth          *AuthService

	endpoint       Endpoint
	applicationKey string // empty: the credentials are of another kind
	rest           *rest.Client
	// plain holds the routes of lists that have answered with keys although they
	// were asked for objects.
	plain sync.Map
	// writes serialises what the providers of the client write, by service.
	writes locks.Keyed
	moves  moves
	orders orders
}

// NewClient makes a client. It sends nothing and reads nothing but its
// arguments; what is wrong with them is said here, and never with a secret in
// the text.
func NewClient(endpoint Endpoint, credentials Credentials, opts ...Option) (*Client, error) {
	c, err := newClient(endpoint, credentials, opts)
	if err != nil {
		return nil, &lb.Error{Code: lb.ErrInvalid, Provider: providerName, Op: "newClient", Err: err}
	}
	return c, nil
}

func newClient(endpoint Endpoint, credentials Credentials, opts []Option) (*Client, error) {
	if err := checkEndpoint(endpoint); err != nil {
		return nil, err
	}
	if credentials == nil {
		return nil, errors.New("credentials: nil; use ApplicationKey, OAuth2 or AccessToken")
	}
	o := options{config: rest.Config{
		Provider:        providerName,
		BaseURL:         string(endpoint),
		RequestIDHeader: queryIDHeader,
		Identify:        identify,
		DecodeError:     decodeError,
	}}
	for i, option := range opts {
		if option == nil {
			return nil, fmt.Errorf("option %d: nil", i)
		}
		if err := option(&o); err != nil {
			return nil, err
		}
	}
	if o.config.AttemptTimeout == 0 && (o.config.HTTPClient == nil || o.config.HTTPClient.Timeout == 0) {
		o.config.AttemptTimeout = attemptTimeout
	}
	auth, err := credentials.credentials(endpoint, &o)
	if err != nil {
		return nil, err
	}
	c := &Client{endpoint: endpoint}
	o.config.Auth = auth
	if c.rest, err = rest.New(o.config); err != nil {
		return nil, err
	}
	auth.bind(c)
	c.group()
	return c, nil
}

// group makes the services.
func (c *Client) group() {
	c.LoadBalancers = newLoadBalancerService(c)
	c.HTTP = newHTTPService(c)
	c.TCP = newTCPService(c)
	c.UDP = newUDPService(c)
	c.Certificates = newCertificateService(c)
	c.Tasks = newTaskService(c)
	c.Zones = newZoneService(c)
	c.Quotas = newQuotaService(c)
	c.VRack = newVRackService(c)
	c.Logs = newLogService(c)
	c.IPs = newIPService(c)
	c.Auth = newAuthService(c)
}

// checkEndpoint catches the names that OVH's tools give to the platforms; what
// else may be wrong is for rest.New to say.
func checkEndpoint(endpoint Endpoint) error {
	switch {
	case endpoint == "":
		return errors.New("endpoint: empty; use EU, CA or US")
	case !strings.Contains(string(endpoint), "/"):
		return fmt.Errorf("endpoint %q is not a URL; use EU, CA or US", string(endpoint))
	}
	return nil
}

// Do sends a signed request to any path of the API, for what has no method
// here. The path is below the endpoint, begins with a slash, is escaped already
// and may hold a query. One that begins with /v1/ or /v2/ takes the place of the
// endpoint's version: /v2/iam/resource is of API v2 (facts 1.1). The body is in as JSON, or none where in is nil; the
// answer takes the place of what out points to, or is dropped where out is nil.
// One without a body leaves that alone, one that cannot be read makes it zero.
func (c *Client) Do(ctx context.Context, method, path string, in, out any) error {
	if method == "" || path == "" {
		return &lb.Error{Code: lb.ErrInvalid, Provider: providerName, Op: "do", Message: "a method and a path are needed"}
	}
	path, whole := versioned(c.endpoint, path)
	_, err := c.rest.Do(ctx, rest.Call{
		Op:             "do",
		Method:         strings.ToUpper(method),
		Path:           path,
		Whole:          whole,
		In:             in,
		Out:            out,
		OptionalAnswer: true,
	})
	return err
}

// versioned is path in the place of the endpoint's own version, where it names one.
func versioned(endpoint Endpoint, path string) (_ string, whole bool) {
	base, err := url.Parse(string(canonical(endpoint)))
	if err != nil || !strings.HasPrefix(path, "/v1/") && !strings.HasPrefix(path, "/v2/") {
		return path, false
	}
	above, isVersion := strings.CutSuffix(base.EscapedPath(), "/v1")
	if !isVersion {
		return path, false
	}
	return above + path, true
}

// String names the endpoint. Nothing that prints a Client shows its
// credentials.
func (c *Client) String() string { return fmt.Sprintf("ovh.Client(%s)", c.endpoint) }

// Format writes what String returns, whatever the verb and its flags.
func (c *Client) Format(f fmt.State, _ rune) { printName(f, c) }

// LogValue is what String returns.
func (c *Client) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalText gives what String returns.
func (c *Client) MarshalText() ([]byte, error) { return []byte(c.String()), nil }
