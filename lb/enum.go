package lb

// Every enum is an open string: a value that this version of the package does not
// know decodes, survives a round trip unchanged and reports false from Known.

// Provisioning is how far a provider is with making a thing what it should be.
// ProvisioningUnknown stands for a state that the provider does not tell.
type Provisioning string

// The provisioning states.
const (
	ProvisioningPending   Provisioning = "pending"
	ProvisioningReady     Provisioning = "ready"
	ProvisioningUpdating  Provisioning = "updating"
	ProvisioningError     Provisioning = "error"
	ProvisioningSuspended Provisioning = "suspended"
	ProvisioningDeleting  Provisioning = "deleting"
	ProvisioningUnknown   Provisioning = "unknown"
)

// Known reports whether p is one of the constants of its type.
func (p Provisioning) Known() bool {
	switch p {
	case ProvisioningPending, ProvisioningReady, ProvisioningUpdating, ProvisioningError,
		ProvisioningSuspended, ProvisioningDeleting, ProvisioningUnknown:
		return true
	default:
		return false
	}
}

// Health says whether a thing serves traffic. HealthUnknown is a state that
// nobody has looked at yet or that the provider does not tell.
type Health string

// The health states.
const (
	HealthHealthy  Health = "healthy"
	HealthDegraded Health = "degraded"
	HealthDown     Health = "down"
	HealthUnknown  Health = "unknown"
)

// Known reports whether h is one of the constants of its type.
func (h Health) Known() bool {
	switch h {
	case HealthHealthy, HealthDegraded, HealthDown, HealthUnknown:
		return true
	default:
		return false
	}
}

// OperationStatus is how far an operation is. Done, failed and cancelled are
// final.
type OperationStatus string

// The states of an operation.
const (
	OperationPending   OperationStatus = "pending"
	OperationRunning   OperationStatus = "running"
	OperationDone      OperationStatus = "done"
	OperationFailed    OperationStatus = "failed"
	OperationCancelled OperationStatus = "cancelled"
	OperationUnknown   OperationStatus = "unknown"
)

// Known reports whether s is one of the constants of its type.
func (s OperationStatus) Known() bool {
	switch s {
	case OperationPending, OperationRunning, OperationDone, OperationFailed,
		OperationCancelled, OperationUnknown:
		return true
	default:
		return false
	}
}

// Protocol is what a frontend or backend speaks.
type Protocol string

// The protocols.
const (
	ProtocolTCP  Protocol = "tcp"
	ProtocolHTTP Protocol = "http"
	ProtocolUDP  Protocol = "udp"
)

// Known reports whether p is one of the constants of its type.
func (p Protocol) Known() bool {
	switch p {
	case ProtocolTCP, ProtocolHTTP, ProtocolUDP:
		return true
	default:
		return false
	}
}

// Algorithm spreads traffic over servers. The zero value is the provider's
// default.
type Algorithm string

// The algorithms.
const (
	AlgorithmRoundRobin Algorithm = "roundrobin"
	AlgorithmLeastConn  Algorithm = "leastconn"
	AlgorithmFirst      Algorithm = "first"
	AlgorithmSource     Algorithm = "source"
	AlgorithmURI        Algorithm = "uri"
)

// Known reports whether a is one of the constants of its type, the zero value
// included.
func (a Algorithm) Known() bool {
	switch a {
	case "", AlgorithmRoundRobin, AlgorithmLeastConn, AlgorithmFirst,
		AlgorithmSource, AlgorithmURI:
		return true
	default:
		return false
	}
}

// Stickiness keeps a client on one server. The zero value is none.
type Stickiness string

// The kinds of stickiness.
const (
	StickinessCookie Stickiness = "cookie"
	StickinessSource Stickiness = "source"
)

// Known reports whether s is one of the constants of its type, the zero value
// included.
func (s Stickiness) Known() bool {
	switch s {
	case "", StickinessCookie, StickinessSource:
		return true
	default:
		return false
	}
}

// ProxyProtocol tells servers the client's address, in a header that precedes
// the connection. The zero value is none.
type ProxyProtocol string

// The versions of the PROXY protocol.
const (
	ProxyProtocolV1      ProxyProtocol = "v1"
	ProxyProtocolV2      ProxyProtocol = "v2"
	ProxyProtocolV2SSL   ProxyProtocol = "v2-ssl"
	ProxyProtocolV2SSLCN ProxyProtocol = "v2-ssl-cn"
)

// Known reports whether p is one of the constants of its type, the zero value
// included.
func (p ProxyProtocol) Known() bool {
	switch p {
	case "", ProxyProtocolV1, ProxyProtocolV2, ProxyProtocolV2SSL,
		ProxyProtocolV2SSLCN:
		return true
	default:
		return false
	}
}

