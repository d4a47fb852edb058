package ovh

import (
	"time"

	"github.com/lbkit/lbkit/internal/rest"
)

// Probe is the health check of a farm. It acts on the servers whose own Probe
// field is true. A field that is zero is the API's default.
type Probe struct {
	Type     ProbeType `json:"type"`     // empty: tcp
	Interval int       `json:"interval"` // seconds, 30 or more; zero: 30
	Port     int       `json:"port"`     // 1 to 49151; 0: the farm's. Of no use to oco
	// Method and URL are for type http. The API's schema and its guides disagree on
	// the default method, so name one. The URL is "[scheme://host]/path".
	Method ProbeMethod `json:"method"`
	URL    string      `json:"url"`
	// Match says what Pattern is: nothing for default, a comma list of codes for
	// status, a substring for contains, a regular expression for matches.
	Match    ProbeMatch `json:"match"`
	Pattern  string     `json:"pattern"`
	Negate   bool       `json:"negate"`   // refused without a Match
	ForceSSL bool       `json:"forceSsl"` // TLS on a port other than the farm's
}

// MarshalJSON writes every field, null for what is zero: whether the API puts a
// probe in the place of the old one or merges the two is not known (facts 6.4),
// and so it makes no difference. Negate is null without a Match, beside which the
// API refuses it even when it is false.
func (p Probe) MarshalJSON() ([]byte, error) {
	negate := &p.Negate
	if p.Match == "" {
		negate = nullIfZero(p.Negate)
	}
	return rest.Encode(struct {
		Type     *ProbeType   `json:"type"`
		Interval *int         `json:"interval"`
		Port     *int         `json:"port"`
		Method   *ProbeMethod `json:"method"`
		URL      *string      `json:"url"`
		Match    *ProbeMatch  `json:"match"`
		Pattern  *string      `json:"pattern"`
		Negate   *bool        `json:"negate"`
		ForceSSL bool         `json:"forceSsl"`
	}{
		nullIfZero(p.Type), nullIfZero(p.Interval), nullIfZero(p.Port), nullIfZero(p.Method), nullIfZero(p.URL),
		nullIfZero(p.Match), nullIfZero(p.Pattern), negate, p.ForceSSL,
	})
}

// ServerState is what one instance of a load balancer knows of a server's
// health. There is none while the server is not probed.
type ServerState struct {
	InstanceID       int64      `json:"instanceId"`
	Status           string     `json:"status"` // seen: "UP", "DOWN", "no check"
	CheckTime        *time.Time `json:"checkTime"`
	CheckStatus      string     `json:"checkStatus"`      // HAProxy's words, such as "L4OK"
	CheckCode        string     `json:"checkCode"`        // such as an HTTP status
	LastCheckContent string     `json:"lastCheckContent"` // of the probe's answer, or why there is none
}
