package ovh_test

import (
	"context"
	"fmt"

	"github.com/lbkit/lbkit/ovh"
)

// An HTTPS frontend in front of a farm, with requests for /api/ led to another one.
func ExampleHTTPService() {
	api := startAPI("gra")
	defer api.Close()
	http, service, ctx := api.client.HTTP, api.service, context.Background()

	web, err := http.Farms.Create(ctx, service, ovh.HTTPFarmCreate{Zone: ovh.AllZones, Port: 8080, Stickiness: ovh.StickinessCookie})
	check(err)
	_, err = http.Farms.Servers.Create(ctx, service, web.FarmID, ovh.HTTPServerCreate{Address: "192.0.2.10", Status: ovh.ServerActive})
	check(err)
	backend, err := http.Farms.Create(ctx, service, ovh.HTTPFarmCreate{Zone: ovh.AllZones, Port: 9000})
	check(err)
	frontend, err := http.Frontends.Create(ctx, service, ovh.HTTPFrontendCreate{Zone: ovh.AllZones, Port: "443", SSL: true, DefaultFarmID: web.FarmID})
	check(err)
	route, err := http.Routes.Create(ctx, service, ovh.HTTPRouteCreate{
		FrontendID: frontend.FrontendID, Action: ovh.HTTPRouteAction{Type: ovh.RouteActionFarm, Target: fmt.Sprint(backend.FarmID)},
	})
	check(err)
	_, err = http.Routes.Rules.Create(ctx, service, route.RouteID, ovh.RuleCreate{Field: "uri", Match: ovh.RuleStartsWith, Pattern: "/api/"})
	check(err)
	fmt.Println("port", frontend.Port, "to farm", *frontend.DefaultFarmID, "and, by route", route.RouteID, "to farm", route.Action.Target)
	// Output: port 443 to farm 1 and, by route 5 to farm 3
}

// Farms are listed in whole objects.
func ExampleHTTPFarmService() {
	api := startAPI("gra")
	defer api.Close()
	farms, service, ctx := api.client.HTTP.Farms, api.service, context.Background()

	for _, name := range []string{"web", "api"} {
		_, err := farms.Create(ctx, service, ovh.HTTPFarmCreate{Zone: "gra", DisplayName: name, Balance: ovh.BalanceLeastConn})
		check(err)
	}
	for farm, err := range farms.List(ctx, service, ovh.FarmListOptions{Zone: "gra"}) {
		check(err)
		fmt.Println(farm.FarmID, farm.DisplayName, farm.Balance)
	}
	// Output:
	// 1 web leastconn
	// 2 api leastconn
}

// A server is drained by weight 0: it keeps its sessions and gets no new ones.
func ExampleHTTPServerService() {
	api := startAPI("gra")
	defer api.Close()
	farms, service, ctx := api.client.HTTP.Farms, api.service, context.Background()

	farm, err := farms.Create(ctx, service, ovh.HTTPFarmCreate{Zone: "gra"})
	check(err)
	server, err := farms.Servers.Create(ctx, service, farm.FarmID, ovh.HTTPServerCreate{Address: "192.0.2.10", Status: ovh.ServerActive})
	check(err)
	check(farms.Servers.Update(ctx, service, farm.FarmID, server.ServerID, ovh.HTTPServerUpdate{Weight: ovh.Value(0)}))
	server, err = farms.Servers.Get(ctx, service, farm.FarmID, server.ServerID)
	check(err)
	fmt.Println(server.Address, server.Status, *server.Weight)
	// Output: 192.0.2.10 active 0
}

// Requests to an old name are redirected.
func ExampleHTTPRouteService() {
	api := startAPI("gra")
	defer api.Close()
	routes, service, ctx := api.client.HTTP.Routes, api.service, context.Background()

	route, err := routes.Create(ctx, service, ovh.HTTPRouteCreate{
		DisplayName: "old name",
		Action:      ovh.HTTPRouteAction{Type: ovh.RouteActionRedirect, Target: "https://example.com${path}${arguments}", Status: 301},
	})
	check(err)
	_, err = routes.Rules.Create(ctx, service, route.RouteID, ovh.RuleCreate{Field: "host", Match: ovh.RuleIs, Pattern: "example.net"})
	check(err)
	route, err = routes.Get(ctx, service, route.RouteID)
	check(err)
	fmt.Println(route.Rules[0].Field, route.Rules[0].Match, route.Rules[0].Pattern, "->", route.Action.Status, route.Action.Target)
	// Output: host is example.net -> 301 https://example.com${path}${arguments}
}

// All rules of a route must match.
func ExampleRuleService() {
	api := startAPI("gra")
	defer api.Close()
	routes, service, ctx := api.client.HTTP.Routes, api.service, context.Background()

	route, err := routes.Create(ctx, service, ovh.HTTPRouteCreate{Action: ovh.HTTPRouteAction{Type: ovh.RouteActionReject}})
	check(err)
	for _, rule := range []ovh.RuleCreate{
		{Field: "uri", Match: ovh.RuleStartsWith, Pattern: "/admin/"},
		{Field: "source", Match: ovh.RuleIn, Pattern: "198.51.100.0/24", Negate: true},
		{Field: "header", SubField: "X-Admin", Match: ovh.RuleExists, Negate: true},
	} {
		_, err := routes.Rules.Create(ctx, service, route.RouteID, rule)
		check(err)
	}
	ids, err := routes.Rules.ListIDs(ctx, service, route.RouteID)
	check(err)
	fmt.Println(len(ids), "rules")
	// Output: 3 rules
}

