// Package document makes an [lb.Provider] of a store of documents: of an API, or of files,
// where a load balancer is read and replaced as a whole. It is for whoever writes a provider
// of their own; examples/provider in the module's repository is one from end to end.
//
// What is left to write is a [Store] of three methods, and the capabilities:
//
//	type store struct{ … }
//
//	func (s store) List(ctx context.Context) iter.Seq2[*document.Document, error]
//	func (s store) Read(ctx context.Context, key string) (*document.Document, error)
//	func (s store) Write(ctx context.Context, d *document.Document) (*document.Document, error)
//
//	provider := document.New(dialect.Rules{Capabilities: capabilities}, store{…})
//
// The [Provider] has every call of package lb that capabilities can list, but for those of
// certificates, addresses and operations. It refuses what the [dialect] does not take, and
// what does not go with what else there is: a port that is taken, a backend that is not
// there or that something still leads to. What is there already passes as it is, whatever the
// dialect thinks of it, beside what is new. What changes nothing is not written, and what is
// kept other than it was written is an error that says so.
//
// # Requests
//
// A call that reads is one Read, a list of load balancers one List, health one Health and,
// where that does not say all, a Read. A call that writes is a Read and a Write; one that is
// about servers of several load balancers is that for each of them, in turn.
//
// # Somebody else writes, too
//
// A Write is for the version that was read. Where another one is there, the [Store] says
// [lb.ErrConflict], and the call is made anew on what is there now: the function of an Update
// is called again, a delete looks again whether something is in use. What two programs write
// at once is all there afterwards. Writes of one Provider to one load balancer wait for each
// other, so that none of them is made twice. A call gives up, with lb.ErrConflict, where a Store
// refuses a version that nobody has changed, and after 100 writes of others.
//
// A Write whose outcome is not known is [lb.ErrUncertain] and is not repeated. Should a
// Store repeat one by itself, and find that the first had worked, a create finds what it has
// made and makes nothing twice, and a delete finds that it is done.
//
// # IDs
//
// IDs are paths of keys, escaped as in URLs: "tinylb/b1", "tinylb/b1/frontends/web",
// "tinylb/b1/backends/app/servers/10.0.0.4:8080". The provider's name comes first, so that
// those of others are recognised. The keys of what is made here are 26 random letters and
// digits; those that are there already may be any text.
//
// # Proof
//
// lbtest.Run, of package [github.com/lbkit/lbkit/lb/lbtest], with the Store behind New, shows
// what of the Store or of the capabilities is not so.
//
// [dialect]: https://pkg.go.dev/github.com/lbkit/lbkit/lb/dialect
package document
