package main

// paste: func drain(

func main() {
	ctx := context.Background()
	cloud := ovhtest.NewServer(ovhtest.WithSpeed(50))
	defer cloud.Close()
	client, err := cloud.Client()
	if err != nil {
		log.Fatal(err)
	}
	service := cloud.AddService()
	farm, err := client.HTTP.Farms.Create(ctx, service, ovh.HTTPFarmCreate{Zone: ovh.AllZones, Port: 8080})
	if err != nil {
		log.Fatal(err)
	}
	frontend := ovh.HTTPFrontendCreate{Zone: ovh.AllZones, Port: "80", DefaultFarmID: farm.FarmID}
	if _, err := client.HTTP.Frontends.Create(ctx, service, frontend); err != nil {
		log.Fatal(err)
	}
	for _, address := range []string{"10.0.0.11", "10.0.0.12"} {
		server := ovh.HTTPServerCreate{Address: address, Status: ovh.ServerActive, Weight: new(1)}
		if _, err := client.HTTP.Farms.Servers.Create(ctx, service, farm.FarmID, server); err != nil {
			log.Fatal(err)
		}
	}

	fmt.Println("drain:", drain(ctx, client, service, farm.FarmID, "10.0.0.11"))

	for server, err := range client.HTTP.Farms.Servers.List(ctx, service, farm.FarmID, ovh.HTTPServerListOptions{}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(server.Address, "has weight", *server.Weight)
	}
}
