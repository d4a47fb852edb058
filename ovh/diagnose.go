package ovh

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/lbkit/lbkit/lb"
)

// Diagnosis is what Diagnose has found out about a client's credentials.
type Diagnosis struct {
	Endpoint   Endpoint
	ServerTime time.Time
	// ClockSkew is how far this machine's clock is ahead of the API's, to a second
	// or two. Signatures follow the API's clock, so a skew alone breaks nothing.
	ClockSkew time.Duration
	// Details is who the client is; nil with DetailsErr.
	Details    *AuthDetails
	DetailsErr error
	// Credential is the consumer key; nil with CredentialErr, and nil alone for
	// credentials that are not keys.
	Credential    *Credential
	CredentialErr error
	// Refused are the operations of this package that no access rule of the
	// consumer key allows for any load balancer. What IAM policies refuse is not
	// among them: nothing lists that.
	Refused []Operation
	// Findings say what is wrong, and what to do about it, one sentence each.
	Findings []string
}

// OK reports whether nothing was found to be wrong.
func (d *Diagnosis) OK() bool { return len(d.Findings) == 0 }

// String is a report for a person, several lines long. It holds no secret.
func (d *Diagnosis) String() string {
	var b strings.Builder
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-12s%s\n", name, fmt.Sprintf(format, args...))
	}
	line("endpoint", "%s", d.Endpoint)
	line("clock", "%s", skewText(d.ClockSkew))
	if details := d.Details; details != nil {
		line("account", "%s, by %s", details.Account, details.Method)
	}
	if credential := d.Credential; credential != nil {
		expires := "never expires"
		if credential.Expiration != nil {
			expires = "expires " + credential.Expiration.UTC().Format(time.DateTime) + " UTC"
		}
		line("key", "%s, %s, %d rules", credential.Status, expires, len(credential.Rules))
	}
	if d.OK() {
		line("result", "nothing wrong was found")
	}
	for _, finding := range d.Findings {
		line("problem", "%s", finding)
	}
	return b.String()
}

func skewText(skew time.Duration) string {
	skew = skew.Round(time.Second)
	switch {
	case skew.Abs() <= clockSlack:
		return "in step with the API's"
	case skew > 0:
		return skew.String() + " ahead of the API's; signatures follow the API's"
	default:
		return (-skew).String() + " behind the API's; signatures follow the API's"
	}
}

