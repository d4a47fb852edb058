package main

// paste: func rollOut(

func main() {
	ctx := context.Background()
	cloud := ovhtest.NewServer(ovhtest.WithSpeed(50))
	defer cloud.Close()
	client, err := cloud.Client()
	if err != nil {
		log.Fatal(err)
	}
	p, id := ovh.NewProvider(client), lb.LoadBalancerID(cloud.AddService())

	for range 2 { // the second time there is nothing to agree to
		file, err := os.Open("blog.yaml")
		if err != nil {
			log.Fatal(err)
		}
		err = rollOut(ctx, p, id, file, func(plan *topology.Plan) bool {
			fmt.Print(plan)
			return true
		})
		file.Close()
		fmt.Println("rolled out:", err)
	}
}
