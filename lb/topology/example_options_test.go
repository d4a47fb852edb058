package topology_test

import (
	"context"
	"fmt"
	"time"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/lbtest"
	"github.com/lbkit/lbkit/lb/topology"
)

// A loop that keeps a load balancer as it should be asks whether there is anything to do.
func ExamplePlan_Empty() {
	ctx := context.Background()
	provider := lbtest.NewMemory()
	id := provider.AddLoadBalancer(lb.LoadBalancerSpec{Name: "edge"})
	for range 3 {
		plan, err := topology.NewPlan(ctx, provider, id, shop())
		if err != nil {
			fmt.Println(err)
			return
		}
		if plan.Empty() {
			fmt.Println("nothing to do")
			continue
		}
		fmt.Println(len(plan.Steps), "steps")
		if _, err := plan.Apply(ctx, provider); err != nil {
			fmt.Println(err)
			return
		}
	}
	// Output:
	// 3 steps
	// nothing to do
	// nothing to do
}

// The text of a plan is for the person who approves it.
func ExamplePlan_String() {
	ctx := context.Background()
	provider := lbtest.NewMemory()
	id := provider.AddLoadBalancer(lb.LoadBalancerSpec{Name: "edge"})
	plan, err := topology.NewPlan(ctx, provider, id, &topology.Spec{
		LoadBalancer: lb.LoadBalancerSpec{Name: "edge", Tags: []string{"shop"}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(plan.String())
	// Output:
	// load balancer memory/lb-1 (memory): 1 to update; about 2 requests
	//
	// ~ load balancer
	//     tags: none -> ["shop"]
}

// What is written waits for a Publish of its own, for instance one that is made at night.
func ExampleWithoutPublish() {
	ctx := context.Background()
	provider := lbtest.NewMemory(lbtest.WithStaging(), lbtest.WithPolls(0))
	id := provider.AddLoadBalancer(lb.LoadBalancerSpec{Name: "edge"})
	plan, err := topology.NewPlan(ctx, provider, id, shop())
	if err != nil {
		fmt.Println(err)
		return
	}
	result, err := plan.Apply(ctx, provider, topology.WithoutPublish())
	if err != nil {
		fmt.Println(err)
		return
	}
	live, err := provider.Live(id)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(result.Applied), "steps,", len(live.Frontends), "frontends live")

	if _, err := lb.Publish(ctx, provider, id); err != nil {
		fmt.Println(err)
		return
	}
	live, err = provider.Live(id)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(live.Frontends), "frontend live")
	// Output:
	// 3 steps, 0 frontends live
	// 1 frontend live
}

// Apply waits for what it publishes. How often it looks is said with the options of lb.
func ExampleWithWait() {
	ctx := context.Background()
	provider := lbtest.NewMemory(lbtest.WithStaging(), lbtest.WithPolls(2))
	id := provider.AddLoadBalancer(lb.LoadBalancerSpec{Name: "edge"})
	plan, err := topology.NewPlan(ctx, provider, id, shop())
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = plan.Apply(ctx, provider, topology.WithWait(
		lb.WithPoll(time.Millisecond, 5*time.Millisecond),
		lb.WithProgress(func(p lb.Progress) { fmt.Println(p.State) }),
	))
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// running
	// running
	// done
}
