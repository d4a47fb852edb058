package scaleway_test

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"strings"
	"testing"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/scaleway"
)

// TestListsOfZonesAreCompleteOrSaySo: a list that its caller's context ends does not
// look as if there were no more. Each is made often, for what a scheduler decides.
func TestListsOfZonesAreCompleteOrSaySo(t *testing.T) {
	t.Parallel()
	const often = 200
	w := newWorld(t)
	p := w.provider("fr-par-1", "nl-ams-1", "pl-waw-1")
	for name, list := range map[string]func(context.Context) error{
		"load balancers": func(ctx context.Context) error {
			_, err := lb.Collect(p.LoadBalancers().List(ctx, lb.LoadBalancerListOptions{}))
			return err
		},
		"addresses": func(ctx context.Context) error {
			_, err := lb.Collect(p.Addresses().List(ctx, lb.AddressListOptions{}))
			return err
		},
		"of the client": func(ctx context.Context) error {
			_, err := lb.Collect(scaleway.InZones(ctx, w.client, []scaleway.Zone{"fr-par-1", "nl-ams-1"}, func(ctx context.Context, api *scaleway.API) iter.Seq2[*scaleway.LB, error] {
				return api.LBs.List(ctx, scaleway.LBListOptions{})
			}))
			return err
		},
	} {
		for range often {
			ctx, cancel := context.WithCancel(t.Context())
			w.api.Faults().On(func(r *http.Request) bool {
				if strings.Contains(r.URL.Path, "/nl-ams-1/") {
					cancel()
				}
				return false
			})
			if err := list(ctx); !errors.Is(err, context.Canceled) {
				t.Fatalf("%s: ended with %v", name, err)
			}
			w.api.Faults().Reset()
		}
	}
}
