package ovhtest

import (
	"fmt"
	"net/netip"
)

// Words of ipLoadbalancing.VrackStateEnum.
const (
	vrackActivating   = "activating"
	vrackActive       = "active"
	vrackDeactivating = "deactivating"
	vrackInactive     = "inactive"
)

const (
	minNATIPs   = 16 // addresses that a network's natIp holds at least
	maxNetworks = 5  // of a service
	maxVLAN     = 4094
)

// vrack is a service's place in a private network of the account.
type vrack struct {
	name  string // empty: in none
	state string // empty: inactive
	task  *task  // that changes the state; nil: none does
}

func (v vrack) shownName() *string {
	if v.name == "" {
		return nil
	}
	return &v.name
}

// inside tells whether the service's farms have to be in the vRack too.
func (v vrack) inside() bool { return v.state == vrackActive || v.state == vrackDeactivating }

func (r *router) addVRack(service string) {
	r.add("GET", service+"/vrack/status", vrackStatus)
	r.add("GET", service+"/vrack/networkCreationRules", networkRules)
	r.addCollection(service, "vrack/network/{vrackNetworkId}", func() resource { return new(vrackNetwork) })
	r.add("POST", service+"/vrack/network", createNetwork)
	r.add("POST", service+"/vrack/network/{vrackNetworkId}/updateFarmId", updateFarms)
}

// AttachVRack begins to put a service into a vRack, as a call of the account's
// vRack does: a vrackAttach task, after which the service is in it.
func (s *Server) AttachVRack(serviceName, vrackName string) {
	defer s.settled().mu.Unlock()
	svc := s.mustService(serviceName)
	before := svc.vrack
	svc.vrack.name = vrackName
	s.changeVRack(svc, "vrackAttach", vrackActivating, vrack{name: vrackName, state: vrackActive}, before)
}

// DetachVRack begins to take a service out of its vRack: a vrackDetach task. The
// service's networks stay where they are, and a refresh is refused until no farm
// is in one.
func (s *Server) DetachVRack(serviceName string) {
	defer s.settled().mu.Unlock()
	svc := s.mustService(serviceName)
	s.changeVRack(svc, "vrackDetach", vrackDeactivating, vrack{state: vrackInactive}, svc.vrack)
}

// changeVRack runs the task that leads to one state where it is done, and back to
// another where it is not.
func (s *Server) changeVRack(svc *service, action, meanwhile string, done, otherwise vrack) {
	t := s.newTask(svc, action, svc.zones)
	svc.vrack.state, svc.vrack.task = meanwhile, t
	s.run(t, s.assume.VRackQueued, s.assume.VRackRuns, nil, func(ok bool) {
		svc.vrack = otherwise
		if ok {
			svc.vrack = done
		}
	})
}

// vrackView is ipLoadbalancing.VrackInformation.
type vrackView struct {
	State     string  `json:"state"`
	Task      []int64 `json:"task"` // that run
	VRackName *string `json:"vrackName"`
}

func vrackStatus(c *call) (any, error) {
	v := c.svc.vrack
	shown := vrackView{State: v.state, Task: []int64{}, VRackName: v.shownName()}
	if v.state == "" {
		shown.State = vrackInactive
	}
	if v.task != nil {
		shown.Task = append(shown.Task, v.task.ID)
	}
	return shown, nil
}

// needVRack refuses what only a service in a vRack has.
func (c *call) needVRack() error {
	if c.svc.vrack.inside() {
		return nil
	}
	return &apiError{status: c.assume.NoVRack, class: "Client::BadRequest", message: "This service is not in a vRack"}
}

func networkRules(c *call) (any, error) {
	if err := c.needVRack(); err != nil {
		return nil, err
	}
	return struct {
		MinNATIPs         int    `json:"minNatIps"`
		RemainingNetworks int    `json:"remainingNetworks"`
		VRackName         string `json:"vrackName"`
	}{minNATIPs, c.svc.remainingNetworks(), c.svc.vrack.name}, nil
}

func (svc *service) remainingNetworks() int {
	return maxNetworks - len(svc.draft.children["vrack/network"])
}

// unmetVRack is what keeps a refresh from being carried out: in a vRack every farm
// is in a network, and outside none (facts 6.3).
func (svc *service) unmetVRack() []string {
	problems := []string{}
	if svc.vrack.inside() && len(svc.draft.children["vrack/network"]) == 0 {
		problems = append(problems, "the service is in a vRack and has no network there")
	}
	for _, protocol := range []string{"http", "tcp", "udp"} {
		for path, f := range each[farm](svc.draft, protocol+"/farm") {
			switch {
			case svc.vrack.inside() && f.VRackNetworkID == nil:
				problems = append(problems, path+" is in no network of the vRack")
			case !svc.vrack.inside() && f.VRackNetworkID != nil:
				problems = append(problems, path+" is in a network of a vRack, and the service is in none")
			}
		}
	}
	return problems
}

// checkBlocks brings a network's blocks into CIDR form and holds one against the
// other (facts 5.7).
func (n *vrackNetwork) checkBlocks() error {
	blocks := canonical([]string{n.Subnet, n.NATIP})
	n.Subnet, n.NATIP = blocks[0], blocks[1]
	subnet, nat := netip.MustParsePrefix(n.Subnet), netip.MustParsePrefix(n.NATIP)
	switch {
	case !subnet.Addr().Is4():
		return invalid("subnet", "not of IPv4, as servers are")
	case nat.Bits() < subnet.Bits() || !subnet.Contains(nat.Addr()):
		return invalid("natIp", "not inside the subnet")
	case 1<<(32-nat.Bits()) < minNATIPs:
		return invalid("natIp", fmt.Sprintf("holds fewer than %d addresses", minNATIPs))
	case n.VLAN < 0 || n.VLAN > maxVLAN:
		return invalid("vlan", fmt.Sprintf("not within 0 and %d", maxVLAN))
	}
	return nil
}
