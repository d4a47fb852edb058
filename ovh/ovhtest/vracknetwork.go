package ovhtest

import (
	"encoding/json"
	"fmt"
	"slices"
)

// vrackNetwork is a network in which the service reaches servers. Which farms are
// in it, the farms say.
type vrackNetwork struct {
	VRackNetworkID int64   `json:"vrackNetworkId"`
	DisplayName    *string `json:"displayName,omitzero"`
	NATIP          string  `json:"natIp"`
	Subnet         string  `json:"subnet"`
	VLAN           int64   `json:"vlan"` // 0: untagged
}

// vrackNetworkView adds the farms.
type vrackNetworkView struct {
	*vrackNetwork
	FarmID []definedObject `json:"farmId"`
}

func networkPath(id int64) string { return "vrack/network/" + formatID(id) }

func (*vrackNetwork) zoneIn(*tree, string) string { return everyZone }

func (n *vrackNetwork) clone() resource   { next := *n; return &next }
func (n *vrackNetwork) place(path string) { n.VRackNetworkID = idOf(path) }

func (n *vrackNetwork) check(c *call, path string) error {
	if c.svc.draft.nodes[path] == nil {
		if err := c.needVRack(); err != nil {
			return err
		}
		if c.svc.remainingNetworks() <= 0 {
			return c.tooMany(fmt.Sprintf("A load balancer has at most %d networks", maxNetworks))
		}
	}
	return n.checkBlocks()
}

func (n *vrackNetwork) view(c *call, _ string) any {
	return vrackNetworkView{vrackNetwork: n, FarmID: c.farmsIn(n.VRackNetworkID)}
}

func (n *vrackNetwork) remove(c *call, _ string) error {
	used := c.farmsIn(n.VRackNetworkID)
	if len(used) == 0 {
		return nil
	}
	if err := c.assume.NetworkInUse.refuse(fmt.Sprintf("This network is used by %s/farm/%d", used[0].Type, used[0].ID)); err != nil {
		return err
	}
	c.setFarms(n.VRackNetworkID, nil)
	return nil
}

// farmsIn are the farms in a network.
func (c *call) farmsIn(network int64) []definedObject {
	return slices.DeleteFunc(defined[farm](c, "farm"), func(d definedObject) bool {
		f := at[farm](c.svc.draft.nodes, d.path())
		return f.VRackNetworkID == nil || *f.VRackNetworkID != network
	})
}

func (d definedObject) path() string { return d.Type + "/farm/" + formatID(d.ID) }

// takeFarms takes the list of farms out of a body: IDs, which say nothing of the
// protocol.
func (c *call) takeFarms() ([]int64, error) {
	var ids []int64
	if raw, given := c.body["farmId"]; given {
		if err := json.Unmarshal(raw, &ids); err != nil {
			panic("ovhtest: farmId passed the schema: " + err.Error())
		}
	}
	delete(c.body, "farmId")
	known := defined[farm](c, "farm")
	for _, id := range ids {
		if !slices.ContainsFunc(known, func(d definedObject) bool { return d.ID == id }) {
			return nil, c.dangling("farmId", id)
		}
	}
	return ids, nil
}

// setFarms makes these the farms in a network. Where two protocols share an ID, it
// means both.
func (c *call) setFarms(network int64, ids []int64) {
	for _, d := range defined[farm](c, "farm") {
		f := at[farm](c.svc.draft.nodes, d.path())
		isIn := f.VRackNetworkID != nil && *f.VRackNetworkID == network
		if listed := slices.Contains(ids, d.ID); listed == isIn {
			continue
		}
		next := *f
		next.VRackNetworkID = &network
		if isIn {
			next.VRackNetworkID = nil
		}
		c.svc.draft.put(d.path(), &next)
	}
}

func createNetwork(c *call) (any, error) {
	ids, err := c.takeFarms()
	if err != nil {
		return nil, err
	}
	n := new(vrackNetwork)
	if _, err := create(c, n); err != nil {
		return nil, err
	}
	c.setFarms(n.VRackNetworkID, ids)
	return n.view(c, c.path), nil
}

func updateFarms(c *call) (any, error) {
	path := collectionOf(c.path) // without updateFarmId
	n := at[vrackNetwork](c.svc.draft.nodes, path)
	if n == nil {
		return nil, noSuchObject("vrackNetworkId", c.params["vrackNetworkId"])
	}
	ids, err := c.takeFarms()
	if err != nil {
		return nil, err
	}
	c.setFarms(n.VRackNetworkID, ids)
	return n.view(c, path), nil
}
