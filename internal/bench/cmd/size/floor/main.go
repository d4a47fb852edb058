// Command floor lists load balancers with the standard library alone: it is built
// for its size.
package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
)

func main() {
	client := &http.Client{}
	r, err := http.NewRequest(http.MethodGet, os.Args[1]+"/lb/v1/zones/fr-par-1/lbs", http.NoBody) //nolint:noctx // it is never run
	if err != nil {
		panic(err)
	}
	r.Header.Set("X-Auth-Token", os.Args[2])
	resp, err := client.Do(r) //nolint:gosec // G704: it is never run
	if err != nil {
		panic(err)
	}
	defer resp.Body.Close()
	var page struct {
		LBs []struct {
			ID, Name string
		} `json:"lbs"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&page); err != nil {
		panic(err)
	}
	for _, b := range page.LBs {
		fmt.Fprintln(os.Stdout, b.ID, b.Name)
	}
}
