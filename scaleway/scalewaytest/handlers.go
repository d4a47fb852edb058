package scalewaytest

// handlers are the operations by the names that the schema gives them.
var handlers = map[string]handler{
	"ListLBs":   (*Server).listLBs,
	"CreateLB":  (*Server).createLB,
	"GetLB":     (*Server).getLB,
	"UpdateLB":  (*Server).updateLB,
	"DeleteLB":  (*Server).deleteLB,
	"MigrateLB": (*Server).migrateLB,

	"ListIPs":   (*Server).listIPs,
	"CreateIP":  (*Server).createIP,
	"GetIP":     (*Server).getIP,
	"UpdateIP":  (*Server).updateIP,
	"ReleaseIP": (*Server).releaseIP,

	"ListBackends":         (*Server).listBackends,
	"CreateBackend":        (*Server).createBackend,
	"GetBackend":           (*Server).getBackend,
	"UpdateBackend":        (*Server).updateBackend,
	"DeleteBackend":        (*Server).deleteBackend,
	"AddBackendServers":    (*Server).addServers,
	"RemoveBackendServers": (*Server).removeServers,
	"SetBackendServers":    (*Server).setServers,
	"UpdateHealthCheck":    (*Server).updateHealthCheck,
	"ListBackendStats":     (*Server).listBackendStats,
	"GetLBStats":           (*Server).getLBStats,

	"ListFrontends":  (*Server).listFrontends,
	"CreateFrontend": (*Server).createFrontend,
	"GetFrontend":    (*Server).getFrontend,
	"UpdateFrontend": (*Server).updateFrontend,
	"DeleteFrontend": (*Server).deleteFrontend,

	"ListRoutes":  (*Server).listRoutes,
	"CreateRoute": (*Server).createRoute,
	"GetRoute":    (*Server).getRoute,
	"UpdateRoute": (*Server).updateRoute,
	"DeleteRoute": (*Server).deleteRoute,

	"ListACLs":  (*Server).listACLs,
	"CreateACL": (*Server).createACL,
	"GetACL":    (*Server).getACL,
	"UpdateACL": (*Server).updateACL,
	"DeleteACL": (*Server).deleteACL,
	"SetACLs":   (*Server).setACLs,

	"CreateCertificate": (*Server).createCertificate,
	"ListCertificates":  (*Server).listCertificates,
	"GetCertificate":    (*Server).getCertificate,
	"UpdateCertificate": (*Server).updateCertificate,
	"DeleteCertificate": (*Server).deleteCertificate,

	"ListLBTypes": (*Server).listLBTypes,

	"CreateSubscriber":  (*Server).createSubscriber,
	"GetSubscriber":     (*Server).getSubscriber,
	"ListSubscriber":    (*Server).listSubscribers,
	"UpdateSubscriber":  (*Server).updateSubscriber,
	"DeleteSubscriber":  (*Server).deleteSubscriber,
	"SubscribeToLB":     (*Server).subscribe,
	"UnsubscribeFromLB": (*Server).unsubscribe,

	"ListLBPrivateNetworks": (*Server).listNetworks,
	"AttachPrivateNetwork":  (*Server).attachNetwork,
	"DetachPrivateNetwork":  (*Server).detachNetwork,
}
