package ovh

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/lbkit/lbkit/lb"
)

// order orders a certificate for domains, and takes note of those that are there for the
// first of them: none of these is what the order brings.
func (s neutralCertificates) order(ctx context.Context, service string, domains []string) (*lb.Certificate, error) {
	before, err := s.builtFor(ctx, service, domains[0])
	if err != nil {
		return nil, err
	}
	task, err := s.ordering(service, domains).do(ctx)
	if err != nil {
		return nil, err
	}
	ordered := orderedCertificate(service, task, domains[0])
	ordered.Domains = domains
	s.p.client.orders.place(ordered, before)
	return ordered, nil
}

// ordering is the making of an order. Orders cannot be told apart, but for those that
// have ended.
func (s neutralCertificates) ordering(service string, domains []string) creation[Task] {
	return creation[Task]{
		kind:       lb.KindOperation,
		lookBefore: s.p.lookBefore,
		post: func(ctx context.Context) (*Task, error) {
			return s.p.client.Certificates.OrderFree(ctx, service, domains)
		},
		list: func(ctx context.Context) ([]*Task, error) {
			return lb.Collect(s.p.client.Tasks.List(ctx, service, TaskListOptions{Action: TaskOrderFreeCertificate}))
		},
		id:   func(t *Task) string { return string(FormatOperationID(service, t.ID)) },
		same: func(t *Task) bool { return t.Status == TaskTodo || t.Status == TaskDoing },
	}
}

// certificateOrder is what the provisional ID of a certificate says.
type certificateOrder struct {
	id      lb.CertificateID
	service string
	task    int64
	domain  string
}

func parseOrder(id lb.CertificateID) (certificateOrder, bool) {
	service, task, domain, err := ParseCertificateOrderID(id)
	return certificateOrder{id, service, task, domain}, err == nil
}

// How long a certificate whose task is done may not be listed yet. Nothing is known of
// such a delay; what has not come by then has gone again.
const (
	listingDelay = 15 * time.Minute // after the end of the task
	orderDelay   = 24 * time.Hour   // after its beginning, where it does not say when it ended
)

// listedBy is when the certificate of a task that is done is listed at the latest.
func listedBy(task *Task) time.Time {
	if task.DoneDate == nil {
		return task.CreationDate.Add(orderDelay)
	}
	return task.DoneDate.Add(listingDelay)
}

// ordered is how far an order is: the certificate once it is there. A task that is
// not found has ended, nobody knows how (facts 6.5).
func (s neutralCertificates) ordered(ctx context.Context, order certificateOrder) (*lb.Certificate, error) {
	task, err := s.p.client.Tasks.Get(ctx, order.service, order.task)
	switch {
	case errors.Is(err, lb.ErrNotFound):
		if made, failed := s.issued(ctx, order, time.Time{}); made != nil || failed != nil {
			return made, failed
		}
		return nil, order.gone()
	case err != nil:
		return nil, err
	case task.Status != TaskDone:
		return orderedCertificate(order.service, task, order.domain), nil
	}
	made, err := s.issued(ctx, order, task.CreationDate)
	if made != nil || err != nil {
		return made, err
	}
	if s.p.client.rest.ServerTime().After(listedBy(task)) {
		return nil, order.gone()
	}
	return orderedCertificate(order.service, task, order.domain), nil
}

func (o certificateOrder) gone() error {
	return &lb.Error{
		Code: lb.ErrNotFound, Provider: providerName, Kind: lb.KindCertificate, ID: string(o.id),
		Message: "the order has ended, and has brought no certificate for " + o.domain,
	}
}

