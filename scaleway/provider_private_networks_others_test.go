package scaleway_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/scaleway"
	"github.com/lbkit/lbkit/scaleway/scalewaytest"
)

// TestAttachmentsOnTheirWay, which others have sent there, are waited for: what arrives is
// there, and what leaves is not.
func TestAttachmentsOnTheirWay(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		leaves bool
		to     []scaleway.AttachedNetwork
		read   []scaleway.AttachedNetwork // while it is on its way
		sent   []string
	}{
		"arrives, and is wanted": {false, networks(netA), networks(netA), nil},
		"arrives, and is not":    {false, nil, networks(netA), []string{"detach " + netA}},
		"leaves, and is wanted":  {true, networks(netA), nil, []string{"attach " + netA}},
		"leaves, and is not":     {true, nil, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			withNetworks(t, func(t *testing.T, w *networked) {
				if test.leaves {
					must(w.update(networks(netA)...))(t)
					if err := w.native().Detach(t.Context(), w.uuid(), netA); err != nil {
						t.Fatal(err)
					}
				} else {
					must(w.native().Attach(t.Context(), w.uuid(), scaleway.PrivateNetworkAttach{PrivateNetworkID: netA}))(t)
				}
				same(t, "read", test.read, reported(t, must(w.LoadBalancers().Get(t.Context(), w.id))(t)))
				sent := w.moves(func() { same(t, "updated", test.to, reported(t, must(w.update(test.to...))(t))) })
				same(t, "sent", test.sent, sent)
			})
		})
	}
}

// TestPrivateNetworksThatOthersAttach meanwhile are not attached once more; with another
// address than the one that is wanted they are refused.
func TestPrivateNetworksThatOthersAttach(t *testing.T) {
	t.Parallel()
	withNetworks(t, func(t *testing.T, w *networked) {
		update := func(to scaleway.AttachedNetwork) error {
			_, err := w.LoadBalancers().Update(t.Context(), w.id, func(spec *lb.LoadBalancerSpec) error {
				must(w.native().Attach(t.Context(), w.uuid(), scaleway.PrivateNetworkAttach{PrivateNetworkID: to.Network, IPAMIDs: []string{ipamX}}))(t)
				return inNetworks(append(networks(netA), to)...)(spec)
			})
			return err
		}
		must(w.update(networks(netA)...))(t)
		same(t, "sent", []string{"attach " + netB + " " + ipamX}, w.moves(func() {
			if err := update(scaleway.AttachedNetwork{Network: netB}); err != nil {
				t.Error(err)
			}
		}))
		must(w.update(networks(netA)...))(t)
		same(t, "sent", []string{"attach " + netC + " " + ipamX}, w.moves(func() {
			isCode(t, "another address", update(scaleway.AttachedNetwork{Network: netC, Address: ipamY}), lb.ErrUnsupported)
		}))
	})
}

// TestPrivateNetworkThatIsGoneAtOnce tells the outcome of a detachment that was not
// answered.
func TestPrivateNetworkThatIsGoneAtOnce(t *testing.T) {
	t.Parallel()
	withNetworks(t, func(t *testing.T, w *networked) {
		must(w.update(networks(netA)...))(t)
		w.api.Faults().On(isMove).Times(1).Replace(http.StatusBadGateway, "{}")
		must(w.update())(t)
	}, scalewaytest.WithTimings(scalewaytest.Timings{PrivateNetwork: 1}))
}

// TestPrivateNetworksThatOthersDetach meanwhile are gone, which is no error.
func TestPrivateNetworksThatOthersDetach(t *testing.T) {
	t.Parallel()
	withNetworks(t, func(t *testing.T, w *networked) {
		must(w.update(networks(netA)...))(t)
		w.api.Faults().On(isMove).Times(1).Replace(http.StatusNotFound, `{"message":"privateNetwork not Found"}`)
		same(t, "before the call", networks(), reported(t, must(w.update())(t)))
		must(w.native().Attach(t.Context(), w.uuid(), scaleway.PrivateNetworkAttach{PrivateNetworkID: netA}))(t)
		done := make(chan error, 1)
		time.AfterFunc(1500*time.Millisecond, func() { done <- w.native().Detach(t.Context(), w.uuid(), netA) })
		same(t, "during the wait", networks(), reported(t, must(w.update(networks(netA)...))(t)))
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// TestPrivateNetworkThatOthersAttachAgain while it is waited to be gone ends the wait: it
// may stay for good.
func TestPrivateNetworkThatOthersAttachAgain(t *testing.T) {
	t.Parallel()
	withNetworks(t, func(t *testing.T, w *networked) {
		must(w.update(networks(netA)...))(t)
		done := make(chan error, 1)
		time.AfterFunc(1500*time.Millisecond, func() {
			_, err := w.native().Attach(t.Context(), w.uuid(), scaleway.PrivateNetworkAttach{PrivateNetworkID: netA})
			done <- err
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		_, err := w.LoadBalancers().Update(ctx, w.id, inNetworks())
		isCode(t, "detached", err, lb.ErrFailed)
		if err := <-done; err != nil {
			t.Error(err)
		}
		same(t, "attached again", networks(netA), reported(t, must(w.LoadBalancers().Get(t.Context(), w.id))(t)))
	}, scalewaytest.WithTimings(scalewaytest.Timings{PrivateNetwork: 2400 * time.Millisecond}))
}
