package ovh

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"net/netip"
	"slices"
	"strings"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// AddressOptions are what only OVH says of an address. It is in
// lb.Address.Extensions, is read, and cannot be written.
type AddressOptions struct {
	// RoutedTo is the service that has the address where that is no load balancer: a
	// server, for example. Attach takes the address away from it.
	RoutedTo string `json:"routedTo,omitzero"`
}

// ExtensionProvider returns "ovh".
func (AddressOptions) ExtensionProvider() string { return providerName }

// neutralAddresses is lb.Addresses: the addresses that come with load balancers, and
// the account's Additional IPs.
type neutralAddresses struct {
	lb.UnimplementedAddresses
	p *provider
}

// addressService is the lb.Addresses of p.
func (p *provider) addressService() lb.Addresses {
	return neutralAddresses{UnimplementedAddresses: lb.UnimplementedAddresses{ProviderName: providerName}, p: p}
}

// List yields the addresses of a load balancer, its own first; or of every load
// balancer, and then the Additional IPs that are routed to nothing. Tags are what Get
// tells.
func (s neutralAddresses) List(ctx context.Context, opts lb.AddressListOptions) iter.Seq2[*lb.Address, error] {
	const op = "addresses.list"
	if err := rest.CheckPages(providerName, op, opts.PageOptions); err != nil {
		return rest.Fail[*lb.Address](err)
	}
	if opts.LoadBalancer == "" {
		return rest.NamedList(op, rest.Concat(s.ofAll(ctx, opts.PageOptions), s.ofNone(ctx, opts.PageOptions)))
	}
	service, err := ParseLoadBalancerID(opts.LoadBalancer)
	if err != nil {
		return rest.Fail[*lb.Address](rest.Renamed(op, err))
	}
	return rest.NamedList(op, rest.Later(func() ([]*lb.Address, error) {
		l, err := s.p.client.LoadBalancers.Get(ctx, service)
		if err != nil {
			return nil, err
		}
		return s.of(ctx, l)
	}))
}

// of are the addresses of one load balancer.
func (s neutralAddresses) of(ctx context.Context, l *LoadBalancer) ([]*lb.Address, error) {
	failover, err := s.p.client.LoadBalancers.FailoverIPs(ctx, l.ServiceName)
	if err != nil {
		return nil, err
	}
	r := reading{kind: lb.KindLoadBalancer, id: l.ServiceName}
	own := ownPrefixes(&r, l)
	var out []*lb.Address
	for _, prefix := range append(slices.Clone(own), r.prefixes("failover", failover)...) {
		if slices.ContainsFunc(out, func(a *lb.Address) bool { return a.Prefix == prefix }) {
			continue
		}
		out = append(out, &lb.Address{
			ID: FormatAddressID(prefix), Prefix: prefix, LoadBalancer: FormatLoadBalancerID(l.ServiceName), Primary: slices.Contains(own, prefix),
		})
	}
	return out, r.err()
}

// ownPrefixes are the addresses that came with a load balancer.
func ownPrefixes(r *reading, l *LoadBalancer) []netip.Prefix {
	var out []netip.Prefix
	for _, address := range ownAddresses(r, l) {
		out = append(out, netip.PrefixFrom(address, address.BitLen()))
	}
	return out
}

func (s neutralAddresses) ofAll(ctx context.Context, page lb.PageOptions) iter.Seq2[*lb.Address, error] {
	listed, asked := rest.ShareWindow(page.Window)
	all := s.p.client.LoadBalancers.List(ctx, LoadBalancerListOptions{PageOptions: lb.PageOptions{PageSize: page.PageSize, Window: listed}})
	each := rest.MapAhead(ctx, all, asked, s.of)
	return func(yield func(*lb.Address, error) bool) {
		for some, err := range each {
			if err != nil {
				yield(nil, err)
				return
			}
			for _, address := range some {
				if !yield(address, nil) {
					return
				}
			}
		}
	}
}

func (s neutralAddresses) ofNone(ctx context.Context, page lb.PageOptions) iter.Seq2[*lb.Address, error] {
	list := s.p.client.IPs.List(ctx, IPListOptions{IsAdditionalIP: new(true), PageOptions: page})
	list = rest.Filter(list, func(ip *IP) bool { return routedTo(ip) == "" })
	return rest.Map(list, func(ip *IP) (*lb.Address, error) { return addressOf(ip) })
}

func routedTo(ip *IP) string {
	if ip.RoutedTo == nil {
		return ""
	}
	return ip.RoutedTo.ServiceName
}

// addressOf is an Additional IP as a neutral address, less where it is routed to.
func addressOf(ip *IP) (*lb.Address, error) {
	r := reading{kind: lb.KindAddress, id: ip.IP}
	prefix := r.prefix("ip", ip.IP)
	return &lb.Address{ID: FormatAddressID(prefix), Prefix: prefix, Tags: tagsOf(ip.IAM), Native: ip}, r.err()
}

