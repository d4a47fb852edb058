// Command scaleway lists load balancers by this SDK's client and provider: it is
// built for its size.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/scaleway"
)

func main() {
	client, err := scaleway.NewClient(lb.NewSecret(os.Args[2]), scaleway.WithBaseURL(os.Args[1]))
	if err != nil {
		panic(err)
	}
	provider, err := scaleway.NewProvider(client, nil)
	if err != nil {
		panic(err)
	}
	for b, err := range provider.LoadBalancers().List(context.Background(), lb.LoadBalancerListOptions{}) {
		if err != nil {
			panic(err)
		}
		fmt.Fprintln(os.Stdout, b.ID, b.Name)
	}
}
