package scalewaytest

import (
	"fmt"
	"strings"

	"github.com/lbkit/lbkit/lb"
)

// RefuseWrites has the next n requests that would change something refused,
// without effect, as Busy says: with 409 transient_state by default.
func (s *Server) RefuseWrites(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.busy = n
}

// SetStatus puts a load balancer, "<zone>/<UUID>", into any status, one that
// nobody knows too. What it was about to become, it does not become any more; it
// stays so until it is migrated or deleted. SetStatus panics where there is no
// such load balancer.
func (s *Server) SetStatus(id lb.LoadBalancerID, status string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.lbByID(id)
	l.status, l.updated, l.deleted = status, s.now(), false
	l.phase++
}

// EndNext has the next propagation of writes to a load balancer, or the one that
// is under way, end with its instances in status, in place of ready. It panics
// where there is no such load balancer.
func (s *Server) EndNext(id lb.LoadBalancerID, status string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lbByID(id).ending = status
}

// lbByID is the load balancer with a provider's ID, as of now.
func (s *Server) lbByID(id lb.LoadBalancerID) *loadBalancer {
	s.settle()
	zone, uuid, _ := strings.Cut(string(id), "/")
	l, ok := s.lbs.get(zone, uuid)
	if !ok {
		panic(fmt.Sprintf("scalewaytest: no load balancer %q", id))
	}
	return l
}
