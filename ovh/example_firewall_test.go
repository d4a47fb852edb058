package ovh_test

import (
	"context"
	"fmt"

	"github.com/lbkit/lbkit/ovh"
)

// A load balancer connects to servers from addresses of its own. A firewall in front
// of them lets these in and nothing else.
func ExampleLoadBalancerService_NATIPs() {
	api := startAPI("gra", "rbx")
	defer api.Close()

	zones, err := api.client.LoadBalancers.NATIPs(context.Background(), api.service)
	check(err)
	for _, zone := range zones {
		for _, block := range zone.IP {
			fmt.Printf("iptables -A INPUT -p tcp --dport 8080 -s %s -j ACCEPT # %s\n", block, zone.Zone)
		}
	}
	fmt.Println("iptables -A INPUT -p tcp --dport 8080 -j DROP")
	// Output:
	// iptables -A INPUT -p tcp --dport 8080 -s 10.108.1.0/27 -j ACCEPT # gra
	// iptables -A INPUT -p tcp --dport 8080 -s 10.108.1.32/27 -j ACCEPT # rbx
	// iptables -A INPUT -p tcp --dport 8080 -j DROP
}

// The same ranges, of a load balancer of whichever cloud.
func ExampleNewProvider_firewall() {
	api := startAPI("gra", "rbx")
	defer api.Close()
	provider := ovh.NewProvider(api.client)

	ranges, err := provider.LoadBalancers().EgressRanges(context.Background(), ovh.FormatLoadBalancerID(api.service))
	check(err)
	fmt.Println(ranges)
	// Output: [10.108.1.0/27 10.108.1.32/27]
}
