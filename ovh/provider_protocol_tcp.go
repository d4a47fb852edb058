package ovh

import "github.com/lbkit/lbkit/lb"

// TCP is HTTP less headers, redirects and cookies.

func tcpCalls(s *TCPService) protocolCalls {
	return protocolCalls{
		farms: adapt(s.Farms, farmPage,
			func(f *TCPFarm) farm { return farm{HTTPFarm: HTTPFarm(*f), protocol: lb.ProtocolTCP, native: f} },
			func(body HTTPFarmCreate) TCPFarmCreate { return TCPFarmCreate(body) },
			func(body HTTPFarmUpdate) TCPFarmUpdate { return TCPFarmUpdate(body) }),
		frontends: adapt(s.Frontends, frontendPage, tcpFrontend, tcpFrontendCreate, tcpFrontendUpdate),
		servers: func(id int64) calls[server, HTTPServerCreate, HTTPServerUpdate] {
			return adapt(inFarm[TCPServer, TCPServerCreate, TCPServerUpdate, ServerListOptions]{s.Farms.Servers, id},
				serverPage, tcpServer, tcpServerCreate, tcpServerUpdate)
		},
	}
}

func tcpFrontend(f *TCPFrontend) frontend {
	return frontend{
		protocol: lb.ProtocolTCP,
		native:   f,
		HTTPFrontend: HTTPFrontend{
			FrontendID:     f.FrontendID,
			DisplayName:    f.DisplayName,
			Zone:           f.Zone,
			Port:           f.Port,
			Disabled:       f.Disabled,
			SSL:            f.SSL,
			DefaultSSLID:   f.DefaultSSLID,
			DefaultFarmID:  f.DefaultFarmID,
			AllowedSource:  f.AllowedSource,
			DeniedSource:   f.DeniedSource,
			DedicatedIPFO:  f.DedicatedIPFO,
			VRackNetworkID: f.VRackNetworkID,
			VRackVRouterID: f.VRackVRouterID,
		},
	}
}

func tcpFrontendCreate(body HTTPFrontendCreate) TCPFrontendCreate {
	return TCPFrontendCreate{
		DisplayName:   body.DisplayName,
		Zone:          body.Zone,
		Port:          body.Port,
		Disabled:      body.Disabled,
		SSL:           body.SSL,
		DefaultSSLID:  body.DefaultSSLID,
		DefaultFarmID: body.DefaultFarmID,
		AllowedSource: body.AllowedSource,
		DeniedSource:  body.DeniedSource,
		DedicatedIPFO: body.DedicatedIPFO,
	}
}

func tcpFrontendUpdate(body HTTPFrontendUpdate) TCPFrontendUpdate {
	return TCPFrontendUpdate{
		DisplayName:   body.DisplayName,
		Zone:          body.Zone,
		Port:          body.Port,
		Disabled:      body.Disabled,
		SSL:           body.SSL,
		DefaultSSLID:  body.DefaultSSLID,
		DefaultFarmID: body.DefaultFarmID,
		AllowedSource: body.AllowedSource,
		DeniedSource:  body.DeniedSource,
		DedicatedIPFO: body.DedicatedIPFO,
	}
}

func tcpServer(s *TCPServer) server {
	return server{
		native: s,
		HTTPServer: &HTTPServer{
			ServerID:             s.ServerID,
			FarmID:               s.FarmID,
			DisplayName:          s.DisplayName,
			Address:              s.Address,
			Port:                 s.Port,
			Status:               s.Status,
			Weight:               s.Weight,
			Backup:               s.Backup,
			Probe:                s.Probe,
			SSL:                  s.SSL,
			Chain:                s.Chain,
			ProxyProtocolVersion: s.ProxyProtocolVersion,
			OnMarkedDown:         s.OnMarkedDown,
			ServerState:          s.ServerState,
		},
	}
}

func tcpServerCreate(body HTTPServerCreate) TCPServerCreate {
	return TCPServerCreate{
		DisplayName:          body.DisplayName,
		Address:              body.Address,
		Port:                 body.Port,
		Status:               body.Status,
		Weight:               body.Weight,
		Backup:               body.Backup,
		Probe:                body.Probe,
		SSL:                  body.SSL,
		Chain:                body.Chain,
		ProxyProtocolVersion: body.ProxyProtocolVersion,
		OnMarkedDown:         body.OnMarkedDown,
	}
}

func tcpServerUpdate(body HTTPServerUpdate) TCPServerUpdate {
	return TCPServerUpdate{
		DisplayName:          body.DisplayName,
		Port:                 body.Port,
		Status:               body.Status,
		Weight:               body.Weight,
		Backup:               body.Backup,
		Probe:                body.Probe,
		SSL:                  body.SSL,
		Chain:                body.Chain,
		ProxyProtocolVersion: body.ProxyProtocolVersion,
		OnMarkedDown:         body.OnMarkedDown,
	}
}
