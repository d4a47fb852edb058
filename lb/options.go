package lb

// ListOptions select and page a list inside a parent.
type ListOptions struct {
	Name string // exact; empty: all
	PageOptions
}

// PageOptions say how a list is fetched, not what is in it. A negative value is
// ErrInvalid, before anything is sent.
type PageOptions struct {
	PageSize int // items per request; 0: the provider's best
	// Window is how many requests of one list may be under way once the caller
	// has gone past the first page, which is always fetched alone. 0 means 4.
	Window int
}

// LoadBalancerListOptions select and page the load balancers of an account.
type LoadBalancerListOptions struct {
	ListOptions
	Tags []string // all of them must be there
	Zone string   // empty: all
}

// AddressListOptions select and page the addresses of an account.
type AddressListOptions struct {
	PageOptions
	LoadBalancer LoadBalancerID // empty: all, attached or not
}

// DeleteLoadBalancerOptions say what a deletion takes along.
type DeleteLoadBalancerOptions struct {
	ReleaseAddresses bool // default: they are kept, and go on costing money
}

// SetOptions go with every Set.
type SetOptions struct {
	AllowEmpty bool // without it an empty set is refused
}

// CommitOptions limit a commit.
type CommitOptions struct {
	Zone string // empty: all
}
