// Package dialect makes the [lb.Dialect] of a provider from its capabilities. It is for
// whoever writes a provider of their own. Where an API, or a file, is read and replaced as
// a whole load balancer, package [github.com/lbkit/lbkit/lb/document] makes all of it from
// such rules; examples/provider in the module's repository is one from end to end.
//
// # Which specs a provider takes
//
// What a provider can do is data, its [lb.Capabilities]. [Rules] turn them into code that
// refuses the rest, with the setting, its value and the capability's hint, before anything
// is sent, and that puts the others into the form in which they are read back:
//
//	var rules = dialect.Rules{Capabilities: lb.Capabilities{
//		Provider: "tinylb",
//		Features: map[lb.Feature]lb.Support{
//			"frontends.list":      {Supported: true},
//			"frontend.protocol":   {Supported: true, Values: []string{"http"}},
//			"frontend.name":       {Supported: true},
//			"frontend.name.unset": {Supported: true}, // may be left out
//			// and "frontend.name.update" if it could be changed in place
//		},
//	}}
//
//	func (p *Provider) Capabilities() lb.Capabilities { return rules.Capabilities.Clone() }
//	func (p *Provider) Dialect() lb.Dialect           { return rules }
//
// [Everything] has all features that there are, under the names of [lb.Feature]. A struct,
// such as "backend.healthCheck", is listed beside its fields. What the
// capabilities cannot say, such as that two settings exclude one another, is for the
// provider: it embeds Rules in a type with methods of its own, which call those of Rules.
//
// # Creating, updating, servers
//
// A create sends what [Rules.Frontend] or [Rules.Backend] returns. An update reads what is
// there and sends what [Rules.UpdateFrontend] and its siblings return, or nothing where
// that equals what is there: they call the caller's function on a copy, and refuse what
// cannot be changed in place; an error of the function comes back unchanged. What is there
// already, whatever the rules think of it, passes. [Rules.Servers] is for Servers.Add and
// Set, and [Endpoint] tells servers apart.
//
// # Services
//
// A service embeds the Unimplemented type of its interface, and so refuses what it does
// not implement. A method that is promoted from another embedded type, such as one that
// several services share, stands above an Unimplemented one only where that is embedded
// one level deeper.
//
// Every list is lazy: it asks the API when somebody ranges over it, each time anew, yields
// an error last, and refuses a negative PageSize or Window with [lb.ErrInvalid]. What it
// may be filtered by, and the provider does not have, such as tags, matches nothing.
// Servers.Add and Set return what they made in the order in which it was given, and Remove
// takes servers of several backends. An empty Servers.Set needs AllowEmpty. A delete of what
// is in use writes nothing, so that it looks first, even where the API would refuse.
//
// An ID is a path with all that is needed to find the object, so that an object's parents
// follow from it; one of another form, or of another provider, is lb.ErrInvalid and is not
// sent. Where writes are live at once, Pending is empty, and Commit returns an operation
// that is done, without an ID; both still fail for a load balancer that is not there. Where
// all servers are healthy, or down, so is what LoadBalancers.Health says.
//
// # Errors
//
// Every failure of a call is an [*lb.Error] with Provider, Op ("backends.create"), Attempts,
// and Kind and ID of what the call is about: the object, or its parent where it lists or
// makes one. Where the API answered, it has the status, the message and the request ID, and
// the API's own error in Err. Its Code is
//
//   - what the API's own word for it means, where there is one;
//   - else [lb.ErrUnauthorized] of 401, [lb.ErrForbidden] of 403, [lb.ErrRateLimited] of 429
//     and, of the object's own path, [lb.ErrNotFound] of 404, whoever answered: a proxy in
//     front of the API has no words of its own;
//   - [lb.ErrUncertain] of a write that may have been sent and has no answer that can be
//     read, or one of 500 and above: it may have happened, and is sent again only where
//     that does no harm;
//   - [lb.ErrUnavailable] of a read without such an answer, and of a write that was never
//     sent, since no connection was made.
//
// An answer that is JSON and not what was asked for, such as {}, is one that cannot be read.
// A redirect is an error, too: credentials go nowhere else. A conflict that never passes ends
// a call after so many attempts. Beside an error there is no value, but for what
// Backends.Create, Servers.Add and Servers.Set have done.
// A context that ended is in the chain, as context.Canceled or DeadlineExceeded. What Rules
// return is complete as it is.
//
// # Proof
//
// lbtest.Run, of package [github.com/lbkit/lbkit/lb/lbtest], asks a provider for all that
// package lb promises, and for each feature whether it works or is refused.
package dialect