// issued finds the certificate of an order that has ended: the newest of those that
// OVH made for the domain, less those that were there before, or had expired before the
// order was placed, which is zero where nobody knows. One with all of its domains and no
// other comes first: another may be of an order placed at the same time. It is nil where
// there is none.
func (s neutralCertificates) issued(ctx context.Context, order certificateOrder, placed time.Time) (*lb.Certificate, error) {
	all, err := s.builtFor(ctx, order.service, order.domain)
	if err != nil {
		return nil, err
	}
	known := s.p.client.orders.get(order.id)
	all = slices.DeleteFunc(all, func(c *Certificate) bool {
		fingerprint, was := known.before[c.ID]
		return c.ExpireDate.Before(placed) || was && fingerprint == c.Fingerprint
	})
	if len(all) == 0 {
		return nil, nil
	}
	if exact := slices.DeleteFunc(slices.Clone(all), func(c *Certificate) bool { return !slices.Equal(namesOf(c), known.domains) }); len(exact) > 0 {
		all = exact
	}
	newest := slices.MaxFunc(all, func(a, b *Certificate) int { return cmp.Compare(a.ID, b.ID) })
	return certificateOf(order.service, newest), nil
}

// builtFor are the certificates that OVH made for a domain.
func (s neutralCertificates) builtFor(ctx context.Context, service, domain string) ([]*Certificate, error) {
	all, err := lb.Collect(s.p.client.Certificates.List(ctx, service, CertificateListOptions{}))
	return slices.DeleteFunc(all, func(c *Certificate) bool {
		return c.Type == CertificateCustom || !slices.Contains(namesOf(c), strings.ToLower(domain))
	}), err
}

// namesOf are the domains of a certificate in order. Whether the API repeats the common
// name among the others is not known.
func namesOf(c *Certificate) []string {
	names := append([]string{commonName(c.Subject)}, c.SAN...)
	for i := range names {
		names[i] = strings.ToLower(names[i])
	}
	return slices.DeleteFunc(sortedSet(names), func(name string) bool { return name == "" })
}

// orderedCertificate is a certificate that is not there yet, or never will be, whose
// first domain is known.
func orderedCertificate(service string, task *Task, domain string) *lb.Certificate {
	out := &lb.Certificate{
		ID:           FormatCertificateOrderID(service, task.ID, domain),
		LoadBalancer: FormatLoadBalancerID(service),
		Source:       lb.CertificateManaged,
		Provisioning: lb.ProvisioningPending,
		CommonName:   domain,
		Native:       task,
	}
	status, detail := orderStatus(task.Status)
	out.Detail = detail
	if status == lb.OperationFailed || status == lb.OperationCancelled {
		out.Provisioning = lb.ProvisioningError
	}
	return out
}

// orderStatus is how far the task of an order is. Nothing checks the domains before,
// and a task that fails does not say why (facts 6.5, 6.7).
func orderStatus(status TaskStatus) (lb.OperationStatus, string) {
	neutral, detail := statusOf(status)
	switch status {
	case TaskError, TaskBlocked, TaskCancelled:
		return neutral, fmt.Sprintf("the order has ended with %s: every domain must point to the load balancer (its A and AAAA records, if any, to an address of it), "+
			"which must serve port 80, where the domains are proved", status)
	case TaskDone:
		return neutral, "the certificate is made, and not listed yet"
	case TaskTodo, TaskDoing:
	}
	return neutral, detail
}

// orders are what a client knows of those that its providers have placed, by provisional ID.
type orders struct {
	mu    sync.Mutex
	known map[lb.CertificateID]placedOrder
}

// placedOrder is for domains, which are in order. before are the certificates that were
// there for the first of them: fingerprints by number. One that OVH has made anew since has
// another fingerprint.
type placedOrder struct {
	domains []string
	before  map[int64]string
}

func (o *orders) place(ordered *lb.Certificate, before []*Certificate) {
	placed := placedOrder{domains: sortedSet(ordered.Domains), before: make(map[int64]string, len(before))}
	for _, c := range before {
		placed.before[c.ID] = c.Fingerprint
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.known == nil {
		o.known = map[lb.CertificateID]placedOrder{}
	}
	o.known[ordered.ID] = placed
}

// get is zero of an order that another client has placed.
func (o *orders) get(id lb.CertificateID) placedOrder {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.known[id]
}
