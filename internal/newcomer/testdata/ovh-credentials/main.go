package main

func main() {
	key, secret, consumerKey := "application-key", "its-secret", "consumer-key"

	// paste: ovh.ApplicationKey(
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(client)
}
