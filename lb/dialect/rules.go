package dialect

import "github.com/lbkit/lbkit/lb"

// Rules is the [lb.Dialect] of a provider that does what its capabilities say: it refuses
// what they lack and what means nothing on any provider, every problem of a spec at once,
// and fills in defaults. Its other methods do for updates and for servers what a Dialect
// does for new objects.
//
// It is safe for concurrent use as long as nobody changes it.
type Rules struct {
	lb.UnimplementedDialect

	// Capabilities are what the provider can do. Provider is in every error. A feature
	// that is not listed is not supported.
	Capabilities lb.Capabilities

	// Check is what a health check does where its spec does not say: Type, Interval,
	// Timeout and UnhealthyThreshold. What is zero is tcp, 5 s, 1 s and 3; an interval is
	// at least the least and at most the most that Capabilities.Limits has.
	Check lb.HealthCheck

	// Extensions gives the canonical form of the provider's own extensions in a spec,
	// without those of others, or says what is wrong with them. Nil takes any.
	Extensions func(own lb.Extensions) (lb.Extensions, error)

	// Refuse says what else is wrong with a spec, which it gets in its canonical form and by
	// value, such as a lb.BackendSpec: what capabilities cannot say, for instance that
	// timeouts are whole seconds. It is asked about what has no other problem. Paths are
	// those of fields of the spec: "healthCheck.interval". Nil refuses nothing.
	Refuse func(spec any) []lb.FieldError

	// Lenient has a feature that narrows a leaf for some specs ("server.address.ipv6",
	// "backend.tls.withoutServers") narrow nothing where Capabilities do not list it.
	Lenient bool
}

var _ lb.Dialect = Rules{}

// more asks the provider what is wrong with a spec that has no problem so far.
func (f *findings) more(canonical any) {
	if f.rules.Refuse == nil || len(f.problems) > 0 {
		return
	}
	for _, fault := range f.rules.Refuse(canonical) {
		f.invalid(fault.Path, "%s", fault.Reason)
	}
}

// extensions are the provider's own alone: those of others have no part in what is kept.
func (f *findings) extensions(path string, all lb.Extensions) lb.Extensions {
	own := f.rules.Capabilities.Provider
	for _, provider := range all.Providers() {
		if provider != own {
			all = all.Without(provider)
		}
	}
	canonical, err := all, error(nil)
	if f.rules.Extensions != nil {
		canonical, err = f.rules.Extensions(all)
	} else {
		_, err = all.MarshalJSON()
	}
	if err != nil {
		f.invalid(path+"."+own, "%v", err)
	} else {
		all = canonical
	}
	if feature := f.feature(path); !all.IsZero() && !f.supports(feature) {
		f.lacks(feature, path+"."+own, nil, "this provider has no such settings")
	}
	return all
}
