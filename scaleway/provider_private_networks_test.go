package scaleway_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/scaleway"
	"github.com/lbkit/lbkit/scaleway/scalewaytest"
)

// Private networks, and addresses in them.
const (
	netA = "aaaaaaaa-2222-4333-8444-555555550001"
	netB = "bbbbbbbb-2222-4333-8444-555555550002"
	netC = "cccccccc-2222-4333-8444-555555550003"

	ipamX = "99999999-2222-4333-8444-555555550001"
	ipamY = "99999999-2222-4333-8444-555555550002"
)

// networked is a world whose provider looks after private networks, with a load balancer.
// It runs in a bubble: there is a second between two looks.
type networked struct {
	*world

	id lb.LoadBalancerID
}

// withNetworks runs do in a bubble.
func withNetworks(t *testing.T, do func(t *testing.T, w *networked), opts ...scalewaytest.Option) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, append(opts, scalewaytest.WithPipe(), scalewaytest.WithSpeed(1))...)
		w.Provider = w.with(scaleway.WithPrivateNetworks())
		do(t, &networked{w, w.loadBalancer()})
	})
}

func (w *networked) uuid() string { return strings.TrimPrefix(string(w.id), string(zone)+"/") }

// native is the client's service of attachments.
func (w *networked) native() *scaleway.PrivateNetworkService {
	return w.client.Zone(zone).PrivateNetworks
}

// networks are those with these UUIDs.
func networks(uuids ...string) []scaleway.AttachedNetwork {
	var out []scaleway.AttachedNetwork
	for _, uuid := range uuids {
		out = append(out, scaleway.AttachedNetwork{Network: uuid})
	}
	return out
}

// inNetworks sets the private networks and leaves the rest as it is.
func inNetworks(to ...scaleway.AttachedNetwork) func(*lb.LoadBalancerSpec) error {
	return func(s *lb.LoadBalancerSpec) error {
		o, _, err := lb.ExtensionOf[scaleway.LoadBalancerOptions](s.Extensions)
		o.PrivateNetworks = to
		s.Extensions = s.Extensions.With(o)
		return err
	}
}

func (w *networked) update(to ...scaleway.AttachedNetwork) (*lb.LoadBalancer, error) {
	return w.LoadBalancers().Update(w.t.Context(), w.id, inNetworks(to...))
}

// reported are the private networks of a load balancer as it was read.
func reported(t *testing.T, b *lb.LoadBalancer) []scaleway.AttachedNetwork {
	t.Helper()
	o, _, err := lb.ExtensionOf[scaleway.LoadBalancerOptions](b.Extensions)
	if err != nil {
		t.Fatal(err)
	}
	return o.PrivateNetworks
}

// moves are the attachments and detachments that do sends, as "attach UUID".
func (w *networked) moves(do func()) []string {
	w.t.Helper()
	before := len(w.api.Requests())
	do()
	var out []string
	for _, r := range w.api.Requests()[before:] {
		if r.Method == http.MethodGet {
			continue
		}
		_, call, found := strings.Cut(strings.TrimSuffix(r.URL.Path, "-private-network"), w.uuid()+"/")
		var body struct {
			Network string   `json:"private_network_id"`
			IPAM    []string `json:"ipam_ids"`
		}
		text, err := io.ReadAll(r.Body)
		if err == nil {
			err = json.Unmarshal(text, &body)
		}
		if err != nil {
			w.t.Fatal(err)
		}
		if !found {
			call = r.Method + " " + r.URL.Path
		}
		out = append(out, strings.Join(append([]string{call, body.Network}, body.IPAM...), " "))
	}
	return out
}

// TestPrivateNetworksReadBack in canonical form, whoever reads: what comes is attached and
// what goes is detached, by one call each, and nothing else is sent. Pain 46.
func TestPrivateNetworksReadBack(t *testing.T) {
	t.Parallel()
	withNetworks(t, func(t *testing.T, w *networked) {
		for _, step := range []struct {
			to, want []scaleway.AttachedNetwork
			sent     []string
		}{
			{networks(netA), networks(netA), []string{"attach " + netA}},
			{networks(netB, netA), networks(netA, netB), []string{"attach " + netB}},
			{networks(strings.ToUpper(netB)), networks(netB), []string{"detach " + netA}},
			{[]scaleway.AttachedNetwork{{Network: netC, Address: ipamX}}, networks(netC), []string{"attach " + netC + " " + ipamX, "detach " + netB}},
			{[]scaleway.AttachedNetwork{}, nil, []string{"detach " + netC}},
		} {
			kept := w.addresses()
			var got *lb.LoadBalancer
			sent := w.moves(func() { got = must(w.update(step.to...))(t) })
			same(t, "sent", step.sent, sent)
			listed := must(lb.Collect(w.LoadBalancers().List(t.Context(), lb.LoadBalancerListOptions{})))(t)[0]
			tree := must(w.LoadBalancers().Read(t.Context(), w.id))(t)
			for _, read := range []*lb.LoadBalancer{got, must(w.LoadBalancers().Get(t.Context(), w.id))(t), listed, tree.LoadBalancer} {
				same(t, "read", step.want, reported(t, read))
			}
			for network, address := range w.addresses() {
				if was, stayed := kept[network]; stayed && was != address {
					t.Errorf("network %s had address %s, and has %s", network, was, address)
				}
			}
			same(t, "sent once more", []string(nil), w.moves(func() { must(w.update(step.to...))(t) }))
		}
	})
}

