package ovh

import "github.com/lbkit/lbkit/lb"

// UDP has neither probes, TLS, balancing, weights nor restrictions of sources, and a
// farm's port is always there.

func udpCalls(s *UDPService) protocolCalls {
	return protocolCalls{
		farms: adapt(s.Farms, farmPage, udpFarm, udpFarmCreate, udpFarmUpdate),
		frontends: adapt(s.Frontends,
			func(page lb.PageOptions) UDPFrontendListOptions { return UDPFrontendListOptions{PageOptions: page} },
			udpFrontend, udpFrontendCreate, udpFrontendUpdate),
		servers: func(id int64) calls[server, HTTPServerCreate, HTTPServerUpdate] {
			return adapt(inFarm[UDPServer, UDPServerCreate, UDPServerUpdate, ServerListOptions]{s.Farms.Servers, id},
				serverPage, udpServer, udpServerCreate, udpServerUpdate)
		},
	}
}

func udpFarm(f *UDPFarm) farm {
	return farm{
		protocol: lb.ProtocolUDP,
		native:   f,
		HTTPFarm: HTTPFarm{
			FarmID:         f.FarmID,
			DisplayName:    f.DisplayName,
			Zone:           f.Zone,
			Port:           &f.Port,
			VRackNetworkID: f.VRackNetworkID,
		},
	}
}

func udpFarmCreate(body HTTPFarmCreate) UDPFarmCreate {
	return UDPFarmCreate{DisplayName: body.DisplayName, Zone: body.Zone, Port: body.Port, VRackNetworkID: body.VRackNetworkID}
}

func udpFarmUpdate(body HTTPFarmUpdate) UDPFarmUpdate {
	return UDPFarmUpdate{DisplayName: body.DisplayName, Port: body.Port, VRackNetworkID: body.VRackNetworkID}
}

func udpFrontend(f *UDPFrontend) frontend {
	return frontend{
		protocol: lb.ProtocolUDP,
		native:   f,
		HTTPFrontend: HTTPFrontend{
			FrontendID:    f.FrontendID,
			DisplayName:   f.DisplayName,
			Zone:          f.Zone,
			Port:          f.Port,
			Disabled:      f.Disabled,
			DefaultFarmID: f.DefaultFarmID,
			DedicatedIPFO: f.DedicatedIPFO,
		},
	}
}

func udpFrontendCreate(body HTTPFrontendCreate) UDPFrontendCreate {
	return UDPFrontendCreate{
		DisplayName:   body.DisplayName,
		Zone:          body.Zone,
		Port:          body.Port,
		Disabled:      body.Disabled,
		DefaultFarmID: body.DefaultFarmID,
		DedicatedIPFO: body.DedicatedIPFO,
	}
}

func udpFrontendUpdate(body HTTPFrontendUpdate) UDPFrontendUpdate {
	return UDPFrontendUpdate{
		DisplayName:   body.DisplayName,
		Zone:          body.Zone,
		Port:          body.Port,
		Disabled:      body.Disabled,
		DefaultFarmID: body.DefaultFarmID,
		DedicatedIPFO: body.DedicatedIPFO,
	}
}

func udpServer(s *UDPServer) server {
	return server{
		native: s,
		HTTPServer: &HTTPServer{
			ServerID:    s.ServerID,
			FarmID:      s.FarmID,
			DisplayName: s.DisplayName,
			Address:     s.Address,
			Port:        s.Port,
			Status:      s.Status,
		},
	}
}

func udpServerCreate(body HTTPServerCreate) UDPServerCreate {
	return UDPServerCreate{DisplayName: body.DisplayName, Address: body.Address, Port: body.Port, Status: body.Status}
}

func udpServerUpdate(body HTTPServerUpdate) UDPServerUpdate {
	return UDPServerUpdate{DisplayName: body.DisplayName, Port: body.Port, Status: body.Status}
}
