package main

func main() {
	secretKey, projectID := "11111111-2222-4333-8444-555555555555", "66666666-7777-4888-9999-000000000000"

	// paste: scaleway.NewClient(
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(client)
}
