package topology_test

import (
	"context"
	"fmt"
	"net/netip"
	"strings"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/lbtest"
	"github.com/lbkit/lbkit/lb/topology"
)

// shop is a load balancer as one value.
func shop() *topology.Spec {
	return &topology.Spec{
		LoadBalancer: lb.LoadBalancerSpec{Name: "edge"},
		Backends: []topology.Backend{{
			BackendSpec: lb.BackendSpec{Name: "web", Protocol: lb.ProtocolHTTP, Port: 8080},
			Servers:     []lb.ServerSpec{{Address: netip.MustParseAddr("10.0.0.1")}, {Address: netip.MustParseAddr("10.0.0.2")}},
		}},
		Frontends: []topology.Frontend{{
			FrontendSpec: lb.FrontendSpec{Name: "site", Protocol: lb.ProtocolHTTP, Ports: []lb.PortRange{lb.Port(80)}, DefaultBackend: "web"},
			Filters: []lb.FilterSpec{{
				Name: "bots", Action: lb.FilterDeny, Match: lb.Match{{Field: lb.FieldSource, Values: []string{"192.0.2.0/24"}}},
			}},
		}},
	}
}

// A plan shows what would be done, and does nothing.
func ExampleNewPlan() {
	provider := lbtest.NewMemory()
	id := provider.AddLoadBalancer(lb.LoadBalancerSpec{Name: "edge"})
	plan, err := topology.NewPlan(context.Background(), provider, id, shop())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(plan)
	// Output:
	// load balancer memory/lb-1 (memory): 2 to create, 1 to set; about 7 requests
	//
	// + backend "web"
	//     name: "web"
	//     protocol: "http"
	//     port: 8080
	//     algorithm: "roundrobin"
	//     server 10.0.0.1:8080: {"address":"10.0.0.1","weight":1}
	//     server 10.0.0.2:8080: {"address":"10.0.0.2","weight":1}
	//
	// + frontend "site"
	//     name: "site"
	//     protocol: "http"
	//     ports: ["80"]
	//     defaultBackend: "web"
	//
	// ~ filters of frontend "site"
	//     + [0]: {"name":"bots","match":[{"field":"source","values":["192.0.2.0/24"]}],"action":"deny","status":403}
}

// A plan that was reviewed is applied. What is there then needs no second one.
func ExamplePlan_Apply() {
	ctx := context.Background()
	provider := lbtest.NewMemory()
	id := provider.AddLoadBalancer(lb.LoadBalancerSpec{Name: "edge"})
	want := shop()
	plan, err := topology.NewPlan(ctx, provider, id, want)
	if err != nil {
		fmt.Println(err)
		return
	}
	result, err := plan.Apply(ctx, provider)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(result.Applied), "steps,", result.Published.Status)

	want.Backends[0].Servers = append(want.Backends[0].Servers, lb.ServerSpec{Address: netip.MustParseAddr("10.0.0.3")})
	for range 2 {
		plan, err := topology.NewPlan(ctx, provider, id, want)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Print(plan)
		if _, err := plan.Apply(ctx, provider); err != nil {
			fmt.Println(err)
			return
		}
	}
	// Output:
	// 3 steps, done
	// load balancer memory/lb-1 (memory): 1 to set; about 2 requests
	//
	// ~ servers of backend "web"
	//     + 10.0.0.3:8080: {"address":"10.0.0.3","weight":1}
	// load balancer memory/lb-1 (memory): nothing to change
}

// Progress is told at the end of each step.
func ExampleWithStepProgress() {
	ctx := context.Background()
	provider := lbtest.NewMemory()
	id := provider.AddLoadBalancer(lb.LoadBalancerSpec{Name: "edge"})
	plan, err := topology.NewPlan(ctx, provider, id, shop())
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = plan.Apply(ctx, provider, topology.WithStepProgress(func(p topology.StepProgress) {
		fmt.Printf("%d/%d %s\n", p.Step, p.Steps, p.Current)
	}))
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// 1/3 + backend "web"
	// 2/3 ~ filters of frontend "site"
	// 3/3 + frontend "site"
}

