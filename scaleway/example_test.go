package scaleway_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log"
	"net/http"
	"time"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/scaleway"
	"github.com/lbkit/lbkit/scaleway/scalewaytest"
)

const exampleProject = "105bdce1-64c0-48ab-899d-868455867ecf"

// quickly is for a server whose clock runs a thousand times as fast. On the real API
// the zero WaitOptions is good.
var quickly = scaleway.WaitOptions{Shortest: 5 * time.Millisecond}

// example is a client of a server on loopback.
func example() (client *scaleway.Client, end func()) {
	server := scalewaytest.NewServer(scalewaytest.WithSpeed(1000))
	client, err := server.Client(scaleway.WithProject(exampleProject))
	mustDo(err)
	return client, server.Close
}

// exampleLB is a load balancer that is ready.
func exampleLB(ctx context.Context, zone *scaleway.API) *scaleway.LB {
	created, err := zone.LBs.Create(ctx, scaleway.LBCreate{Name: "web"})
	mustDo(err)
	ready, err := zone.LBs.WaitReady(ctx, created.ID, quickly)
	mustDo(err)
	return ready
}

// exampleBackend is a backend on port 80 with a check that connects.
func exampleBackend(ctx context.Context, zone *scaleway.API, lbID, name string) *scaleway.Backend {
	backend, err := zone.Backends.Create(ctx, lbID, scaleway.BackendCreate{
		Name:            name,
		ForwardProtocol: scaleway.ProtocolHTTP,
		ForwardPort:     80,
		HealthCheck: scaleway.HealthCheck{
			Port: 80, CheckDelay: 3000, CheckTimeout: 1000, CheckMaxRetries: 3, TCPConfig: &scaleway.HealthCheckTCPConfig{},
		},
		ServerIP: []string{"10.0.0.1"},
	})
	mustDo(err)
	return backend
}

func exampleFrontend(ctx context.Context, zone *scaleway.API, lbID, backendID string) *scaleway.Frontend {
	frontend, err := zone.Frontends.Create(ctx, lbID, scaleway.FrontendCreate{Name: "http", InboundPort: 80, BackendID: backendID})
	mustDo(err)
	return frontend
}

