package ovh

import (
	"cmp"
	"slices"
	"strings"

	"github.com/lbkit/lbkit/lb"
)

// backendOf is a farm with its servers as a neutral backend.
func backendOf(service string, f *farm, members []*server) (*lb.Backend, error) {
	r := reading{kind: lb.KindBackend, id: string(FormatBackendID(service, f.protocol, f.FarmID))}
	out := &lb.Backend{
		ID:           lb.BackendID(r.id),
		LoadBalancer: FormatLoadBalancerID(service),
		Native:       f.native,
		BackendSpec: lb.BackendSpec{
			Name:       f.DisplayName,
			Protocol:   f.protocol,
			Port:       r.port("port", f.Port),
			Stickiness: stickinessOf(f.Stickiness),
			Extensions: lb.Extend(BackendOptions{Zone: zoneOf(f.Zone), VRackNetwork: valueOf(f.VRackNetworkID)}),
		},
	}
	spec := &out.BackendSpec
	if f.protocol != lb.ProtocolUDP {
		spec.Algorithm = lb.Algorithm(cmp.Or(f.Balance, BalanceRoundRobin))
		spec.HealthCheck = checkOf(&r, f.Probe, members)
	}
	if err := addServers(out, members); err != nil {
		return nil, err
	}
	return out, r.err()
}

// addServers fills in the servers, and what they keep for their backend.
func addServers(out *lb.Backend, members []*server) error {
	models := make([]serverModel, len(members))
	out.Servers = slices.Grow(out.Servers, len(members))
	var ids strings.Builder // one text, of which all IDs are parts
	ids.Grow(len(members) * (len(out.ID) + len("/server/1234567")))
	for i, s := range members {
		start := ids.Len()
		var buffer [128]byte
		ids.Write(appendServerID(buffer[:0], out.ID, s.ServerID))
		if err := models[i].read(lb.ServerID(ids.String()[start:]), out.ID, s); err != nil {
			return err
		}
		out.Servers = append(out.Servers, &models[i].Server)
	}
	addOptions(out, members)
	return nil
}

// addOptions fills in what OVH keeps per server: of the backend where they agree, as
// thousands do at little cost, and of each where they do not.
func addOptions(out *lb.Backend, members []*server) {
	checked := out.HealthCheck != nil
	if alike(members) {
		settleServers(&out.BackendSpec, []ServerOptions{optionsIn(members[0], checked)})
		var own ServerOptions
		for i, s := range members {
			own = ownOptions(s, checked)
			out.Servers[i].Extensions = lb.Extend(&own)
		}
		return
	}
	options := make([]ServerOptions, len(members))
	for i, s := range members {
		options[i] = optionsIn(s, checked)
	}
	settleServers(&out.BackendSpec, options)
	for i := range options {
		out.Servers[i].Extensions = lb.Extend(&options[i])
	}
	if len(options) > 0 {
		out.Mixed = mixedIn(options[0])
	}
}

// alike tells of servers, one at least, that agree on all that is a setting of their
// backend in the contract.
func alike(members []*server) bool {
	return len(members) > 0 && !slices.ContainsFunc(members[1:], func(s *server) bool {
		first := members[0]
		return s.ProxyProtocolVersion != first.ProxyProtocolVersion || s.OnMarkedDown != first.OnMarkedDown || s.SSL != first.SSL || s.Chain != first.Chain
	})
}

// mixedIn names the settings that a server, and so each of its backend's, has for
// itself.
func mixedIn(options ServerOptions) []string {
	var paths []string
	if options.ProxyProtocol != nil {
		paths = append(paths, pathProxyProtocol)
	}
	if options.OnMarkedDown != nil {
		paths = append(paths, pathOnMarkedDown)
	}
	if options.TLS != nil {
		paths = append(paths, pathTLS)
	}
	return paths
}

// stickinessOf and nativeStickiness: one word is spelled differently.
func stickinessOf(s Stickiness) lb.Stickiness {
	if s == StickinessSourceIP {
		return lb.StickinessSource
	}
	return lb.Stickiness(s)
}

func nativeStickiness(s lb.Stickiness) Stickiness {
	if s == lb.StickinessSource {
		return StickinessSourceIP
	}
	return Stickiness(s)
}

// nativeFarm is a canonical spec in the API's terms, less what its servers keep.
func nativeFarm(spec lb.BackendSpec) (HTTPFarmCreate, lb.Problems) {
	f := &findings{kind: lb.KindBackend, leaf: "backend"}
	options := optionsOf[BackendOptions](f, "extensions."+providerName, spec.Extensions)
	return HTTPFarmCreate{
		DisplayName:    spec.Name,
		Zone:           nativeZone(options.Zone),
		Port:           int(spec.Port),
		Balance:        Balance(spec.Algorithm),
		Stickiness:     nativeStickiness(spec.Stickiness),
		Probe:          f.probe(spec.HealthCheck),
		VRackNetworkID: options.VRackNetwork,
	}, f.problems
}

// farmUpdate is what to send to make before into after.
func farmUpdate(before, after HTTPFarmCreate) HTTPFarmUpdate {
	var u HTTPFarmUpdate
	nullable(&u.DisplayName, before.DisplayName, after.DisplayName)
	nullable(&u.Port, before.Port, after.Port)
	nullable(&u.Balance, before.Balance, after.Balance)
	nullable(&u.Stickiness, before.Stickiness, after.Stickiness)
	nullablePointer(&u.Probe, before.Probe, after.Probe)
	nullable(&u.VRackNetworkID, before.VRackNetworkID, after.VRackNetworkID)
	return u
}
