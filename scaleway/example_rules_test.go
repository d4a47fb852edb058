package scaleway_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/scaleway"
)

// Filters and routes of a frontend are set as a whole. What Scaleway cannot do is
// refused before anything is sent.
func ExampleFilterOptions() {
	ctx := context.Background()
	client, end := example()
	defer end()
	zone := client.Zone("fr-par-1")
	balancer := exampleLB(ctx, zone)
	app := exampleBackend(ctx, zone, balancer.ID, "app")
	api := exampleBackend(ctx, zone, balancer.ID, "api")
	listener := exampleFrontend(ctx, zone, balancer.ID, app.ID)

	provider, err := scaleway.NewProvider(client, []scaleway.Zone{"fr-par-1"})
	mustDo(err)
	frontend := scaleway.FormatFrontendID("fr-par-1", listener.ID)
	filters, err := provider.Filters().Set(ctx, frontend, []lb.FilterSpec{
		{
			Name:   "cache only",
			Action: lb.FilterDeny,
			Extensions: lb.Extend(scaleway.FilterOptions{
				NotEdgeServices: true, Description: "nobody goes around the cache",
			}),
		},
		{
			Action:   lb.FilterRedirect,
			Match:    lb.Match{{Field: lb.FieldPath, Values: []string{"/old"}}},
			Redirect: &lb.Redirect{Path: "/new", Code: 301},
		},
	}, lb.SetOptions{})
	mustDo(err)
	for _, filter := range filters {
		fmt.Printf("%s: %s %v\n", filter.Name, filter.Action, filter.Match)
	}

	_, err = provider.Routes().Set(ctx, frontend, []lb.RouteSpec{
		{Backend: scaleway.FormatBackendID("fr-par-1", api.ID), Match: lb.Match{{Field: lb.FieldMethod, Values: []string{"POST"}}}},
	}, lb.SetOptions{})
	var unsupported *lb.UnsupportedError
	if errors.As(err, &unsupported) {
		fmt.Printf("%s: %s; %s\n", unsupported.Feature, unsupported.Reason, unsupported.Hint)
	}
	// Output:
	// cache only: deny []
	// redirect: redirect [{path  regex [^/old$] false}]
	// route.match.method: Scaleway cannot look at it; match host or path instead
}
