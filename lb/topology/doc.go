// Package topology describes a whole load balancer as one value: read it from a file
// or from a provider, check it, see what would change, change it, draw it. It knows no
// provider: what it needs of one, it asks of an [lb.Provider].
//
// # A file
//
// [Decode] reads YAML or JSON into a [Spec], and [Spec.WriteYAML] and [Spec.WriteJSON]
// write one. The keys are the JSON names of the specs of package lb:
//
//	loadBalancer: {name: blog}
//	certificates:
//	  - {name: site, pemFile: tls/site.pem, keyFile: tls/site.key}
//	backends:
//	  - name: app
//	    protocol: http
//	    port: 8080
//	    healthCheck: {type: http, interval: 30s, http: {method: GET, path: /health}}
//	    servers:
//	      - address: 10.0.0.11
//	      - address: 10.0.0.12
//	frontends:
//	  - name: web
//	    protocol: http
//	    ports: [443]
//	    certificates: [site]
//	    defaultBackend: app
//
// Reading is strict. A key that is not known, comes twice or is spelled in another case,
// a value that is not of its field's form, a name that is there twice and a reference
// that leads nowhere are errors with their line and path, all of them at once. [Schema]
// is the JSON Schema of the format: an editor that has it completes and checks. A first
// line does it where YAML's language server is at work:
//
//	# yaml-language-server: $schema=schema.json
//
// # Names, IDs and places
//
// A reference (a frontend's default backend and certificates, a route's backend) is the
// name of the entry that it refers to, or its ID where it has no name of its own; a
// certificate without a name is referred to by its fingerprint, or by the first of its
// domains. An entry is an existing object when its ID is set, else by its name. Servers
// are told apart by address and effective port, filters and routes by their position.
//
// Private keys are never part of a topology: certificates name files, which
// [Spec.ReadFiles] reads.
//
// # Before anything is sent
//
// [Spec.Check] says what a provider would refuse, and [Spec.Lint] what is legal and
// probably wrong; neither does I/O. [NewPlan] compares a topology with what is there, and
// a [Plan] shows every change, field by field, before [Plan.Apply] makes it. [Export]
// turns what is there into a topology whose plan is empty. [Diff] compares two topologies,
// without a provider.
//
// # Drawing
//
// [Spec.WriteTree] draws for a terminal, [Spec.WriteMermaid] and [Spec.WriteDOT] for
// documents, with the health of servers where [ReadHealth] has read it.
package topology
