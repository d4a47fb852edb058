package contender

import (
	"context"
	"fmt"
	"time"

	"github.com/lbkit/lbkit/internal/bench/canned"
	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/scaleway"
)

// scalewayRows are those against the Scaleway side of server. Each contender has
// a client, and so connections, of its own.
func scalewayRows(server *canned.Server) ([]Row, error) {
	want := known()
	plain := &floorScaleway{client: tuned(), base: server.URL, want: want}
	jsonOnly := &bareScaleway{floorScaleway: &floorScaleway{client: tuned(), base: server.URL, want: want}}
	jsonWhole := &bareScaleway{floorScaleway: &floorScaleway{client: tuned(), base: server.URL, want: want}, whole: true}
	sdk, err := newSDK(server, want)
	if err != nil {
		return nil, err
	}
	peer, err := newPeer(server, want)
	if err != nil {
		return nil, err
	}
	window9 := lb.PageOptions{Window: 9}
	row := func(name string, objects int, peers []Contender, goals ...Goal) Row {
		return Row{Name: name, Objects: objects, Contenders: peers, Goals: append(goals, beside(0, neutral, native))}
	}
	slow := func(name string, do func(lb.PageOptions) func(context.Context) error, through func(lb.PageOptions) func(context.Context) error, floorDo, peerDo func(context.Context) error) Row {
		return Row{
			Name: name, Objects: canned.Objects, Latency: latency,
			Contenders: []Contender{
				{By: floor, Do: floorDo},
				{By: native, Do: do(lb.PageOptions{})},
				{By: nativeW9, Do: do(window9)},
				{By: neutral, Do: through(lb.PageOptions{})},
				{By: neutral9, Do: through(window9)},
				{By: scwGo, Do: peerDo},
			},
			Goals: []Goal{
				{By: native, To: floor, Time: 0.42, Requests: 10, Warm: true},
				{By: nativeW9, To: floor, Time: 0.24, Requests: 10, Trips: 2.6, Warm: true},
				beside(latency, neutral, native), beside(latency, neutral9, nativeW9),
			},
		}
	}
	all := lb.PageOptions{}
	return []Row{
		row("ScalewayGetLB", 1, []Contender{
			{By: floor, Do: plain.get},
			{By: native, Do: sdk.get},
			{By: neutral, Do: sdk.getNeutral},
			{By: scwGo, Do: peer.get},
			{By: unread, Do: plain.getUnread},
			{By: bare, Do: jsonOnly.get},
			{By: bareWhole, Do: jsonWhole.get},
		}, Goal{By: native, To: floor, Time: 0.80, Allocs: 0.60, Requests: 1}),
		row("ScalewayCreateBackend", 1, []Contender{
			{By: floor, Do: plain.create},
			{By: native, Do: sdk.create},
			{By: neutral, Do: sdk.createNeutral},
			{By: scwGo, Do: peer.create},
			{By: unread, Do: plain.createUnread},
			{By: bare, Do: jsonOnly.create},
			{By: bareWhole, Do: jsonWhole.create},
		}, Goal{By: native, To: floor, Time: 0.70, Allocs: 0.55, Requests: 1}),
		row("ScalewayListLBs", canned.Objects, []Contender{
			{By: floor, Do: plain.listLBs}, {By: native, Do: sdk.listLBs(all)}, {By: neutral, Do: sdk.listLBsNeutral(all)}, {By: scwGo, Do: peer.listLBs},
		}, Goal{By: native, To: floor, Time: 0.42, Allocs: 0.36, Requests: 10}, Goal{By: native, To: scwGo, Time: 1 / 2.5}),
		row("ScalewayListBackends", canned.Objects, []Contender{
			{By: floor, Do: plain.listBackends},
			{By: native, Do: sdk.listBackends(all)},
			{By: neutral, Do: sdk.listBackendsNeutral(all)},
			{By: scwGo, Do: peer.listBackends},
		}, Goal{By: native, To: floor, Time: 0.42, Allocs: 0.30, Requests: 10}, Goal{By: native, To: scwGo, Time: 1 / 4.0}),
		slow("ScalewayListLBs20ms", sdk.listLBs, sdk.listLBsNeutral, plain.listLBs, peer.listLBs),
		slow("ScalewayListBackends20ms", sdk.listBackends, sdk.listBackendsNeutral, plain.listBackends, peer.listBackends),
	}, nil
}

