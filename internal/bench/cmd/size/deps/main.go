// Command deps does what floor does with what this SDK is built on, and nothing of
// its own: how small a program with it could be at best.
package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"

	"github.com/go-json-experiment/json"
	"github.com/google/go-querystring/query"
	"github.com/hashicorp/go-retryablehttp"
)

func main() {
	values, err := query.Values(struct {
		Page int `url:"page"`
	}{1})
	if err != nil {
		panic(err)
	}
	r, err := retryablehttp.NewRequest(http.MethodGet, os.Args[1]+"/lb/v1/zones/fr-par-1/lbs?"+values.Encode(), nil) //nolint:noctx // it is never run
	if err != nil {
		panic(err)
	}
	client := &retryablehttp.Client{HTTPClient: &http.Client{}, CheckRetry: retryablehttp.DefaultRetryPolicy, Backoff: retryablehttp.DefaultBackoff}
	resp, err := client.Do(r)
	var logger *slog.Logger // in the contract; a program that sets none is linked without most of it
	_ = logger
	if err != nil {
		panic(err)
	}
	var page struct {
		LBs []struct {
			ID   string `json:"id"`
			Name string `json:"name"`
		} `json:"lbs"`
	}
	if err := errors.Join(json.UnmarshalRead(resp.Body, &page), resp.Body.Close()); err != nil {
		panic(err)
	}
	text, err := json.Marshal(page)
	fmt.Fprintln(os.Stdout, string(text), err)
}