// Get reads one address. One that /ip does not know may be a load balancer's own.
func (s neutralAddresses) Get(ctx context.Context, id lb.AddressID) (_ *lb.Address, err error) {
	defer rest.Named("addresses.get", &err)
	prefix, err := ParseAddressID(id)
	if err != nil {
		return nil, err
	}
	ip, err := s.read(ctx, prefix)
	if errors.Is(err, lb.ErrNotFound) {
		return s.find(ctx, prefix, err)
	}
	if err != nil {
		return nil, err
	}
	return s.attached(ctx, ip)
}

func (s neutralAddresses) read(ctx context.Context, prefix netip.Prefix) (*IP, error) {
	ip, err := s.p.client.IPs.Get(ctx, prefix.String())
	return ip, about(lb.KindAddress, string(FormatAddressID(prefix)), err)
}

// find looks for an address among those of all load balancers.
func (s neutralAddresses) find(ctx context.Context, prefix netip.Prefix, missing error) (*lb.Address, error) {
	found, err := lb.First(s.ofAll(ctx, lb.PageOptions{}), func(a *lb.Address) bool { return a.Prefix == prefix })
	if errors.Is(err, lb.ErrNotFound) {
		return nil, missing
	}
	return found, err
}

// attached is an Additional IP with where it is routed to.
func (s neutralAddresses) attached(ctx context.Context, ip *IP) (*lb.Address, error) {
	out, err := addressOf(ip)
	service := routedTo(ip)
	if err != nil || service == "" {
		return out, err
	}
	l, err := s.p.client.LoadBalancers.Get(ctx, service)
	if errors.Is(err, lb.ErrNotFound) {
		out.Extensions = lb.Extend(AddressOptions{RoutedTo: service})
		return out, nil
	}
	if err != nil {
		return nil, err
	}
	r := reading{kind: lb.KindLoadBalancer, id: service}
	out.LoadBalancer, out.Primary = FormatLoadBalancerID(service), slices.Contains(ownPrefixes(&r, l), out.Prefix)
	return out, r.err()
}

// Allocate is not supported: Additional IPs are ordered.
func (s neutralAddresses) Allocate(context.Context, lb.AddressSpec) (*lb.Address, error) {
	return nil, byOrder("addresses.allocate", "Additional IPs are ordered")
}

// Release is not supported: Additional IPs are given up by an order.
func (s neutralAddresses) Release(context.Context, lb.AddressID) error {
	return byOrder("addresses.release", "Additional IPs are given up by an order")
}

// Attach moves an Additional IP to a load balancer, from any other service. Where it
// is there already, nothing is sent and the operation is done; where it is on its way
// there, that is the operation; where it is on its way elsewhere, it is lb.ErrBusy
// with that operation's ID. The load balancer serves it after lb.Publish (facts 6.8),
// which in all these cases refreshes once. That is so even where the address is there
// already and may be served: only a client that has seen a refresh follow it can tell.
func (s neutralAddresses) Attach(ctx context.Context, id lb.AddressID, to lb.LoadBalancerID) (_ *lb.Operation, err error) {
	defer rest.Named("addresses.attach", &err)
	service, err := ParseLoadBalancerID(to)
	if err != nil {
		return nil, err
	}
	return s.move(ctx, id, service, func(ctx context.Context, block string) (*IPTask, error) {
		return s.p.client.IPs.Move(ctx, block, IPMove{To: service})
	})
}

// Detach parks an Additional IP: it stays the account's, and is routed to nothing. The
// address that a load balancer came with stays with it. One that is on its way to
// nothing is as in Attach. The load balancer lets go of it after lb.Publish.
func (s neutralAddresses) Detach(ctx context.Context, id lb.AddressID) (_ *lb.Operation, err error) {
	defer rest.Named("addresses.detach", &err)
	return s.move(ctx, id, "", s.p.client.IPs.Park)
}

// move routes an address to a service, or to none. What is on its way is looked for
// before where the address is, so that no move is missed that ends in between.
func (s neutralAddresses) move(ctx context.Context, id lb.AddressID, to string, post func(context.Context, string) (*IPTask, error)) (*lb.Operation, error) {
	prefix, err := ParseAddressID(id)
	if err != nil {
		return nil, err
	}
	done, err := s.p.writing(ctx, formatID("ip", string(id)))
	if err != nil {
		return nil, err
	}
	defer done()
	task, err := s.underWay(ctx, prefix, to)
	if err != nil {
		return nil, err
	}
	ip, err := s.read(ctx, prefix)
	if err != nil {
		return nil, err
	}
	switch {
	case task != nil:
	case routedTo(ip) == to:
		s.p.client.moves.found(prefix, to)
		return &lb.Operation{LoadBalancer: lb.LoadBalancerID(to), Action: string(IPTaskMove), Status: lb.OperationDone, Progress: 100}, nil
	default:
		if to == "" {
			if err := s.detachable(ctx, ip); err != nil {
				return nil, err
			}
		}
		if task, err = s.starting(prefix, to, post).do(ctx); err != nil {
			return nil, about(lb.KindAddress, string(id), err)
		}
	}
	out := addressOperationOf(prefix, task)
	out.LoadBalancer = lb.LoadBalancerID(to)
	s.p.client.moves.started(passage{prefix, to, out.ID}, to, routedTo(ip))
	return out, nil
}

