package main

// paste: func serve(

// paste: func onOVHcloud(

func main() {
	ctx := context.Background()

	cloud := ovhtest.NewServer(ovhtest.WithSpeed(50))
	defer cloud.Close()
	keys := cloud.Credentials()
	os.Setenv("OVH_ENDPOINT", cloud.URL+"/v1")
	os.Setenv("OVH_APPLICATION_KEY", keys.ApplicationKey)
	os.Setenv("OVH_APPLICATION_SECRET", keys.ApplicationSecret)
	os.Setenv("OVH_CONSUMER_KEY", keys.ConsumerKey)
	fmt.Println("OVHcloud:", onOVHcloud(ctx, lb.LoadBalancerID(cloud.AddService())))

	other := scalewaytest.NewServer(scalewaytest.WithSpeed(50))
	defer other.Close()
	os.Setenv("SCW_API_URL", other.URL)
	os.Setenv("SCW_SECRET_KEY", other.SecretKey().Reveal())
	os.Setenv("SCW_DEFAULT_PROJECT_ID", other.ProjectID())
	id, err := create(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("Scaleway:", onScaleway(ctx, id))

	sent := cloud.Requests()[0].Header.Get("User-Agent")
	fmt.Println("sent by", sent)
}

// create makes the load balancer: on Scaleway there is none to begin with.
func create(ctx context.Context) (lb.LoadBalancerID, error) {
	client, err := scaleway.NewClientFromEnv()
	if err != nil {
		return "", err
	}
	p, err := scaleway.NewProvider(client, nil)
	if err != nil {
		return "", err
	}
	balancer, err := p.LoadBalancers().Create(ctx, lb.LoadBalancerSpec{Name: "web", Zone: "fr-par-1"})
	if err != nil {
		return "", err
	}
	_, err = lb.WaitReady(ctx, p, balancer.ID)
	return balancer.ID, err
}
