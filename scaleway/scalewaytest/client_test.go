package scalewaytest

import (
	"errors"
	"net/http"
	"testing"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/scaleway"
)

func TestClient(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]Option{"port": nil, "pipe": {WithPipe()}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := manual(t, opts...)
			id := s.lb("")
			client, err := s.server.Client(scaleway.WithUserAgent("a-test/1"))
			if err != nil {
				t.Fatal(err)
			}
			var got struct {
				ID string `json:"id"`
			}
			if err := client.Do(t.Context(), http.MethodGet, zoned+"/lbs/"+id, nil, &got); err != nil || got.ID != id {
				t.Fatalf("Do found %q, %v; want %q", got.ID, err, id)
			}
			s.server.Faults().On(nil).Status(http.StatusForbidden, `{"message": "no"}`)
			if err := client.Do(t.Context(), http.MethodGet, zoned+"/lbs/"+id, nil, nil); !errors.Is(err, lb.ErrForbidden) {
				t.Errorf("through a fault Do answers %v", err)
			}
		})
	}
}

// The caller's options win over the server's own.
func TestClientOptionsWin(t *testing.T) {
	t.Parallel()
	s, other := manual(t), manual(t)
	client, err := s.server.Client(scaleway.WithBaseURL(other.server.URL))
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Do(t.Context(), http.MethodGet, zoned+"/lbs", nil, nil); !errors.Is(err, lb.ErrUnauthorized) {
		t.Errorf("with the other server's URL Do answers %v, want its refusal of the token", err)
	}
}

func TestClientSaysWhatIsWrongWithAnOption(t *testing.T) {
	t.Parallel()
	s := manual(t)
	if _, err := s.server.Client(scaleway.WithBaseURL("nowhere")); !errors.Is(err, lb.ErrInvalid) {
		t.Errorf("a bad URL makes %v, want ErrInvalid", err)
	}
}
