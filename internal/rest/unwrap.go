package rest

import "github.com/lbkit/lbkit/lb"

// ProviderAs is p, or the first P that p wraps and shows by a method Unwrap() lb.Provider.
func ProviderAs[P lb.Provider](p lb.Provider) (own P, ok bool) {
	for {
		switch q := p.(type) {
		case P:
			return q, true
		case interface{ Unwrap() lb.Provider }:
			p = q.Unwrap()
		default:
			return own, false
		}
	}
}
