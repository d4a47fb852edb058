package ovh

// TerminationReason says why a service is given up.
type TerminationReason string

// The reasons that the API accepts, in its own spelling.
const (
	ReasonFeaturesDontSuitMe          TerminationReason = "FEATURES_DONT_SUIT_ME"
	ReasonLackOfPerformances          TerminationReason = "LACK_OF_PERFORMANCES"
	ReasonMigratedToAnotherOVHProduct TerminationReason = "MIGRATED_TO_ANOTHER_OVH_PRODUCT"
	ReasonMigratedToCompetitor        TerminationReason = "MIGRATED_TO_COMPETITOR"
	ReasonNotEnoughRecognition        TerminationReason = "NOT_ENOUGH_RECOGNITION"
	ReasonNotNeededAnymore            TerminationReason = "NOT_NEEDED_ANYMORE"
	ReasonNotReliable                 TerminationReason = "NOT_RELIABLE"
	ReasonNoAnswer                    TerminationReason = "NO_ANSWER"
	ReasonOther                       TerminationReason = "OTHER"
	ReasonProductDimensionDontSuitMe  TerminationReason = "PRODUCT_DIMENSION_DONT_SUIT_ME"
	ReasonProductToolsDontSuitMe      TerminationReason = "PRODUCT_TOOLS_DONT_SUIT_ME"
	ReasonTooExpensive                TerminationReason = "TOO_EXPENSIVE"
	ReasonTooHardToUse                TerminationReason = "TOO_HARD_TO_USE"
	ReasonUnsatifiedByCustomerSupport TerminationReason = "UNSATIFIED_BY_CUSTOMER_SUPPORT"
)

// Known reports whether t is one of the constants of its type.
func (t TerminationReason) Known() bool {
	switch t {
	case ReasonFeaturesDontSuitMe, ReasonLackOfPerformances, ReasonMigratedToAnotherOVHProduct,
		ReasonMigratedToCompetitor, ReasonNotEnoughRecognition, ReasonNotNeededAnymore,
		ReasonNotReliable, ReasonNoAnswer, ReasonOther, ReasonProductDimensionDontSuitMe,
		ReasonProductToolsDontSuitMe, ReasonTooExpensive, ReasonTooHardToUse,
		ReasonUnsatifiedByCustomerSupport:
		return true
	default:
		return false
	}
}

// TerminationFutureUse says what follows a service that is given up.
type TerminationFutureUse string

// The plans that the API accepts.
const (
	FutureUseNotReplacingService                       TerminationFutureUse = "NOT_REPLACING_SERVICE"
	FutureUseOther                                     TerminationFutureUse = "OTHER"
	FutureUseSubscribeAnOtherService                   TerminationFutureUse = "SUBSCRIBE_AN_OTHER_SERVICE"
	FutureUseSubscribeOtherKindOfServiceWithCompetitor TerminationFutureUse = "SUBSCRIBE_OTHER_KIND_OF_SERVICE_WITH_COMPETITOR"
	FutureUseSubscribeSimilarServiceWithCompetitor     TerminationFutureUse = "SUBSCRIBE_SIMILAR_SERVICE_WITH_COMPETITOR"
)

// Known reports whether t is one of the constants of its type.
func (t TerminationFutureUse) Known() bool {
	switch t {
	case FutureUseNotReplacingService, FutureUseOther, FutureUseSubscribeAnOtherService,
		FutureUseSubscribeOtherKindOfServiceWithCompetitor,
		FutureUseSubscribeSimilarServiceWithCompetitor:
		return true
	default:
		return false
	}
}

// RenewalType is how a service is renewed.
type RenewalType string

// The ways of renewal.
const (
	RenewalAutomaticForcedProduct RenewalType = "automaticForcedProduct"
	RenewalAutomaticV2012         RenewalType = "automaticV2012"
	RenewalAutomaticV2014         RenewalType = "automaticV2014"
	RenewalAutomaticV2016         RenewalType = "automaticV2016"
	RenewalAutomaticV2024         RenewalType = "automaticV2024"
	RenewalManual                 RenewalType = "manual"
	RenewalOneShot                RenewalType = "oneShot"
	RenewalOption                 RenewalType = "option"
)

