package ovh

// Every enum is an open string: a value that this version of the package does
// not know decodes, survives a round trip unchanged and reports false from
// Known. So do the values that are for OVH's own use.

// AllZones is the zone of objects that are deployed in every zone of a load
// balancer.
const AllZones = "all"

// LoadBalancerState is the life of the service behind a load balancer, not the
// health of its traffic.
type LoadBalancerState string

// The states of a load balancer.
const (
	StateOK          LoadBalancerState = "ok"
	StateBlacklisted LoadBalancerState = "blacklisted"
	StateDeleted     LoadBalancerState = "deleted"
	StateFree        LoadBalancerState = "free"
	StateQuarantined LoadBalancerState = "quarantined"
	StateSuspended   LoadBalancerState = "suspended"
)

// Known reports whether l is one of the constants of its type.
func (l LoadBalancerState) Known() bool {
	switch l {
	case StateOK, StateBlacklisted, StateDeleted, StateFree, StateQuarantined, StateSuspended:
		return true
	default:
		return false
	}
}

// SSLConfiguration is the set of TLS versions and ciphers offered to clients.
// Null behaves as intermediate.
type SSLConfiguration string

// The TLS configurations.
const (
	SSLIntermediate SSLConfiguration = "intermediate"
	SSLModern       SSLConfiguration = "modern"
)

// Known reports whether s is one of the constants of its type, the zero value
// included.
func (s SSLConfiguration) Known() bool {
	switch s {
	case "", SSLIntermediate, SSLModern:
		return true
	default:
		return false
	}
}

// Balance spreads the traffic of a farm over its servers. Null is round robin;
// URI is for HTTP alone.
type Balance string

// The ways to balance.
const (
	BalanceRoundRobin Balance = "roundrobin"
	BalanceLeastConn  Balance = "leastconn"
	BalanceFirst      Balance = "first"
	BalanceSource     Balance = "source"
	BalanceURI        Balance = "uri"
)

// Known reports whether b is one of the constants of its type, the zero value
// included.
func (b Balance) Known() bool {
	switch b {
	case "", BalanceRoundRobin, BalanceLeastConn, BalanceFirst, BalanceSource, BalanceURI:
		return true
	default:
		return false
	}
}

// Stickiness keeps a client on one server. Null is none; cookie is for HTTP
// alone.
type Stickiness string

// The kinds of stickiness.
const (
	StickinessCookie   Stickiness = "cookie"
	StickinessSourceIP Stickiness = "sourceIp"
)

// Known reports whether s is one of the constants of its type, the zero value
// included.
func (s Stickiness) Known() bool {
	switch s {
	case "", StickinessCookie, StickinessSourceIP:
		return true
	default:
		return false
	}
}

// ProbeType is how a probe talks to a server. Null is TCP.
type ProbeType string

// The types of probes.
const (
	ProbeTypeTCP   ProbeType = "tcp"
	ProbeTypeHTTP  ProbeType = "http"
	ProbeTypeSMTP  ProbeType = "smtp"
	ProbeTypeMySQL ProbeType = "mysql"
	ProbeTypePgSQL ProbeType = "pgsql"
	ProbeTypeOCO   ProbeType = "oco"
)

// Known reports whether p is one of the constants of its type, the zero value
// included.
func (p ProbeType) Known() bool {
	switch p {
	case "", ProbeTypeTCP, ProbeTypeHTTP, ProbeTypeSMTP, ProbeTypeMySQL, ProbeTypePgSQL, ProbeTypeOCO:
		return true
	default:
		return false
	}
}

// ProbeMatch is what a probe looks at in an answer.
type ProbeMatch string

// What a probe can look at: its default check, a substring, a regular
// expression, or HTTP status codes.
const (
	ProbeMatchDefault  ProbeMatch = "default"
	ProbeMatchContains ProbeMatch = "contains"
	ProbeMatchMatches  ProbeMatch = "matches"
	ProbeMatchStatus   ProbeMatch = "status"
)

// Known reports whether p is one of the constants of its type, the zero value
// included.
func (p ProbeMatch) Known() bool {
	switch p {
	case "", ProbeMatchDefault, ProbeMatchContains, ProbeMatchMatches, ProbeMatchStatus:
		return true
	default:
		return false
	}
}

// ProbeMethod is the request that an HTTP probe sends.
type ProbeMethod string

// The requests of HTTP probes.
const (
	ProbeMethodGet     ProbeMethod = "GET"
	ProbeMethodHead    ProbeMethod = "HEAD"
	ProbeMethodOptions ProbeMethod = "OPTIONS"
)

// Known reports whether p is one of the constants of its type, the zero value
// included.
func (p ProbeMethod) Known() bool {
	switch p {
	case "", ProbeMethodGet, ProbeMethodHead, ProbeMethodOptions:
		return true
	default:
		return false
	}
}

// ServerStatus is the administrative switch of a server, not its health.
type ServerStatus string

// The positions of the switch.
const (
	ServerActive   ServerStatus = "active"
	ServerInactive ServerStatus = "inactive"
)

// Known reports whether s is one of the constants of its type.
func (s ServerStatus) Known() bool {
	switch s {
	case ServerActive, ServerInactive:
		return true
	default:
		return false
	}
}

// OnMarkedDown is what happens to open sessions when a server is marked down.
// Null is nothing.
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

// ProxyProtocol is the version of the PROXY protocol that a server is spoken to
// with. Null is none.
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
	case "", ProxyProtocolV1, ProxyProtocolV2, ProxyProtocolV2SSL, ProxyProtocolV2SSLCN:
		return true
	default:
		return false
	}
}

