package scaleway

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
)

func TestInZones(t *testing.T) {
	t.Parallel()
	client, w := newWire(t, func(r sentRequest) reply {
		zone := strings.Split(r.Path, "/")[4]
		if zone == "nl-ams-1" || zone == "pl-waw-1" {
			return reply{status: 403, body: `{"message":"not in ` + zone + `"}`}
		}
		return reply{status: 200, body: fmt.Sprintf(`{"lbs":[{"id":"%s","zone":"%[1]s"}],"total_count":1}`, zone)}
	})
	list := func(ctx context.Context, api *API) iter.Seq2[*LB, error] { return api.LBs.List(ctx, LBListOptions{}) }
	zones := []Zone{"fr-par-1", "nl-ams-1", "fr-par-2", "pl-waw-1", "pl-waw-2"}
	got, err := identities(lb.Collect(InZones(t.Context(), client, zones, list)))
	if diff := cmp.Diff([]string{"fr-par-1", "fr-par-2", "pl-waw-2"}, got); diff != "" {
		t.Error(diff)
	}
	if !errors.Is(err, lb.ErrForbidden) {
		t.Fatalf("error is %v", err)
	}
	contains(t, "error", err.Error(), "not in nl-ams-1")
	contains(t, "error", err.Error(), "not in pl-waw-1")
	if n := len(w.all()); n != len(zones) {
		t.Errorf("%d requests", n)
	}
	if _, err := lb.Collect(InZones(t.Context(), client, nil, list)); !errors.Is(err, lb.ErrInvalid) {
		t.Errorf("no zones: %v", err)
	}
}