// Nothing is deleted that the topology does not name, unless that is asked for.
func ExamplePrune() {
	ctx := context.Background()
	provider := lbtest.NewMemory()
	id := provider.AddLoadBalancer(lb.LoadBalancerSpec{Name: "edge"})
	plan, err := topology.NewPlan(ctx, provider, id, shop())
	if err == nil {
		_, err = plan.Apply(ctx, provider)
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	less := &topology.Spec{LoadBalancer: lb.LoadBalancerSpec{Name: "edge"}}
	for _, opts := range [][]topology.PlanOption{nil, {topology.Prune()}} {
		plan, err := topology.NewPlan(ctx, provider, id, less, opts...)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Print(plan)
	}
	// Output:
	// load balancer memory/lb-1 (memory): nothing to change
	//
	// notes:
	//   * 1 frontend is not in the topology, and left alone: Prune deletes it
	//   * 1 backend is not in the topology, and left alone: Prune deletes it
	// load balancer memory/lb-1 (memory): 2 to delete; about 6 requests
	//
	// - frontend "site": it is not in the topology
	//
	// - backend "web": it is not in the topology
}

// Two teams share a load balancer. Each keeps what begins with its own name in order, and
// nothing else.
func ExamplePruneWhere() {
	ctx := context.Background()
	provider := lbtest.NewMemory()
	id := provider.AddLoadBalancer(lb.LoadBalancerSpec{Name: "edge"})
	for _, name := range []string{"shop/web", "shop/old", "blog/web"} {
		if _, err := provider.Backends().Create(ctx, id, lb.BackendSpec{Name: name, Protocol: lb.ProtocolTCP, Port: 80}); err != nil {
			fmt.Println(err)
			return
		}
	}
	want := &topology.Spec{
		LoadBalancer: lb.LoadBalancerSpec{Name: "edge"},
		Backends:     []topology.Backend{{BackendSpec: lb.BackendSpec{Name: "shop/web", Protocol: lb.ProtocolTCP, Port: 80}}},
	}
	ours := func(_ lb.Kind, name string) bool { return strings.HasPrefix(name, "shop/") }
	plan, err := topology.NewPlan(ctx, provider, id, want, topology.PruneWhere(ours))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(plan)
	// Output:
	// load balancer memory/lb-1 (memory): 1 to delete; about 2 requests
	//
	// - backend "shop/old": it is not in the topology
	//
	// notes:
	//   * 1 backend is not in the topology, and left alone: PruneWhere does not own it
}

// A change keeps what was there, to go back to.
func ExampleSpec_Clone() {
	before := shop()
	after := before.Clone()
	after.Backends[0].Servers[0].Address = netip.MustParseAddr("10.0.0.99")
	fmt.Println(before.Backends[0].Servers[0].Address, after.Backends[0].Servers[0].Address)
	// Output: 10.0.0.1 10.0.0.99
}

// What is there is read as a topology. An ID is in it where a name does not tell which
// one is meant.
func ExampleExport() {
	ctx := context.Background()
	provider := lbtest.NewMemory()
	id := provider.AddLoadBalancer(lb.LoadBalancerSpec{Name: "edge"})
	for _, name := range []string{"web", "", ""} {
		if _, err := provider.Backends().Create(ctx, id, lb.BackendSpec{Name: name, Protocol: lb.ProtocolTCP, Port: 5432}); err != nil {
			fmt.Println(err)
			return
		}
	}
	spec, err := topology.Export(ctx, provider, id)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, backend := range spec.Backends {
		fmt.Printf("%q %q\n", backend.Name, backend.ID)
	}
	// Output:
	// "" "memory/lb-1/backend-2"
	// "" "memory/lb-1/backend-3"
	// "web" ""
}

// A topology that was exported is tied to its load balancer by IDs. A portable one is
// not.
func ExampleSpec_Portable() {
	exported := &topology.Spec{
		Backends: []topology.Backend{
			{ID: "loadbalancer-1/http/farm/1", BackendSpec: lb.BackendSpec{Protocol: lb.ProtocolHTTP}},
			{ID: "loadbalancer-1/http/farm/2", BackendSpec: lb.BackendSpec{Name: "web", Protocol: lb.ProtocolHTTP}},
			{ID: "loadbalancer-1/http/farm/3", BackendSpec: lb.BackendSpec{Name: "web", Protocol: lb.ProtocolHTTP}},
		},
		Frontends: []topology.Frontend{{FrontendSpec: lb.FrontendSpec{
			Name: "site", Protocol: lb.ProtocolHTTP, Ports: []lb.PortRange{lb.Port(80)}, DefaultBackend: "loadbalancer-1/http/farm/3",
		}}},
	}
	var text strings.Builder
	if err := exported.Portable().WriteYAML(&text); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(text.String())
	// Output:
	// loadBalancer: {}
	// backends:
	//   - name: backend-1
	//     protocol: http
	//   - name: web
	//     protocol: http
	//   - name: web-2
	//     protocol: http
	// frontends:
	//   - name: site
	//     protocol: http
	//     ports: [80]
	//     defaultBackend: web-2
}
