package ovh_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/ovh"
	"github.com/lbkit/lbkit/ovh/ovhtest"
)

// Why is a server out of its farm? Each instance of the load balancer checks it by
// itself, and tells what it found.
func ExampleHTTPServerService_Get_health() {
	api := startAPI("gra", "rbx")
	defer api.Close()
	ctx := context.Background()
	farm, servers := api.liveFarm(ctx)
	instances := api.Instances(api.service)
	api.SetServerState(servers[1], instances[1].ID, ovhtest.ServerState{
		Status: "DOWN", CheckStatus: "L7STS", CheckCode: "503", LastCheckContent: "database is away",
		CheckTime: time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC),
	})

	_, _, _, id, err := ovh.ParseServerID(servers[1])
	check(err)
	server, err := api.client.HTTP.Farms.Servers.Get(ctx, api.service, farm, id)
	check(err)
	zones := map[int64]string{}
	for _, instance := range instances {
		zones[instance.ID] = instance.Zone
	}
	for _, state := range server.ServerState {
		fmt.Printf("%s in %s: %s\n", server.Address, zones[state.InstanceID], state.Status)
		if state.Status == "DOWN" {
			fmt.Printf("  %s, code %s, %q at %s\n", state.CheckStatus, state.CheckCode, state.LastCheckContent, state.CheckTime.UTC().Format(time.RFC3339))
		}
	}
	// Output:
	// 192.0.2.11 in gra: UP
	// 192.0.2.11 in rbx: DOWN
	//   L7STS, code 503, "database is away" at 2026-03-01T12:00:00Z
}

// The same of all servers of a backend at once, on whichever cloud.
func ExampleNewProvider_health() {
	api := startAPI("gra", "rbx")
	defer api.Close()
	ctx, provider := context.Background(), ovh.NewProvider(api.client)
	farm, servers := api.liveFarm(ctx)
	api.SetHealth(servers[1], lb.HealthDown)

	for server, err := range provider.Backends().Health(ctx, ovh.FormatBackendID(api.service, lb.ProtocolHTTP, farm), lb.PageOptions{}) {
		check(err)
		fmt.Printf("%s on instance %s: %s\n", strings.TrimPrefix(string(server.Server), api.service), server.Instance, server.State)
	}
	// Output:
	// /http/farm/1/server/2 on instance 1000: healthy
	// /http/farm/1/server/2 on instance 1001: healthy
	// /http/farm/1/server/3 on instance 1000: down
	// /http/farm/1/server/3 on instance 1001: down
}