func mustDo(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func ExampleNewClient() {
	_, err := scaleway.NewClient(lb.NewSecret("not a key"))
	fmt.Println(err)

	client, err := scaleway.NewClient(
		lb.NewSecret("11111111-2222-4333-8444-555555555555"),
		scaleway.WithProject(exampleProject),
		scaleway.WithDefaultZone("fr-par-1"),
		scaleway.WithUserAgent("my-tool/1.0"),
	)
	fmt.Println(client, err)
	// Output:
	// scaleway: client: invalid: secret key: not a UUID
	// scaleway.Client <nil>
}

func ExampleClient_Do() {
	client, end := example()
	defer end()
	var answer struct {
		TotalCount int `json:"total_count"`
	}
	mustDo(client.Do(context.Background(), http.MethodGet, "/lb/v1/zones/fr-par-1/lbs?page_size=1", nil, &answer))
	fmt.Println(answer.TotalCount, "load balancers")
	// Output: 0 load balancers
}

func ExampleError() {
	client, end := example()
	defer end()
	_, err := client.Zone("fr-par-1").LBs.Get(context.Background(), "00000000-0000-4000-8000-000000000000")
	var native *scaleway.Error
	if errors.Is(err, lb.ErrNotFound) && errors.As(err, &native) {
		fmt.Println(native.Status, native.Message)
	}
	// Output: 404 lbs not Found
}

func ExampleInZones() {
	client, end := example()
	defer end()
	ctx := context.Background()
	exampleLB(ctx, client.Zone("fr-par-1"))
	exampleLB(ctx, client.Zone("pl-waw-2"))

	zones := []scaleway.Zone{"fr-par-1", "nl-ams-1", "pl-waw-2"}
	all := scaleway.InZones(ctx, client, zones, func(ctx context.Context, api *scaleway.API) iter.Seq2[*scaleway.LB, error] {
		return api.LBs.List(ctx, scaleway.LBListOptions{})
	})
	for b, err := range all {
		mustDo(err)
		fmt.Println(b.Name, "in", b.Zone)
	}
	// Output:
	// web in fr-par-1
	// web in pl-waw-2
}

func ExampleLBService() {
	client, end := example()
	defer end()
	ctx, lbs := context.Background(), client.Zone("fr-par-1").LBs

	created, err := lbs.Create(ctx, scaleway.LBCreate{Name: "web", Type: "LB-S", Tags: []string{"production"}})
	mustDo(err)
	ready, err := lbs.WaitReady(ctx, created.ID, quickly)
	mustDo(err)
	fmt.Println(ready.Name, ready.Type, ready.Status, len(ready.IP), "address")

	update := scaleway.NewLBUpdate(ready)
	update.Description = "the shop"
	updated, err := lbs.Update(ctx, ready.ID, update)
	mustDo(err)
	fmt.Println(updated.Name, updated.Description, updated.Tags)

	mustDo(lbs.Delete(ctx, ready.ID, scaleway.LBDeleteOptions{ReleaseIP: true}))
	mustDo(lbs.WaitDeleted(ctx, ready.ID, quickly))
	fmt.Println("deleted")
	// Output:
	// web lb-s ready 1 address
	// web the shop [production]
	// deleted
}

func ExampleIPService() {
	client, end := example()
	defer end()
	ctx, ips := context.Background(), client.Zone("fr-par-1").IPs

	ip, err := ips.Create(ctx, scaleway.IPCreate{Tags: []string{"shop"}})
	mustDo(err)
	ip, err = ips.Update(ctx, ip.ID, scaleway.IPUpdate{Reverse: scaleway.Value("shop.example.com")})
	mustDo(err)
	fmt.Println(ip.Reverse, ip.Tags, ip.LBID == "")
	mustDo(ips.Release(ctx, ip.ID))
	// Output: shop.example.com [shop] true
}

func ExampleBackendService() {
	client, end := example()
	defer end()
	ctx, zone := context.Background(), client.Zone("fr-par-1")
	backend := exampleBackend(ctx, zone, exampleLB(ctx, zone).ID, "app")

	update := scaleway.NewBackendUpdate(backend)
	update.ForwardPortAlgorithm = scaleway.ForwardPortAlgorithmLeastConn
	backend, err := zone.Backends.Update(ctx, backend.ID, update)
	mustDo(err)
	backend, err = zone.Backends.AddServers(ctx, backend.ID, []string{"10.0.0.2"})
	mustDo(err)
	fmt.Println(backend.ForwardPortAlgorithm, backend.Pool)

	hc := backend.HealthCheck
	hc.TCPConfig, hc.HTTPConfig = nil, &scaleway.HealthCheckHTTPConfig{URI: "/health", Method: http.MethodGet, Code: new(200)}
	now, err := zone.Backends.UpdateHealthCheck(ctx, backend.ID, hc)
	mustDo(err)
	fmt.Println(now.HTTPConfig.Method, now.HTTPConfig.URI, "every", now.CheckDelay)
	// Output:
	// leastconn [10.0.0.1 10.0.0.2]
	// GET /health every 3s
}

func ExampleFrontendService() {
	client, end := example()
	defer end()
	ctx, zone := context.Background(), client.Zone("fr-par-1")
	balancer := exampleLB(ctx, zone)
	frontend := exampleFrontend(ctx, zone, balancer.ID, exampleBackend(ctx, zone, balancer.ID, "app").ID)

	update := scaleway.NewFrontendUpdate(frontend)
	update.ConnectionRateLimit = new(uint32(100))
	frontend, err := zone.Frontends.Update(ctx, frontend.ID, update)
	mustDo(err)
	fmt.Println(frontend.Name, frontend.InboundPort, *frontend.ConnectionRateLimit, "connections a second")
	// Output: http 80 100 connections a second
}

func ExampleRouteService() {
	client, end := example()
	defer end()
	ctx, zone := context.Background(), client.Zone("fr-par-1")
	balancer := exampleLB(ctx, zone)
	frontend := exampleFrontend(ctx, zone, balancer.ID, exampleBackend(ctx, zone, balancer.ID, "app").ID)
	images := exampleBackend(ctx, zone, balancer.ID, "images")

	_, err := zone.Routes.Create(ctx, scaleway.RouteCreate{
		FrontendID: frontend.ID, BackendID: images.ID, Match: &scaleway.RouteMatch{PathBegin: "/images"},
	})
	mustDo(err)
	for route, err := range zone.Routes.List(ctx, scaleway.RouteListOptions{FrontendID: frontend.ID}) {
		mustDo(err)
		fmt.Println(route.Match.PathBegin, route.BackendID == images.ID)
	}
	// Output: /images true
}

func ExampleACLService() {
	client, end := example()
	defer end()
	ctx, zone := context.Background(), client.Zone("fr-par-1")
	balancer := exampleLB(ctx, zone)
	frontend := exampleFrontend(ctx, zone, balancer.ID, exampleBackend(ctx, zone, balancer.ID, "app").ID)

	acls, err := zone.ACLs.Set(ctx, frontend.ID, []scaleway.ACLSpec{
		{Name: "office", Index: 0, Action: scaleway.ACLAction{Type: scaleway.ACLActionTypeAllow}, Match: &scaleway.ACLMatch{IPSubnet: []string{"192.0.2.0/24"}}},
		{Name: "nobody else", Index: 1, Action: scaleway.ACLAction{Type: scaleway.ACLActionTypeDeny}, Match: &scaleway.ACLMatch{IPSubnet: []string{"0.0.0.0/0", "::/0"}}},
	})
	mustDo(err)
	for _, acl := range acls {
		fmt.Println(acl.Index, acl.Action.Type, acl.Match.IPSubnet)
	}
	// Output:
	// 0 allow [192.0.2.0/24]
	// 1 deny [0.0.0.0/0 ::/0]
}

func ExampleCertificateService() {
	client, end := example()
	defer end()
	ctx, zone := context.Background(), client.Zone("fr-par-1")
	balancer := exampleLB(ctx, zone)

	asked, err := zone.Certificates.Create(ctx, balancer.ID, scaleway.CertificateCreate{
		Name: "shop", Letsencrypt: &scaleway.LetsencryptConfig{CommonName: "shop.example.com"},
	})
	mustDo(err)
	ready, err := zone.Certificates.WaitReady(ctx, asked.ID, quickly)
	mustDo(err)
	fmt.Println(ready.CommonName, ready.Status, ready.Letsencrypt())
	// Output: shop.example.com ready true
}

func ExampleSubscriberService() {
	client, end := example()
	defer end()
	ctx, zone := context.Background(), client.Zone("fr-par-1")

	subscriber, err := zone.Subscribers.Create(ctx, scaleway.SubscriberCreate{
		Name: "on call", EmailConfig: &scaleway.SubscriberEmailConfig{Email: "oncall@example.com"},
	})
	mustDo(err)
	_, err = zone.Subscribers.Subscribe(ctx, exampleLB(ctx, zone).ID, subscriber.ID)
	mustDo(err)
	fmt.Println(subscriber.Name, subscriber.EmailConfig.Email)
	// Output: on call oncall@example.com
}

func ExamplePrivateNetworkService() {
	client, end := example()
	defer end()
	ctx, zone := context.Background(), client.Zone("fr-par-1")
	const network = "b90f08a8-ca25-4b8a-8b7d-2a6a35b2a6f1"
	balancer := exampleLB(ctx, zone)

	_, err := zone.PrivateNetworks.Attach(ctx, balancer.ID, scaleway.PrivateNetworkAttach{PrivateNetworkID: network})
	mustDo(err)
	attached, err := zone.PrivateNetworks.WaitReady(ctx, balancer.ID, network, quickly)
	mustDo(err)
	fmt.Println(attached.Status)

	mustDo(zone.PrivateNetworks.Detach(ctx, balancer.ID, network))
	mustDo(zone.PrivateNetworks.WaitDetached(ctx, balancer.ID, network, quickly))
	fmt.Println("detached")
	// Output:
	// ready
	// detached
}

func ExampleTypeService() {
	client, end := example()
	defer end()
	for offer, err := range client.Zone("fr-par-1").Types.List(context.Background(), lb.PageOptions{}) {
		mustDo(err)
		fmt.Println(offer.Name, offer.Multicloud)
	}
	// Unordered output:
	// LB-S false
	// LB-GP-M false
	// LB-GP-L true
	// LB-GP-XL true
}

// A key that is kept in a vault and rotated: the client asks for it, and again when the API
// has refused the last one.
func ExampleWithSecretKeyFunc() {
	server := scalewaytest.NewServer()
	defer server.Close()
	read := func(context.Context) (lb.Secret, error) { // of a vault, or a file that something else writes
		fmt.Println("asked for the key")
		return server.SecretKey(), nil
	}
	client, err := scaleway.NewClient(lb.Secret{}, scaleway.WithSecretKeyFunc(read), scaleway.WithBaseURL(server.URL))
	mustDo(err)
	for range 2 {
		all, err := lb.Collect(client.Zone("fr-par-1").LBs.List(context.Background(), scaleway.LBListOptions{}))
		fmt.Println(len(all), err)
	}
	// Output:
	// asked for the key
	// 0 <nil>
	// 0 <nil>
}