// RouteStatus is how far the API is with a route. Only ok is ready.
type RouteStatus string

// The states of a route.
const (
	RouteOK       RouteStatus = "ok"
	RouteCreating RouteStatus = "creating"
	RouteUpdating RouteStatus = "updating"
	RouteDeleting RouteStatus = "deleting"
)

// Known reports whether r is one of the constants of its type.
func (r RouteStatus) Known() bool {
	switch r {
	case RouteOK, RouteCreating, RouteUpdating, RouteDeleting:
		return true
	default:
		return false
	}
}

// RouteActionType is what a route does with what it matches. Redirect is for
// HTTP alone.
type RouteActionType string

// The actions of routes.
const (
	RouteActionFarm     RouteActionType = "farm"
	RouteActionRedirect RouteActionType = "redirect"
	RouteActionReject   RouteActionType = "reject"
)

// Known reports whether r is one of the constants of its type.
func (r RouteActionType) Known() bool {
	switch r {
	case RouteActionFarm, RouteActionRedirect, RouteActionReject:
		return true
	default:
		return false
	}
}

// RuleMatch is how a rule compares.
type RuleMatch string

// The comparisons.
const (
	RuleIs         RuleMatch = "is"
	RuleIn         RuleMatch = "in"
	RuleContains   RuleMatch = "contains"
	RuleStartsWith RuleMatch = "startswith"
	RuleEndsWith   RuleMatch = "endswith"
	RuleMatches    RuleMatch = "matches"
	RuleExists     RuleMatch = "exists"
)

// Known reports whether r is one of the constants of its type.
func (r RuleMatch) Known() bool {
	switch r {
	case RuleIs, RuleIn, RuleContains, RuleStartsWith, RuleEndsWith, RuleMatches, RuleExists:
		return true
	default:
		return false
	}
}

// TaskAction is what a task does.
type TaskAction string

// The actions of tasks.
const (
	TaskRefresh                TaskAction = "refreshIplb"
	TaskOrderFreeCertificate   TaskAction = "orderFreeCertificate"
	TaskOrderPaidCertificate   TaskAction = "orderPaidCertificate"
	TaskOrderSSL               TaskAction = "orderSsl"
	TaskInstallLoadBalancer    TaskAction = "installIplb"
	TaskInstall                TaskAction = "install"
	TaskDeploy                 TaskAction = "deployIplb"
	TaskInstallZone            TaskAction = "installZone"
	TaskRelease                TaskAction = "releaseIplb"
	TaskReleaseZone            TaskAction = "releaseIplbZone"
	TaskDelete                 TaskAction = "deleteIplb"
	TaskSuspend                TaskAction = "suspendIplb"
	TaskSuspendZone            TaskAction = "suspendZone"
	TaskReopen                 TaskAction = "reopenIplb"
	TaskVRackAttach            TaskAction = "vrackAttach"
	TaskVRackDetach            TaskAction = "vrackDetach"
	TaskSwitchToNextGeneration TaskAction = "switchToIplbNextGenerationApi"
)

// Known reports whether t is one of the constants of its type.
func (t TaskAction) Known() bool {
	switch t {
	case TaskRefresh, TaskOrderFreeCertificate, TaskOrderPaidCertificate, TaskOrderSSL,
		TaskInstallLoadBalancer, TaskInstall, TaskDeploy, TaskInstallZone, TaskRelease, TaskReleaseZone,
		TaskDelete, TaskSuspend, TaskSuspendZone, TaskReopen, TaskVRackAttach, TaskVRackDetach,
		TaskSwitchToNextGeneration:
		return true
	default:
		return false
	}
}

// TaskStatus is how far a task is. Done, error, cancelled and blocked are
// final; a blocked task stopped and needs OVH, or another action (facts 6.5).
type TaskStatus string

// The states of a task.
const (
	TaskTodo      TaskStatus = "todo"
	TaskDoing     TaskStatus = "doing"
	TaskDone      TaskStatus = "done"
	TaskError     TaskStatus = "error"
	TaskCancelled TaskStatus = "cancelled"
	TaskBlocked   TaskStatus = "blocked"
)

// Known reports whether t is one of the constants of its type.
func (t TaskStatus) Known() bool {
	switch t {
	case TaskTodo, TaskDoing, TaskDone, TaskError, TaskCancelled, TaskBlocked:
		return true
	default:
		return false
	}
}

// StatusLevel is the health of a load balancer as its status tells it.
type StatusLevel string

// The levels of health.
const (
	StatusOK      StatusLevel = "ok"
	StatusWarn    StatusLevel = "warn"
	StatusError   StatusLevel = "error"
	StatusUnknown StatusLevel = "unknown"
)

// Known reports whether s is one of the constants of its type.
func (s StatusLevel) Known() bool {
	switch s {
	case StatusOK, StatusWarn, StatusError, StatusUnknown:
		return true
	default:
		return false
	}
}

// CertificateType is where a certificate came from.
type CertificateType string

// The types of certificates: uploaded; ordered at OVH and renewed by it;
// ordered, while the domain no longer points to the load balancer (facts 6.7).
const (
	CertificateCustom         CertificateType = "custom"
	CertificateBuilt          CertificateType = "built"
	CertificateBuiltNotRouted CertificateType = "built_not_routed"
)

// Known reports whether c is one of the constants of its type, the zero value
// included.
func (c CertificateType) Known() bool {
	switch c {
	case "", CertificateCustom, CertificateBuilt, CertificateBuiltNotRouted:
		return true
	default:
		return false
	}
}
