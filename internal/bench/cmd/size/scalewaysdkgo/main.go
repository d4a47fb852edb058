// Command scalewaysdkgo lists load balancers by scaleway-sdk-go: it is built for
// its size.
package main

import (
	"fmt"
	"os"

	api "github.com/scaleway/scaleway-sdk-go/api/lb/v1"
	"github.com/scaleway/scaleway-sdk-go/scw"
)

func main() {
	client, err := scw.NewClient(scw.WithAPIURL(os.Args[1]), scw.WithAuth("SCW00000000000000000", os.Args[2]))
	if err != nil {
		panic(err)
	}
	all, err := api.NewZonedAPI(client).ListLBs(&api.ZonedAPIListLBsRequest{Zone: scw.ZoneFrPar1}, scw.WithAllPages())
	if err != nil {
		panic(err)
	}
	for _, b := range all.LBs {
		fmt.Fprintln(os.Stdout, b.ID, b.Name)
	}
}
