package scaleway

// Protocol is what a backend speaks. TLS to the servers is not a protocol of its
// own but SSLBridging.
type Protocol string

// The protocols of a backend.
const (
	ProtocolTCP  Protocol = "tcp"
	ProtocolHTTP Protocol = "http"
)

// Known reports whether p is one of the constants of its type.
func (p Protocol) Known() bool {
	switch p {
	case ProtocolTCP, ProtocolHTTP:
		return true
	default:
		return false
	}
}

// ForwardPortAlgorithm is how a backend chooses a server.
type ForwardPortAlgorithm string

// The algorithms of a backend.
const (
	ForwardPortAlgorithmRoundRobin ForwardPortAlgorithm = "roundrobin"
	ForwardPortAlgorithmLeastConn  ForwardPortAlgorithm = "leastconn"
	ForwardPortAlgorithmFirst      ForwardPortAlgorithm = "first"
)

// Known reports whether a is one of the constants of its type.
func (a ForwardPortAlgorithm) Known() bool {
	switch a {
	case ForwardPortAlgorithmRoundRobin, ForwardPortAlgorithmLeastConn, ForwardPortAlgorithmFirst:
		return true
	default:
		return false
	}
}

// StickySessionsType is how a backend keeps a client on one server.
type StickySessionsType string

// The kinds of stickiness. A cookie needs ProtocolHTTP and a cookie's name; a
// table remembers the source address.
const (
	StickySessionsNone   StickySessionsType = "none"
	StickySessionsCookie StickySessionsType = "cookie"
	StickySessionsTable  StickySessionsType = "table"
)

// Known reports whether t is one of the constants of its type.
func (t StickySessionsType) Known() bool {
	switch t {
	case StickySessionsNone, StickySessionsCookie, StickySessionsTable:
		return true
	default:
		return false
	}
}

// OnMarkedDownAction is what happens to sessions on a server that goes down.
type OnMarkedDownAction string

// The actions on a server that goes down.
const (
	OnMarkedDownActionNone             OnMarkedDownAction = "on_marked_down_action_none"
	OnMarkedDownActionShutdownSessions OnMarkedDownAction = "shutdown_sessions"
)

// Known reports whether a is one of the constants of its type.
func (a OnMarkedDownAction) Known() bool {
	switch a {
	case OnMarkedDownActionNone, OnMarkedDownActionShutdownSessions:
		return true
	default:
		return false
	}
}

// ProxyProtocol is the PROXY protocol that a backend speaks to its servers.
// Unknown means none (facts 8).
type ProxyProtocol string

// The PROXY protocols.
const (
	ProxyProtocolUnknown ProxyProtocol = "proxy_protocol_unknown"
	ProxyProtocolNone    ProxyProtocol = "proxy_protocol_none"
	ProxyProtocolV1      ProxyProtocol = "proxy_protocol_v1"
	ProxyProtocolV2      ProxyProtocol = "proxy_protocol_v2"
	ProxyProtocolV2SSL   ProxyProtocol = "proxy_protocol_v2_ssl"
	ProxyProtocolV2SSLCN ProxyProtocol = "proxy_protocol_v2_ssl_cn"
)

// Known reports whether p is one of the constants of its type.
func (p ProxyProtocol) Known() bool {
	switch p {
	case ProxyProtocolUnknown, ProxyProtocolNone, ProxyProtocolV1, ProxyProtocolV2, ProxyProtocolV2SSL, ProxyProtocolV2SSLCN:
		return true
	default:
		return false
	}
}

// ServerState is what an instance makes of a server.
type ServerState string

// The states of a server.
const (
	ServerStateStopped  ServerState = "stopped"
	ServerStateStarting ServerState = "starting"
	ServerStateRunning  ServerState = "running"
	ServerStateStopping ServerState = "stopping"
)

// Known reports whether s is one of the constants of its type.
func (s ServerState) Known() bool {
	switch s {
	case ServerStateStopped, ServerStateStarting, ServerStateRunning, ServerStateStopping:
		return true
	default:
		return false
	}
}

// HealthCheckStatus is how the last check of a server ended.
type HealthCheckStatus string

// The results of a check.
const (
	HealthCheckStatusUnknown  HealthCheckStatus = "unknown"
	HealthCheckStatusNeutral  HealthCheckStatus = "neutral"
	HealthCheckStatusFailed   HealthCheckStatus = "failed"
	HealthCheckStatusPassed   HealthCheckStatus = "passed"
	HealthCheckStatusCondPass HealthCheckStatus = "condpass" // passed, but takes no new sessions
)

// Known reports whether s is one of the constants of its type.
func (s HealthCheckStatus) Known() bool {
	switch s {
	case HealthCheckStatusUnknown, HealthCheckStatusNeutral, HealthCheckStatusFailed, HealthCheckStatusPassed, HealthCheckStatusCondPass:
		return true
	default:
		return false
	}
}

// ACLActionType is what an ACL does with a request.
type ACLActionType string

// The actions of an ACL.
const (
	ACLActionTypeAllow    ACLActionType = "allow"
	ACLActionTypeDeny     ACLActionType = "deny"
	ACLActionTypeRedirect ACLActionType = "redirect"
)

// Known reports whether t is one of the constants of its type.
func (t ACLActionType) Known() bool {
	switch t {
	case ACLActionTypeAllow, ACLActionTypeDeny, ACLActionTypeRedirect:
		return true
	default:
		return false
	}
}

// RedirectType says what the target of a redirect replaces.
type RedirectType string

// The types of redirects.
const (
	RedirectTypeLocation RedirectType = "location" // the whole URL
	RedirectTypeScheme   RedirectType = "scheme"
)

// Known reports whether t is one of the constants of its type.
func (t RedirectType) Known() bool {
	switch t {
	case RedirectTypeLocation, RedirectTypeScheme:
		return true
	default:
		return false
	}
}

// ACLHTTPFilter is the part of an HTTP request that an ACL looks at.
type ACLHTTPFilter string

// The HTTP filters of an ACL.
const (
	ACLHTTPFilterNone        ACLHTTPFilter = "acl_http_filter_none"
	ACLHTTPFilterPathBegin   ACLHTTPFilter = "path_begin"
	ACLHTTPFilterPathEnd     ACLHTTPFilter = "path_end"
	ACLHTTPFilterRegex       ACLHTTPFilter = "regex"             // of the path
	ACLHTTPFilterHeaderMatch ACLHTTPFilter = "http_header_match" // of the header in HTTPFilterOption
)

// Known reports whether f is one of the constants of its type.
func (f ACLHTTPFilter) Known() bool {
	switch f {
	case ACLHTTPFilterNone, ACLHTTPFilterPathBegin, ACLHTTPFilterPathEnd, ACLHTTPFilterRegex, ACLHTTPFilterHeaderMatch:
		return true
	default:
		return false
	}
}