// Diagnose finds out why calls are refused: it reads the API's clock, who the
// client is, and, of application keys, the consumer key's state and rules. It
// changes nothing. An error means that the API could not be asked at all; that
// it refuses the credentials is a finding.
func (c *Client) Diagnose(ctx context.Context) (*Diagnosis, error) {
	d := &Diagnosis{Endpoint: c.endpoint}
	start := time.Now()
	server, err := c.Auth.Time(ctx)
	if err != nil {
		return nil, err
	}
	d.ServerTime = server
	d.ClockSkew = start.Add(time.Since(start) / 2).Sub(server)
	d.Details, d.DetailsErr = c.Auth.Details(ctx)
	if c.applicationKey != "" {
		d.Credential, d.CredentialErr = c.Auth.CurrentCredential(ctx)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	d.find()
	return d, nil
}

// find fills in Refused and Findings.
func (d *Diagnosis) find() {
	switch {
	case d.CredentialErr != nil:
		d.explain("the consumer key cannot be read", d.CredentialErr)
	case d.DetailsErr != nil && (d.Credential == nil || !errors.Is(d.DetailsErr, lb.ErrForbidden)):
		d.explain("the account cannot be read", d.DetailsErr) // a missing rule is told with the others
	}
	switch {
	case d.Credential != nil:
		d.findState(d.Credential)
		d.findRefused(d.Credential.Rules)
	case d.Details != nil && len(d.Details.AllowedRoutes) > 0:
		d.findRefused(d.Details.AllowedRoutes)
	}
}

func (d *Diagnosis) findRefused(rules []AccessRule) {
	for _, operation := range operations {
		if !allowed(rules, operation) {
			d.Refused = append(d.Refused, operation)
		}
	}
	if n := len(d.Refused); n > 0 {
		d.Findings = append(d.Findings, fmt.Sprintf("no access rule allows %d of the %d calls of this package, %s among them; a key with AccessRules has them all",
			n, len(operations), d.Refused[0]))
	}
}

// findState looks at a consumer key that the API still knows.
func (d *Diagnosis) findState(c *Credential) {
	if c.Status != CredentialValidated {
		d.Findings = append(d.Findings, fmt.Sprintf("the consumer key is %s; only a validated one can sign: request one with Auth.RequestCredential and have its owner validate it", c.Status))
	}
	if c.Expiration != nil && !c.Expiration.After(d.ServerTime) {
		d.Findings = append(d.Findings, "the consumer key has expired; request another one with Auth.RequestCredential")
	}
	if len(c.AllowedIPs) > 0 && d.DetailsErr != nil {
		d.Findings = append(d.Findings, "the consumer key works only from "+strings.Join(c.AllowedIPs, ", "))
	}
}

// explain turns the error of a call into a finding.
func (d *Diagnosis) explain(what string, err error) {
	var own *Error
	reason := err.Error()
	switch {
	case !errors.As(err, &own):
	case own.Code == "INVALID_SIGNATURE":
		reason = "the signature is not accepted, although it follows the API's clock: the application secret or the consumer key is wrong, or belongs to another application key"
	case own.Code == "QUERY_TIME_OUT":
		reason = "the API says that the request came too late, although it follows the API's clock: look for a slow proxy on the way"
	case own.Code == "INVALID_CREDENTIAL":
		reason = "the consumer key has expired, was revoked or was never validated: request another one with Auth.RequestCredential"
	case own.Code == "NOT_CREDENTIAL":
		reason = "the consumer key has not been validated yet: its owner has to open the validation URL"
	case refusesKeys(own):
		reason = "the application key is unknown at " + string(d.Endpoint) + ": keys made on one of EU, CA and US do not work on the others"
	case errors.Is(err, lb.ErrForbidden):
		reason = "the API does not allow this call: " + own.Error()
	}
	d.Findings = append(d.Findings, what+": "+reason)
}

// allowed reports whether a rule allows operation for some value of its
// parameters.
func allowed(rules []AccessRule, operation Operation) bool {
	for _, rule := range rules {
		if strings.EqualFold(rule.Method, operation.Method) && overlap(rule.Path, operation.Path) {
			return true
		}
	}
	return false
}

// overlap reports whether a rule's path, in which "*" stands for anything, and a
// route, in which {parameters} stand for one part of a path, have a path in
// common.
func overlap(rule, route string) bool {
	for rule != "" {
		switch {
		case rule[0] == '*':
			return overlapRest(rule[1:], route)
		case route == "":
			return false
		case route[0] == '{':
			return overlapParameter(rule, route[strings.IndexByte(route, '}')+1:])
		case rule[0] != route[0]:
			return false
		}
		rule, route = rule[1:], route[1:]
	}
	return route == ""
}

// overlapRest is overlap behind a "*", which has taken none, some or all of route.
func overlapRest(rule, route string) bool {
	for {
		switch {
		case overlap(rule, route):
			return true
		case route == "":
			return false
		case route[0] == '{':
			route = route[strings.IndexByte(route, '}')+1:]
		default:
			route = route[1:]
		}
	}
}

// overlapParameter is overlap where a parameter stands for some characters of
// rule, though not for a slash.
func overlapParameter(rule, route string) bool {
	for n := 1; n <= len(rule) && rule[n-1] != '/'; n++ {
		if overlap(rule[n:], route) || (rule[n-1] == '*' && overlapRest(rule[n:], route)) {
			return true
		}
	}
	return false
}
