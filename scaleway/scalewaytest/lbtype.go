package scalewaytest

import (
	"slices"
	"strings"
)

// offer is a commercial type of load balancer.
type offer struct {
	name        string // in lower case, as load balancers answer it
	bandwidth   uint64 // bit/s
	multicloud  bool
	description string
}

// offers are those of facts 8, the smallest first.
var offers = []offer{
	{"lb-s", 200_000_000, false, "200 Mbit/s, 20 000 connections"},
	{"lb-gp-m", 500_000_000, false, "500 Mbit/s, 50 000 connections"},
	{"lb-gp-l", 1_000_000_000, true, "1 Gbit/s, 160 000 connections, multicloud"},
	{"lb-gp-xl", 4_000_000_000, true, "4 Gbit/s, 3 000 000 connections, multicloud"},
}

func isMulticloud(name string) bool {
	return slices.ContainsFunc(offers, func(o offer) bool { return o.name == name && o.multicloud })
}

type lbTypeView struct {
	Name        string `json:"name"`
	StockStatus string `json:"stock_status"`
	Bandwidth   uint64 `json:"bandwidth"`
	Multicloud  bool   `json:"multicloud"`
	Description string `json:"description"`
	Region      string `json:"region"`
	Zone        string `json:"zone"`
}

type listLBTypesView struct {
	Types []lbTypeView `json:"lb_types"`
	Total int          `json:"total_count"`
}

func (s *Server) listLBTypes(c *call) (answer, error) {
	shown, err := page(s, c, offers)
	if err != nil {
		return nil, err
	}
	return encode(listLBTypesView{
		Types: views(shown, func(o offer) lbTypeView {
			stock := "available"
			if s.options.outOfStock[o.name] {
				stock = "out_of_stock"
			}
			return lbTypeView{
				Name: strings.ToUpper(o.name), StockStatus: stock, Bandwidth: o.bandwidth, Multicloud: o.multicloud,
				Description: o.description, Region: region(c.zone), Zone: c.zone,
			}
		}),
		Total: len(offers),
	})
}
