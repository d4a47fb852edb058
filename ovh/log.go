package ovh

import (
	"context"
	"iter"
	"net/http"
	"time"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// LogKind is a kind of logs that a load balancer writes.
type LogKind struct {
	KindID                   string    `json:"kindId"`
	Name                     string    `json:"name"` // "http" or "tcp"
	DisplayName              string    `json:"displayName"`
	AdditionalReturnedFields []string  `json:"additionalReturnedFields"`
	CreatedAt                time.Time `json:"createdAt"`
	UpdatedAt                time.Time `json:"updatedAt"`
}

// LogSubscription forwards a kind of logs to a stream of Logs Data Platform.
type LogSubscription struct {
	SubscriptionID string      `json:"subscriptionId"`
	Kind           string      `json:"kind"`
	StreamID       string      `json:"streamId"`
	ServiceName    string      `json:"serviceName"` // of the stream, not of the load balancer
	Resource       LogResource `json:"resource"`
	CreatedAt      time.Time   `json:"createdAt"`
	UpdatedAt      time.Time   `json:"updatedAt"`
}

// LogResource is what logs are of.
type LogResource struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// LogOperation is the work that a subscription sets off, at
// /dbaas/logs/{serviceName}/operation/{operationId}.
type LogOperation struct {
	OperationID string `json:"operationId"`
	ServiceName string `json:"serviceName"`
}

// LogURL is where logs can be followed as they come. Whoever has the URL can
// read them.
type LogURL struct {
	URL            Token     `json:"url"`
	ExpirationDate time.Time `json:"expirationDate"`
}

// LogSubscriptionCreate is a subscription to be made. Both are required.
type LogSubscriptionCreate struct {
	Kind     string `json:"kind"`
	StreamID string `json:"streamId"`
}

// LogSubscriptionListOptions select and page subscriptions. What is zero
// selects all.
type LogSubscriptionListOptions struct {
	Kind           string `url:"kind,omitempty"`
	lb.PageOptions `url:"-"`
}

// LogService forwards the logs of a load balancer, which the API calls a beta.
// There are none of UDP.
type LogService struct {
	kinds         collection[LogKind, string]
	subscriptions collection[LogSubscription, string]
}

func newLogService(c *Client) *LogService {
	return &LogService{
		kinds: collection[LogKind, string]{
			client: c,
			op:     "logs.kinds",
			route:  "/ipLoadbalancing/{serviceName}/log/kind",
			item:   "/ipLoadbalancing/{serviceName}/log/kind/{name}",
			key:    func(k *LogKind) string { return k.Name },
		},
		subscriptions: collection[LogSubscription, string]{
			client: c,
			op:     "logs.subscriptions",
			route:  "/ipLoadbalancing/{serviceName}/log/subscription",
			item:   "/ipLoadbalancing/{serviceName}/log/subscription/{subscriptionId}",
			key:    func(s *LogSubscription) string { return s.SubscriptionID },
		},
	}
}

// ListKinds yields the kinds of logs of a load balancer, in whole objects. It
// is lazy: the first page is asked for when the iteration begins. Where the API
// answers with names alone, each object costs a request of its own.
//
//api:operation GET /ipLoadbalancing/{serviceName}/log/kind
func (s *LogService) ListKinds(ctx context.Context, service string, page lb.PageOptions) iter.Seq2[*LogKind, error] {
	return s.kinds.list(ctx, nil, page, service)
}

// ListKindNames reads the names of the kinds of logs, in one request.
//
//api:operation GET /ipLoadbalancing/{serviceName}/log/kind
func (s *LogService) ListKindNames(ctx context.Context, service string) ([]string, error) {
	return s.kinds.ids(ctx, nil, service)
}

// GetKind reads one kind of logs.
//
//api:operation GET /ipLoadbalancing/{serviceName}/log/kind/{name}
func (s *LogService) GetKind(ctx context.Context, service, name string) (*LogKind, error) {
	return s.kinds.get(ctx, name, service)
}

// ListSubscriptions yields the subscriptions of a load balancer, in whole
// objects, as ListKinds does.
//
//api:operation GET /ipLoadbalancing/{serviceName}/log/subscription
func (s *LogService) ListSubscriptions(ctx context.Context, service string, opts LogSubscriptionListOptions) iter.Seq2[*LogSubscription, error] {
	return s.subscriptions.list(ctx, opts, opts.PageOptions, service)
}

// ListSubscriptionIDs reads the IDs of the subscriptions, in one request.
//
//api:operation GET /ipLoadbalancing/{serviceName}/log/subscription
func (s *LogService) ListSubscriptionIDs(ctx context.Context, service string, opts LogSubscriptionListOptions) ([]string, error) {
	return s.subscriptions.ids(ctx, opts, service)
}

// GetSubscription reads one subscription.
//
//api:operation GET /ipLoadbalancing/{serviceName}/log/subscription/{subscriptionId}
func (s *LogService) GetSubscription(ctx context.Context, service, subscriptionID string) (*LogSubscription, error) {
	return s.subscriptions.get(ctx, subscriptionID, service)
}

// Subscribe begins to forward a kind of logs to a stream. Forwarding needs one
// refresh of the load balancer.
//
//api:operation POST /ipLoadbalancing/{serviceName}/log/subscription
func (s *LogService) Subscribe(ctx context.Context, service string, body LogSubscriptionCreate) (*LogOperation, error) {
	call := s.subscriptions.call("create", http.MethodPost, []string{service})
	call.In = body
	return rest.Get[LogOperation](ctx, s.subscriptions.client.rest, call)
}

// Unsubscribe ends a subscription. The answer is nil where the API sends none,
// which it does when an earlier attempt had removed the subscription.
//
//api:operation DELETE /ipLoadbalancing/{serviceName}/log/subscription/{subscriptionId}
func (s *LogService) Unsubscribe(ctx context.Context, service, subscriptionID string) (*LogOperation, error) {
	call := s.subscriptions.itemCall("delete", http.MethodDelete, []string{service}, subscriptionID)
	call.OptionalAnswer = true
	operation, err := rest.Get[LogOperation](ctx, s.subscriptions.client.rest, call)
	if err != nil || *operation == (LogOperation{}) {
		return nil, err
	}
	return operation, nil
}

// URL makes a temporary URL where logs of a kind can be followed.
//
//api:operation POST /ipLoadbalancing/{serviceName}/log/url
func (s *LogService) URL(ctx context.Context, service, kind string) (*LogURL, error) {
	call := serviceCall("logs.url", http.MethodPost, "/log/url", service)
	call.In = struct {
		Kind string `json:"kind"`
	}{kind}
	call.Repeatable = true // a URL that nobody uses expires
	return rest.Get[LogURL](ctx, s.kinds.client.rest, call)
}
