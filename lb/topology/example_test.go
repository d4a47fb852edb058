package topology_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/lbtest"
	"github.com/lbkit/lbkit/lb/topology"
)

// rollOut makes a load balancer what a file says, on any provider.
func rollOut(ctx context.Context, p lb.Provider, id lb.LoadBalancerID, file string) error {
	want, err := topology.Decode(strings.NewReader(file))
	if err != nil {
		return err // every fault, with its line
	}
	if err := want.Check(p); err != nil {
		return err // everything that p would refuse, before anything is sent
	}
	for _, finding := range want.Lint(p, time.Now()) {
		fmt.Println("note:", finding)
	}
	plan, err := topology.NewPlan(ctx, p, id, want) // reads only
	if err != nil || plan.Empty() {
		return err
	}
	fmt.Print(plan) // what a person says yes to
	_, err = plan.Apply(ctx, p)
	return err // nil: all of it is live
}

// A load balancer is made what a file says; the second time there is nothing to do.
func Example() {
	ctx := context.Background()
	provider := lbtest.NewMemory(lbtest.WithPolls(0))
	id := provider.AddLoadBalancer(lb.LoadBalancerSpec{Name: "blog"})

	for range 2 {
		if err := rollOut(ctx, provider, id, blogYAML); err != nil {
			fmt.Println(err)
		}
	}
	live, err := topology.Export(ctx, provider, id)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(live.Frontends[0].Name, "leads to", live.Frontends[0].DefaultBackend)
	// Output:
	// load balancer memory/lb-1 (memory): 2 to create; about 5 requests
	//
	// + backend "app"
	//     name: "app"
	//     protocol: "http"
	//     port: 8080
	//     algorithm: "roundrobin"
	//     healthCheck: {"type":"http","interval":"30s","timeout":"1s","unhealthyThreshold":3,"http":{"method":"GET","path":"/health"}}
	//     server 10.0.0.11:8080: {"address":"10.0.0.11","weight":1}
	//     server 10.0.0.12:8080: {"address":"10.0.0.12","weight":2}
	//
	// + frontend "web"
	//     name: "web"
	//     protocol: "http"
	//     ports: ["80"]
	//     defaultBackend: "app"
	// web leads to app
}
