package shop

// scaleUp is what the newcomer wrote.
func scaleUp(ctx context.Context, p lb.Provider, id lb.LoadBalancerID) error {
	backend, err := p.Backends().Create(ctx, id,
		lb.BackendSpec{Name: "shop", Protocol: lb.ProtocolHTTP, Port: 8080},
		lb.ServerSpec{Address: netip.MustParseAddr("10.0.0.11")},
	)
	if err != nil {
		return err
	}
	frontend := lb.FrontendSpec{Name: "shop", Protocol: lb.ProtocolHTTP, Ports: []lb.PortRange{lb.Port(80)}, DefaultBackend: backend.ID}
	if _, err := p.Frontends().Create(ctx, id, frontend); err != nil {
		return err
	}
	_, err = lb.Publish(ctx, p, id)
	return err
}
