package lbtest

import (
	"net/http"
	"testing"
	"time"

	"github.com/lbkit/lbkit/lb"
)

// Harness is what a provider supplies to be tested by Run. What needs a func that is
// nil is reported as skipped, by name.
type Harness struct {
	// Provider returns the provider under test. It may be called again: the same
	// state is behind it.
	Provider func(t testing.TB) lb.Provider
	// LoadBalancer makes an empty load balancer that is ready: another one each time it is
	// called, seven times in some tests, under a name of its own where names are unique. No
	// other load balancer is in the provider's lists.
	LoadBalancer func(t testing.TB) lb.LoadBalancerID
	// Advance lets d pass on the provider's clock; nil where time passes by itself.
	Advance func(d time.Duration)
	// Staged: what is written stays pending until somebody commits it. Otherwise it
	// becomes live by itself, at once or as time passes.
	Staged bool
	// SetHealth makes a server appear in state to all instances.
	SetHealth func(server lb.ServerID, state lb.Health)
	// Faults is under the provider's transport; nil without a wire.
	Faults *Faults
	// Failure is how the provider's API says code; ok is false where it cannot, and then
	// that code is not tried. It is asked for lb.ErrNotFound, ErrExists, ErrInvalid,
	// ErrInUse, ErrBusy, ErrQuota, ErrRateLimited, ErrUnauthorized, ErrForbidden,
	// ErrExpired, ErrUnavailable and ErrConflict. The answer has the media type
	// application/json, and no other headers. What is said of a write for
	// lb.ErrUnavailable may be lb.ErrUncertain, too. Codes that a proxy says by a status
	// alone, such as 401, 403, 429 and 503, are among what an API can say.
	Failure func(code error) (status int, body string, ok bool)
	// EndNext makes the next operation of id end so: failed, cancelled, or in a
	// word that nobody knows.
	EndNext func(id lb.LoadBalancerID, status lb.OperationStatus)
	// Requests are those that reached the provider's API so far, less those that are
	// about credentials and clocks alone.
	Requests func() []*http.Request
	// Fail makes the next times calls of a method fail with err: "backends.create".
	// It stands in for Faults and Failure where there is no wire.
	Fail func(op string, err error, times int)
	// SetProvisioning puts a load balancer into a state until it is put into another:
	// error, suspended, or a word that nobody knows.
	SetProvisioning func(id lb.LoadBalancerID, state lb.Provisioning)
	// OwnError reports whether the error that the provider's own client makes of the
	// API's answer is in the chain of err, as errors.As finds it.
	OwnError func(err error) bool
	// FailingDomain is a domain for which the next managed certificate of a load
	// balancer that is ordered ends in error.
	FailingDomain func(id lb.LoadBalancerID) string
	// Address makes an address of the account that a load balancer can be given;
	// attached to none. Nil where Allocate makes them.
	Address func(t testing.TB, id lb.LoadBalancerID) lb.AddressID
	// Mix makes the servers of a backend, two at least, differ in a setting that the
	// contract keeps on the backend, and returns its path. Nil where the provider
	// keeps none of them per server.
	Mix func(t testing.TB, id lb.BackendID) (path string)
	// Own are values that only the provider can name, for the law of leaves.
	Own OwnValues
}
