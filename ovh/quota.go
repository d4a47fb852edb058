package ovh

import (
	"context"
	"iter"
	"time"

	"github.com/lbkit/lbkit/lb"
)

// Quota is the traffic that a load balancer may carry in one zone, in bytes.
// What the API does not say is nil.
type Quota struct {
	Zone           string     `json:"zone"`
	Included       *int64     `json:"included"` // bytes without further cost
	Total          *int64     `json:"total"`    // bytes used since the last reset
	Alert          *int64     `json:"alert"`    // bytes above which a message is sent; nil: none
	LastUpdateDate *time.Time `json:"lastUpdateDate"`
	ResetDate      *time.Time `json:"resetDate"`
}

// QuotaUpdate is what to change of a quota, which may be null.
type QuotaUpdate struct {
	Alert Optional[int64] `json:"alert,omitzero"` // bytes; null: no message
}

// QuotaHistory is the traffic of one zone in a period that is over.
type QuotaHistory struct {
	ID             int64     `json:"id"`
	Zone           string    `json:"zone"`
	Total          int64     `json:"total"` // bytes
	HistorizedDate Date      `json:"historizedDate"`
	LastUpdateDate time.Time `json:"lastUpdateDate"`
	ResetDate      time.Time `json:"resetDate"`
}

// Date is a day, "2006-01-02".
type Date string

// Time is the day's first moment in UTC.
func (d Date) Time() (time.Time, error) { return time.Parse(time.DateOnly, string(d)) }

// QuotaHistoryListOptions select and page the history of quotas. What is zero
// selects all; the bounds are inclusive.
type QuotaHistoryListOptions struct {
	From           Date   `url:"historizedDate.from,omitempty"`
	To             Date   `url:"historizedDate.to,omitempty"`
	Zone           string `url:"zone,omitempty"`
	lb.PageOptions `url:"-"`
}

// QuotaService reads the traffic quotas of a load balancer, and sets their
// alerts.
type QuotaService struct {
	quotas  collection[Quota, string]
	history collection[QuotaHistory, int64]
}

func newQuotaService(c *Client) *QuotaService {
	return &QuotaService{
		quotas: collection[Quota, string]{
			client: c,
			op:     "quotas",
			route:  "/ipLoadbalancing/{serviceName}/quota",
			item:   "/ipLoadbalancing/{serviceName}/quota/{zone}",
			key:    func(q *Quota) string { return q.Zone },
		},
		history: collection[QuotaHistory, int64]{
			client: c,
			op:     "quotas.history",
			route:  "/ipLoadbalancing/{serviceName}/quotaHistory",
			item:   "/ipLoadbalancing/{serviceName}/quotaHistory/{id}",
			key:    func(h *QuotaHistory) int64 { return h.ID },
		},
	}
}

// List yields the quotas of a load balancer, one for each zone, in whole
// objects. It is lazy: the first page is asked for when the iteration begins.
// Where the API answers with zones alone, each object costs a request of its
// own.
//
//api:operation GET /ipLoadbalancing/{serviceName}/quota
func (s *QuotaService) List(ctx context.Context, service string, page lb.PageOptions) iter.Seq2[*Quota, error] {
	return s.quotas.list(ctx, nil, page, service)
}

// ListZones reads the zones that have a quota, in one request.
//
//api:operation GET /ipLoadbalancing/{serviceName}/quota
func (s *QuotaService) ListZones(ctx context.Context, service string) ([]string, error) {
	return s.quotas.ids(ctx, nil, service)
}

// Get reads the quota of one zone.
//
//api:operation GET /ipLoadbalancing/{serviceName}/quota/{zone}
func (s *QuotaService) Get(ctx context.Context, service, zone string) (*Quota, error) {
	return s.quotas.get(ctx, zone, service)
}

// Update sets the alert of one zone's quota.
//
//api:operation PUT /ipLoadbalancing/{serviceName}/quota/{zone}
func (s *QuotaService) Update(ctx context.Context, service, zone string, body QuotaUpdate) error {
	return s.quotas.update(ctx, zone, body, service)
}

// History yields the quotas of periods that are over, in whole objects, as List
// does.
//
//api:operation GET /ipLoadbalancing/{serviceName}/quotaHistory
func (s *QuotaService) History(ctx context.Context, service string, opts QuotaHistoryListOptions) iter.Seq2[*QuotaHistory, error] {
	return s.history.list(ctx, opts, opts.PageOptions, service)
}

// HistoryIDs reads the IDs of the quotas of periods that are over, in one
// request.
//
//api:operation GET /ipLoadbalancing/{serviceName}/quotaHistory
func (s *QuotaService) HistoryIDs(ctx context.Context, service string, opts QuotaHistoryListOptions) ([]int64, error) {
	return s.history.ids(ctx, opts, service)
}

// GetHistory reads the quota of one period that is over.
//
//api:operation GET /ipLoadbalancing/{serviceName}/quotaHistory/{id}
func (s *QuotaService) GetHistory(ctx context.Context, service string, historyID int64) (*QuotaHistory, error) {
	return s.history.get(ctx, historyID, service)
}