// underWay is the move of an address to a service, or to none, that is under way; nil
// where none is.
func (s neutralAddresses) underWay(ctx context.Context, prefix netip.Prefix, to string) (*IPTask, error) {
	running, err := s.moving(ctx, prefix)
	if err != nil || len(running) == 0 {
		return nil, err
	}
	// Several where one waits for another: the last one decides.
	last := slices.MaxFunc(running, func(a, b *IPTask) int { return cmp.Compare(a.TaskID, b.TaskID) })
	if destination(last) != to {
		return nil, onTheWay(prefix, last)
	}
	return last, nil
}

// starting is the start of a move. None was under way, so one that is by then is this.
func (s neutralAddresses) starting(prefix netip.Prefix, to string, post func(context.Context, string) (*IPTask, error)) creation[IPTask] {
	return creation[IPTask]{
		kind:  lb.KindOperation,
		post:  func(ctx context.Context) (*IPTask, error) { return post(ctx, prefix.String()) },
		list:  func(ctx context.Context) ([]*IPTask, error) { return s.moving(ctx, prefix) },
		id:    func(t *IPTask) string { return string(FormatAddressOperationID(prefix, t.TaskID)) },
		same:  func(t *IPTask) bool { return destination(t) == to },
		older: []string{},
	}
}

// moving are the moves of an address that are under way, asked for in the order in
// which a task goes through its states.
func (s neutralAddresses) moving(ctx context.Context, prefix netip.Prefix) ([]*IPTask, error) {
	var all []*IPTask
	for _, status := range []IPTaskStatus{IPTaskInit, IPTaskTodo, IPTaskDoing} {
		some, err := lb.Collect(s.p.client.IPs.ListTasks(ctx, prefix.String(), IPTaskListOptions{Function: IPTaskMove, Status: status}))
		if err != nil {
			return nil, about(lb.KindAddress, string(FormatAddressID(prefix)), err)
		}
		all = append(all, some...)
	}
	return all, nil
}

func destination(task *IPTask) string {
	if task.Destination == nil {
		return ""
	}
	return task.Destination.ServiceName
}

func onTheWay(prefix netip.Prefix, task *IPTask) error {
	where := destination(task)
	if where == "" {
		where = "no service"
	}
	return &lb.Error{
		Code: lb.ErrBusy, Provider: providerName, Kind: lb.KindOperation, ID: string(FormatAddressOperationID(prefix, task.TaskID)),
		Message: "the address is on its way to " + where,
	}
}

// detachable refuses to take from other services than load balancers, and what came
// with one.
func (s neutralAddresses) detachable(ctx context.Context, ip *IP) error {
	address, err := s.attached(ctx, ip)
	if err != nil {
		return err
	}
	switch {
	case address.LoadBalancer == "":
		return invalid(lb.KindAddress, string(address.ID), fmt.Sprintf("it is routed to %s, which is no load balancer", routedTo(ip)))
	case address.Primary:
		return invalid(lb.KindAddress, string(address.ID), fmt.Sprintf("it came with %s, and stays with it", routedTo(ip)))
	}
	return nil
}

// addressOperation reads the task of an address.
func (p *provider) addressOperation(ctx context.Context, id lb.OperationID) (*lb.Operation, error) {
	prefix, number, err := ParseAddressOperationID(id)
	if err != nil {
		return nil, err
	}
	task, err := p.client.IPs.GetTask(ctx, prefix.String(), number)
	if err != nil {
		return nil, about(lb.KindOperation, string(id), err)
	}
	return addressOperationOf(prefix, task), nil
}

// isAddressOperation tells the operation of an address from that of a service: a
// service's name has no slash.
func isAddressOperation(id lb.OperationID) bool { return strings.HasPrefix(string(id), "ip/") }

// addressOperationOf is the task of an address as a neutral operation. It tells no
// progress.
func addressOperationOf(prefix netip.Prefix, t *IPTask) *lb.Operation {
	out := &lb.Operation{
		ID:           FormatAddressOperationID(prefix, t.TaskID),
		LoadBalancer: lb.LoadBalancerID(destination(t)),
		Action:       string(t.Function),
		Progress:     -1,
		Detail:       t.Comment,
		Started:      t.StartDate,
		Finished:     valueOf(t.DoneDate),
		Native:       t,
	}
	switch t.Status {
	case IPTaskInit, IPTaskTodo:
		out.Status = lb.OperationPending
	case IPTaskDoing:
		out.Status = lb.OperationRunning
	case IPTaskDone:
		out.Status, out.Progress = lb.OperationDone, 100
	case IPTaskCancelled:
		out.Status = lb.OperationCancelled
	case IPTaskCustomerError, IPTaskOVHError:
		out.Status = lb.OperationFailed
		if out.Detail == "" {
			out.Detail = "OVH says no more than " + string(t.Status)
		}
	case "":
		out.Status = lb.OperationUnknown
	default:
		out.Status = lb.OperationStatus(t.Status) // a wait goes on, and names it
	}
	return out
}
