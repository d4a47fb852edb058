package ovhtest

import (
	"slices"
	"strings"
	"time"
)

// includedTraffic is what a zone may transfer in a month, in bytes.
const includedTraffic = 10_000_000_000_000

// quota is the traffic of a zone since the last reset.
type quota struct {
	alert   *int64 // bytes
	total   int64  // bytes
	updated time.Time
	resets  time.Time
}

// quotaView is ipLoadbalancing.Quota.Quota.
type quotaView struct {
	Alert          *int64   `json:"alert"`
	Included       int64    `json:"included"`
	LastUpdateDate dateTime `json:"lastUpdateDate"`
	ResetDate      dateTime `json:"resetDate"`
	Total          int64    `json:"total"`
	Zone           string   `json:"zone"`
}

// quotaRecord is ipLoadbalancing.QuotaHistory.QuotaHistory: a month of a zone.
type quotaRecord struct {
	HistorizedDate dateOnly `json:"historizedDate"`
	ID             int64    `json:"id"`
	LastUpdateDate dateTime `json:"lastUpdateDate"`
	ResetDate      dateTime `json:"resetDate"`
	Total          int64    `json:"total"`
	Zone           string   `json:"zone"`
}

func (r *router) addQuotas(service string) {
	r.add("GET", service+"/quota", listQuotas)
	r.add("GET", service+"/quota/{zone}", getQuota)
	r.add("PUT", service+"/quota/{zone}", updateQuota)
	r.add("GET", service+"/quotaHistory", listQuotaHistory)
	r.add("GET", service+"/quotaHistory/{id}", getQuotaHistory)
}

// meter begins to count a service's traffic, a month at a time.
func (s *Server) meter(svc *service) {
	svc.quotas = map[string]*quota{}
	for _, zone := range svc.zones {
		svc.quotas[zone] = &quota{updated: s.clock.Now()}
	}
	s.resetQuotas(svc, s.clock.Now())
}

// resetQuotas begins a month, at whose end its traffic goes into the history.
func (s *Server) resetQuotas(svc *service, from time.Time) {
	end := from.AddDate(0, 1, 0)
	for _, q := range svc.quotas {
		q.total, q.resets = 0, end
	}
	s.clock.Schedule(end.Sub(s.clock.Now()), func() {
		for _, zone := range svc.zones {
			q := svc.quotas[zone]
			svc.quotaHistory = append(svc.quotaHistory, &quotaRecord{
				HistorizedDate: dateOnly(end), ID: s.count("quotaHistory"), LastUpdateDate: dateTime(q.updated), ResetDate: dateTime(end),
				Total: q.total, Zone: zone,
			})
		}
		if !svc.expired {
			s.resetQuotas(svc, end)
		}
	})
}

// SetTraffic sets how many bytes a zone of a service has transferred since the
// last reset, which is a month of the server's time after the service was made,
// and a month after that. It panics when the service has no such zone.
func (s *Server) SetTraffic(serviceName, zone string, bytes int64) {
	defer s.settled().mu.Unlock()
	q := s.mustService(serviceName).quotas[strings.ToLower(zone)]
	if q == nil {
		panic("ovhtest: no zone " + zone)
	}
	q.total, q.updated = bytes, s.clock.Now()
}

func (svc *service) quotaView(zone string) quotaView {
	q := svc.quotas[zone]
	return quotaView{
		Alert: q.alert, Included: includedTraffic, LastUpdateDate: dateTime(q.updated), ResetDate: dateTime(q.resets), Total: q.total, Zone: zone,
	}
}

func listQuotas(c *call) (any, error) {
	l := &listing{ids: []any{}}
	for _, zone := range c.svc.zones {
		l.ids = append(l.ids, zone)
		l.views = append(l.views, func() any { return c.svc.quotaView(zone) })
	}
	return l, nil
}

func getQuota(c *call) (any, error) {
	zone, err := c.zoneParam("zone")
	if err != nil {
		return nil, err
	}
	return c.svc.quotaView(zone), nil
}

func updateQuota(c *call) (any, error) {
	zone, err := c.zoneParam("zone")
	if err != nil {
		return nil, err
	}
	if err := c.checkRepeated(c.svc.quotaView(zone)); err != nil {
		return nil, err
	}
	written := struct {
		Alert *int64 `json:"alert"`
	}{c.svc.quotas[zone].alert}
	merge(&written, c.body)
	if written.Alert != nil && *written.Alert < 0 {
		return nil, invalid("alert", "less than nothing")
	}
	c.svc.quotas[zone].alert = written.Alert
	return nil, nil
}

func listQuotaHistory(c *call) (any, error) {
	l := &listing{ids: []any{}}
	for _, record := range c.svc.quotaHistory {
		l.ids = append(l.ids, record.ID)
		l.views = append(l.views, func() any { return record })
	}
	return l, nil
}

func getQuotaHistory(c *call) (any, error) {
	i := slices.IndexFunc(c.svc.quotaHistory, func(record *quotaRecord) bool { return formatID(record.ID) == c.params["id"] })
	if i < 0 {
		return nil, noSuchObject("id", c.params["id"])
	}
	return c.svc.quotaHistory[i], nil
}
