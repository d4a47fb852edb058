package scaleway

import (
	"context"
	"iter"

	"github.com/lbkit/lbkit/lb"
)

// LBType is an offer: what load balancers can be had, and how big.
type LBType struct {
	Name        string      `json:"name"` // "LB-S"; a load balancer's own Type is in lower case
	StockStatus LBTypeStock `json:"stock_status"`
	Bandwidth   uint64      `json:"bandwidth"`  // in bits a second, as far as is known
	Multicloud  bool        `json:"multicloud"` // may have servers outside Scaleway
	Description string      `json:"description"`
	Region      Region      `json:"region,omitzero"` // deprecated in the API
	Zone        Zone        `json:"zone"`
}

func (t *LBType) identity() string { return t.Name }

type lbTypePage struct {
	Types      []LBType `json:"lb_types"`
	TotalCount *int     `json:"total_count"`
}

func (p *lbTypePage) page() (*[]LBType, *int) { return &p.Types, p.TotalCount }

// TypeService reads the offers.
type TypeService struct{ service }

// List yields the offers of the zone.
//
//api:operation GET /lb/v1/zones/{zone}/lb-types
//api:operation GET /lb/v1/regions/{region}/lb-types
func (s *TypeService) List(ctx context.Context, opts lb.PageOptions) iter.Seq2[*LBType, error] {
	return list[lbTypePage](ctx, s.place, listLBTypes, nil, opts, remembered((*LBType).identity))
}
