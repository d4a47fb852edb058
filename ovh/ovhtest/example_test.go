package ovhtest_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/lbkit/lbkit/ovh"
	"github.com/lbkit/lbkit/ovh/ovhtest"
)

// A farm is written, seen as a pending change, and live after a refresh, whose
// three seconds a manual clock skips.
func ExampleServer() {
	server := ovhtest.NewServer(ovhtest.WithManualClock())
	defer server.Close()
	service := server.AddService("gra")
	client, err := server.Client()
	if err != nil {
		log.Fatal(err)
	}

	ctx := context.Background()
	farm, err := client.HTTP.Farms.Create(ctx, service, ovh.HTTPFarmCreate{Zone: "gra", Port: 8080})
	if err != nil {
		log.Fatal(err)
	}
	_, err = client.HTTP.Frontends.Create(ctx, service, ovh.HTTPFrontendCreate{Zone: "gra", Port: "80", DefaultFarmID: farm.FarmID})
	if err != nil {
		log.Fatal(err)
	}
	pending, err := client.LoadBalancers.PendingChanges(ctx, service)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("pending:", pending[0].Number, "live:", server.Running(service, "gra")["http/farm/1"] != nil)

	if _, err = client.LoadBalancers.Refresh(ctx, service, ovh.RefreshOptions{}); err != nil {
		log.Fatal(err)
	}
	server.Advance(3 * time.Second)
	fmt.Println("live:", string(server.Running(service, "gra")["http/farm/1"]))
	// Output:
	// pending: 2 live: false
	// live: {"farmId":1,"zone":"gra","port":8080}
}
