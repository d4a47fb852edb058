package scalewaytest_test

import (
	"context"
	"fmt"
	"time"

	"github.com/lbkit/lbkit/scaleway"
	"github.com/lbkit/lbkit/scaleway/scalewaytest"
)

// A test moves the server's time, so that it waits for nothing.
func Example() {
	server := scalewaytest.NewServer(scalewaytest.WithManualClock())
	defer server.Close()
	client, err := server.Client()
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	lbs := client.Zone("fr-par-1").LBs
	made, err := lbs.Create(ctx, scaleway.LBCreate{Name: "web"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(made.Name, made.Status)

	server.Advance(3 * time.Second)
	read, err := lbs.Get(ctx, made.ID)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(read.Name, read.Status)
	fmt.Println(len(server.Requests()), "requests")
	// Output:
	// web to_create
	// web ready
	// 2 requests
}
