// Command goovh lists load balancers by go-ovh: it is built for its size.
package main

import (
	"fmt"
	"os"

	"github.com/ovh/go-ovh/ovh"
)

func main() {
	client, err := ovh.NewClient(os.Args[1], os.Args[2], os.Args[3], os.Args[4])
	if err != nil {
		panic(err)
	}
	var names []string
	if err := client.Get("/ipLoadbalancing", &names); err != nil {
		panic(err)
	}
	for _, name := range names {
		fmt.Fprintln(os.Stdout, name)
	}
}
