package ovhtest

import (
	"slices"
	"strings"
	"time"
)

// logService is the log platform's own service, where the streams are.
const logService = "ldp-ov-12345"

const logURLLife = time.Hour // of an address that log/url gives out

// logKind is ipLoadbalancing.LdpKind.LdpKind.
type logKind struct {
	AdditionalReturnedFields []string `json:"additionalReturnedFields"`
	CreatedAt                dateTime `json:"createdAt"`
	DisplayName              string   `json:"displayName"`
	KindID                   string   `json:"kindId"`
	Name                     string   `json:"name"`
	UpdatedAt                dateTime `json:"updatedAt"`
}

// logKinds are those of a service: UDP logs are not forwarded (facts 5.8).
func logKinds() []logKind {
	since := dateTime(time.Date(2023, time.September, 1, 0, 0, 0, 0, time.UTC))
	kinds := []logKind{}
	for _, name := range []string{"http", "tcp"} {
		kinds = append(kinds, logKind{
			AdditionalReturnedFields: []string{"status_code"}, CreatedAt: since, UpdatedAt: since,
			DisplayName: strings.ToUpper(name) + " logs", KindID: madeUpUUID("kind %s", name), Name: name,
		})
	}
	return kinds
}

// logSubscription is ipLoadbalancing.LdpSubscription.LdpSubscription: a kind of
// logs forwarded to a stream.
type logSubscription struct {
	CreatedAt      dateTime    `json:"createdAt"`
	Kind           string      `json:"kind"`
	Resource       logResource `json:"resource"`
	ServiceName    string      `json:"serviceName"`
	StreamID       string      `json:"streamId"`
	SubscriptionID string      `json:"subscriptionId"`
	UpdatedAt      dateTime    `json:"updatedAt"`
}

type logResource struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// logOperation is ipLoadbalancing.LogSubscriptionResponse. The operation is the
// log platform's; here its work is done when it is named.
type logOperation struct {
	OperationID string `json:"operationId"`
	ServiceName string `json:"serviceName"`
}

func (r *router) addLogs(service string) {
	r.add("GET", service+"/log/kind", listLogKinds)
	r.add("GET", service+"/log/kind/{name}", getLogKind)
	r.add("GET", service+"/log/subscription", listSubscriptions)
	r.add("POST", service+"/log/subscription", subscribe)
	r.add("GET", service+"/log/subscription/{subscriptionId}", func(c *call) (any, error) { return c.subscription() })
	r.add("DELETE", service+"/log/subscription/{subscriptionId}", unsubscribe)
	r.add("POST", service+"/log/url", logURL)
}

func listLogKinds(*call) (any, error) {
	l := &listing{ids: []any{}}
	for _, kind := range logKinds() {
		l.ids = append(l.ids, kind.Name)
		l.views = append(l.views, func() any { return kind })
	}
	return l, nil
}

func findLogKind(name string) (logKind, bool) {
	for _, kind := range logKinds() {
		if kind.Name == name {
			return kind, true
		}
	}
	return logKind{}, false
}

func getLogKind(c *call) (any, error) {
	kind, ok := findLogKind(c.params["name"])
	if !ok {
		return nil, noSuchObject("name", c.params["name"])
	}
	return kind, nil
}

func listSubscriptions(c *call) (any, error) {
	l := &listing{ids: []any{}}
	for _, s := range c.svc.subscriptions {
		l.ids = append(l.ids, s.SubscriptionID)
		l.views = append(l.views, func() any { return s })
	}
	return l, nil
}

func (c *call) subscription() (*logSubscription, error) {
	id := c.params["subscriptionId"]
	i := slices.IndexFunc(c.svc.subscriptions, func(s *logSubscription) bool { return s.SubscriptionID == id })
	if i < 0 {
		return nil, noSuchObject("subscriptionId", id)
	}
	return c.svc.subscriptions[i], nil
}

func subscribe(c *call) (any, error) {
	var asked struct {
		Kind     string `json:"kind"`
		StreamID string `json:"streamId"`
	}
	merge(&asked, c.body)
	if _, ok := findLogKind(asked.Kind); !ok {
		return nil, invalid("kind", "not a kind of this service's logs")
	}
	asked.StreamID = strings.ToLower(asked.StreamID)
	for _, s := range c.svc.subscriptions {
		if s.Kind != asked.Kind || s.StreamID != asked.StreamID {
			continue
		}
		if err := c.assume.SameStream.refuse("These logs go to this stream already"); err != nil {
			return nil, err
		}
	}
	now := dateTime(c.clock.Now())
	c.svc.subscriptions = append(c.svc.subscriptions, &logSubscription{
		CreatedAt: now, UpdatedAt: now, Kind: asked.Kind, Resource: logResource{Name: c.svc.name, Type: "ipLoadbalancing"},
		ServiceName: logService, StreamID: asked.StreamID, SubscriptionID: madeUpUUID("subscription %d", c.count("subscription")),
	})
	return c.logOperation(), nil
}

func (c *call) logOperation() logOperation {
	return logOperation{OperationID: madeUpUUID("operation %d", c.count("operation")), ServiceName: logService}
}

func unsubscribe(c *call) (any, error) {
	s, err := c.subscription()
	if err != nil {
		return nil, err
	}
	c.svc.subscriptions = slices.DeleteFunc(slices.Clone(c.svc.subscriptions), func(other *logSubscription) bool { return other == s })
	return c.logOperation(), nil
}

func logURL(c *call) (any, error) {
	var asked struct {
		Kind string `json:"kind"`
	}
	merge(&asked, c.body)
	if _, ok := findLogKind(asked.Kind); !ok {
		return nil, invalid("kind", "not a kind of this service's logs")
	}
	return struct {
		ExpirationDate dateTime `json:"expirationDate"`
		URL            string   `json:"url"`
	}{dateTime(c.clock.Now().Add(logURLLife)), "wss://logs.example.com/tail/?tk=" + madeUp("log url %d", c.count("log url"))}, nil
}
