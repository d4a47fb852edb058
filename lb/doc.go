// Package lb is the provider-neutral contract: what a load balancer is, and the
// interfaces through which a program reads and changes one. A program that is
// written against it runs unchanged on every provider; which one it is, is decided in
// the one line that makes the [Provider]:
//
//	var provider lb.Provider = ovh.NewProvider(client) // or scaleway's
//
//	backend, err := provider.Backends().Create(ctx, loadBalancer,
//		lb.BackendSpec{
//			Name: "app", Protocol: lb.ProtocolHTTP, Port: 8080, HealthCheck: &lb.HealthCheck{Type: lb.CheckTCP},
//		},
//		lb.ServerSpec{Address: netip.MustParseAddr("10.0.0.11")},
//	)
//	// … a frontend that leads to it …
//	operation, err := lb.Publish(ctx, provider, loadBalancer) // all of it is live when it returns
//
// The package itself sends nothing:
//
//   - [ovh] and [scaleway] hold the typed clients of the two clouds, and make providers
//     of them;
//   - [topology] describes a whole load balancer as one value: read from a file or from a
//     provider, checked, compared with what is there, applied, drawn;
//   - [lbtest] is a provider in memory for tests, and the suite that proves a provider.
//
// # A provider and its services
//
// A [Provider] is one account at one cloud. Its methods return services, one for each
// kind of resource: [LoadBalancers], [Frontends], [Backends], [Servers], [Filters],
// [Routes], [Certificates], [Addresses] and [Operations]. All are safe for concurrent
// use. Every method that can do I/O takes a context first and returns soon after it
// ends.
//
// A load balancer has frontends, where clients connect, and backends, pools of
// servers that traffic is sent to. A frontend's filters are evaluated first, in order:
// the first that matches allows, denies or redirects. What passes them goes to the
// backend of the first route that matches, or to the frontend's default backend. The
// two phases are those of the clouds: one merged list of rules would change its meaning
// on some of them. [Explain] says, without I/O, which filter or route decides what
// happens to a request, and why.
//
// # Models and specs
//
// A model, such as [Backend], is what the provider reports. It embeds a spec, such as
// [BackendSpec]: the settings in the shape in which they are desired. Around it stand
// the ID, read-only facts, and Native, the provider's own object for what this package
// has no name for.
//
// The zero value of a spec's field means the provider's default. Where a provider has
// none, leaving the field out is refused like any other value. Units are in the types:
// a [Duration], a netip.Addr, a [PortRange]. Where zero has a meaning of its own the
// field is a pointer, so that nil can be the default.
//
// [Clone], [Equal] and [Diff] work on every [Spec]. No call and no [Dialect] writes to a
// spec that it is given, so that one value can serve several calls.
//
// Models and specs marshal to JSON in lower camel case, with zero fields left out, the
// spec's fields beside the model's, and without Native. Times are RFC 3339, durations
// "5s", port ranges "80" or "8000-8100". A [Secret] is never written.
//
// Enums are open strings. A value that this version does not know decodes, survives a
// round trip and reports false from Known.
//
// # IDs
//
// An ID is one opaque string that holds all that is needed to address the resource,
// and the only thing to store. Each kind has a type of its own. A malformed ID and one
// of another provider are [ErrInvalid], and nothing is sent.
//
// # Lists
//
// Every List returns an [iter.Seq2] that is lazy, complete and restartable: it asks
// for pages as the loop gets to them, yields every item once, and starts afresh when
// ranged over again. Backends come with their servers, frontends without their rules.
// It yields at most one error, last. Breaking out of the loop cancels what is under way
// and sends nothing more. [Collect], [First] and [One] are loops that are often needed.
//
// # Writes
//
// Create, Update, Delete and Set send what the provider's [Dialect] has accepted: they
// write what was asked for, or refuse it with every problem named by path, before any
// request. A field that is set is never dropped and never rounded. What is read after
// a write equals the canonical form of what was written.
//
// Every Update reads, lets a function change a copy that shares nothing with what was
// read, and sends what the provider needs for it: for nothing changed, nothing. The
// function may run more than once; an error that it returns ends the update. What
// cannot change in place is an [UnsupportedError] with the feature "<leaf>.update".
// Updates of one resource at once by one provider value all take effect. The function
// itself writes nothing by that provider: it would wait for its own end.
//
// Every Delete removes what is inside too, and is [ErrInUse] where something outside
// still refers to the resource.
//
// # Going live
//
// A write is not live at once: one provider stages what is written until it is told to
// commit, another needs a moment to spread it. [Publish] commits, waits and returns
// when everything that was written before it is live. A program that is to run on both
// calls it after its writes, once for as many as belong together.
//
// # Waiting
//
// [WaitReady], [WaitDeleted], [WaitCertificate], [WaitOperation] and [WaitHealthy]
// look at once and then in growing pauses until the context ends; see [WaitOption].
// A state that cannot lead to success ends a wait at the first poll that sees it, with
// a [StateError].
//
// # Errors
//
// Every call that reached a provider, or tried to, fails with an [*Error]: what was
// done to which resource, the HTTP status, the provider's message and request ID, and
// a Code that errors.Is finds, the same for every provider:
//
//	if errors.Is(err, lb.ErrNotFound) {
//		return nil // somebody else has deleted it
//	}
//
// A spec that a provider cannot express is [Problems], a list of [*UnsupportedError]
// and of [*Error] with [ErrInvalid]. [ErrUncertain] says that a write may or may not
// have happened. Texts of errors are for people and may change.
//
// # What providers differ in
//
// [Capabilities] say what a provider can do, without I/O; [Require] is the check that a
// program makes at its start. Settings that have no neutral name travel in
// [Extensions], as the typed values of the provider's package. A provider reads its
// own strictly and leaves the others' alone, so that one spec can hold them for several.
//
// # Providers and fakes
//
// The interfaces can only be implemented by embedding their Unimplemented type, such as
// [UnimplementedProvider], or another implementation. A method that is added to one later
// is then [ErrUnsupported] until it is implemented, and breaks nobody. A fake for a test
// embeds it as well, and replaces the methods that the test is about; one that behaves like
// a cloud is in [lbtest]. For a provider of your own, [dialect] says what it has to do and makes its
// rules from its capabilities, [document] makes all of it where load balancers are read
// and written as a whole, and lbtest has the suite that it must pass.
//
// A provider is wrapped by a struct that embeds a [Provider] and replaces the service that
// is to do more by one that embeds that: the other methods stay those of the provider
// inside. That is how a test steps in while a program is at work, too: it takes down a
// server that the program has just made.
//
// # Stability
//
// Not part of the API, and free to change: texts of errors, what is retried and how
// often, how many requests a call takes, and the pauses of waits.
//
// [ovh]: https://pkg.go.dev/github.com/lbkit/lbkit/ovh
// [scaleway]: https://pkg.go.dev/github.com/lbkit/lbkit/scaleway
// [topology]: https://pkg.go.dev/github.com/lbkit/lbkit/lb/topology
// [dialect]: https://pkg.go.dev/github.com/lbkit/lbkit/lb/dialect
// [document]: https://pkg.go.dev/github.com/lbkit/lbkit/lb/document
// [lbtest]: https://pkg.go.dev/github.com/lbkit/lbkit/lb/lbtest
package lb
