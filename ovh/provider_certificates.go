package ovh

import (
	"cmp"
	"context"
	"crypto/sha1" //nolint:gosec // G505: the API's fingerprints are SHA-1 (facts 5.7)
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/lbkit/lbkit/internal/keypair"
	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// neutralCertificates is lb.Certificates.
type neutralCertificates struct {
	lb.UnimplementedCertificates
	p *provider
}

// certificateService is the lb.Certificates of p.
func (p *provider) certificateService() lb.Certificates {
	return neutralCertificates{UnimplementedCertificates: lb.UnimplementedCertificates{ProviderName: providerName}, p: p}
}

// List yields the certificates of a load balancer. One on order is not among them:
// the task of an order does not say what for.
func (s neutralCertificates) List(ctx context.Context, parent lb.LoadBalancerID, opts lb.ListOptions) iter.Seq2[*lb.Certificate, error] {
	const op = "certificates.list"
	service, err := ParseLoadBalancerID(parent)
	if err != nil {
		return rest.Fail[*lb.Certificate](rest.Renamed(op, err))
	}
	list := s.p.client.Certificates.List(ctx, service, CertificateListOptions{PageOptions: opts.PageOptions})
	list = rest.Filter(list, func(c *Certificate) bool { return opts.Name == "" || c.DisplayName == opts.Name })
	return rest.NamedList(op, rest.Map(list, func(c *Certificate) (*lb.Certificate, error) { return certificateOf(service, c), nil }))
}

// Get reads one certificate, or how far the order is of one that is not there yet. Such
// a one has the first of its domains as CommonName, and no Domains: the task of an order
// does not name them.
func (s neutralCertificates) Get(ctx context.Context, id lb.CertificateID) (_ *lb.Certificate, err error) {
	defer rest.Named("certificates.get", &err)
	return s.read(ctx, id)
}

func (s neutralCertificates) read(ctx context.Context, id lb.CertificateID) (*lb.Certificate, error) {
	if order, ok := parseOrder(id); ok {
		return s.ordered(ctx, order)
	}
	service, number, err := ParseCertificateID(id)
	if err != nil {
		return nil, err
	}
	c, err := s.p.client.Certificates.Get(ctx, service, number)
	if err != nil {
		return nil, err
	}
	return certificateOf(service, c), nil
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
		Message: "the order has ended, and there is no certificate for " + o.domain,
	}
}

