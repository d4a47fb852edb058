package ovhtest

import (
	"fmt"
	"strings"
)

// farm is a farm of any protocol; the published type of each shows the fields
// that it has (facts 5.4).
type farm struct {
	FarmID         int64   `json:"farmId"`
	Zone           string  `json:"zone"`
	DisplayName    *string `json:"displayName,omitzero"`
	Port           *int64  `json:"port,omitzero"`
	VRackNetworkID *int64  `json:"vrackNetworkId,omitzero"`
	Balance        *string `json:"balance,omitzero"`
	Stickiness     *string `json:"stickiness,omitzero"`
	Probe          *probe  `json:"probe,omitzero"`
}

func (f *farm) clone() resource             { next := *f; return &next }
func (f *farm) place(path string)           { f.FarmID = idOf(path) }
func (f *farm) zoneIn(*tree, string) string { return f.Zone }

func (f *farm) check(c *call, path string) error {
	zone, err := c.svc.ownZone(f.Zone)
	if err != nil {
		return err
	}
	f.Zone = zone
	if f.Port == nil && protocolOf(path) == "udp" {
		return invalid("port", "a UDP farm needs one")
	}
	if f.VRackNetworkID != nil && at[vrackNetwork](c.svc.draft.nodes, networkPath(*f.VRackNetworkID)) == nil {
		return c.dangling("vrackNetworkId", *f.VRackNetworkID)
	}
	if f.Probe != nil && *f.Probe == (probe{}) {
		f.Probe = nil // {} takes the probe away (facts 6.4)
	}
	if f.Probe == nil {
		return nil
	}
	return f.Probe.check()
}

func (f *farm) view(c *call, _ string) any {
	if c.assume.Defaults == DefaultsNull {
		return f
	}
	shown := *f
	shown.Balance = orDefault(f.Balance, "roundrobin")
	if f.Probe != nil {
		p := f.Probe.withDefaults()
		shown.Probe = &p
	}
	return &shown
}

func (f *farm) remove(c *call, path string) error {
	if user := c.svc.farmUser(path, f.FarmID); user != "" {
		if err := c.assume.FarmInUse.refuse("This farm is used by " + user); err != nil {
			return err
		}
	}
	if len(c.svc.draft.children[path+"/server"]) > 0 {
		return c.assume.FarmWithServers.refuse("This farm has servers")
	}
	return nil
}

// farmUser names a frontend or route of the draft that sends traffic to the
// farm.
func (svc *service) farmUser(path string, id int64) string {
	protocol := protocolOf(path)
	for user, f := range each[frontend](svc.draft, protocol+"/frontend") {
		if f.DefaultFarmID != nil && *f.DefaultFarmID == id {
			return user
		}
	}
	for user, r := range each[trafficRoute](svc.draft, protocol+"/route") {
		if r.targets(id) {
			return user
		}
	}
	return ""
}

// dangling refuses a reference to an object that does not exist.
func (c *call) dangling(name string, id int64) error {
	return &apiError{
		status: c.assume.DanglingID, class: "Client::BadRequest", message: fmt.Sprintf("[%s] there is no object %d to refer to", name, id),
	}
}

// needFarm makes sure that a farm of the protocol exists and is deployed where
// zone is (facts 5.3, 6.10).
func (c *call) needFarm(name, protocol string, id int64, zone string) error {
	f := at[farm](c.svc.draft.nodes, protocol+"/farm/"+formatID(id))
	if f == nil {
		return c.dangling(name, id)
	}
	if f.Zone != zone {
		return invalid(name, fmt.Sprintf("farm %d is in zone %s, not in %s", id, f.Zone, zone))
	}
	return nil
}

func orDefault[T any](v *T, absent T) *T {
	if v == nil {
		return &absent
	}
	return v
}

// farmServer is a server of a farm of any protocol (facts 5.5).
type farmServer struct {
	ServerID             int64   `json:"serverId"`
	BackendID            int64   `json:"backendId"` // the farm's ID
	Address              string  `json:"address"`
	Status               string  `json:"status"`
	DisplayName          *string `json:"displayName,omitzero"`
	Port                 *int64  `json:"port,omitzero"`
	Weight               *int64  `json:"weight,omitzero"`
	Backup               bool    `json:"backup,omitzero"`
	Probe                bool    `json:"probe,omitzero"`
	SSL                  bool    `json:"ssl,omitzero"`
	Chain                *string `json:"chain,omitzero"`
	Cookie               *string `json:"cookie,omitzero"`
	OnMarkedDown         *string `json:"onMarkedDown,omitzero"`
	ProxyProtocolVersion *string `json:"proxyProtocolVersion,omitzero"`
}

// farmServerView adds what is not configuration.
type farmServerView struct {
	*farmServer
	ServerState *[]serverState `json:"serverState"`
}

func (s *farmServer) clone() resource { next := *s; return &next }

func (s *farmServer) place(path string) {
	s.ServerID = idOf(path)
	s.BackendID = idOf(parentOf(path))
}

func (s *farmServer) zoneIn(t *tree, path string) string {
	f := at[farm](t.nodes, parentOf(path))
	if f == nil {
		return ""
	}
	return f.Zone
}

func (s *farmServer) check(*call, string) error {
	if s.Chain != nil && !strings.Contains(*s.Chain, "-----BEGIN CERTIFICATE-----") {
		return invalid("chain", "not a PEM certificate")
	}
	return nil
}

func (s *farmServer) view(c *call, path string) any {
	shown := s
	if c.assume.Defaults == DefaultsShown {
		filled := *s
		filled.Weight = orDefault(s.Weight, 1)
		shown = &filled
	}
	return farmServerView{farmServer: shown, ServerState: c.serverStates(path)}
}

// remove leaves what its probes find: it is live until a refresh.
func (s *farmServer) remove(*call, string) error { return nil }