// OnMarkedDown is what happens to open sessions when a server is marked down.
// The zero value is nothing.
type OnMarkedDown string

// OnMarkedDownShutdownSessions closes them.
const OnMarkedDownShutdownSessions OnMarkedDown = "shutdown-sessions"

// Known reports whether o is one of the constants of its type, the zero value
// included.
func (o OnMarkedDown) Known() bool {
	switch o {
	case "", OnMarkedDownShutdownSessions:
		return true
	default:
		return false
	}
}

// CheckType is how a health check talks to a server.
type CheckType string

// The types of health checks.
const (
	CheckTCP   CheckType = "tcp"
	CheckHTTP  CheckType = "http"
	CheckHTTPS CheckType = "https"
	CheckMySQL CheckType = "mysql"
	CheckPgSQL CheckType = "pgsql"
	CheckRedis CheckType = "redis"
	CheckLDAP  CheckType = "ldap"
	CheckSMTP  CheckType = "smtp"
	CheckOCO   CheckType = "oco"
)

// Known reports whether t is one of the constants of its type.
func (t CheckType) Known() bool {
	switch t {
	case CheckTCP, CheckHTTP, CheckHTTPS, CheckMySQL,
		CheckPgSQL, CheckRedis, CheckLDAP, CheckSMTP,
		CheckOCO:
		return true
	default:
		return false
	}
}

// TLSPolicy is the set of TLS versions and ciphers offered to clients, after
// Mozilla's levels. The zero value is the provider's default.
type TLSPolicy string

// The TLS policies.
const (
	TLSPolicyModern       TLSPolicy = "modern"
	TLSPolicyIntermediate TLSPolicy = "intermediate"
	TLSPolicyLegacy       TLSPolicy = "legacy"
)

// Known reports whether p is one of the constants of its type, the zero value
// included.
func (p TLSPolicy) Known() bool {
	switch p {
	case "", TLSPolicyModern, TLSPolicyIntermediate, TLSPolicyLegacy:
		return true
	default:
		return false
	}
}

// TLSVerify is how a server's certificate is verified. It has no default, since
// the clouds differ: the zero value is refused.
type TLSVerify string

// The ways to verify a server's certificate.
const (
	TLSVerifySystem TLSVerify = "system"
	TLSVerifyNone   TLSVerify = "none"
	TLSVerifyCA     TLSVerify = "ca"
)

// Known reports whether v is one of the constants of its type.
func (v TLSVerify) Known() bool {
	switch v {
	case TLSVerifySystem, TLSVerifyNone, TLSVerifyCA:
		return true
	default:
		return false
	}
}

// Field is the part of a request that a condition looks at.
type Field string

// The parts of a request.
const (
	FieldSource   Field = "source"
	FieldHost     Field = "host" // the Host header, or SNI on TCP
	FieldPath     Field = "path"
	FieldMethod   Field = "method"
	FieldHeader   Field = "header"
	FieldCookie   Field = "cookie"
	FieldParam    Field = "param"
	FieldProtocol Field = "protocol" // http, https, tcp, tls or h2
)

// Known reports whether f is one of the constants of its type.
func (f Field) Known() bool {
	switch f {
	case FieldSource, FieldHost, FieldPath, FieldMethod,
		FieldHeader, FieldCookie, FieldParam, FieldProtocol:
		return true
	default:
		return false
	}
}

// MatchOp is how a condition compares. The zero value is equal.
type MatchOp string

// The comparisons other than equal.
const (
	MatchPrefix   MatchOp = "prefix"
	MatchSuffix   MatchOp = "suffix"
	MatchContains MatchOp = "contains"
	MatchRegex    MatchOp = "regex"
	MatchExists   MatchOp = "exists"
)

// Known reports whether o is one of the constants of its type, the zero value
// included.
func (o MatchOp) Known() bool {
	switch o {
	case "", MatchPrefix, MatchSuffix, MatchContains,
		MatchRegex, MatchExists:
		return true
	default:
		return false
	}
}

// FilterAction is what a filter does with what it matches.
type FilterAction string

// The actions of filters.
const (
	FilterAllow    FilterAction = "allow"
	FilterDeny     FilterAction = "deny"
	FilterRedirect FilterAction = "redirect"
)

// Known reports whether a is one of the constants of its type.
func (a FilterAction) Known() bool {
	switch a {
	case FilterAllow, FilterDeny, FilterRedirect:
		return true
	default:
		return false
	}
}

// CertificateSource is where a certificate came from.
type CertificateSource string

// The sources of certificates.
const (
	CertificateUploaded CertificateSource = "uploaded"
	CertificateManaged  CertificateSource = "managed"
)

// Known reports whether s is one of the constants of its type.
func (s CertificateSource) Known() bool {
	switch s {
	case CertificateUploaded, CertificateManaged:
		return true
	default:
		return false
	}
}
