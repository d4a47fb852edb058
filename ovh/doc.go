// Package ovh is a typed client of OVHcloud's IP Load Balancing API, and the
// lb.Provider on top of it.
//
// A [Client] has a service for each branch of the API, down to
// client.HTTP.Farms.Servers. Every method is one request and takes the load
// balancer's service name first:
//
//	client, err := ovh.NewClient(ovh.EU, ovh.ApplicationKey(key, secret, consumerKey))
//	farm, err := client.HTTP.Farms.Create(ctx, service, ovh.HTTPFarmCreate{Zone: "gra", Port: 8080})
//	task, err := client.LoadBalancers.Refresh(ctx, service, ovh.RefreshOptions{})
//
// A program that is to run on other clouds too uses the client through [NewProvider]:
//
//	provider := ovh.NewProvider(client)
//	for frontend, err := range provider.Frontends().List(ctx, ovh.FormatLoadBalancerID(service), lb.ListOptions{}) {
//		// …
//	}
//
// [ClientOf] leads back, and the types whose names end in Options ([FrontendOptions],
// [BackendOptions], …) hold the settings that only OVH has, for the Extensions of a spec.
//
// # Credentials
//
// [ApplicationKey] signs with the three keys that OVH's token page gives, [OAuth2] is a
// service account, and [AccessToken] asks the program for a token.
// [NewClientFromEnv] reads the variables and files of OVH's other tools.
// [AccessRules] are the rights that a consumer key needs, and [Client.Diagnose] says
// which of them yours lacks.
//
// # Staged writes
//
// What is written to frontends, farms, servers, routes, certificates and private
// networks is a draft, which reads show at once and traffic does not see until
// [LoadBalancerService.Refresh]. A provider has that as Commit, and [lb.Publish] waits.
// A refresh needs a frontend: where the last one is deleted, that does not become live.
// [Client.CheckRefresh] reports at once everything that would keep a refresh from
// succeeding.
//
// # Fields
//
// Types are those of the API, with its names. Of a field that the API may answer
// as null, a number, a truth value or an object is a pointer; text and lists are
// empty. In the body of a create, what is zero is left out. In that of an update
// each field is an [Optional]: left out and unchanged, null and back to its
// default, or a value. Enums are open: a value that this package does not know is
// kept.
//
// # Lists
//
// A list is an iterator. It asks for pages of whole objects, which the API's
// schema allows and which no account is promised; where the API answers with IDs,
// each object is read by itself, four at a time, in the order of the IDs. A ListIDs
// method is always one request.
//
// # Errors
//
// Every error is an [*lb.Error] with one of the codes of package lb; the API's own
// [*Error] is behind it. Reads, updates and deletes are repeated when the API is
// in trouble. A create is repeated only when it cannot have happened, and is
// [lb.ErrUncertain] when that is not known. A provider then looks at what is there: after
// a 408, 500 or 503 of the API it sends the create once more where nothing is there.
//
// # Tests
//
// Package [ovhtest] is the API on loopback, for tests of programs that use this one. Where
// a comment cites "facts" and a number, it is a section of this project's notes on the
// API, of which CONTRIBUTING.md tells.
//
// [ovhtest]: https://pkg.go.dev/github.com/lbkit/lbkit/ovh/ovhtest
package ovh
