package scaleway

import (
	"context"
	"iter"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// InZones yields a list of each zone, one after the other, while the next zones'
// are read ahead: list gets the services of a zone and says which list.
//
//	all := scaleway.InZones(ctx, client, zones, func(ctx context.Context, api *scaleway.API) iter.Seq2[*scaleway.LB, error] {
//		return api.LBs.List(ctx, scaleway.LBListOptions{Tags: []string{"production"}})
//	})
//
// A zone that fails does not keep the others' items back: its error comes after
// them, joined with those of other zones. Without zones it is lb.ErrInvalid.
// Breaking out cancels what is under way and returns when that has ended.
func InZones[T any](ctx context.Context, c *Client, zones []Zone, list func(context.Context, *API) iter.Seq2[*T, error]) iter.Seq2[*T, error] {
	if len(zones) == 0 {
		return rest.Fail[*T](refuse(rest.Call{Op: "zones.list"}, lb.ErrInvalid, "no zones"))
	}
	return inZones(ctx, zones, 0, func(ctx context.Context, zone Zone, _ int) iter.Seq2[*T, error] {
		return list(ctx, c.Zone(zone))
	})
}
