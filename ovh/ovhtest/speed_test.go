package ovhtest_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/lbkit/lbkit/ovh/ovhtest"
)

// TestFastClock: a client of a server whose clock runs fast is not late after a
// while: it is as long in time, by the wall, as with a clock that does not.
func TestFastClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := ovhtest.NewServer(ovhtest.WithPipe(), ovhtest.WithSpeed(1000))
		defer server.Close()
		service := server.AddService("gra")
		client, err := server.Client()
		if err != nil {
			t.Fatal(err)
		}
		for range 17 { // 170 s of the wall, two days of the server
			if _, err := client.LoadBalancers.Get(t.Context(), service); err != nil {
				t.Fatal(err)
			}
			time.Sleep(10 * time.Second) //nolint:forbidigo // virtual time
		}
		times := 0
		for _, r := range server.Requests() {
			if r.URL.Path == "/v1/auth/time" {
				times++
			}
		}
		if times != 1 {
			t.Errorf("the time was read %d times", times)
		}
	})
}