// addresses are those in each network, which is ready.
func (w *networked) addresses() map[string]string {
	w.t.Helper()
	out := map[string]string{}
	for n, err := range w.native().List(w.t.Context(), w.uuid(), scaleway.PrivateNetworkListOptions{}) {
		if err != nil || n.Status != scaleway.PrivateNetworkStatusReady || len(n.IPAMIDs) != 1 {
			w.t.Fatalf("%+v, %v", n, err)
		}
		out[n.PrivateNetworkID] = n.IPAMIDs[0]
	}
	return out
}

// TestPrivateNetworksThatAreRefused send nothing.
func TestPrivateNetworksThatAreRefused(t *testing.T) {
	t.Parallel()
	nine := networks(netA)
	for i := range 8 {
		nine = append(nine, scaleway.AttachedNetwork{Network: fmt.Sprintf("%s%04d", aHalf, i)})
	}
	withNetworks(t, func(t *testing.T, w *networked) {
		for name, test := range map[string]struct {
			to   []scaleway.AttachedNetwork
			path string
		}{
			"no UUID":         {networks(netB, "fr-par/"+netA), "[1].network"},
			"none":            {networks(""), "[0].network"},
			"twice":           {networks(netA, netB, netA), "[2].network"},
			"no address":      {[]scaleway.AttachedNetwork{{Network: netA, Address: "10.0.0.4"}}, "[0].address"},
			"more than eight": {nine, ""},
		} {
			requests := w.writes(func() {
				_, err := w.update(test.to...)
				e := coded(t, name, err, lb.ErrInvalid)
				if len(e.Fields) != 1 || e.Fields[0].Path != "extensions.scaleway.privateNetworks"+test.path {
					t.Errorf("%s: blames %v", name, e.Fields)
				}
			})
			same(t, name, []string(nil), requests)
		}
	})
}

// TestAddressOfANetworkThatStays is not changed: that would cut it off.
func TestAddressOfANetworkThatStays(t *testing.T) {
	t.Parallel()
	withNetworks(t, func(t *testing.T, w *networked) {
		with := func(address string) []scaleway.AttachedNetwork {
			return []scaleway.AttachedNetwork{{Network: netA, Address: address}}
		}
		must(w.update(with(ipamX)...))(t)
		for _, to := range [][]scaleway.AttachedNetwork{with(strings.ToUpper(ipamX)), with("")} {
			same(t, "as it is", []string(nil), w.moves(func() { must(w.update(to...))(t) }))
		}
		same(t, "another", []string(nil), w.moves(func() {
			_, err := w.update(append(networks(netB), with(ipamY)...)...)
			checkUnsupported(t, "another", err, "loadbalancer.extensions.scaleway.privateNetworks.address.update", "extensions.scaleway.privateNetworks")
		}))
		must(w.update())(t)
		same(t, "in two steps", []string{"attach " + netA + " " + ipamY}, w.moves(func() { must(w.update(with(ipamY)...))(t) }))
	})
}

// TestPrivateNetworksAtCreation: the load balancer is made and waited for, and one that is
// not in all of them is returned beside the error, for Update to go on.
func TestPrivateNetworksAtCreation(t *testing.T) {
	t.Parallel()
	withNetworks(t, func(t *testing.T, w *networked) {
		spec := lb.LoadBalancerSpec{Name: "new", Extensions: lb.Extend(scaleway.LoadBalancerOptions{
			Description: "d", PrivateNetworks: append(networks(netB), scaleway.AttachedNetwork{Network: netA, Address: ipamX}),
		})}
		var made *lb.LoadBalancer
		sent := w.writes(func() { made = must(w.LoadBalancers().Create(t.Context(), spec))(t) })
		same(t, "made", networks(netA, netB), reported(t, made))
		attach := "POST " + path("lbs", made.ID) + "/attach-private-network"
		same(t, "sent", []string{"POST /lbs", attach, attach}, sent)

		w.api.Advance(time.Minute) // it is no candidate any more
		w.api.Faults().On(func(r *http.Request) bool { return r.Method == http.MethodPost }).Times(1).DropAfterSend()
		same(t, "found", networks(netA, netB), reported(t, must(w.LoadBalancers().Create(t.Context(), spec))(t)))
		w.api.Faults().Reset()
		same(t, "reads back", made, must(w.LoadBalancers().Get(t.Context(), made.ID))(t))
		if made.Provisioning != lb.ProvisioningReady {
			t.Errorf("it is %s", made.Provisioning)
		}

		w.api.Faults().On(isMove).Skip(1).Times(1).Status(http.StatusForbidden, `{"message":"no"}`)
		made, err := w.LoadBalancers().Create(t.Context(), spec)
		e := coded(t, "half", err, lb.ErrForbidden)
		if made == nil || e.ID != string(made.ID) || e.Kind != lb.KindLoadBalancer || e.Op != "loadbalancers.create" || !strings.Contains(err.Error(), netB) {
			t.Fatalf("%v made, %v", made, err)
		}
		w.id = made.ID
		same(t, "goes on", []string{"attach " + netB}, w.moves(func() { must(w.update(networks(netA, netB)...))(t) }))
	}, scalewaytest.WithAnswer(scalewaytest.NotReady, http.StatusConflict))
}

