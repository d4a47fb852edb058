package ovhtest

import (
	"slices"
	"strings"
)

// Words of a zone's state (facts 5.2).
const (
	zoneOK       = "ok"
	zoneReleased = "released" // being given up
)

func (r *router) addZones(service string) {
	r.add("GET", collectionOf(service)+"/availableZones", availableZones)
	r.add("GET", service+"/zone", listZones)
	r.add("GET", service+"/zone/{name}", getZone)
	r.add("POST", service+"/zone/{name}/terminate", terminateZone)
	r.add("POST", service+"/zone/{name}/cancelTermination", keepZone)
}

// knownZones are some of those that OVH has. A service may be in others.
var knownZones = []string{"bhs", "gra", "rbx", "sbg"}

func availableZones(c *call) (any, error) {
	names := slices.Clone(knownZones)
	for _, svc := range c.services {
		names = append(names, svc.zones...)
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

type zoneView struct {
	Name  string `json:"name"`
	State string `json:"state"`
}

func (svc *service) zoneView(name string) zoneView {
	if svc.releasing[name] {
		return zoneView{Name: name, State: zoneReleased}
	}
	return zoneView{Name: name, State: zoneOK}
}

func listZones(c *call) (any, error) {
	l := &listing{ids: []any{}}
	for _, zone := range c.svc.zones {
		l.ids = append(l.ids, zone)
		l.views = append(l.views, func() any { return c.svc.zoneView(zone) })
	}
	return l, nil
}

// zoneParam is the zone that a parameter of the path names.
func (c *call) zoneParam(param string) (string, error) {
	name := strings.ToLower(c.params[param])
	if !slices.Contains(c.svc.zones, name) {
		return "", noSuchObject(param, c.params[param])
	}
	return name, nil
}

func getZone(c *call) (any, error) {
	name, err := c.zoneParam("name")
	if err != nil {
		return nil, err
	}
	return c.svc.zoneView(name), nil
}

// terminateZone has a zone given up when the service is next renewed (facts 6.10).
func terminateZone(c *call) (any, error) {
	name, err := c.zoneParam("name")
	if err != nil {
		return nil, err
	}
	if c.svc.releasing[name] {
		return nil, c.assume.ZoneState.refuse("Zone " + name + " is being terminated already")
	}
	if len(c.svc.releasing)+1 == len(c.svc.zones) {
		if err := c.assume.LastZone.refuse("Zone " + name + " is the last one"); err != nil {
			return nil, err
		}
	}
	c.svc.releasing[name] = true
	return nil, nil
}

func keepZone(c *call) (any, error) {
	name, err := c.zoneParam("name")
	if err != nil {
		return nil, err
	}
	if !c.svc.releasing[name] {
		return nil, c.assume.ZoneState.refuse("Zone " + name + " is not being terminated")
	}
	delete(c.svc.releasing, name)
	return nil, nil
}

// releaseZones takes away the zones that were given up, with what ran there. The
// draft's objects stay.
func (svc *service) releaseZones() {
	gone := func(zone string) bool { return svc.releasing[zone] }
	svc.zones = slices.DeleteFunc(slices.Clone(svc.zones), gone)
	svc.instances = slices.DeleteFunc(slices.Clone(svc.instances), func(in *instance) bool { return gone(in.zone) })
	for zone := range svc.releasing {
		delete(svc.running, zone)
		delete(svc.carried, zone)
		delete(svc.quotas, zone)
	}
	clear(svc.releasing)
}

// ownZone brings a zone's name into the form in which it is kept; a zone that
// the service does not have is refused.
func (svc *service) ownZone(name string) (string, error) {
	name = strings.ToLower(name)
	if name != everyZone && !slices.Contains(svc.zones, name) {
		return "", invalid("zone", "not a zone of this service, and not all")
	}
	return name, nil
}
