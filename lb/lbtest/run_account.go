package lbtest

import (
	"fmt"

	"github.com/lbkit/lbkit/lb"
)

// wholeAccount: all load balancers are listed, each once, at any page size.
func wholeAccount(w *world) {
	var ids []string
	for range listed {
		ids = append(ids, string(w.LoadBalancer(w.T)))
	}
	for _, page := range []lb.PageOptions{{}, {PageSize: listPage}, {PageSize: listPage, Window: 1}, {PageSize: 100}} {
		opts := lb.LoadBalancerListOptions{ListOptions: lb.ListOptions{PageOptions: page}}
		list := told(w.p.LoadBalancers().List(w.ctx, opts), func(b *lb.LoadBalancer) string { return string(b.ID) })
		lister{}.holds(&scene{world: w}, fmt.Sprintf("%+v", page), list, ids)
	}
}
