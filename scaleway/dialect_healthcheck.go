package scaleway

import (
	"strings"
	"time"

	"github.com/lbkit/lbkit/lb"
)

// What Scaleway's check does where nothing is said: the first two by its schema,
// the third by its console, since the API requires it (facts 13).
const (
	defaultCheckDelay   = 3 * time.Second
	defaultCheckTimeout = time.Second
	defaultCheckRetries = 3
	defaultCheckMethod  = "GET"
	defaultCheckPath    = "/"
)

// defaultTransientDelay is what a check has that was never told (facts 8). It is
// sent where it is meant: a PUT that leaves it out may keep what was there.
const defaultTransientDelay = lb.Duration(500 * time.Millisecond)

func (p *problems) healthCheck(c *lb.BackendSpec) {
	h := c.HealthCheck
	if h == nil {
		p.unsupported("backend.healthCheck.unset", "healthCheck", nil, "Scaleway checks the servers of every backend")
		return
	}
	if h.Type == "" {
		h.Type = lb.CheckTCP // facts 8: what a check without a kind becomes
	}
	p.oneOf("backend.healthCheck.type", "healthCheck.type", string(h.Type))
	if h.Port == c.Port {
		h.Port = 0
	}
	p.checkPace(h)
	p.checkUser(h)
	p.checkHTTP(h)
	p.checkExpect(h)
	p.checkOptions(c.ProxyProtocol, h)
}

func (p *problems) checkPace(h *lb.HealthCheck) {
	if h.Interval == 0 {
		h.Interval = lb.Duration(defaultCheckDelay)
	}
	if h.Timeout == 0 {
		h.Timeout = lb.Duration(defaultCheckTimeout)
	}
	if h.UnhealthyThreshold == 0 {
		h.UnhealthyThreshold = defaultCheckRetries
	}
	p.duration("healthCheck.interval", h.Interval, minCheckDelay, maxTimeout)
	p.duration("healthCheck.timeout", h.Timeout, minCheckTimeout, maxTimeout)
	p.number("healthCheck.unhealthyThreshold", int64(h.UnhealthyThreshold), 1, maxCheckRetries)
}

func (p *problems) checkUser(h *lb.HealthCheck) {
	const path = "healthCheck.user"
	switch h.Type {
	case lb.CheckMySQL, lb.CheckPgSQL:
		p.required("backend.healthCheck.user", path, h.User)
		p.text(path, h.User)
	default:
		if h.User != "" {
			p.invalid(path, "%q: a check of type %s has no user", h.User, h.Type)
		}
	}
}

func (p *problems) checkHTTP(h *lb.HealthCheck) {
	const path = "healthCheck.http"
	switch h.Type {
	case lb.CheckHTTP, lb.CheckHTTPS:
	default:
		if h.HTTP != nil && asksSomething(h.HTTP) {
			p.invalid(path, "a check of type %s makes no request", h.Type)
			return
		}
		h.HTTP = nil
		return
	}
	if h.HTTP == nil {
		h.HTTP = &lb.HTTPCheck{}
	}
	r := h.HTTP
	if r.Method == "" {
		r.Method = defaultCheckMethod
	}
	if r.Path == "" {
		r.Path = defaultCheckPath
	}
	p.oneOf("backend.healthCheck.http.method", path+".method", r.Method)
	p.word(path+".host", r.Host)
	p.checkPath(path+".path", r.Path)
	p.checkStatus(path+".status", r.Status)
	p.word(path+".sni", r.SNI)
	if r.SNI != "" && h.Type != lb.CheckHTTPS {
		p.invalid(path+".sni", "%q: a check of type %s has no TLS", r.SNI, h.Type)
	}
}

func asksSomething(r *lb.HTTPCheck) bool {
	return r.Method != "" || r.Host != "" || r.Path != "" || len(r.Status) > 0 || r.SNI != ""
}

// checkPath lets whole URLs pass, as the API does (facts 8).
func (p *problems) checkPath(path, value string) {
	p.word(path, value)
	if !strings.HasPrefix(value, "/") && !strings.HasPrefix(value, "http://") && !strings.HasPrefix(value, "https://") {
		p.invalid(path, "%q: must begin with a slash", value)
	}
}

func (p *problems) checkStatus(path string, codes []int) {
	for _, code := range codes {
		p.number(path, int64(code), 100, 599)
	}
	if len(codes) > 1 {
		p.unsupported("backend.healthCheck.http.status.several", path, codes, "Scaleway expects one status")
	}
}

func (p *problems) checkExpect(h *lb.HealthCheck) {
	const path = "healthCheck.expect"
	e := h.Expect
	if e == nil {
		return
	}
	if *e == (lb.Expect{}) { // expects nothing
		h.Expect = nil
		return
	}
	p.refused("backend.healthCheck.expect.contains", path+".contains", e.Contains, e.Contains != "")
	p.refused("backend.healthCheck.expect.regex", path+".regex", e.Regex, e.Regex != "")
	p.refused("backend.healthCheck.expect.negate", path+".negate", e.Negate, e.Negate)
}

func (p *problems) checkOptions(proxy lb.ProxyProtocol, h *lb.HealthCheck) {
	if h.Extensions.IsZero() {
		return
	}
	const path = "healthCheck." + extensionPath
	o, ok := extensionOf[HealthCheckOptions](p, path, h.Extensions)
	if !ok {
		return
	}
	if o.SendProxy && proxy == "" {
		p.invalid(path+".sendProxy", "the backend has no proxyProtocol")
	}
	p.duration(path+".transientDelay", o.TransientDelay, minTransient, maxTransient)
	if o.TransientDelay == defaultTransientDelay {
		o.TransientDelay = 0
	}
	h.Extensions = lb.Extend(o)
}
