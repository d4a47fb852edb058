package dialect

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/lbkit/lbkit/internal/pattern"
	"github.com/lbkit/lbkit/lb"
)

// check is what a health check does where its spec does not say.
func (r Rules) check() lb.HealthCheck {
	return lb.HealthCheck{
		Type:               cmp.Or(r.Check.Type, lb.CheckTCP),
		Interval:           cmp.Or(r.Check.Interval, lb.Duration(5*time.Second)),
		Timeout:            cmp.Or(r.Check.Timeout, lb.Duration(time.Second)),
		UnhealthyThreshold: cmp.Or(r.Check.UnhealthyThreshold, 3),
	}
}

func (f *findings) healthCheck(backend lb.BackendSpec) *lb.HealthCheck {
	const at = "healthCheck."
	spec := backend.HealthCheck
	if !f.group("healthCheck", spec != nil) {
		return lb.Clone(backend).HealthCheck
	}
	out := lb.Clone(backend).HealthCheck
	if backend.Protocol == lb.ProtocolUDP {
		f.invalid("healthCheck", "a UDP backend cannot be checked")
	}
	f.enum(at+"type", spec.Type)
	out.Type = fill(f, at+"type", spec.Type, f.rules.check().Type)
	f.port(at+"port", spec.Port)
	f.narrow("backend.healthCheck.port.oco", spec.Port != 0 && spec.Type == lb.CheckOCO, at+"port", spec.Port, "an oco check has a port of its own")
	out.Interval = f.interval(at+"interval", spec.Interval)
	f.duration(at+"timeout", spec.Timeout)
	if out.Timeout == 0 && f.supports(f.feature(at+"timeout")) {
		out.Timeout = f.rules.check().Timeout
	}
	f.number(at+"unhealthyThreshold", spec.UnhealthyThreshold)
	if out.UnhealthyThreshold == 0 {
		out.UnhealthyThreshold = f.threshold(at + "unhealthyThreshold")
	}
	f.checkUser(at+"user", out)
	out.HTTP = f.checkRequest(out)
	f.expect(out)
	out.Extensions = f.extensions(at+"extensions", spec.Extensions)
	return out
}

func (f *findings) interval(path string, d lb.Duration) lb.Duration {
	limits := f.rules.Capabilities.Limits
	if d == 0 && f.supports(f.feature(path)) {
		d = max(f.rules.check().Interval, limits.MinCheckInterval)
		if limits.MaxCheckInterval > 0 {
			d = min(d, limits.MaxCheckInterval)
		}
		return d
	}
	f.duration(path, d)
	switch {
	case d > 0 && d < limits.MinCheckInterval:
		f.invalid(path, "%s is below %s", d, limits.MinCheckInterval)
	case limits.MaxCheckInterval > 0 && d > limits.MaxCheckInterval:
		f.invalid(path, "%s is above %s", d, limits.MaxCheckInterval)
	}
	return d
}

// threshold is the default, or the only value where there is but one.
func (f *findings) threshold(path string) int {
	s, _ := f.support(f.feature(path))
	if !s.Supported {
		return 0
	}
	for _, value := range s.Values {
		var n int
		if _, err := fmt.Sscan(value, &n); err == nil {
			return n
		}
	}
	return f.rules.check().UnhealthyThreshold
}

func (f *findings) checkUser(path string, check *lb.HealthCheck) {
	switch {
	case check.Type == lb.CheckMySQL || check.Type == lb.CheckPgSQL:
		if f.leaf(path, check.User) {
			f.text(path, check.User)
		}
	case check.User != "" && f.leaf(path, check.User):
		f.invalid(path, "a check of type %s has no user", check.Type)
	}
}

// checkRequest is what an HTTP check asks for, defaults filled in.
func (f *findings) checkRequest(check *lb.HealthCheck) *lb.HTTPCheck {
	const at = "healthCheck.http"
	spec, web := check.HTTP, check.Type == lb.CheckHTTP || check.Type == lb.CheckHTTPS
	if !web {
		if spec != nil && f.group(at, true) {
			f.invalid(at, "needs type http or https")
		}
		return spec
	}
	if spec == nil {
		f.group(at, false)
		spec = &lb.HTTPCheck{}
	}
	if !f.group(at, true) {
		return spec
	}
	out := *spec
	if f.leaf(at+".method", spec.Method) && !isToken(spec.Method) {
		f.invalid(at+".method", "%q is not a method", spec.Method)
	}
	out.Method = fill(f, at+".method", spec.Method, "GET")
	if f.leaf(at+".host", spec.Host) && (strings.ContainsAny(spec.Host, "/?#@") || strings.ContainsFunc(spec.Host, isBlank)) {
		f.invalid(at+".host", "%q is not a host", spec.Host)
	}
	if f.leaf(at+".path", spec.Path) && (spec.Path[0] != '/' || strings.ContainsFunc(spec.Path, isBlank)) {
		f.invalid(at+".path", "%q is not a path", spec.Path)
	}
	out.Path = fill(f, at+".path", spec.Path, "/")
	out.Status = f.checkStatus(at+".status", spec.Status)
	if f.leaf(at+".sni", spec.SNI) {
		f.word(at+".sni", spec.SNI)
		if check.Type != lb.CheckHTTPS {
			f.invalid(at+".sni", "needs type https")
		}
	}
	return &out
}

func (f *findings) checkStatus(path string, all []int) []int {
	f.leaf(path, all)
	for _, status := range all {
		if !isStatus(status) {
			f.invalid(path, "%d is not an HTTP status", status)
		}
	}
	out := slices.Compact(slices.Sorted(slices.Values(all)))
	f.narrow("backend.healthCheck.http.status.several", len(out) > 1, path, out, "a check expects one status")
	return out
}

func isStatus(code int) bool { return code >= 100 && code <= 599 }

func (f *findings) expect(check *lb.HealthCheck) {
	const at = "healthCheck.expect"
	e := check.Expect
	if !f.group(at, e != nil) {
		return
	}
	f.leaf(at+".contains", e.Contains)
	if f.leaf(at+".regex", e.Regex) {
		if fault := pattern.Fault(e.Regex); fault != "" {
			f.invalid(at+".regex", "%s", fault)
		}
	}
	f.leaf(at+".negate", e.Negate)
	if e.Contains == "" && e.Regex == "" {
		f.invalid(at, "nothing is expected")
	}
	text := check.Type == lb.CheckTCP || check.Type == lb.CheckHTTP || check.Type == lb.CheckHTTPS
	f.narrow("backend.healthCheck.expect.otherTypes", !text, at, string(check.Type), "answers of such checks are not looked into")
	f.narrow("backend.healthCheck.expect.containsAndRegex", e.Contains != "" && e.Regex != "", at, nil, "an answer is searched for one text, or one pattern")
	f.narrow("backend.healthCheck.expect.withStatus", check.HTTP != nil && len(check.HTTP.Status) > 0, at, nil, "an answer is searched for status codes, or for a text")
}
