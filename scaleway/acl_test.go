package scaleway_test

import (
	"testing"

	"github.com/lbkit/lbkit/scaleway"
	"github.com/lbkit/lbkit/scaleway/scalewaytest"
)

// TestACLUpdateReplacesItsMatch: whatever the API does with what a PUT leaves out,
// nil is everything.
func TestACLUpdateReplacesItsMatch(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]scalewaytest.Option{"resets what is left out": nil, "keeps what is left out": {scalewaytest.WithKeepOmitted()}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, opts...)
			parent := w.loadBalancer()
			frontend := w.frontend(parent, w.backend(parent).ID)
			acls := w.client.Zone(zone).ACLs
			made := must(acls.Create(t.Context(), uuid(frontend.ID), scaleway.ACLSpec{
				Name: "office", Action: scaleway.ACLAction{Type: scaleway.ACLActionTypeDeny}, Match: &scaleway.ACLMatch{IPSubnet: []string{"10.0.0.0/8"}},
			}))(t)
			spec := scaleway.NewACLSpec(made)
			spec.Match = nil
			must(acls.Update(t.Context(), made.ID, spec))(t)
			if got := must(acls.Get(t.Context(), made.ID))(t); got.Match != nil {
				t.Errorf("it matches %+v, want everything", got.Match)
			}
		})
	}
}
