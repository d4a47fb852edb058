package ovhtest

import (
	"fmt"
	"slices"
	"time"
)

// Words of an instance's state (facts 5.2).
const (
	instanceRunning = "running"
	instanceReload  = "reload"  // a refresh goes on
	instanceUnknown = "unknown" // never started
)

// Instance is one machine of a load balancer.
type Instance struct {
	ID   int64
	Zone string
}

type instance struct {
	id      int64
	zone    string
	set     string    // state that a test chose; empty: by what happens in the zone
	started bool      // a refresh of the zone was done
	updated time.Time // when the state changed
}

// Instances are the machines of a service, in the order of its zones.
func (s *Server) Instances(serviceName string) []Instance {
	defer s.settled().mu.Unlock()
	out := []Instance{}
	for _, in := range s.mustService(serviceName).instances {
		out = append(out, Instance{ID: in.id, Zone: in.zone})
	}
	return out
}

// SetInstanceState changes what instancesState says of an instance: "dead", or a
// word that no client knows. An empty state leaves it to what happens: "unknown"
// until a refresh of its zone has been done, "reload" while one runs, "running"
// otherwise. It changes nothing else. SetInstanceState panics when there is no
// such instance.
func (s *Server) SetInstanceState(serviceName string, id int64, state string) {
	defer s.settled().mu.Unlock()
	in := s.mustService(serviceName).mustInstance(id)
	in.set, in.updated = state, s.clock.Now()
}

func (svc *service) mustInstance(id int64) *instance {
	i := slices.IndexFunc(svc.instances, func(in *instance) bool { return in.id == id })
	if i < 0 {
		panic(fmt.Sprintf("ovhtest: no instance %d", id))
	}
	return svc.instances[i]
}

// instanceView is ipLoadbalancing.InstancesState.
type instanceView struct {
	InternalID     int64    `json:"internalId"`
	LastUpdateDate dateTime `json:"lastUpdateDate"`
	State          string   `json:"state"`
	Zone           string   `json:"zone"`
}

func instancesState(c *call) (any, error) {
	out := make([]instanceView, len(c.svc.instances))
	for i, in := range c.svc.instances {
		out[i] = instanceView{InternalID: in.id, LastUpdateDate: dateTime(in.updated), State: c.svc.stateOf(in), Zone: in.zone}
	}
	return out, nil
}

func (svc *service) stateOf(in *instance) string {
	running := svc.runningRefresh()
	switch {
	case in.set != "":
		return in.set
	case running != nil && running.Status == taskDoing && slices.Contains(running.Zones, in.zone):
		return instanceReload
	case in.started:
		return instanceRunning
	}
	return instanceUnknown
}

// touch notes that the state of the zones' instances changes, and whether they
// have started.
func (svc *service) touch(zones []string, now time.Time, started bool) {
	for _, in := range svc.instances {
		if slices.Contains(zones, in.zone) {
			in.updated = now
			in.started = in.started || started
		}
	}
}
