package scalewaytest

import "time"

// instance runs a load balancer's configuration.
type instance struct {
	id               string
	reporter         string // its ID in backend stats, which is another, as recorded
	status           string
	created, updated moment
}

type instanceView struct {
	ID        string `json:"id"`
	Status    string `json:"status"`
	IPAddress string `json:"ip_address"`
	CreatedAt string `json:"created_at"`
	UpdatedAt string `json:"updated_at"`
	Region    string `json:"region"`
	Zone      string `json:"zone"`
}

// viewInstance has no address: the API stopped showing it (facts 8).
func (s *Server) viewInstance(i *instance, zone string) instanceView {
	return instanceView{
		ID: i.id, Status: i.status, CreatedAt: s.show(i.created), UpdatedAt: s.show(i.updated),
		Region: region(zone), Zone: zone,
	}
}

// instanceAge is how old an instance is when a load balancer gets it: they are
// kept in stock, and recordings show them a few minutes older.
const instanceAge = 2 * time.Minute

func (s *Server) newInstances(status string) []*instance {
	now := s.now()
	out := make([]*instance, s.options.instances)
	for i := range out {
		out[i] = &instance{
			id: newUUID(), reporter: newUUID(), status: status,
			created: moment{at: now.at.Add(-instanceAge)}, updated: now,
		}
	}
	return out
}

// set gives every instance of l a status, as of now.
func (s *Server) set(l *loadBalancer, status string) {
	for _, i := range l.instances {
		i.status, i.updated = status, s.now()
	}
}

// phased changes the status of l and has each step happen when its part of
// length has passed, unless the status has changed otherwise meanwhile.
func (s *Server) phased(l *loadBalancer, status string, length time.Duration, steps ...step) {
	l.status = status
	l.phase++
	phase := l.phase
	for _, st := range steps {
		s.clock.Schedule(time.Duration(float64(length)*st.part), func() {
			if l.phase == phase {
				st.do()
			}
		})
	}
}

// step is something that happens at a part, 0 to 1, of a transition.
type step struct {
	part float64
	do   func()
}

// begin creates l as recordings show it: instances appear at once and unknown,
// then the status is creating, then the instances are ready, last the load
// balancer is (facts 11).
func (s *Server) begin(l *loadBalancer) {
	s.phased(l, "to_create", s.options.timings.Creation,
		step{0.05, func() { l.instances = s.newInstances("unknown") }},
		step{0.07, func() { l.status, l.updated = "creating", s.now() }},
		step{0.6, func() { s.set(l, "ready") }},
		step{1, func() { s.ready(l) }},
	)
}

// ready ends a transition; what was written during it propagates now.
func (s *Server) ready(l *loadBalancer) {
	l.status, l.updated = "ready", s.now()
	if l.outdated {
		l.outdated = false
		s.disturb(l)
	}
}

// migrate moves l to an offer: the answer and the next reads show the old type,
// the end shows the new one on new instances (facts 11).
func (s *Server) migrate(l *loadBalancer, offer string) {
	l.updated = s.now()
	s.phased(l, "migrating", s.options.timings.Migration,
		step{0.9, func() {
			l.instances = s.newInstances("ready")
			l.written++ // the old ones have nothing left to follow
		}},
		step{1, func() {
			l.offer = offer
			s.ready(l)
		}},
	)
}

// end deletes l and what is in it. As recorded, its addresses are free shortly
// before it is gone; those that are to be released go with it.
func (s *Server) end(l *loadBalancer, release bool) {
	l.deleted, l.updated = true, s.now()
	var freed []*address
	s.phased(l, "to_delete", s.options.timings.Deletion,
		step{0.9, func() {
			freed = s.addressesOf(l)
			for _, a := range freed {
				a.lb = nil
			}
		}},
		step{1, func() {
			s.remove(l)
			for _, a := range freed {
				if release && a.lb == nil { // nobody has taken it meanwhile
					s.ips.remove(a.zone, a.id)
				}
			}
		}},
	)
}

func (s *Server) remove(l *loadBalancer) {
	for _, f := range s.frontends.where(func(f *frontend) bool { return f.lb == l }) {
		s.removeFrontend(f)
	}
	for _, b := range s.backends.where(func(b *backend) bool { return b.lb == l }) {
		s.backends.remove(b.zone, b.id)
	}
	for _, x := range s.certificates.where(func(x *certificate) bool { return x.lb == l }) {
		s.certificates.remove(x.zone, x.id)
	}
	for _, n := range s.networksOf(l) {
		s.networks.remove(l.zone, n.key)
	}
	s.lbs.remove(l.zone, l.id)
}

// disturb has the instances of l follow a write: they are pending now and ready
// when it has propagated, or the last of several has. Their status alone shows
// it; the load balancer's stays ready (facts 11).
func (s *Server) disturb(l *loadBalancer) {
	if l.status == "to_create" || l.status == "creating" || l.status == "migrating" {
		l.outdated = true
		return
	}
	s.set(l, "pending")
	l.written++
	written := l.written
	s.clock.Schedule(s.options.timings.Propagation, func() {
		if l.written == written {
			s.set(l, or(l.ending, "ready"))
			l.ending = ""
		}
	})
}