// A TLS service, led to a farm by the name that its clients ask for.
func ExampleTCPService() {
	api := startAPI("gra")
	defer api.Close()
	tcp, service, ctx := api.client.TCP, api.service, context.Background()

	farm, err := tcp.Farms.Create(ctx, service, ovh.TCPFarmCreate{Zone: "gra", Port: 5432})
	check(err)
	frontend, err := tcp.Frontends.Create(ctx, service, ovh.TCPFrontendCreate{Zone: "gra", Port: "5432", SSL: true})
	check(err)
	route, err := tcp.Routes.Create(ctx, service, ovh.TCPRouteCreate{
		FrontendID: frontend.FrontendID, Action: ovh.TCPRouteAction{Type: ovh.RouteActionFarm, Target: fmt.Sprint(farm.FarmID)},
	})
	check(err)
	_, err = tcp.Routes.Rules.Create(ctx, service, route.RouteID, ovh.RuleCreate{Field: "sni", Match: ovh.RuleIs, Pattern: "db.example.com"})
	check(err)
	fmt.Println("port", frontend.Port, "to farm", route.Action.Target)
	// Output: port 5432 to farm 1
}

// A TCP farm that looks for a mail server's greeting.
func ExampleTCPFarmService() {
	api := startAPI("gra")
	defer api.Close()
	farms, service, ctx := api.client.TCP.Farms, api.service, context.Background()

	farm, err := farms.Create(ctx, service, ovh.TCPFarmCreate{
		Zone: "gra", Port: 25, Probe: &ovh.Probe{Type: ovh.ProbeTypeTCP, Match: ovh.ProbeMatchMatches, Pattern: "^220 "},
	})
	check(err)
	fmt.Println(farm.FarmID, farm.Probe.Type, farm.Probe.Match, farm.Probe.Pattern)
	// Output: 1 tcp matches ^220
}

// A standby server, with a PROXY protocol header in front of each connection.
func ExampleTCPServerService() {
	api := startAPI("gra")
	defer api.Close()
	farms, service, ctx := api.client.TCP.Farms, api.service, context.Background()

	farm, err := farms.Create(ctx, service, ovh.TCPFarmCreate{Zone: "gra", Port: 5432})
	check(err)
	server, err := farms.Servers.Create(ctx, service, farm.FarmID, ovh.TCPServerCreate{
		Address: "192.0.2.11", Status: ovh.ServerActive, Backup: true, ProxyProtocolVersion: ovh.ProxyProtocolV2,
	})
	check(err)
	fmt.Println(server.Address, server.Backup, server.ProxyProtocolVersion)
	// Output: 192.0.2.11 true v2
}

// Connections are denied to a block of addresses.
func ExampleTCPRouteService() {
	api := startAPI("gra")
	defer api.Close()
	routes, service, ctx := api.client.TCP.Routes, api.service, context.Background()

	route, err := routes.Create(ctx, service, ovh.TCPRouteCreate{Action: ovh.TCPRouteAction{Type: ovh.RouteActionReject}})
	check(err)
	_, err = routes.Rules.Create(ctx, service, route.RouteID, ovh.RuleCreate{Field: "source", Match: ovh.RuleIn, Pattern: "198.51.100.0/24"})
	check(err)
	route, err = routes.Get(ctx, service, route.RouteID)
	check(err)
	fmt.Println(route.Action.Type, route.Rules[0].Pattern)
	// Output: reject 198.51.100.0/24
}

// DNS servers behind one port. UDP has no probes and no routes.
func ExampleUDPService() {
	api := startAPI("gra")
	defer api.Close()
	udp, service, ctx := api.client.UDP, api.service, context.Background()

	farm, err := udp.Farms.Create(ctx, service, ovh.UDPFarmCreate{Zone: "gra", Port: 53})
	check(err)
	for _, address := range []string{"192.0.2.53", "192.0.2.54"} {
		_, err := udp.Farms.Servers.Create(ctx, service, farm.FarmID, ovh.UDPServerCreate{Address: address, Status: ovh.ServerActive})
		check(err)
	}
	frontend, err := udp.Frontends.Create(ctx, service, ovh.UDPFrontendCreate{Zone: "gra", Port: "53", DefaultFarmID: farm.FarmID})
	check(err)
	fmt.Println("port", frontend.Port, "to farm", *frontend.DefaultFarmID)
	// Output: port 53 to farm 1
}

// The port of a UDP farm is required.
func ExampleUDPFarmService() {
	api := startAPI("gra")
	defer api.Close()
	farms, service, ctx := api.client.UDP.Farms, api.service, context.Background()

	farm, err := farms.Create(ctx, service, ovh.UDPFarmCreate{Zone: "gra", Port: 53, DisplayName: "dns"})
	check(err)
	check(farms.Update(ctx, service, farm.FarmID, ovh.UDPFarmUpdate{Port: ovh.Value(5353)}))
	farm, err = farms.Get(ctx, service, farm.FarmID)
	check(err)
	fmt.Println(farm.DisplayName, farm.Port)
	// Output: dns 5353
}

// A server is taken out of its farm and kept.
func ExampleUDPServerService() {
	api := startAPI("gra")
	defer api.Close()
	farms, service, ctx := api.client.UDP.Farms, api.service, context.Background()

	farm, err := farms.Create(ctx, service, ovh.UDPFarmCreate{Zone: "gra", Port: 53})
	check(err)
	server, err := farms.Servers.Create(ctx, service, farm.FarmID, ovh.UDPServerCreate{Address: "192.0.2.53", Status: ovh.ServerActive})
	check(err)
	check(farms.Servers.Update(ctx, service, farm.FarmID, server.ServerID, ovh.UDPServerUpdate{Status: ovh.Value(ovh.ServerInactive)}))
	server, err = farms.Servers.Get(ctx, service, farm.FarmID, server.ServerID)
	check(err)
	fmt.Println(server.Address, server.Status)
	// Output: 192.0.2.53 inactive
}
