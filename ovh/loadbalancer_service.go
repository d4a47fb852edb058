package ovh

import (
	"context"
	"net/http"
	"time"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// ServiceInfo is the contract behind a load balancer.
type ServiceInfo struct {
	ServiceID             int64         `json:"serviceId"`
	Domain                string        `json:"domain"`
	Status                ServiceStatus `json:"status"`
	Creation              Date          `json:"creation"`
	Expiration            Date          `json:"expiration"`
	EngagedUpTo           Date          `json:"engagedUpTo"` // empty: not engaged
	RenewalType           RenewalType   `json:"renewalType"`
	Renew                 *Renewal      `json:"renew"`
	PossibleRenewPeriod   []int         `json:"possibleRenewPeriod"` // months
	CanDeleteAtExpiration bool          `json:"canDeleteAtExpiration"`
	ContactAdmin          string        `json:"contactAdmin"`
	ContactBilling        string        `json:"contactBilling"`
	ContactTech           string        `json:"contactTech"`
}

// Renewal is how a contract goes on. It is written whole.
type Renewal struct {
	Automatic          bool  `json:"automatic"`
	DeleteAtExpiration bool  `json:"deleteAtExpiration"`
	Forced             bool  `json:"forced"`
	ManualPayment      *bool `json:"manualPayment"`
	Period             *int  `json:"period"` // months
}

// ServiceInfoUpdate is what to change of a contract, which may be null.
type ServiceInfoUpdate struct {
	Renew Optional[Renewal] `json:"renew,omitzero"`
}

// ServiceInfo reads the contract behind a load balancer.
//
//api:operation GET /ipLoadbalancing/{serviceName}/serviceInfos
func (s *LoadBalancerService) ServiceInfo(ctx context.Context, service string) (*ServiceInfo, error) {
	return rest.Get[ServiceInfo](ctx, s.services.client.rest, s.call("serviceInfo", http.MethodGet, "/serviceInfos", service))
}

// UpdateServiceInfo changes how the contract behind a load balancer is renewed.
//
//api:operation PUT /ipLoadbalancing/{serviceName}/serviceInfos
func (s *LoadBalancerService) UpdateServiceInfo(ctx context.Context, service string, body ServiceInfoUpdate) error {
	call := s.call("updateServiceInfo", http.MethodPut, "/serviceInfos", service)
	call.In = body
	return s.services.client.void(ctx, call)
}

// Contacts are the accounts that a contract is handed to. What is empty stays
// as it is.
type Contacts struct {
	Admin   string `json:"contactAdmin,omitzero"`
	Billing string `json:"contactBilling,omitzero"`
	Tech    string `json:"contactTech,omitzero"`
}

// ChangeContact starts to hand the contract to other accounts, and returns the
// IDs of the tasks. It is not there on US.
//
//api:operation POST /ipLoadbalancing/{serviceName}/changeContact
func (s *LoadBalancerService) ChangeContact(ctx context.Context, service string, body Contacts) ([]int64, error) {
	call := s.call("changeContact", http.MethodPost, "/changeContact", service)
	call.In = body
	return readAll[int64](ctx, s.services.client, call)
}

// Terminate asks to give the load balancer up. OVH mails a token to the
// account's owner, without which nothing happens: see ConfirmTermination. It
// returns the API's message.
//
//api:operation POST /ipLoadbalancing/{serviceName}/terminate
func (s *LoadBalancerService) Terminate(ctx context.Context, service string) (string, error) {
	return s.message(ctx, s.call("terminate", http.MethodPost, "/terminate", service))
}

// Confirmation is what confirms a termination. Token is required.
type Confirmation struct {
	Token      lb.Secret // from the mail
	Reason     TerminationReason
	FutureUse  TerminationFutureUse
	Commentary string
}

// ConfirmTermination gives the load balancer up, and everything in it. It
// returns the API's message.
//
//api:operation POST /ipLoadbalancing/{serviceName}/confirmTermination
func (s *LoadBalancerService) ConfirmTermination(ctx context.Context, service string, body Confirmation) (string, error) {
	call := s.call("confirmTermination", http.MethodPost, "/confirmTermination", service)
	call.In = struct {
		Token      string               `json:"token"`
		Reason     TerminationReason    `json:"reason,omitzero"`
		FutureUse  TerminationFutureUse `json:"futureUse,omitzero"`
		Commentary string               `json:"commentary,omitzero"`
	}{body.Token.Reveal(), body.Reason, body.FutureUse, body.Commentary}
	return s.message(ctx, call)
}

// message sends a call whose answer is a sentence, or nothing.
func (s *LoadBalancerService) message(ctx context.Context, call rest.Call) (string, error) {
	call.OptionalAnswer = true
	text, err := rest.Get[string](ctx, s.services.client.rest, call)
	if err != nil {
		return "", err
	}
	return *text, nil
}

// MetricsToken is how the metrics of a load balancer are read.
type MetricsToken struct {
	Endpoint string `json:"endpoint"`
	Token    Token  `json:"token"`
}

// MetricsToken reads how the metrics of a load balancer are read.
//
//api:operation GET /ipLoadbalancing/{serviceName}/metricsToken
func (s *LoadBalancerService) MetricsToken(ctx context.Context, service string) (*MetricsToken, error) {
	return rest.Get[MetricsToken](ctx, s.services.client.rest, s.call("metricsToken", http.MethodGet, "/metricsToken", service))
}

// AvailableZones reads the zones that a load balancer can be ordered in.
//
// Deprecated: OVH announced its removal for 2018. LoadBalancer.OrderableZone
// tells the zones that can be added.
//
//api:operation GET /ipLoadbalancing/availableZones
func (s *LoadBalancerService) AvailableZones(ctx context.Context) ([]string, error) {
	return readAll[string](ctx, s.services.client, rest.Call{
		Op: "loadBalancers.availableZones", Kind: lb.KindLoadBalancer, Method: http.MethodGet, Route: "/ipLoadbalancing/availableZones",
	})
}

// InstanceState is the state of one instance of a load balancer.
type InstanceState struct {
	InternalID     int64          `json:"internalId"` // ServerState.InstanceID, as far as is known
	Zone           string         `json:"zone"`
	State          InstanceStatus `json:"state"`
	LastUpdateDate time.Time      `json:"lastUpdateDate"`
}

// InstancesState reads the states of a load balancer's instances.
//
// Deprecated: OVH announced its removal for 2018. Use Status.
//
//api:operation GET /ipLoadbalancing/{serviceName}/instancesState
func (s *LoadBalancerService) InstancesState(ctx context.Context, service string) ([]InstanceState, error) {
	return readAll[InstanceState](ctx, s.services.client, s.call("instancesState", http.MethodGet, "/instancesState", service))
}
