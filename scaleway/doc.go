// Package scaleway is a typed client of the Scaleway Load Balancer API v1, and
// the lb.Provider on top of it.
//
// [NewClient] makes a client, [Client.Zone] gives the services of one zone:
//
//	client, err := scaleway.NewClient(secretKey, scaleway.WithProject(project))
//	if err != nil {
//		return err
//	}
//	zone := client.Zone("fr-par-1")
//	for backend, err := range zone.Backends.List(ctx, lbID, scaleway.BackendListOptions{}) {
//		if err != nil {
//			return err
//		}
//		fmt.Println(backend.Name, backend.Pool)
//	}
//
// A program that is to run on other clouds too uses the client through [NewProvider],
// which makes an [lb.Provider] of it:
//
//	provider, err := scaleway.NewProvider(client, nil) // load balancers of every zone
//	for balancer, err := range provider.LoadBalancers().List(ctx, lb.LoadBalancerListOptions{}) {
//		// …
//	}
//
// [ClientOf] leads back, and the types whose names end in Options ([FrontendOptions],
// [BackendOptions], …) hold the settings that only Scaleway has, for the Extensions of a
// spec.
//
// # Credentials
//
// A client needs the secret half of an API key. [NewClientFromEnv] reads the variables and
// the config.yaml of Scaleway's other tools.
//
// # Fields and updates
//
// Types say what goes over the wire: a field has the API's name, an enum is an
// open string, a duration has the API's unit in its type. An update replaces
// the whole object, so it is made from the object that was read:
//
//	update := scaleway.NewBackendUpdate(backend)
//	update.ForwardPort = 8080
//	backend, err = zone.Backends.Update(ctx, backend.ID, update)
//
// A write is live a second or so after its answer: [LBService.WaitReady] waits for a load
// balancer, and [lb.Publish], with a provider, until what was written is live.
//
// # Errors
//
// Every error is an [*lb.Error] with one of the codes of package lb; behind it, errors.As
// finds the API's own [*Error]. Reads, updates and deletes are repeated when the API is in
// trouble. A create is repeated only when it cannot have happened, and is
// [lb.ErrUncertain] when that is not known. A provider then looks at what is there: after
// a 408, 500 or 503 of the API it sends the create once more where nothing is there.
//
// # Tests
//
// Package [scalewaytest] is the API on loopback, for tests of programs that use this one.
// Where a comment cites "facts" and a number, it is a section of this project's notes on
// the API, of which CONTRIBUTING.md tells.
//
// [scalewaytest]: https://pkg.go.dev/github.com/lbkit/lbkit/scaleway/scalewaytest
package scaleway
