package ovh

import (
	"cmp"
	"time"

	"github.com/lbkit/lbkit/lb"
)

// checkOf is a farm's probe as a health check. A farm without one has the default
// probe, tcp, where servers ask to be probed (facts 5.4).
func checkOf(r *reading, p *Probe, members []*server) *lb.HealthCheck {
	if p == nil {
		if !probed(members) {
			return nil
		}
		p = &Probe{}
	}
	check := &lb.HealthCheck{
		Type:               lb.CheckType(cmp.Or(p.Type, ProbeTypeTCP)),
		Port:               r.port("probe.port", &p.Port),
		Interval:           lb.Duration(time.Duration(p.Interval) * time.Second),
		UnhealthyThreshold: failuresInARow,
	}
	if p.Interval == 0 {
		check.Interval = defaultInterval
	}
	var options HealthCheckOptions
	switch {
	case !p.ForceSSL:
	case check.Type == lb.CheckHTTP:
		check.Type = lb.CheckHTTPS
	default:
		options.ForceTLS = true
	}
	if webCheck(check.Type) {
		check.HTTP = &lb.HTTPCheck{Method: string(cmp.Or(p.Method, ProbeMethodGet))}
		setCheckURL(check, &options, cmp.Or(p.URL, defaultCheckPath))
	}
	setAnswer(check, &options, p)
	check.Extensions = lb.Extend(options)
	return check
}

func setCheckURL(check *lb.HealthCheck, options *HealthCheckOptions, text string) {
	host, path, ok := splitCheckURL(check.Type, text)
	if !ok {
		options.URL = text
		return
	}
	check.HTTP.Host, check.HTTP.Path = host, path
}

func setAnswer(check *lb.HealthCheck, options *HealthCheckOptions, p *Probe) {
	answer := answerOf(check.Type, p.Match, p.Pattern, p.Negate)
	if answer.raw {
		options.Match, options.Pattern, options.Negate = string(p.Match), p.Pattern, p.Negate
		return
	}
	check.Expect = answer.expect
	if answer.status != nil {
		check.HTTP.Status, options.NegateStatus = answer.status, answer.negateStatus
	}
}

// probe is the inverse of checkOf, of a canonical check. Whatever has a default is
// said.
func (f *findings) probe(check *lb.HealthCheck) *Probe {
	if check == nil {
		return nil
	}
	options := optionsOf[HealthCheckOptions](f, "healthCheck.extensions."+providerName, check.Extensions)
	p := &Probe{
		Type:     ProbeType(check.Type),
		Interval: int(time.Duration(check.Interval) / time.Second),
		Port:     int(check.Port),
		ForceSSL: options.ForceTLS,
		Match:    ProbeMatchDefault,
	}
	if check.Type == lb.CheckHTTPS {
		p.Type, p.ForceSSL = ProbeTypeHTTP, true
	}
	if http := check.HTTP; http != nil {
		p.Method = ProbeMethod(http.Method)
		p.URL = cmp.Or(options.URL, joinCheckURL(check.Type, http.Host, http.Path))
		if len(http.Status) > 0 {
			p.Match, p.Pattern, p.Negate = ProbeMatchStatus, joinStatus(http.Status), options.NegateStatus
		}
	}
	if expect := check.Expect; expect != nil {
		p.Match, p.Pattern, p.Negate = ProbeMatchContains, expect.Contains, expect.Negate
		if expect.Regex != "" {
			p.Match, p.Pattern = ProbeMatchMatches, expect.Regex
		}
	}
	if options.Match != "" || options.Pattern != "" || options.Negate {
		p.Match, p.Pattern, p.Negate = ProbeMatch(options.Match), options.Pattern, options.Negate
	}
	return p
}
