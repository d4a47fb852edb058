package scaleway_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/lbkit/lbkit/scaleway"
)

// guide is the API's own step-by-step guide, as it was when the API was regional:
// create a load balancer, wait for it, give it a backend with a check and a
// frontend, delete it, keeping its address, and create it again with that address.
// It begins by looking up the organization, which is another API of Scaleway's;
// here the client has a project already.
func guide(ctx context.Context, api *scaleway.API, out io.Writer) {
	balancer, err := api.LBs.Create(ctx, scaleway.LBCreate{
		Name: "TEST", Description: "YOUR DESCRIPTION", Tags: []string{"test", "step by step"},
	})
	mustDo(err)
	balancer, err = api.LBs.WaitReady(ctx, balancer.ID, quickly)
	mustDo(err)
	say(out, "%s is %s, with %d address\n", balancer.Name, balancer.Status, len(balancer.IP))

	backend, err := api.Backends.Create(ctx, balancer.ID, scaleway.BackendCreate{
		Name: "main backend", ForwardPort: 80, ServerIP: []string{"10.0.0.1", "10.0.0.2"},
		HealthCheck: scaleway.HealthCheck{
			Port: 80, CheckDelay: 2000, CheckTimeout: 1000, CheckMaxRetries: 3, TCPConfig: &scaleway.HealthCheckTCPConfig{},
		},
	})
	mustDo(err)
	timeout := scaleway.MillisecondsOf(5 * time.Second)
	frontend, err := api.Frontends.Create(ctx, balancer.ID, scaleway.FrontendCreate{
		Name: "main frontend", InboundPort: 80, BackendID: backend.ID, TimeoutClient: &timeout,
	})
	mustDo(err)
	say(out, "%s listens on port %d for %s\n", frontend.Name, frontend.InboundPort, frontend.Backend.Name)

	check := backend.HealthCheck
	check.CheckMaxRetries = 5
	changed, err := api.Backends.UpdateHealthCheck(ctx, backend.ID, check)
	mustDo(err)
	say(out, "a server is down after %d failures\n", changed.CheckMaxRetries)

	mustDo(api.LBs.Delete(ctx, balancer.ID, scaleway.LBDeleteOptions{ReleaseIP: false}))
	mustDo(api.LBs.WaitDeleted(ctx, balancer.ID, quickly))
	again, err := api.LBs.Create(ctx, scaleway.LBCreate{Name: "TEST", IPIDs: []string{balancer.IP[0].ID}})
	mustDo(err)
	say(out, "created again with the same address: %t\n", again.IP[0].IPAddress == balancer.IP[0].IPAddress)
}

func say(out io.Writer, format string, args ...any) {
	_, err := fmt.Fprintf(out, format, args...)
	mustDo(err)
}

// The API's step-by-step guide in its regional form, which is older and keeps
// working.
func ExampleClient_Region() {
	client, end := example()
	defer end()
	guide(context.Background(), client.Region("fr-par"), os.Stdout)
	// Output:
	// TEST is ready, with 1 address
	// main frontend listens on port 80 for main backend
	// a server is down after 5 failures
	// created again with the same address: true
}

// The same guide in the zoned form, the one for new programs.
func ExampleClient_Zone() {
	client, end := example()
	defer end()
	guide(context.Background(), client.Zone("fr-par-1"), os.Stdout)
	// Output:
	// TEST is ready, with 1 address
	// main frontend listens on port 80 for main backend
	// a server is down after 5 failures
	// created again with the same address: true
}
