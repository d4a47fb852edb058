package contender

import (
	"context"
	"time"

	api "github.com/scaleway/scaleway-sdk-go/api/lb/v1"
	"github.com/scaleway/scaleway-sdk-go/scw"

	"github.com/lbkit/lbkit/internal/bench/canned"
)

// peerScaleway is scaleway-sdk-go.
type peerScaleway struct {
	api  *api.ZonedAPI
	want *facts
}

func newPeer(server *canned.Server, want *facts) (*peerScaleway, error) {
	client, err := scw.NewClient(
		scw.WithAPIURL(server.URL), scw.WithAuth("SCW00000000000000000", canned.ScalewayToken), scw.WithHTTPClient(tuned()),
		scw.WithDefaultZone(canned.ScalewayZone), scw.WithDefaultPageSize(100),
	)
	if err != nil {
		return nil, err
	}
	return &peerScaleway{api: api.NewZonedAPI(client), want: want}, nil
}

func peerLB(b *api.LB) lbFacts {
	f := lbFacts{
		id: b.ID, name: b.Name, description: b.Description, status: string(b.Status), tag: first(b.Tags), tags: len(b.Tags), instances: len(b.Instances),
		updated: content(b.UpdatedAt).UnixNano(),
	}
	if ip := first(b.IP); ip != nil {
		f.address = ip.IPAddress
	}
	return f
}

func peerBackend(b *api.Backend) backendFacts {
	f := backendFacts{
		id: b.ID, name: b.Name, server: first(b.Pool), servers: len(b.Pool), port: int(b.ForwardPort), updated: content(b.UpdatedAt).UnixNano(),
		timeout: content(b.TimeoutServer),
	}
	if b.TimeoutQueue != nil {
		f.queue = *b.TimeoutQueue.ToTimeDuration()
	}
	if b.LB != nil {
		f.lb = b.LB.ID
	}
	if b.HealthCheck != nil {
		f.checkDelay = content(b.HealthCheck.CheckDelay)
		if b.HealthCheck.HTTPConfig != nil {
			f.path = b.HealthCheck.HTTPConfig.URI
		}
	}
	return f
}

func (c *peerScaleway) get(ctx context.Context) error {
	b, err := c.api.GetLB(&api.ZonedAPIGetLBRequest{LBID: firstLB}, scw.WithContext(ctx))
	if err != nil {
		return err
	}
	return match(peerLB(b), c.want.lbs, 0)
}

func (c *peerScaleway) create(ctx context.Context) error {
	b, err := c.api.CreateBackend(&api.ZonedAPICreateBackendRequest{
		LBID: firstLB, Name: "backend", ForwardProtocol: api.ProtocolHTTP, ForwardPort: 80,
		ForwardPortAlgorithm: api.ForwardPortAlgorithmRoundrobin, StickySessions: api.StickySessionsTypeNone,
		HealthCheck: &api.HealthCheck{
			Port: 80, CheckDelay: new(time.Minute), CheckTimeout: new(30 * time.Second), CheckMaxRetries: 2,
			HTTPConfig:          &api.HealthCheckHTTPConfig{URI: "/healthz", Method: "GET", Code: new(int32(200)), HostHeader: "shop.example.com"},
			TransientCheckDelay: scw.NewDurationFromTimeDuration(500 * time.Millisecond),
		},
		ServerIP: []string{server1, server2}, TimeoutServer: new(5 * time.Minute), TimeoutConnect: new(5 * time.Second),
		TimeoutTunnel: new(15 * time.Minute), OnMarkedDownAction: api.OnMarkedDownActionOnMarkedDownActionNone,
		ProxyProtocol: api.ProxyProtocolProxyProtocolNone, MaxRetries: new(int32(3)), TimeoutQueue: scw.NewDurationFromTimeDuration(5 * time.Second),
	}, scw.WithContext(ctx))
	if err != nil {
		return err
	}
	return match(peerBackend(b), c.want.backends, canned.Objects)
}

func (c *peerScaleway) listLBs(ctx context.Context) error {
	all, err := c.api.ListLBs(&api.ZonedAPIListLBsRequest{}, scw.WithAllPages(), scw.WithContext(ctx))
	if err != nil {
		return err
	}
	for i, b := range all.LBs {
		if err := match(peerLB(b), c.want.lbs, i); err != nil {
			return err
		}
	}
	return counted(len(all.LBs), canned.Objects)
}

func (c *peerScaleway) listBackends(ctx context.Context) error {
	all, err := c.api.ListBackends(&api.ZonedAPIListBackendsRequest{LBID: firstLB}, scw.WithAllPages(), scw.WithContext(ctx))
	if err != nil {
		return err
	}
	for i, b := range all.Backends {
		if err := match(peerBackend(b), c.want.backends, i); err != nil {
			return err
		}
	}
	return counted(len(all.Backends), canned.Objects)
}
