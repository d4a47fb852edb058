// Package lbkit is the root of a Go SDK for cloud load balancers. It exports nothing: import the package that fits.
//
//   - [github.com/lbkit/lbkit/lb] is the neutral contract: models, interfaces, errors, iterators and waiters. A program written against
//     [github.com/lbkit/lbkit/lb.Provider] runs on every provider.
//   - [github.com/lbkit/lbkit/ovh] is a typed client of OVHcloud's IP Load Balancing API, and its provider.
//   - [github.com/lbkit/lbkit/scaleway] is a typed client of Scaleway's Load Balancer API, and its provider.
//   - [github.com/lbkit/lbkit/lb/topology] is a whole load balancer as one value, in a file too: exported, checked, planned, applied, drawn.
//   - [github.com/lbkit/lbkit/ovh/ovhtest] and [github.com/lbkit/lbkit/scaleway/scalewaytest] are those two APIs on loopback, for the tests
//     of programs that use this module.
//   - [github.com/lbkit/lbkit/lb/dialect] makes the rules of a provider of your own from its capabilities.
//   - [github.com/lbkit/lbkit/lb/document] makes a whole provider of a store that reads and writes load balancers as documents.
//   - [github.com/lbkit/lbkit/lb/lbtest] is a provider in memory, faults on command, and the conformance suite of providers.
//
// # A tour
//
// A client holds credentials and speaks one cloud's own API. A provider is the neutral view of a client:
//
//	client, err := ovh.NewClient(ovh.EU, ovh.ApplicationKey(key, secret, consumerKey))
//	provider := ovh.NewProvider(client)
//
// Swapping the cloud means swapping these two lines; what follows stays as it is. A provider has one service for each kind of resource, and
// lists are iterators that fetch what is ranged over:
//
//	for backend, err := range provider.Backends().List(ctx, loadBalancer, lb.ListOptions{}) {
//		if err != nil {
//			return err
//		}
//		fmt.Println(backend.Name, len(backend.Servers))
//	}
//
// What is desired is a Spec, what is observed is a model that embeds one, and an update edits the Spec:
//
//	backend, err := provider.Backends().Update(ctx, id, func(b *lb.BackendSpec) error {
//		b.Algorithm = lb.AlgorithmLeastConn
//		return nil
//	})
//
// Some providers stage what is written. Publish makes it live, and returns when it is:
//
//	operation, err := lb.Publish(ctx, provider, loadBalancer)
//
// A setting that a provider cannot express is refused before anything is sent, never dropped. Errors are told by [errors.Is] and the codes of
// package lb, whatever the provider: lb.ErrNotFound, lb.ErrBusy, lb.ErrUncertain. A cloud's own settings travel in a Spec's Extensions, and
// its whole API is there on the client, behind ovh.ClientOf and scaleway.ClientOf.
package lbkit
