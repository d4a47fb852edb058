// Command ovh lists load balancers by this SDK's client and provider: it is built
// for its size.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/ovh"
)

func main() {
	keys := ovh.ApplicationKey(os.Args[2], lb.NewSecret(os.Args[3]), lb.NewSecret(os.Args[4]))
	client, err := ovh.NewClient(ovh.Endpoint(os.Args[1]), keys)
	if err != nil {
		panic(err)
	}
	for b, err := range ovh.NewProvider(client).LoadBalancers().List(context.Background(), lb.LoadBalancerListOptions{}) {
		if err != nil {
			panic(err)
		}
		fmt.Fprintln(os.Stdout, b.ID, b.Name)
	}
}
