package scaleway

import (
	"net/http"

	"github.com/lbkit/lbkit/lb"
)

// operation is one call of the API, in both of its forms.
type operation struct {
	name   string // in errors and events
	kind   lb.Kind
	method string
	zoned  string // the route under a zone
	// regional is the route under a region; empty: the older API has no such call.
	regional string
}

const (
	zonePrefix   = "/lb/v1/zones/{zone}"
	regionPrefix = "/lb/v1/regions/{region}"
)

// Kinds that the neutral contract has no name for.
const (
	kindPrivateNetwork lb.Kind = "private network"
	kindSubscriber     lb.Kind = "subscriber"
	kindLBType         lb.Kind = "load balancer type"
)

// twins is an operation whose path is the same under a zone and under a region.
// Its kind is what the first ID in the path addresses; without an ID there, what
// the call is about.
func twins(name string, kind lb.Kind, method, path string) operation {
	return differing(name, kind, method, zonePrefix+path, regionPrefix+path)
}

func differing(name string, kind lb.Kind, method, zoned, regional string) operation {
	return operation{name: name, kind: kind, method: method, zoned: zoned, regional: regional}
}

var (
	listLBs   = twins("lbs.list", lb.KindLoadBalancer, http.MethodGet, "/lbs")
	createLB  = twins("lbs.create", lb.KindLoadBalancer, http.MethodPost, "/lbs")
	getLB     = twins("lbs.get", lb.KindLoadBalancer, http.MethodGet, "/lbs/{lb_id}")
	updateLB  = twins("lbs.update", lb.KindLoadBalancer, http.MethodPut, "/lbs/{lb_id}")
	deleteLB  = twins("lbs.delete", lb.KindLoadBalancer, http.MethodDelete, "/lbs/{lb_id}")
	migrateLB = twins("lbs.migrate", lb.KindLoadBalancer, http.MethodPost, "/lbs/{lb_id}/migrate")
	lbStats   = twins("lbs.stats", lb.KindLoadBalancer, http.MethodGet, "/lbs/{lb_id}/stats")

	listIPs   = twins("ips.list", lb.KindAddress, http.MethodGet, "/ips")
	createIP  = twins("ips.create", lb.KindAddress, http.MethodPost, "/ips")
	getIP     = twins("ips.get", lb.KindAddress, http.MethodGet, "/ips/{ip_id}")
	updateIP  = twins("ips.update", lb.KindAddress, http.MethodPatch, "/ips/{ip_id}")
	releaseIP = twins("ips.release", lb.KindAddress, http.MethodDelete, "/ips/{ip_id}")

	listBackends         = twins("backends.list", lb.KindLoadBalancer, http.MethodGet, "/lbs/{lb_id}/backends")
	createBackend        = twins("backends.create", lb.KindLoadBalancer, http.MethodPost, "/lbs/{lb_id}/backends")
	getBackend           = twins("backends.get", lb.KindBackend, http.MethodGet, "/backends/{backend_id}")
	updateBackend        = twins("backends.update", lb.KindBackend, http.MethodPut, "/backends/{backend_id}")
	deleteBackend        = twins("backends.delete", lb.KindBackend, http.MethodDelete, "/backends/{backend_id}")
	addBackendServers    = twins("backends.addServers", lb.KindBackend, http.MethodPost, "/backends/{backend_id}/servers")
	removeBackendServers = twins("backends.removeServers", lb.KindBackend, http.MethodDelete, "/backends/{backend_id}/servers")
	setBackendServers    = twins("backends.setServers", lb.KindBackend, http.MethodPut, "/backends/{backend_id}/servers")
	updateHealthCheck    = twins("backends.updateHealthCheck", lb.KindBackend, http.MethodPut, "/backends/{backend_id}/healthcheck")
	listBackendStats     = twins("backends.stats", lb.KindLoadBalancer, http.MethodGet, "/lbs/{lb_id}/backend-stats")

	listFrontends  = twins("frontends.list", lb.KindLoadBalancer, http.MethodGet, "/lbs/{lb_id}/frontends")
	createFrontend = twins("frontends.create", lb.KindLoadBalancer, http.MethodPost, "/lbs/{lb_id}/frontends")
	getFrontend    = twins("frontends.get", lb.KindFrontend, http.MethodGet, "/frontends/{frontend_id}")
	updateFrontend = twins("frontends.update", lb.KindFrontend, http.MethodPut, "/frontends/{frontend_id}")
	deleteFrontend = twins("frontends.delete", lb.KindFrontend, http.MethodDelete, "/frontends/{frontend_id}")

	listRoutes  = twins("routes.list", lb.KindRoute, http.MethodGet, "/routes")
	createRoute = twins("routes.create", lb.KindRoute, http.MethodPost, "/routes")
	getRoute    = twins("routes.get", lb.KindRoute, http.MethodGet, "/routes/{route_id}")
	updateRoute = twins("routes.update", lb.KindRoute, http.MethodPut, "/routes/{route_id}")
	deleteRoute = twins("routes.delete", lb.KindRoute, http.MethodDelete, "/routes/{route_id}")

	listACLs  = twins("acls.list", lb.KindFrontend, http.MethodGet, "/frontends/{frontend_id}/acls")
	createACL = twins("acls.create", lb.KindFrontend, http.MethodPost, "/frontends/{frontend_id}/acls")
	getACL    = twins("acls.get", lb.KindFilter, http.MethodGet, "/acls/{acl_id}")
	updateACL = twins("acls.update", lb.KindFilter, http.MethodPut, "/acls/{acl_id}")
	deleteACL = twins("acls.delete", lb.KindFilter, http.MethodDelete, "/acls/{acl_id}")

	listCertificates  = twins("certificates.list", lb.KindLoadBalancer, http.MethodGet, "/lbs/{lb_id}/certificates")
	createCertificate = twins("certificates.create", lb.KindLoadBalancer, http.MethodPost, "/lbs/{lb_id}/certificates")
	getCertificate    = twins("certificates.get", lb.KindCertificate, http.MethodGet, "/certificates/{certificate_id}")
	updateCertificate = twins("certificates.update", lb.KindCertificate, http.MethodPut, "/certificates/{certificate_id}")
	deleteCertificate = twins("certificates.delete", lb.KindCertificate, http.MethodDelete, "/certificates/{certificate_id}")

	listSubscribers   = twins("subscribers.list", kindSubscriber, http.MethodGet, "/subscribers")
	createSubscriber  = twins("subscribers.create", kindSubscriber, http.MethodPost, "/subscribers")
	getSubscriber     = twins("subscribers.get", kindSubscriber, http.MethodGet, "/subscribers/{subscriber_id}")
	updateSubscriber  = twins("subscribers.update", kindSubscriber, http.MethodPut, "/subscribers/{subscriber_id}")
	subscribeToLB     = twins("subscribers.subscribe", lb.KindLoadBalancer, http.MethodPost, "/lb/{lb_id}/subscribe")
	unsubscribeFromLB = twins("subscribers.unsubscribe", lb.KindLoadBalancer, http.MethodDelete, "/lb/{lb_id}/unsubscribe")

	listPrivateNetworks = twins("privateNetworks.list", lb.KindLoadBalancer, http.MethodGet, "/lbs/{lb_id}/private-networks")

	listLBTypes = twins("types.list", kindLBType, http.MethodGet, "/lb-types")
)

// What the two APIs do not do alike, all of it (facts 3).
var (
	setACLs = differing("acls.set", lb.KindFrontend, http.MethodPut,
		zonePrefix+"/frontends/{frontend_id}/acls", "")
	deleteSubscriber = differing("subscribers.delete", kindSubscriber, http.MethodDelete,
		zonePrefix+"/lb/subscription/{subscriber_id}", regionPrefix+"/lb/subscriber/{subscriber_id}")
	// Under a zone the private network is named in the body.
	attachPrivateNetwork = differing("privateNetworks.attach", lb.KindLoadBalancer, http.MethodPost,
		zonePrefix+"/lbs/{lb_id}/attach-private-network", regionPrefix+"/lbs/{lb_id}/private-networks/{private_network_id}/attach")
	detachPrivateNetwork = differing("privateNetworks.detach", lb.KindLoadBalancer, http.MethodPost,
		zonePrefix+"/lbs/{lb_id}/detach-private-network", regionPrefix+"/lbs/{lb_id}/private-networks/{private_network_id}/detach")
)