// issued finds the certificate of an order that has ended: the newest of those that
// OVH made for the domain, less those that had expired before the order was placed, which
// is zero where nobody knows. It is nil where there is none. Whether the API repeats a
// certificate's common name among its other names is not known.
func (s neutralCertificates) issued(ctx context.Context, order certificateOrder, placed time.Time) (*lb.Certificate, error) {
	all, err := lb.Collect(s.p.client.Certificates.List(ctx, order.service, CertificateListOptions{}))
	if err != nil {
		return nil, err
	}
	isDomain := func(name string) bool { return strings.EqualFold(name, order.domain) }
	all = slices.DeleteFunc(all, func(c *Certificate) bool {
		return c.Type == CertificateCustom || c.ExpireDate.Before(placed) || !slices.ContainsFunc(c.SAN, isDomain) && !isDomain(commonName(c.Subject))
	})
	if len(all) == 0 {
		return nil, nil
	}
	newest := slices.MaxFunc(all, func(a, b *Certificate) int { return cmp.Compare(a.ID, b.ID) })
	return certificateOf(order.service, newest), nil
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

// Create uploads a certificate, which is ready then, or orders one for
// spec.Domains. An ordered one has a provisional ID until it is there; nothing
// checks its domains before. WaitCertificate returns the final one.
func (s neutralCertificates) Create(ctx context.Context, parent lb.LoadBalancerID, spec lb.CertificateSpec) (_ *lb.Certificate, err error) {
	defer rest.Named("certificates.create", &err)
	service, err := ParseLoadBalancerID(parent)
	if err != nil {
		return nil, err
	}
	canonical, problems := canonicalCertificate(spec)
	if err := problems.Err(); err != nil {
		return nil, err
	}
	done, err := s.p.writing(ctx, service)
	if err != nil {
		return nil, err
	}
	defer done()
	if len(canonical.Domains) > 0 {
		task, err := s.ordering(service, canonical.Domains).do(ctx)
		if err != nil {
			return nil, err
		}
		ordered := orderedCertificate(service, task, canonical.Domains[0])
		ordered.Domains = canonical.Domains
		return ordered, nil
	}
	chain, err := keypair.ParseChain(canonical.PEM)
	if err != nil {
		return nil, err
	}
	made, err := s.uploading(service, canonical, chain).do(ctx)
	if err != nil {
		return nil, err
	}
	return certificateOf(service, made), nil
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

// uploading is the making of a certificate of one's own. What there is already of the
// same name and content cannot be told from it.
func (s neutralCertificates) uploading(service string, spec lb.CertificateSpec, chain keypair.Chain) creation[Certificate] {
	fingerprint := fingerprintOf(chain[0])
	return creation[Certificate]{
		kind:       lb.KindCertificate,
		lookBefore: s.p.lookBefore,
		post: func(ctx context.Context) (*Certificate, error) {
			return s.p.client.Certificates.Create(ctx, service, CertificateCreate{DisplayName: spec.Name, Certificate: chain[:1].PEM(), Chain: chain[1:].PEM(), Key: spec.Key})
		},
		list: func(ctx context.Context) ([]*Certificate, error) {
			return lb.Collect(s.p.client.Certificates.List(ctx, service, CertificateListOptions{}))
		},
		id: func(c *Certificate) string { return string(FormatCertificateID(service, c.ID)) },
		same: func(c *Certificate) bool {
			return c.DisplayName == spec.Name && certificateOf(service, c).Fingerprint == fingerprint
		},
	}
}

// fingerprintOf is the fingerprint of a certificate, as the contract spells it.
func fingerprintOf(c *x509.Certificate) string {
	sum := sha1.Sum(c.Raw) //nolint:gosec // G401: as above
	return hex.EncodeToString(sum[:])
}

// Rename changes a certificate's name. One on order has none until it is there:
// lb.ErrBusy.
func (s neutralCertificates) Rename(ctx context.Context, id lb.CertificateID, name string) (_ *lb.Certificate, err error) {
	defer rest.Named("certificates.rename", &err)
	service, done, err := s.writing(ctx, id)
	if err != nil {
		return nil, err
	}
	defer done()
	current, err := s.read(ctx, id)
	if err != nil {
		return nil, err
	}
	_, number, err := ParseCertificateID(current.ID)
	switch {
	case err != nil:
		return nil, stillOrdered(current)
	case current.Name == name:
		return current, nil
	}
	var update CertificateUpdate
	nullable(&update.DisplayName, current.Name, name)
	if err := s.p.client.Certificates.Update(ctx, service, number, update); err != nil {
		return nil, err
	}
	return s.read(ctx, current.ID)
}

// writing waits for other writes to the service of a certificate.
func (s neutralCertificates) writing(ctx context.Context, id lb.CertificateID) (service string, done func(), err error) {
	if order, ok := parseOrder(id); ok {
		service = order.service
	} else if service, _, err = ParseCertificateID(id); err != nil {
		return "", nil, err
	}
	done, err = s.p.writing(ctx, service)
	return service, done, err
}

func stillOrdered(c *lb.Certificate) error {
	return &lb.Error{
		Code: lb.ErrBusy, Provider: providerName, Kind: lb.KindCertificate, ID: string(c.ID),
		Message: "it is on order, and not there yet",
	}
}

// Delete removes a certificate that no frontend has for its own; ErrInUse names those
// that do. An order cannot be taken back: while it runs, deleting it is lb.ErrBusy,
// and of one that has failed there is nothing to delete.
func (s neutralCertificates) Delete(ctx context.Context, id lb.CertificateID) (err error) {
	defer rest.Named("certificates.delete", &err)
	service, done, err := s.writing(ctx, id)
	if err != nil {
		return err
	}
	defer done()
	if _, ok := parseOrder(id); ok {
		current, err := s.read(ctx, id)
		if err != nil {
			return err
		}
		id = current.ID
		if _, ok := parseOrder(id); ok && current.Provisioning == lb.ProvisioningError {
			return nil
		} else if ok {
			return stillOrdered(current)
		}
	}
	_, number, err := ParseCertificateID(id)
	if err != nil {
		return err
	}
	users, err := s.users(ctx, service, number)
	if err != nil {
		return err
	}
	if len(users) > 0 {
		return &lb.Error{
			Code: lb.ErrInUse, Provider: providerName, Kind: lb.KindCertificate, ID: string(id), Message: "by " + strings.Join(users, ", "),
		}
	}
	return s.p.client.Certificates.Delete(ctx, service, number)
}

// users are the frontends that have a certificate for their own.
func (s neutralCertificates) users(ctx context.Context, service string, certificate int64) ([]string, error) {
	opts := FrontendListOptions{DefaultSSLID: certificate}
	var found [2][]int64
	err := rest.Together(ctx,
		func(ctx context.Context) (err error) {
			found[0], err = s.p.client.HTTP.Frontends.ListIDs(ctx, service, opts)
			return err
		},
		func(ctx context.Context) (err error) {
			found[1], err = s.p.client.TCP.Frontends.ListIDs(ctx, service, opts)
			return err
		})
	var users []string
	for i, protocol := range []lb.Protocol{lb.ProtocolHTTP, lb.ProtocolTCP} {
		for _, id := range found[i] {
			users = append(users, fmt.Sprintf("%s %s", lb.KindFrontend, FormatFrontendID(service, protocol, id)))
		}
	}
	return users, err
}