// sdkScaleway is this SDK, by its client and by its provider.
type sdkScaleway struct {
	api      *scaleway.API
	provider lb.Provider
	parent   lb.LoadBalancerID
	want     *facts
	// neutral are the facts of load balancers as the contract has them: IDs say the
	// zone, tags are sorted.
	neutral []lbFacts
}

func newSDK(server *canned.Server, want *facts) (*sdkScaleway, error) {
	// Without an HTTP client of ours: with the transport that users get.
	client, err := scaleway.NewClient(lb.NewSecret(canned.ScalewayToken), scaleway.WithBaseURL(server.URL), scaleway.WithProject(canned.ScalewayProject))
	if err != nil {
		return nil, err
	}
	provider, err := scaleway.NewProvider(client, []scaleway.Zone{canned.ScalewayZone})
	if err != nil {
		return nil, err
	}
	c := &sdkScaleway{
		api: client.Zone(canned.ScalewayZone), provider: provider, want: want,
		parent: scaleway.FormatLoadBalancerID(canned.ScalewayZone, firstLB),
	}
	for i, f := range want.lbs {
		f.id, f.tag = string(scaleway.FormatLoadBalancerID(canned.ScalewayZone, canned.LoadBalancerID(i))), "production"
		c.neutral = append(c.neutral, f)
	}
	return c, nil
}

func sdkLB(b *scaleway.LB) lbFacts {
	return lbFacts{
		id: b.ID, name: b.Name, description: b.Description, status: string(b.Status), address: first(b.IP).IPAddress, tag: first(b.Tags), tags: len(b.Tags),
		instances: len(b.Instances), updated: b.UpdatedAt.UnixNano(),
	}
}

func sdkBackend(b *scaleway.Backend) backendFacts {
	f := backendFacts{
		id: b.ID, name: b.Name, server: first(b.Pool), servers: len(b.Pool), lb: b.LB.ID, port: b.ForwardPort, updated: b.UpdatedAt.UnixNano(),
		timeout: content(b.TimeoutServer).Duration(), checkDelay: b.HealthCheck.CheckDelay.Duration(), queue: time.Duration(content(b.TimeoutQueue)),
	}
	if b.HealthCheck.HTTPConfig != nil {
		f.path = b.HealthCheck.HTTPConfig.URI
	}
	return f
}

func (c *sdkScaleway) get(ctx context.Context) error {
	b, err := c.api.LBs.Get(ctx, firstLB)
	if err != nil {
		return err
	}
	return match(sdkLB(b), c.want.lbs, 0)
}

func newSDKBackend() scaleway.BackendCreate {
	return scaleway.BackendCreate{
		Name: "backend", ForwardProtocol: scaleway.ProtocolHTTP, ForwardPort: 80, ForwardPortAlgorithm: scaleway.ForwardPortAlgorithmRoundRobin,
		StickySessions: scaleway.StickySessionsNone,
		HealthCheck: scaleway.HealthCheck{
			Port: 80, CheckDelay: 60000, CheckTimeout: 30000, CheckMaxRetries: 2,
			HTTPConfig:          &scaleway.HealthCheckHTTPConfig{URI: "/healthz", Method: "GET", Code: new(200), HostHeader: "shop.example.com"},
			TransientCheckDelay: new(scaleway.Duration(500 * time.Millisecond)),
		},
		ServerIP: []string{server1, server2}, TimeoutServer: new(scaleway.Milliseconds(300000)),
		TimeoutConnect: new(scaleway.Milliseconds(5000)), TimeoutTunnel: new(scaleway.Milliseconds(900000)),
		OnMarkedDownAction: scaleway.OnMarkedDownActionNone, ProxyProtocol: scaleway.ProxyProtocolNone, MaxRetries: new(3),
		TimeoutQueue: new(scaleway.Duration(5 * time.Second)),
	}
}

func (c *sdkScaleway) create(ctx context.Context) error {
	b, err := c.api.Backends.Create(ctx, firstLB, newSDKBackend())
	if err != nil {
		return err
	}
	return match(sdkBackend(b), c.want.backends, canned.Objects)
}

func (c *sdkScaleway) listLBs(page lb.PageOptions) func(context.Context) error {
	return func(ctx context.Context) error {
		n := 0
		for b, err := range c.api.LBs.List(ctx, scaleway.LBListOptions{PageOptions: page}) {
			if err != nil {
				return err
			}
			if err := match(sdkLB(b), c.want.lbs, n); err != nil {
				return err
			}
			n++
		}
		return counted(n, canned.Objects)
	}
}

