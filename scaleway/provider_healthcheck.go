package scaleway

import (
	"cmp"

	"github.com/lbkit/lbkit/lb"
)

// unknownCheck is the type of a check of a kind that this version does not know.
const unknownCheck = lb.CheckType(providerName + ".unknown")

// checkModel is a check with what it points to: see backendModel.
type checkModel struct {
	lb.HealthCheck

	request lb.HTTPCheck
	status  [1]int
	options HealthCheckOptions
}

// neutralCheck is a backend's check in the words of the contract. Its port is 0
// where it is the backend's.
func neutralCheck(b *Backend) *lb.HealthCheck { return new(checkModel).read(b) }

func (m *checkModel) read(b *Backend) *lb.HealthCheck {
	h, check := &b.HealthCheck, &m.HealthCheck
	m.options = HealthCheckOptions{SendProxy: h.CheckSendProxy, TransientDelay: neutralTransient(h)}
	*check = lb.HealthCheck{
		Type:               unknownCheck,
		Interval:           lb.Duration(h.CheckDelay.Duration()),
		Timeout:            lb.Duration(h.CheckTimeout.Duration()),
		UnhealthyThreshold: h.CheckMaxRetries,
		Extensions:         lb.Extend(&m.options),
	}
	if h.Port != b.ForwardPort {
		check.Port = portNumber(h.Port)
	}
	switch {
	case h.HTTPConfig != nil:
		check.Type = lb.CheckHTTP
		check.HTTP = m.neutralRequest(h.HTTPConfig.Method, h.HTTPConfig.HostHeader, h.HTTPConfig.URI, h.HTTPConfig.Code)
	case h.HTTPSConfig != nil:
		check.Type = lb.CheckHTTPS
		check.HTTP = m.neutralRequest(h.HTTPSConfig.Method, h.HTTPSConfig.HostHeader, h.HTTPSConfig.URI, h.HTTPSConfig.Code)
		check.HTTP.SNI = h.HTTPSConfig.SNI
	case h.MySQLConfig != nil:
		check.Type, check.User = lb.CheckMySQL, h.MySQLConfig.User
	case h.PgSQLConfig != nil:
		check.Type, check.User = lb.CheckPgSQL, h.PgSQLConfig.User
	case h.RedisConfig != nil:
		check.Type = lb.CheckRedis
	case h.LDAPConfig != nil:
		check.Type = lb.CheckLDAP
	case h.TCPConfig != nil:
		check.Type = lb.CheckTCP
	}
	return check
}

// neutralTransient is 0 for the default, whether said or not.
func neutralTransient(h *HealthCheck) lb.Duration {
	delay := lb.Duration(content(h.TransientCheckDelay))
	if delay == defaultTransientDelay {
		return 0
	}
	return delay
}

func (m *checkModel) neutralRequest(method, host, path string, code *int) *lb.HTTPCheck {
	m.request = lb.HTTPCheck{Method: method, Host: host, Path: path}
	if code != nil {
		m.request.Status = append(m.status[:0:1], *code)
	}
	return &m.request
}

// healthCheck is the check of a canonical spec in the API's words.
func (v *wireValues) healthCheck(op string, spec lb.BackendSpec) (HealthCheck, error) {
	c := spec.HealthCheck
	o, _, err := lb.ExtensionOf[HealthCheckOptions](c.Extensions)
	if err != nil {
		return HealthCheck{}, misfit(op, lb.KindBackend, "", "healthCheck."+extensionPath, "%v", err)
	}
	v.transient = Duration(cmp.Or(o.TransientDelay, defaultTransientDelay))
	h := HealthCheck{
		Port:                checkPort(spec),
		CheckDelay:          millis(c.Interval),
		CheckTimeout:        millis(c.Timeout),
		CheckMaxRetries:     c.UnhealthyThreshold,
		CheckSendProxy:      o.SendProxy,
		TransientCheckDelay: &v.transient,
	}
	switch c.Type {
	case lb.CheckHTTP:
		h.HTTPConfig = v.wireRequest(c.HTTP)
	case lb.CheckHTTPS:
		r := v.wireRequest(c.HTTP)
		h.HTTPSConfig = &HealthCheckHTTPSConfig{
			URI: r.URI, Method: r.Method, Code: r.Code, HostHeader: r.HostHeader, SNI: c.HTTP.SNI,
		}
	case lb.CheckMySQL:
		h.MySQLConfig = &HealthCheckMySQLConfig{User: c.User}
	case lb.CheckPgSQL:
		h.PgSQLConfig = &HealthCheckPgSQLConfig{User: c.User}
	case lb.CheckRedis:
		h.RedisConfig = &HealthCheckRedisConfig{}
	case lb.CheckLDAP:
		h.LDAPConfig = &HealthCheckLDAPConfig{}
	case lb.CheckTCP:
		h.TCPConfig = &HealthCheckTCPConfig{}
	default: // the dialect lets nothing pass that is not live
	}
	return h, nil
}

func (v *wireValues) wireRequest(r *lb.HTTPCheck) *HealthCheckHTTPConfig {
	v.request = HealthCheckHTTPConfig{URI: r.Path, Method: r.Method, HostHeader: r.Host}
	if len(r.Status) > 0 {
		v.request.Code = &r.Status[0]
	}
	return &v.request
}
