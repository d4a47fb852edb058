package scaleway

// Enums are open: a value that this version does not know decodes, is kept as it
// came, and reports false from Known.

// LBStatus is how far the API is with a load balancer as a whole. Changes of its
// configuration do not move it: they show in the instances' status (facts 11).
type LBStatus string

// The statuses of a load balancer. Ready, stopped, error and locked are final.
const (
	LBStatusUnknown   LBStatus = "unknown"
	LBStatusReady     LBStatus = "ready"
	LBStatusPending   LBStatus = "pending" // before 2022: to_create to deleting
	LBStatusStopped   LBStatus = "stopped"
	LBStatusError     LBStatus = "error"
	LBStatusLocked    LBStatus = "locked"
	LBStatusMigrating LBStatus = "migrating"
	LBStatusToCreate  LBStatus = "to_create"
	LBStatusCreating  LBStatus = "creating"
	LBStatusToDelete  LBStatus = "to_delete"
	LBStatusDeleting  LBStatus = "deleting"
)

// Known reports whether s is one of the constants of its type.
func (s LBStatus) Known() bool {
	switch s {
	case LBStatusUnknown, LBStatusReady, LBStatusPending, LBStatusStopped, LBStatusError, LBStatusLocked,
		LBStatusMigrating, LBStatusToCreate, LBStatusCreating, LBStatusToDelete, LBStatusDeleting:
		return true
	default:
		return false
	}
}

// InstanceStatus says whether an instance runs what is configured. It is pending
// for about a second after a change (facts 11).
type InstanceStatus string

// The statuses of an instance.
const (
	InstanceStatusUnknown   InstanceStatus = "unknown"
	InstanceStatusReady     InstanceStatus = "ready"
	InstanceStatusPending   InstanceStatus = "pending"
	InstanceStatusStopped   InstanceStatus = "stopped"
	InstanceStatusError     InstanceStatus = "error"
	InstanceStatusLocked    InstanceStatus = "locked"
	InstanceStatusMigrating InstanceStatus = "migrating"
)

// Known reports whether s is one of the constants of its type.
func (s InstanceStatus) Known() bool {
	switch s {
	case InstanceStatusUnknown, InstanceStatusReady, InstanceStatusPending, InstanceStatusStopped,
		InstanceStatusError, InstanceStatusLocked, InstanceStatusMigrating:
		return true
	default:
		return false
	}
}

// SSLCompatibilityLevel chooses the TLS versions and ciphers of a load balancer.
// Unknown is stored as intermediate (facts 8).
type SSLCompatibilityLevel string

// The TLS levels.
const (
	SSLCompatibilityLevelUnknown      SSLCompatibilityLevel = "ssl_compatibility_level_unknown"
	SSLCompatibilityLevelIntermediate SSLCompatibilityLevel = "ssl_compatibility_level_intermediate"
	SSLCompatibilityLevelModern       SSLCompatibilityLevel = "ssl_compatibility_level_modern"
	SSLCompatibilityLevelOld          SSLCompatibilityLevel = "ssl_compatibility_level_old"
)

// Known reports whether l is one of the constants of its type.
func (l SSLCompatibilityLevel) Known() bool {
	switch l {
	case SSLCompatibilityLevelUnknown, SSLCompatibilityLevelIntermediate, SSLCompatibilityLevelModern, SSLCompatibilityLevelOld:
		return true
	default:
		return false
	}
}

// IPType selects addresses by family in a list.
type IPType string

// The families of addresses.
const (
	IPTypeAll  IPType = "all"
	IPTypeIPv4 IPType = "ipv4"
	IPTypeIPv6 IPType = "ipv6"
)

// Known reports whether t is one of the constants of its type.
func (t IPType) Known() bool {
	switch t {
	case IPTypeAll, IPTypeIPv4, IPTypeIPv6:
		return true
	default:
		return false
	}
}

// OrderBy is the order of a list. Where it is empty the API sorts by creation,
// the oldest first. Lists of routes and of private networks have no names to
// sort by.
type OrderBy string

// The orders of lists.
const (
	OrderByCreatedAtAsc  OrderBy = "created_at_asc"
	OrderByCreatedAtDesc OrderBy = "created_at_desc"
	OrderByNameAsc       OrderBy = "name_asc"
	OrderByNameDesc      OrderBy = "name_desc"
)

// Known reports whether o is one of the constants of its type.
func (o OrderBy) Known() bool {
	switch o {
	case OrderByCreatedAtAsc, OrderByCreatedAtDesc, OrderByNameAsc, OrderByNameDesc:
		return true
	default:
		return false
	}
}

// PrivateNetworkStatus is how far an attachment to a private network is. Ready
// and error are final.
type PrivateNetworkStatus string

// The statuses of an attachment.
const (
	PrivateNetworkStatusUnknown PrivateNetworkStatus = "unknown"
	PrivateNetworkStatusReady   PrivateNetworkStatus = "ready"
	PrivateNetworkStatusPending PrivateNetworkStatus = "pending"
	PrivateNetworkStatusError   PrivateNetworkStatus = "error"
)

// Known reports whether s is one of the constants of its type.
func (s PrivateNetworkStatus) Known() bool {
	switch s {
	case PrivateNetworkStatusUnknown, PrivateNetworkStatusReady, PrivateNetworkStatusPending, PrivateNetworkStatusError:
		return true
	default:
		return false
	}
}

// CertificateStatus is how far a certificate is. Ready and error are final.
type CertificateStatus string

// The statuses of a certificate.
const (
	CertificateStatusPending CertificateStatus = "pending"
	CertificateStatusReady   CertificateStatus = "ready"
	CertificateStatusError   CertificateStatus = "error"
)

// Known reports whether s is one of the constants of its type.
func (s CertificateStatus) Known() bool {
	switch s {
	case CertificateStatusPending, CertificateStatusReady, CertificateStatusError:
		return true
	default:
		return false
	}
}

// CertificateType is where a certificate comes from. Let's Encrypt has two
// spellings (see [Certificate.Letsencrypt]).
type CertificateType string

// The types of certificates. CertificateTypeLetsencryt is the API's spelling
// until January 2026 (facts 8).
const (
	CertificateTypeLetsencrypt CertificateType = "letsencrypt"
	CertificateTypeLetsencryt  CertificateType = "letsencryt"
	CertificateTypeCustom      CertificateType = "custom"
)

// Known reports whether t is one of the constants of its type.
func (t CertificateType) Known() bool {
	switch t {
	case CertificateTypeLetsencrypt, CertificateTypeLetsencryt, CertificateTypeCustom:
		return true
	default:
		return false
	}
}

// LBTypeStock says whether load balancers of an offer can be had.
type LBTypeStock string

// The states of stock.
const (
	LBTypeStockUnknown    LBTypeStock = "unknown"
	LBTypeStockLow        LBTypeStock = "low_stock"
	LBTypeStockOutOfStock LBTypeStock = "out_of_stock"
	LBTypeStockAvailable  LBTypeStock = "available"
)

// Known reports whether s is one of the constants of its type.
func (s LBTypeStock) Known() bool {
	switch s {
	case LBTypeStockUnknown, LBTypeStockLow, LBTypeStockOutOfStock, LBTypeStockAvailable:
		return true
	default:
		return false
	}
}
