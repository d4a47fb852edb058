package contender

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"

	peer "github.com/ovh/go-ovh/ovh"

	"github.com/lbkit/lbkit/internal/bench/canned"
	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/ovh"
)

// ovhRows are those against the OVHcloud side of server.
func ovhRows(server *canned.Server) ([]Row, error) {
	want := known()
	plain := &floorOVH{client: tuned(), base: server.URL + canned.OVHRoot, want: want}
	granted, err := newOVH(server, want)
	if err != nil {
		return nil, err
	}
	// A client remembers what a route granted, so the rows have clients of their own.
	refused, err := newOVH(server, want)
	if err != nil {
		return nil, err
	}
	one, err := newGoOVH(server, want, tuned())
	if err != nil {
		return nil, err
	}
	ten, err := newGoOVH(server, want, &http.Client{}) // its own choice of a transport
	if err != nil {
		return nil, err
	}
	all, window32 := lb.PageOptions{}, lb.PageOptions{Window: 32}
	expanded := func(row Row, peers ...Contender) Row {
		row.Objects = canned.Objects
		row.Contenders = append([]Contender{
			{By: floor, Do: plain.expanded}, {By: native, Do: granted.servers(all)}, {By: neutral, Do: granted.serversNeutral(all)},
		}, peers...)
		row.Goals = append(row.Goals, beside(row.Latency, neutral, native))
		return row
	}
	return []Row{
		{
			Name: "OVHGetFarm", Objects: 1,
			Contenders: []Contender{{By: floor, Do: plain.farm}, {By: native, Do: granted.farm}, {By: goOVH, Do: one.farm}},
			Goals:      []Goal{{By: native, To: floor, Time: 1, Allocs: 0.90, Requests: 1}},
		},
		expanded(Row{Name: "OVHListServers", Goals: []Goal{{By: native, AllocsEach: 15, Requests: 1}}}),
		expanded(
			Row{Name: "OVHListServers20ms", Latency: latency, Goals: []Goal{
				{By: native, AllocsEach: 15, Requests: 1, Trips: 1.2}, {By: native, To: goOVH, Time: 1 / 400.0},
			}},
			Contender{By: goOVH10, Do: ten.byKeys(10), Slow: true}, Contender{By: goOVH, Do: one.byKeys(1), Slow: true},
		),
		{
			Name: "OVHListServersByKeys", Objects: canned.Objects, KeysOnly: true,
			Contenders: []Contender{
				{By: floor, Do: plain.byKeys(1)},
				{By: native, Do: refused.servers(window32)},
				{By: floor10, Do: plain.byKeys(10)},
				{By: goOVH, Do: one.byKeys(1)},
				{By: goOVH10, Do: ten.byKeys(10)},
			},
		},
		{
			Name: "OVHListServersByKeys20ms", Objects: canned.Objects, KeysOnly: true, Latency: latency,
			Contenders: []Contender{{By: floor, Do: plain.byKeys(1), Slow: true}, {By: native, Do: refused.servers(window32)}},
			Goals:      []Goal{{By: native, Requests: canned.Objects + 1, Trips: 36, Warm: true}},
		},
	}, nil
}

// sdkOVH is this SDK, by its client and by its provider.
type sdkOVH struct {
	client   *ovh.Client
	provider lb.Provider
	backend  lb.BackendID
	want     *facts
}

func newOVH(server *canned.Server, want *facts) (*sdkOVH, error) {
	keys := ovh.ApplicationKey(canned.OVHApplicationKey, lb.NewSecret(canned.OVHApplicationSecret), lb.NewSecret(canned.OVHConsumerKey))
	// Without an HTTP client of ours: with the transport that users get.
	client, err := ovh.NewClient(ovh.Endpoint(server.URL+canned.OVHRoot), keys)
	if err != nil {
		return nil, err
	}
	return &sdkOVH{
		client: client, provider: ovh.NewProvider(client), want: want,
		backend: ovh.FormatBackendID(canned.OVHService, lb.ProtocolHTTP, canned.OVHFarm),
	}, nil
}

func (c *sdkOVH) farm(ctx context.Context) error {
	f, err := c.client.HTTP.Farms.Get(ctx, canned.OVHService, canned.OVHFarm)
	if err != nil {
		return err
	}
	if f.FarmID != canned.OVHFarm || f.DisplayName != "shop" || content(f.Port) != 8080 || f.Probe == nil || f.Probe.URL != "/healthz" {
		return mismatch(*f, []ovh.HTTPFarm{{}}, 0)
	}
	return nil
}

func sdkServer(s *ovh.HTTPServer) serverFacts {
	return serverFacts{
		id: s.ServerID, name: s.DisplayName, address: s.Address, status: string(s.Status), health: first(s.ServerState).Status,
		port: content(s.Port), weight: content(s.Weight),
	}
}

func (c *sdkOVH) servers(page lb.PageOptions) func(context.Context) error {
	return func(ctx context.Context) error {
		n := 0
		for s, err := range c.client.HTTP.Farms.Servers.List(ctx, canned.OVHService, canned.OVHFarm, ovh.HTTPServerListOptions{PageOptions: page}) {
			if err != nil {
				return err
			}
			if err := match(sdkServer(s), c.want.servers, n); err != nil {
				return err
			}
			n++
		}
		return counted(n, canned.Objects)
	}
}

func (c *sdkOVH) serversNeutral(page lb.PageOptions) func(context.Context) error {
	return func(ctx context.Context) error {
		n := 0
		for s, err := range c.provider.Servers().List(ctx, c.backend, lb.ListOptions{PageOptions: page}) {
			if err != nil {
				return err
			}
			own, ok := s.Native.(*ovh.HTTPServer)
			if !ok || s.Backend != c.backend {
				return fmt.Errorf("server %s of %s holds a %T", s.ID, s.Backend, s.Native)
			}
			f := sdkServer(own)
			f.name, f.port, f.weight = s.Name, int(s.Port), content(s.Weight)
			if s.Address != netip.AddrFrom4([4]byte{10, 1, byte(n / 250), byte(n % 250)}) {
				return fmt.Errorf("server %s is at %s", s.ID, s.Address)
			}
			if err := match(f, c.want.servers, n); err != nil {
				return err
			}
			n++
		}
		return counted(n, canned.Objects)
	}
}

func mustAddr(text string) netip.Addr { return netip.MustParseAddr(text) }

// goovh is go-ovh. The client is made by hand, since its constructors also read
// the environment and three files.
type goovh struct {
	client *peer.Client
	want   *facts
}

func newGoOVH(server *canned.Server, want *facts, client *http.Client) (*goovh, error) {
	c := &peer.Client{
		AppKey: canned.OVHApplicationKey, AppSecret: canned.OVHApplicationSecret, ConsumerKey: canned.OVHConsumerKey,
		Client: client, Timeout: peer.DefaultTimeout,
	}
	if err := c.SetEndpoint(server.URL + canned.OVHRoot); err != nil {
		return nil, err
	}
	_, err := c.TimeDelta() // asked for once
	return &goovh{client: c, want: want}, err
}

func (c *goovh) farm(ctx context.Context) error {
	var f plainFarm
	if err := c.client.GetWithContext(ctx, canned.OVHFarmPath, &f); err != nil {
		return err
	}
	return f.match()
}

func (c *goovh) byKeys(at int) func(context.Context) error {
	return func(ctx context.Context) error {
		return byKeys(ctx, at, c.want, func(ctx context.Context, path string, out any) error { return c.client.GetWithContext(ctx, path, out) })
	}
}