func (c *sdkScaleway) listBackends(page lb.PageOptions) func(context.Context) error {
	return func(ctx context.Context) error {
		n := 0
		for b, err := range c.api.Backends.List(ctx, firstLB, scaleway.BackendListOptions{PageOptions: page}) {
			if err != nil {
				return err
			}
			if err := match(sdkBackend(b), c.want.backends, n); err != nil {
				return err
			}
			n++
		}
		return counted(n, canned.Objects)
	}
}

func neutralLB(b *lb.LoadBalancer) lbFacts {
	f := lbFacts{
		id: string(b.ID), name: b.Name, status: string(b.Provisioning), tag: first(b.Tags), tags: len(b.Tags), instances: len(b.Instances),
		updated: b.Updated.UnixNano(),
	}
	if own, ok := b.Native.(*scaleway.LB); ok {
		f.description, f.address = own.Description, first(own.IP).IPAddress
	}
	return f
}

// matchNeutral compares a backend in the contract's terms with what it is.
func (c *sdkScaleway) matchNeutral(b *lb.Backend, i int) error {
	own, ok := b.Native.(*scaleway.Backend)
	if !ok {
		return fmt.Errorf("backend %s holds a %T", b.ID, b.Native)
	}
	f := sdkBackend(own)
	f.name, f.port, f.servers, f.timeout, f.queue = b.Name, int(b.Port), len(b.Servers), time.Duration(b.ServerTimeout), time.Duration(b.QueueTimeout)
	f.updated = b.Updated.UnixNano()
	if b.HealthCheck != nil && b.HealthCheck.HTTP != nil {
		f.checkDelay, f.path = time.Duration(b.HealthCheck.Interval), b.HealthCheck.HTTP.Path
	}
	if b.LoadBalancer != c.parent || string(b.ID[len(canned.ScalewayZone)+1:]) != f.id {
		return fmt.Errorf("backend %s of %s", b.ID, b.LoadBalancer)
	}
	return match(f, c.want.backends, i)
}

func (c *sdkScaleway) getNeutral(ctx context.Context) error {
	b, err := c.provider.LoadBalancers().Get(ctx, c.parent)
	if err != nil {
		return err
	}
	return match(neutralLB(b), c.neutral, 0)
}

func (c *sdkScaleway) createNeutral(ctx context.Context) error {
	b, err := c.provider.Backends().Create(ctx, c.parent, lb.BackendSpec{
		Name: "backend", Protocol: lb.ProtocolHTTP, Port: 80, Algorithm: lb.AlgorithmRoundRobin,
		HealthCheck: &lb.HealthCheck{
			Type: lb.CheckHTTP, Port: 80, Interval: lb.Duration(time.Minute), Timeout: lb.Duration(30 * time.Second), UnhealthyThreshold: 2,
			HTTP: &lb.HTTPCheck{Method: "GET", Path: "/healthz", Host: "shop.example.com", Status: []int{200}},
		},
		ServerTimeout: lb.Duration(5 * time.Minute), ConnectTimeout: lb.Duration(5 * time.Second), TunnelTimeout: lb.Duration(15 * time.Minute),
		QueueTimeout: lb.Duration(5 * time.Second), MaxRetries: new(3),
	}, lb.ServerSpec{Address: mustAddr(server1)}, lb.ServerSpec{Address: mustAddr(server2)})
	if err != nil {
		return err
	}
	return c.matchNeutral(b, canned.Objects)
}

func (c *sdkScaleway) listLBsNeutral(page lb.PageOptions) func(context.Context) error {
	return func(ctx context.Context) error {
		n := 0
		for b, err := range c.provider.LoadBalancers().List(ctx, lb.LoadBalancerListOptions{ListOptions: lb.ListOptions{PageOptions: page}}) {
			if err != nil {
				return err
			}
			if err := match(neutralLB(b), c.neutral, n); err != nil {
				return err
			}
			n++
		}
		return counted(n, canned.Objects)
	}
}

func (c *sdkScaleway) listBackendsNeutral(page lb.PageOptions) func(context.Context) error {
	return func(ctx context.Context) error {
		n := 0
		for b, err := range c.provider.Backends().List(ctx, c.parent, lb.ListOptions{PageOptions: page}) {
			if err != nil {
				return err
			}
			if err := c.matchNeutral(b, n); err != nil {
				return err
			}
			n++
		}
		return counted(n, canned.Objects)
	}
}
