package scaleway

import (
	"context"
	"iter"

	"github.com/lbkit/lbkit/lb"
)

// Subscriber is who is told of a load balancer's alerts: by mail or by a
// webhook.
type Subscriber struct {
	ID            string                   `json:"id"`
	Name          string                   `json:"name"`
	EmailConfig   *SubscriberEmailConfig   `json:"email_config,omitempty"`
	WebhookConfig *SubscriberWebhookConfig `json:"webhook_config,omitempty"`
}

func (s *Subscriber) identity() string { return s.ID }

// SubscriberEmailConfig is a mail address.
type SubscriberEmailConfig struct {
	Email string `json:"email"`
}

// SubscriberWebhookConfig is a URL that is called.
type SubscriberWebhookConfig struct {
	URI string `json:"uri"`
}

// SubscriberListOptions select and page subscribers.
type SubscriberListOptions struct {
	Name           string // exact; empty: all
	ProjectID      string
	OrganizationID string // with ProjectID empty too: that of the key
	OrderBy        OrderBy
	lb.PageOptions
}

type subscriberQuery struct {
	Name           string  `url:"name,omitempty"`
	OrderBy        OrderBy `url:"order_by,omitempty"`
	OrganizationID string  `url:"organization_id,omitempty"`
	ProjectID      string  `url:"project_id,omitempty"`
}

type subscriberPage struct {
	Subscribers []Subscriber `json:"subscribers"`
	TotalCount  *int         `json:"total_count"`
}

func (p *subscriberPage) page() (*[]Subscriber, *int) { return &p.Subscribers, p.TotalCount }

// SubscriberCreate is a new subscriber: one of EmailConfig and WebhookConfig.
type SubscriberCreate struct {
	Name           string                   `json:"name"`
	EmailConfig    *SubscriberEmailConfig   `json:"email_config,omitempty"`
	WebhookConfig  *SubscriberWebhookConfig `json:"webhook_config,omitempty"`
	ProjectID      string                   `json:"project_id,omitempty"`      // empty: the client's project
	OrganizationID string                   `json:"organization_id,omitempty"` // Deprecated: use ProjectID.
}

// SubscriberUpdate replaces a subscriber: make it with NewSubscriberUpdate. The
// other config in place of the one before changes the kind.
type SubscriberUpdate struct {
	Name          string                   `json:"name"`
	EmailConfig   *SubscriberEmailConfig   `json:"email_config,omitempty"`
	WebhookConfig *SubscriberWebhookConfig `json:"webhook_config,omitempty"`
}

// NewSubscriberUpdate is the update that changes nothing of s.
func NewSubscriberUpdate(s *Subscriber) SubscriberUpdate {
	return SubscriberUpdate{Name: s.Name, EmailConfig: s.EmailConfig, WebhookConfig: s.WebhookConfig}
}

// SubscriberService manages subscribers and what they are subscribed to.
type SubscriberService struct{ service }

// List yields subscribers.
//
//api:operation GET /lb/v1/zones/{zone}/subscribers
//api:operation GET /lb/v1/regions/{region}/subscribers
func (s *SubscriberService) List(ctx context.Context, opts SubscriberListOptions) iter.Seq2[*Subscriber, error] {
	query := subscriberQuery{Name: opts.Name, OrderBy: opts.OrderBy, OrganizationID: opts.OrganizationID, ProjectID: opts.ProjectID}
	all := list[subscriberPage](ctx, s.place, listSubscribers, query, opts.PageOptions, remembered((*Subscriber).identity))
	return named(all, opts.Name, func(s *Subscriber) string { return s.Name })
}

// Create makes a subscriber, who is told of nothing until Subscribe.
//
//api:operation POST /lb/v1/zones/{zone}/subscribers
//api:operation POST /lb/v1/regions/{region}/subscribers
func (s *SubscriberService) Create(ctx context.Context, create SubscriberCreate) (*Subscriber, error) {
	s.client.owner(&create.ProjectID, &create.OrganizationID)
	return fetch[Subscriber](ctx, s.place, createSubscriber, &create)
}

// Get reads a subscriber.
//
//api:operation GET /lb/v1/zones/{zone}/subscribers/{subscriber_id}
//api:operation GET /lb/v1/regions/{region}/subscribers/{subscriber_id}
func (s *SubscriberService) Get(ctx context.Context, id string) (*Subscriber, error) {
	return fetch[Subscriber](ctx, s.place, getSubscriber, nil, id)
}

// Update replaces a subscriber's name and config.
//
//api:operation PUT /lb/v1/zones/{zone}/subscribers/{subscriber_id}
//api:operation PUT /lb/v1/regions/{region}/subscribers/{subscriber_id}
func (s *SubscriberService) Update(ctx context.Context, id string, update SubscriberUpdate) (*Subscriber, error) {
	return fetch[Subscriber](ctx, s.place, updateSubscriber, &update, id)
}

// Delete removes a subscriber.
//
//api:operation DELETE /lb/v1/zones/{zone}/lb/subscription/{subscriber_id}
//api:operation DELETE /lb/v1/regions/{region}/lb/subscriber/{subscriber_id}
func (s *SubscriberService) Delete(ctx context.Context, id string) error {
	return s.send(ctx, deleteSubscriber, nil, id)
}

type subscription struct {
	SubscriberID string `json:"subscriber_id"`
}

// Subscribe has a subscriber told of a load balancer's alerts.
//
//api:operation POST /lb/v1/zones/{zone}/lb/{lb_id}/subscribe
//api:operation POST /lb/v1/regions/{region}/lb/{lb_id}/subscribe
func (s *SubscriberService) Subscribe(ctx context.Context, lbID, subscriberID string) (*LB, error) {
	return fetch[LB](ctx, s.place, subscribeToLB, subscription{SubscriberID: subscriberID}, lbID)
}

// Unsubscribe ends a load balancer's subscription.
//
//api:operation DELETE /lb/v1/zones/{zone}/lb/{lb_id}/unsubscribe
//api:operation DELETE /lb/v1/regions/{region}/lb/{lb_id}/unsubscribe
func (s *SubscriberService) Unsubscribe(ctx context.Context, lbID string) (*LB, error) {
	b, err := fetchAfterDelete[LB](ctx, s.place, unsubscribeFromLB, nil, lbID)
	if b == nil && err == nil {
		return fetch[LB](ctx, s.place, getLB, nil, lbID)
	}
	return b, err
}
