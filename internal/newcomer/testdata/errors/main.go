package main

// paste: func advice(

func main() {
	ctx := context.Background()
	cloud := ovhtest.NewServer()
	defer cloud.Close()
	client, err := cloud.Client()
	if err != nil {
		log.Fatal(err)
	}
	_, err = ovh.NewProvider(client).LoadBalancers().Create(ctx, lb.LoadBalancerSpec{Name: "shop"})
	fmt.Println(advice(err))

	memory := lbtest.NewMemory()
	id := memory.AddLoadBalancer(lb.LoadBalancerSpec{Name: "shop"})
	_, err = memory.Backends().Get(ctx, "memory/lb-1/backend-1")
	fmt.Println(advice(err))
	for _, code := range []error{lb.ErrUncertain, lb.ErrQuota} {
		memory.Fail("backends.create", code, 1)
		_, err = memory.Backends().Create(ctx, id, lb.BackendSpec{Name: "web", Protocol: lb.ProtocolHTTP, Port: 8080})
		fmt.Println(advice(err))
	}
}