func isMove(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "tach-private-network") }

// TestFailedAttachment is an error with the network's ID, at Create too; it is not read as
// attached, and attaching it once more detaches it before.
func TestFailedAttachment(t *testing.T) {
	t.Parallel()
	withNetworks(t, func(t *testing.T, w *networked) {
		failed := func(what string, err error) {
			var state *lb.StateError
			if !errors.As(err, &state) || state.ID != string(zone)+"/"+netB || state.Got != "error" || !errors.Is(err, lb.ErrFailed) {
				t.Fatalf("%s: got %v", what, err)
			}
		}
		_, err := w.update(networks(netA, netB)...)
		failed("update", err)
		same(t, "read", networks(netA), reported(t, must(w.LoadBalancers().Get(t.Context(), w.id))(t)))
		again := w.moves(func() {
			_, err := w.update(networks(netA, netB)...)
			failed("once more", err)
		})
		same(t, "once more", []string{"detach " + netB, "attach " + netB}, again)
		same(t, "the name", []string(nil), w.moves(func() {
			must(w.LoadBalancers().Update(t.Context(), w.id, func(s *lb.LoadBalancerSpec) error { s.Tags = nil; return nil }))(t)
		}))
		made, err := w.LoadBalancers().Create(t.Context(), lb.LoadBalancerSpec{
			Name: "new", Extensions: lb.Extend(scaleway.LoadBalancerOptions{PrivateNetworks: networks(netB)}),
		})
		failed("create", err)
		if made == nil || coded(t, "create", err, lb.ErrFailed).ID != string(made.ID) {
			t.Errorf("%v made, %v", made, err)
		}
	}, scalewaytest.WithFailingNetworks(netB))
}

// TestRoomForPrivateNetworks: another takes a place before the old one leaves it, where
// there is room for both.
func TestRoomForPrivateNetworks(t *testing.T) {
	t.Parallel()
	withNetworks(t, func(t *testing.T, w *networked) {
		var others []string
		for i := range 7 {
			others = append(others, fmt.Sprintf("%s%04d", aHalf, i))
		}
		with := func(uuid string) []scaleway.AttachedNetwork { return networks(append(slices.Clone(others), uuid)...) }
		must(w.update(with(netA)...))(t)
		same(t, "eight", []string{"detach " + netA, "attach " + netB}, w.moves(func() { must(w.update(with(netB)...))(t) }))
		others = others[:6]
		must(w.update(with(netB)...))(t)
		same(t, "seven", []string{"attach " + netC, "detach " + netB}, w.moves(func() { must(w.update(with(netC)...))(t) }))
	})
}

// TestFailedAttachmentsTakeNoRoom for long: one that is not asked for any more goes with the
// next change of the networks, before others come where there is no room for both.
func TestFailedAttachmentsTakeNoRoom(t *testing.T) {
	t.Parallel()
	withNetworks(t, func(t *testing.T, w *networked) {
		var others []string
		for i := range 7 {
			others = append(others, fmt.Sprintf("%s%04d", aHalf, i))
		}
		_, err := w.update(networks(append(others, netB)...)...)
		isCode(t, "the eighth", err, lb.ErrFailed)
		same(t, "as it is read", []string(nil), w.moves(func() { must(w.update(networks(others...)...))(t) }))
		sent := w.moves(func() { must(w.update(networks(append(others, netC)...)...))(t) })
		same(t, "another", []string{"detach " + netB, "attach " + netC}, sent)
	}, scalewaytest.WithFailingNetworks(netB))
}

// TestPrivateNetworksEndWithTheContext, in the middle of a wait, and the same call goes on.
func TestPrivateNetworksEndWithTheContext(t *testing.T) {
	t.Parallel()
	withNetworks(t, func(t *testing.T, w *networked) {
		ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
		defer cancel()
		_, err := w.LoadBalancers().Update(ctx, w.id, inNetworks(networks(netA)...))
		isCode(t, "update", err, context.DeadlineExceeded)
		same(t, "goes on", []string(nil), w.moves(func() { must(w.update(networks(netA)...))(t) }))
		if len(w.addresses()) != 1 { // and ready, which it checks
			t.Error("it is not attached")
		}
	})
}
