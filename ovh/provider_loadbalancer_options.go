package ovh

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// apart is what the API keeps of a service apart from the service itself.
type apart struct {
	quotas        []*Quota
	subscriptions []*LogSubscription
}

// apart reads it, one list after the other with a window of 1. Where the API does not
// have one of the two (logs are a beta, and US lacks some calls: facts 1.1), it answers
// 404, and there is none of it. That the service itself does not exist, the call that
// reads it says.
func (s neutralLoadBalancers) apart(ctx context.Context, service string, page lb.PageOptions) (own apart, err error) {
	quotas := func(ctx context.Context) (err error) {
		own.quotas, err = lb.Collect(s.p.client.Quotas.List(ctx, service, page))
		return unlessMissing(err)
	}
	subscriptions := func(ctx context.Context) (err error) {
		own.subscriptions, err = lb.Collect(s.p.client.Logs.ListSubscriptions(ctx, service, LogSubscriptionListOptions{PageOptions: page}))
		return unlessMissing(err)
	}
	if page.Window == 1 {
		if err = quotas(ctx); err == nil {
			err = subscriptions(ctx)
		}
		return own, err
	}
	err = rest.Together(ctx, quotas, subscriptions)
	return own, err
}

func unlessMissing(err error) error {
	if errors.Is(err, lb.ErrNotFound) {
		return nil
	}
	return err
}

// extensions are the options of the service.
func (a apart) extensions() lb.Extensions {
	var o LoadBalancerOptions
	for _, q := range a.quotas {
		if q.Alert == nil {
			continue
		}
		if o.QuotaAlerts == nil {
			o.QuotaAlerts = map[string]int64{}
		}
		o.QuotaAlerts[strings.ToLower(q.Zone)] = *q.Alert
	}
	for _, sub := range a.subscriptions {
		o.LogStreams = append(o.LogStreams, streamOf(sub))
	}
	o.LogStreams = sortedStreams(o.LogStreams)
	return lb.Extend(o)
}

func streamOf(s *LogSubscription) LogStream {
	return LogStream{Kind: s.Kind, Stream: strings.ToLower(s.StreamID)}
}

// optionsChange is what to send to make one LoadBalancerOptions into another.
type optionsChange struct {
	alerts      map[string]QuotaUpdate // by zone
	subscribe   []LogStream
	unsubscribe []LogStream
}

// optionsChange compares canonical specs. Alerts are for the zones that the service
// has.
func (f *findings) optionsChange(before, after lb.LoadBalancerSpec, zones []string) optionsChange {
	const at = "extensions." + providerName
	was, now := optionsOf[LoadBalancerOptions](f, at, before.Extensions), optionsOf[LoadBalancerOptions](f, at, after.Extensions)
	var change optionsChange
	for _, zone := range zonesOf(was.QuotaAlerts, now.QuotaAlerts) {
		var update QuotaUpdate
		nullablePointer(&update.Alert, alertOf(was, zone), alertOf(now, zone))
		if nothing(update) {
			continue
		}
		if !slices.ContainsFunc(zones, func(own string) bool { return strings.EqualFold(own, zone) }) {
			f.invalid(at+".quotaAlerts", "%s is not a zone of the load balancer, which has %s", zone, strings.Join(zones, ", "))
		}
		if change.alerts == nil {
			change.alerts = map[string]QuotaUpdate{}
		}
		change.alerts[zone] = update
	}
	change.subscribe = streamsWithout(now.LogStreams, was.LogStreams)
	change.unsubscribe = streamsWithout(was.LogStreams, now.LogStreams)
	return change
}

// alertOf is a zone's alert, nil where there is none.
func alertOf(o LoadBalancerOptions, zone string) *int64 {
	if alert, ok := o.QuotaAlerts[zone]; ok {
		return &alert
	}
	return nil
}

// zonesOf are the keys of both maps, in order.
func zonesOf(a, b map[string]int64) []string {
	return slices.Compact(slices.Sorted(slices.Values(slices.AppendSeq(slices.Collect(maps.Keys(a)), maps.Keys(b)))))
}

// streamsWithout are those of all that are not among others; nil where there are none.
func streamsWithout(all, others []LogStream) []LogStream {
	var out []LogStream
	for _, s := range all {
		if !slices.Contains(others, s) {
			out = append(out, s)
		}
	}
	return out
}

// changeOptions subscribes before it unsubscribes, so that no moment is without logs
// where a stream takes another's place.
func (s neutralLoadBalancers) changeOptions(ctx context.Context, service string, own apart, change optionsChange) error {
	for _, zone := range slices.Sorted(maps.Keys(change.alerts)) {
		if err := s.p.client.Quotas.Update(ctx, service, zone, change.alerts[zone]); err != nil {
			return err
		}
	}
	for _, stream := range change.subscribe {
		if _, err := s.p.client.Logs.Subscribe(ctx, service, LogSubscriptionCreate{Kind: stream.Kind, StreamID: stream.Stream}); err != nil {
			return err
		}
	}
	for _, sub := range own.subscriptions {
		if !slices.Contains(change.unsubscribe, streamOf(sub)) {
			continue
		}
		if _, err := s.p.client.Logs.Unsubscribe(ctx, service, sub.SubscriptionID); err != nil && !errors.Is(err, lb.ErrNotFound) {
			return err
		}
	}
	return nil
}
