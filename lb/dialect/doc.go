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
// [Everything] has all features that there are; what each is about stands under Features.
//
// What capabilities cannot say, such as that two settings exclude one another, is for the
// function in Refuse of [Rules]. It gets each spec with which nothing else is wrong, of
// whichever kind, by value and in its canonical form, and returns what is, by path within
// that spec: "healthCheck.interval". That is refused as [lb.ErrInvalid]. Nothing is rounded: a
// duration that the API cannot keep, such as 1.5 s where it counts seconds, is to be refused.
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
// all servers are healthy, or down, so is what LoadBalancers.Health says, as far as frontends
// lead to them.
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
//     that does no harm, after which [lb.ErrUnavailable] will do as well;
//   - [lb.ErrUnavailable] of a read without such an answer, and of a write that was never
//     sent: one without an answer that asked for a connection and got none, as httptrace's
//     GetConn and GotConn tell. A transport that tells neither may have sent it.
//
// A word that is not known counts as none. Redirects, and other answers of 4xx without words
// of the API, count as no readable answer, unless the status is taken to say that nothing was
// done, as ovh and scaleway take it: then the code is what the status means, such as
// [lb.ErrConflict] of 409, or else [lb.ErrInvalid].
//
// An answer that is JSON and not what was asked for, such as {}, is one that cannot be read.
// No redirect is followed: credentials go nowhere else. A conflict that never passes ends
// a call after so many attempts. Beside an error there is no value, but for what
// Backends.Create, Servers.Add and Servers.Set have done.
// A context that ended is in the chain, as context.Canceled or DeadlineExceeded. What Rules
// return is complete as it is.
//
// # Features
//
// Features are names of what a spec or a call does. A provider does not have what it does not
// list. What it lists as lacking has a Hint, for refusals to say what to do instead; what is
// Emulated it has by other means, which plans tell. A field that is "", 0, false, nil or without
// items is left out.
//
//	<service>.<call>  a call, of those that Calls lists: "backends.create"
//	<leaf>            a field of a spec, by kind and path in JSON: "backend.healthCheck.timeout"
//	<leaf>.unset      it may be left out: there is a default; not asked of a leaf that is lacking
//	<leaf>.update     it may be changed in place; of filters and routes, by a Set. A leaf that
//	                  takes one value has nothing to change to. "frontend.protocol" changes with
//	                  the default backend where there is "backend.protocol.update", too
//	<leaf>.udp        it works with protocol udp, too; it does unless this is listed as lacking
//
// Kinds are loadbalancer, frontend, backend, server, filter, route, certificate and address. A
// struct that may be nil, such as "backend.healthCheck", is a leaf beside its fields: to have
// one or none, and to come from one to the other. Where it is not listed, it is there if one of
// its fields is, and may be left out. Nothing is asked of its fields where it is nil, nor
// ".unset" of what has no place: CookieName without stickiness cookie, User but in checks of
// type mysql and pgsql, HTTP but in those of http and https, Redirect without action redirect.
// A setting in extensions may be listed as one that cannot be changed, by its name in JSON:
// "backend.extensions.tinylb.zone.update".
//
// Support.Values are the only values that a leaf takes, as text: "http", "302", "true". Without
// them it takes any, if it is an enum any that the contract knows. Everything has
//
//	loadbalancer.tlsPolicy    modern, intermediate, legacy
//	frontend.protocol         http, tcp, udp
//	backend.protocol          http, tcp, udp
//	backend.algorithm         roundrobin, leastconn, first, source, uri
//	backend.stickiness        cookie, source
//	backend.healthCheck.type  tcp, http, https, mysql, pgsql, redis, ldap, smtp, oco
//	backend.proxyProtocol     v1, v2, v2-ssl, v2-ssl-cn
//	backend.onMarkedDown      shutdown-sessions
//	backend.tls.verify        system, none, ca
//	filter.action             allow, deny, redirect
//	filter.redirect.scheme    http, https
//	filter.redirect.code      301, 302, 303, 307, 308
//	filter.match.protocol     h2, http, https, tcp, tls
//	route.match.protocol      h2, http, https, tcp, tls
//
// Conditions need several features each, which begin with "filter.match" or "route.match". That
// the host equals a name needs "filter.match" itself, and below it .field, .host, .host.equal
// and .values. There is "filter.match.update", and none below it: conditions change together.
//
//	.field            a condition
//	.<field>          one on source, host, path, method, header, cookie, param or protocol; if it
//	                  has Values, on these alone
//	.<field>.<op>     one on the field by prefix, suffix, contains, regex or exists; "equal" is
//	                  the zero Op
//	.<field>.tcp      one on the field, of a frontend without protocol http
//	.op               Op other than the zero one
//	.values           Values
//	.values.several   Values with more than one in it
//	.values.empty     Values with "" in it
//	.name             Name, of a header, cookie or param
//	.not              Not
//	.several          more than one condition
//	.several.sources  more than one on the source
//	.several.fields   more than one on anything else
//	.several.not      more than one, and Not in any
//	.unset            none: it is always true
//	.unset.tcp        none, of a frontend of protocol tcp
//	.udp              filters, or routes, of a frontend of protocol udp
//
// What is left narrows a leaf or a call for some specs. One that is not listed is lacking, but
// for "<leaf>.udp"; with [Rules].Lenient it is not, nor are .<field>.tcp, .values.several,
// .values.empty, .unset.tcp and those below .several. The first two are for the calls to refuse.
//
//	loadbalancers.delete.releaseAddresses        a delete with ReleaseAddresses
//	loadbalancers.commit.withoutFrontends       a commit of a load balancer that has none
//	addresses.attach.move                        to attach what another load balancer has
//
//	frontend.ports.several                       more than one port, or a range
//	frontend.ports.range                         a range; 80 and 81 make one, too
//	frontend.certificates.several                more than one certificate
//	frontend.certificates.port80                 certificates, on port 80 alone
//	frontend.tls.withoutCertificates             TLS, and no certificates
//	frontend.http3.plain                         HTTP3, and no TLS
//	frontend.setHeaders.percent                  % in the value of a header
//
//	backend.port.unset.udp                       no Port, with protocol udp
//	backend.algorithm.udp                        Algorithm, with protocol udp
//	backend.stickiness.udp                       Stickiness, with protocol udp
//	backend.proxyProtocol.udp                    ProxyProtocol, with protocol udp
//	backend.onMarkedDown.udp                     OnMarkedDown, with protocol udp
//	backend.proxyProtocol.withoutServers         ProxyProtocol, in a backend without servers
//	backend.onMarkedDown.withoutServers          OnMarkedDown, in a backend without servers
//	backend.tls.withoutServers                   TLS, in a backend without servers
//	backend.healthCheck.port.oco                 Port, in a check of type oco
//	backend.healthCheck.http.status.several      more than one Status
//	backend.healthCheck.expect.withStatus        Expect beside HTTP.Status
//	backend.healthCheck.expect.containsAndRegex  Contains beside Regex
//	backend.healthCheck.expect.otherTypes        Expect, in checks other than tcp, http and https
//
//	server.address.ipv6                          an Address of IPv6
//	server.weight.udp                            Weight other than 1, with protocol udp
//	server.backup.udp                            Backup, with protocol udp
//
//	filter.action.allow                          Action allow
//	filter.action.deny                           Action deny
//	filter.action.redirect                       Action redirect
//	filter.redirect.port.alone                   Redirect.Port without Host, where the frontend is
//	                                             not on port 80 alone, or 443 alone
//	filter.match.host.port                       a condition on host, where it is not, over HTTP
//	route.match.host.suffix.bare                 host by suffix, of a value without a dot first
//	route.order                                  two routes that one request may match, to two
//	                                             backends: the first decides
//
//	certificate.name.ordered                     Name beside Domains
//	certificate.domains.wildcard                 "*." before a domain
//
// Three are not about one spec. They are assumed unless they are listed as lacking, and package
// [github.com/lbkit/lbkit/lb/topology] goes by them:
//
//	filter.limit.own                             filters take none of the room of routes
//	frontend.certificates.exclusive              a frontend serves the certificates that it names,
//	                                             and no other of the load balancer
//	backend.healthCheck.port.alike               checks on a port of their own have the PROXY
//	                                             header and TLS that traffic has
//
// Everything itself lacks what means nothing on any provider, or is done by no call: .<field>.tcp
// of path, method, header, cookie and param, .source.<op> but for equal, and
//
//	frontend.tls.udp            TLS, with protocol udp
//	frontend.certificates.udp   Certificates, with protocol udp
//	backend.tls.udp             TLS, with protocol udp
//	filter.action.redirect.tcp  Action redirect, of a frontend without protocol http
//	filter.status.tcp           Status of a denial, of a frontend without protocol http
//	filter.match.udp            filters, of a frontend of protocol udp
//	route.match.udp             routes, of a frontend of protocol udp
//	.unset                      frontend.protocol, frontend.ports, backend.protocol,
//	                            backend.tls.verify, server.address, filter.action, route.backend
//	.update                     loadbalancer.zone, certificate.domains, certificate.pem,
//	                            certificate.key, address.zone, address.ipv6, address.reverse,
//	                            address.tags, address.extensions
//
// Rules fill in what is left out, where the leaf is supported and takes the value. To leave it
// out needs ".unset" all the same; of interval and weight it need not be listed:
//
//	loadbalancer.tlsPolicy                  intermediate
//	frontend.tls                            true, where there are certificates, in any case
//	backend.algorithm                       roundrobin, but not where it is lacking on UDP
//	backend.healthCheck.type                tcp, or that of Rules.Check
//	backend.healthCheck.interval            5s, or that of Rules.Check, within the Limits
//	backend.healthCheck.timeout             1s, or that of Rules.Check
//	backend.healthCheck.unhealthyThreshold  3, or that of Rules.Check, or the first of its Values
//	backend.healthCheck.http                one, in checks of type http and https
//	backend.healthCheck.http.method         GET
//	backend.healthCheck.http.path           /
//	server.weight                           1, but not where it is lacking on UDP
//	filter.status                           403, of a denial over HTTP
//	filter.redirect.code                    302
//
// What else is left out stays so, for the provider's own default. What Rules return, and lb/document
// writes, is canonical:
//
//   - What has no ".unset" is there, where its leaf is listed: Protocol, Ports, Address. Weight
//     is not nil where it is supported.
//   - Values are among those that are listed, and enums known to the contract. Durations and
//     counts are not negative, and within the Limits.
//   - Ports are sorted, and those that touch are one range. Addresses, Tags, Status, conditions
//     and their Values are sorted, each once; SetHeaders are sorted by name. No two servers have
//     the same [Endpoint]; Rules.Backend sorts them by it, and Rules.Servers does not.
//   - HealthCheck.HTTP is there with type http and https alone, Redirect with action redirect,
//     CA with verify ca, CookieName with stickiness cookie. Stickiness cookie, algorithm uri,
//     HSTS, SetHeaders and HTTP3 are there with protocol http alone; HealthCheck is not with udp.
//   - Extensions are the provider's own. IDs of other objects are not looked at.
//
// What was there before an update, and is not touched by it, is excepted: it stays as it was.
//
// # Proof
//
// lbtest.Run, of package [github.com/lbkit/lbkit/lb/lbtest], asks a provider for all that
// package lb promises, and for each feature whether it works or is refused.
package dialect
