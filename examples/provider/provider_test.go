package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"testing"

	"github.com/lbkit/lbkit/examples/internal/golden"
	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/lbtest"
)

func TestRun(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := run(t.Context(), &out); err != nil {
		t.Fatalf("%v\nafter printing:\n%s", err, out.Bytes())
	}
	golden.Compare(t, "tinylb", out.String())
}

// TestConformance holds the provider to all that package lb promises.
func TestConformance(t *testing.T) {
	t.Parallel()
	lbtest.Run(t, func(t *testing.T) *lbtest.Harness {
		t.Helper()
		server := NewServer()
		t.Cleanup(server.Close)
		transport := http.DefaultTransport.(*http.Transport).Clone()
		t.Cleanup(transport.CloseIdleConnections)
		faults := &lbtest.Faults{Base: transport}
		provider := NewProvider(server.URL, server.Token, &http.Client{Transport: faults})
		return &lbtest.Harness{
			Provider:        func(testing.TB) lb.Provider { return provider },
			LoadBalancer:    func(testing.TB) lb.LoadBalancerID { return server.AddBalancer("suite") },
			SetHealth:       server.SetHealth,
			SetProvisioning: server.SetState,
			Faults:          faults,
			Failure:         failure,
			Requests:        server.Requests,
			OwnError:        func(err error) bool { return errors.As(err, new(*APIError)) },
		}
	})
}

// failure is how the API says a code.
func failure(code error) (status int, body string, ok bool) {
	statuses := map[string]int{
		"invalid": 400, "unauthorized": 401, "quota": 402, "forbidden": 403, "not_found": 404,
		"exists": 409, "in_use": 409, "conflict": 409, "busy": 423, "rate_limited": 429, "unavailable": 503,
	}
	for word, of := range codes {
		if of == code { //nolint:errorlint // the code itself is looked up
			content, _ := json.Marshal(&APIError{Code: word, Message: "said by the test"})
			return statuses[word], string(content), true
		}
	}
	return 0, "", false
}