// Known reports whether r is one of the constants of its type.
func (r RenewalType) Known() bool {
	switch r {
	case RenewalAutomaticForcedProduct, RenewalAutomaticV2012, RenewalAutomaticV2014,
		RenewalAutomaticV2016, RenewalAutomaticV2024, RenewalManual, RenewalOneShot, RenewalOption:
		return true
	default:
		return false
	}
}

// ServiceStatus is the billing state of a service.
type ServiceStatus string

// The billing states.
const (
	ServiceOK                  ServiceStatus = "ok"
	ServiceAutoRenewInProgress ServiceStatus = "autorenewInProgress"
	ServiceExpired             ServiceStatus = "expired"
	ServiceInCreation          ServiceStatus = "inCreation"
	ServicePendingDebt         ServiceStatus = "pendingDebt"
	ServiceUnpaid              ServiceStatus = "unPaid"
)

// Known reports whether s is one of the constants of its type.
func (s ServiceStatus) Known() bool {
	switch s {
	case ServiceOK, ServiceAutoRenewInProgress, ServiceExpired, ServiceInCreation, ServicePendingDebt,
		ServiceUnpaid:
		return true
	default:
		return false
	}
}

// VRackState is how far a load balancer is with joining or leaving a vRack.
type VRackState string

// The states of a vRack attachment.
const (
	VRackActive       VRackState = "active"
	VRackActivating   VRackState = "activating"
	VRackDeactivating VRackState = "deactivating"
	VRackInactive     VRackState = "inactive"
)

// Known reports whether v is one of the constants of its type.
func (v VRackState) Known() bool {
	switch v {
	case VRackActive, VRackActivating, VRackDeactivating, VRackInactive:
		return true
	default:
		return false
	}
}

// IPType is what an IP block is used for.
type IPType string

// The uses of IP blocks.
const (
	IPTypeCDN           IPType = "cdn"
	IPTypeCloud         IPType = "cloud"
	IPTypeDedicated     IPType = "dedicated"
	IPTypeFailover      IPType = "failover"
	IPTypeHostedSSL     IPType = "hosted_ssl"
	IPTypeHousing       IPType = "housing"
	IPTypeLoadBalancing IPType = "loadBalancing"
	IPTypeMail          IPType = "mail"
	IPTypeOverTheBox    IPType = "overthebox"
	IPTypePCC           IPType = "pcc"
	IPTypePCI           IPType = "pci"
	IPTypePrivate       IPType = "private"
	IPTypeVPN           IPType = "vpn"
	IPTypeVPS           IPType = "vps"
	IPTypeVRack         IPType = "vrack"
	IPTypeXDSL          IPType = "xdsl"
)

// Known reports whether i is one of the constants of its type.
func (i IPType) Known() bool {
	switch i {
	case IPTypeCDN, IPTypeCloud, IPTypeDedicated, IPTypeFailover, IPTypeHostedSSL, IPTypeHousing,
		IPTypeLoadBalancing, IPTypeMail, IPTypeOverTheBox, IPTypePCC, IPTypePCI, IPTypePrivate,
		IPTypeVPN, IPTypeVPS, IPTypeVRack, IPTypeXDSL:
		return true
	default:
		return false
	}
}

// IPTaskFunction is what a task of an IP block does. Moving is the one that a
// load balancer needs.
type IPTaskFunction string

// The functions of tasks.
const (
	IPTaskMove                 IPTaskFunction = "genericMoveFloatingIp"
	IPTaskARINBlockReassign    IPTaskFunction = "arinBlockReassign"
	IPTaskChangeRIPEOrg        IPTaskFunction = "changeRipeOrg"
	IPTaskCheckAndRelease      IPTaskFunction = "checkAndReleaseIp"
	IPTaskSupernetPartitioning IPTaskFunction = "supernetByoipFailoverPartitioning"
)

// Known reports whether i is one of the constants of its type.
func (i IPTaskFunction) Known() bool {
	switch i {
	case IPTaskMove, IPTaskARINBlockReassign, IPTaskChangeRIPEOrg, IPTaskCheckAndRelease,
		IPTaskSupernetPartitioning:
		return true
	default:
		return false
	}
}

// IPTaskStatus is how far a task of an IP block is. Done, cancelled,
// customerError and ovhError are final.
type IPTaskStatus string

// The states of a task of an IP block.
const (
	IPTaskInit          IPTaskStatus = "init"
	IPTaskTodo          IPTaskStatus = "todo"
	IPTaskDoing         IPTaskStatus = "doing"
	IPTaskDone          IPTaskStatus = "done"
	IPTaskCancelled     IPTaskStatus = "cancelled"
	IPTaskCustomerError IPTaskStatus = "customerError"
	IPTaskOVHError      IPTaskStatus = "ovhError"
)

// Known reports whether i is one of the constants of its type.
func (i IPTaskStatus) Known() bool {
	switch i {
	case IPTaskInit, IPTaskTodo, IPTaskDoing, IPTaskDone, IPTaskCancelled, IPTaskCustomerError,
		IPTaskOVHError:
		return true
	default:
		return false
	}
}

// TagOperator is how a filter compares a tag. The zero value is EQ.
type TagOperator string

// The comparisons of tags.
const (
	TagEqual     TagOperator = "EQ"
	TagNotEqual  TagOperator = "NEQ"
	TagLike      TagOperator = "LIKE"
	TagILike     TagOperator = "ILIKE"
	TagExists    TagOperator = "EXISTS"
	TagNotExists TagOperator = "NEXISTS"
)

// Known reports whether t is one of the constants of its type, the zero value
// included.
func (t TagOperator) Known() bool {
	switch t {
	case "", TagEqual, TagNotEqual, TagLike, TagILike, TagExists, TagNotExists:
		return true
	default:
		return false
	}
}

// CredentialStatus is how far a consumer key is. Only a validated one can sign.
type CredentialStatus string

// The states of a consumer key.
const (
	CredentialPendingValidation CredentialStatus = "pendingValidation"
	CredentialValidated         CredentialStatus = "validated"
	CredentialRefused           CredentialStatus = "refused"
	CredentialExpired           CredentialStatus = "expired"
)

// Known reports whether c is one of the constants of its type.
func (c CredentialStatus) Known() bool {
	switch c {
	case CredentialPendingValidation, CredentialValidated, CredentialRefused, CredentialExpired:
		return true
	default:
		return false
	}
}

// AuthMethod is how a caller has proved who it is.
type AuthMethod string

// The ways of proof.
const (
	AuthMethodAccount  AuthMethod = "account"
	AuthMethodOAuth2   AuthMethod = "oauth2_client_credentials"
	AuthMethodProvider AuthMethod = "provider"
	AuthMethodUser     AuthMethod = "user"
)

// Known reports whether a is one of the constants of its type.
func (a AuthMethod) Known() bool {
	switch a {
	case AuthMethodAccount, AuthMethodOAuth2, AuthMethodProvider, AuthMethodUser:
		return true
	default:
		return false
	}
}

// InstanceStatus is what one instance of a load balancer does. The API's schema
// calls it text; its documentation has these words (seed 000).
type InstanceStatus string

// The states of instances.
const (
	InstanceRunning InstanceStatus = "running"
	InstanceReload  InstanceStatus = "reload"  // a refresh is under way
	InstanceUnknown InstanceStatus = "unknown" // not started yet
	InstanceDead    InstanceStatus = "dead"
)

// Known reports whether i is one of the constants of its type.
func (i InstanceStatus) Known() bool {
	switch i {
	case InstanceRunning, InstanceReload, InstanceUnknown, InstanceDead:
		return true
	default:
		return false
	}
}
