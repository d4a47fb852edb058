package ovh_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jarcoal/httpmock"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/ovh"
	"github.com/lbkit/lbkit/ovh/ovhtest"
)

func TestAddressesAreListed(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	list := func(of lb.LoadBalancerID) []string {
		var out []string
		for _, address := range must[[]*lb.Address](t)(lb.Collect(a.Addresses().List(t.Context(), lb.AddressListOptions{LoadBalancer: of}))) {
			if ovh.FormatAddressID(address.Prefix) != address.ID {
				t.Errorf("%s is %s", address.ID, address.Prefix)
			}
			out = append(out, short(address))
		}
		return out
	}
	want(t, list(edge), `192.0.2.1 of "loadbalancer-edge" primary`, `2001:db8::1 of "loadbalancer-edge" primary`, `203.0.113.10 of "loadbalancer-edge"`)
	want(t, list(other), `192.0.2.2 of "loadbalancer-other" primary`)
	want(t, list(""),
		`192.0.2.1 of "loadbalancer-edge" primary`, `2001:db8::1 of "loadbalancer-edge" primary`, `203.0.113.10 of "loadbalancer-edge"`,
		`192.0.2.2 of "loadbalancer-other" primary`, `203.0.113.11 of ""`)
	for address, err := range a.Addresses().List(t.Context(), lb.AddressListOptions{}) {
		if err != nil || address.ID != "192.0.2.1" {
			t.Errorf("%v, %v", address, err)
		}
		break // leaves nothing behind
	}
	for _, err := range a.Addresses().List(t.Context(), lb.AddressListOptions{LoadBalancer: "a/b"}) {
		wantError(t, err, lb.ErrInvalid, "addresses.list", "a/b")
	}
	for _, err := range a.Addresses().List(t.Context(), lb.AddressListOptions{LoadBalancer: "loadbalancer-gone"}) {
		wantError(t, err, lb.ErrNotFound, "addresses.list", "loadbalancer-gone")
	}
}

func TestAddressIsRead(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	for id, wanted := range map[lb.AddressID]*lb.Address{
		"203.0.113.10": {Prefix: netip.MustParsePrefix("203.0.113.10/32"), LoadBalancer: edge, Tags: []string{"team=web"}},
		"203.0.113.11": {Prefix: netip.MustParsePrefix("203.0.113.11/32"), Tags: []string{"team=web"}},
		"198.51.100.8_29": {
			Prefix: netip.MustParsePrefix("198.51.100.8/29"), Tags: []string{"team=web"}, Extensions: lb.Extend(ovh.AddressOptions{RoutedTo: "ns1.ip-1-2-3.eu"}),
		},
		"2001:db8::1": {Prefix: netip.MustParsePrefix("2001:db8::1/128"), LoadBalancer: edge, Primary: true},
	} {
		got := must[*lb.Address](t)(a.Addresses().Get(t.Context(), id))
		wanted.ID, wanted.Native = id, got.Native
		if diff := cmp.Diff(wanted, got, specsEqual); diff != "" {
			t.Errorf("%s (-want +got):\n%s", id, diff)
		}
	}
	_, err := a.Addresses().Get(t.Context(), "192.0.2.99")
	wantError(t, err, lb.ErrNotFound, "addresses.get", "192.0.2.99")
	_, err = a.Addresses().Get(t.Context(), "fr-par-1/x")
	wantError(t, err, lb.ErrInvalid, "addresses.get", "fr-par-1/x")
}

func TestAddressIsAttached(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	// It is there already: nothing is sent, and there is nothing to wait for.
	op := must[*lb.Operation](t)(a.Addresses().Attach(t.Context(), "203.0.113.10", edge))
	if op.ID != "" || op.Status != lb.OperationDone || op.LoadBalancer != edge || len(a.sent) > 0 {
		t.Errorf("%+v, sent %q", op, a.sent)
	}
	op = must[*lb.Operation](t)(a.Addresses().Attach(t.Context(), "203.0.113.10", other))
	wanted := &lb.Operation{
		ID: "ip/203.0.113.10/task/5", LoadBalancer: other, Action: "genericMoveFloatingIp", Status: lb.OperationPending, Progress: -1,
		Started: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Native: op.Native,
	}
	if diff := cmp.Diff(wanted, op); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	sent := []string{`POST /v1/ip/203.0.113.10%2F32/move {"to":"loadbalancer-other"}`}
	want(t, a.sent, sent...)

	// It is on its way: that is the operation, and another goal has to wait.
	if again := must[*lb.Operation](t)(a.Addresses().Attach(t.Context(), "203.0.113.10", other)); again.ID != op.ID {
		t.Errorf("%+v", again)
	}
	_, err := a.Addresses().Attach(t.Context(), "203.0.113.10", edge)
	wantError(t, err, lb.ErrBusy, "addresses.attach", string(op.ID))
	_, err = a.Addresses().Detach(t.Context(), "203.0.113.10")
	wantError(t, err, lb.ErrBusy, "addresses.detach", string(op.ID))
	want(t, a.sent, sent...)

	_, err = a.Addresses().Attach(t.Context(), "192.0.2.99", edge)
	wantError(t, err, lb.ErrNotFound, "addresses.attach", "192.0.2.99")
	_, err = a.Addresses().Attach(t.Context(), "203.0.113.10", "a/b")
	wantError(t, err, lb.ErrInvalid, "addresses.attach", "a/b")
	_, err = a.Addresses().Attach(t.Context(), "203.0.113.10/32", edge)
	wantError(t, err, lb.ErrInvalid, "addresses.attach", "203.0.113.10/32")
}

func TestAddressIsDetached(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.routed["192.0.2.1/32"] = edge // /ip may show a load balancer's own
	op := must[*lb.Operation](t)(a.Addresses().Detach(t.Context(), "203.0.113.10"))
	if op.ID != "ip/203.0.113.10/task/5" || op.Status != lb.OperationPending {
		t.Errorf("%+v", op)
	}
	op = must[*lb.Operation](t)(a.Addresses().Detach(t.Context(), "203.0.113.11"))
	if op.ID != "" || op.Status != lb.OperationDone {
		t.Errorf("%+v", op)
	}
	for _, id := range []lb.AddressID{"198.51.100.8_29", "192.0.2.1"} { // a server's, and the one that came with a load balancer
		_, err := a.Addresses().Detach(t.Context(), id)
		wantError(t, err, lb.ErrInvalid, "addresses.detach", string(id))
	}
	want(t, a.sent, "POST /v1/ip/203.0.113.10%2F32/park")
}

// A move whose outcome is unknown is the one that is under way then: none was before.
func TestMoveWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	lose := httpmock.NewErrorResponder(io.ErrUnexpectedEOF)
	a.mock.RegisterNoResponder(func(r *http.Request) (*http.Response, error) {
		response, err := a.ip(r)
		if r.Method == http.MethodPost {
			return lose(r)
		}
		return response, err
	})
	op := must[*lb.Operation](t)(a.Addresses().Attach(t.Context(), "203.0.113.10", other))
	if op.ID != "ip/203.0.113.10/task/5" {
		t.Errorf("%+v", op)
	}
	want(t, a.sent, `POST /v1/ip/203.0.113.10%2F32/move {"to":"loadbalancer-other"}`)
}

func TestOperationsOfAddresses(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	for i, tt := range []struct {
		status string
		want   lb.OperationStatus
		detail string
	}{
		{"init", lb.OperationPending, ""},
		{"todo", lb.OperationPending, ""},
		{"doing", lb.OperationRunning, ""},
		{"done", lb.OperationDone, ""},
		{"cancelled", lb.OperationCancelled, ""},
		{"customerError", lb.OperationFailed, "OVH says no more than customerError"},
		{"ovhError", lb.OperationFailed, "OVH says no more than ovhError"},
		{"later", "later", ""},
		{"", lb.OperationUnknown, ""},
	} {
		a.tasks["198.51.100.8/29"] = append(a.tasks["198.51.100.8/29"], ipTask(i+1, tt.status, `{"serviceName":"loadbalancer-edge"}`))
		id := lb.OperationID(fmt.Sprintf("ip/198.51.100.8_29/task/%d", i+1))
		op := must[*lb.Operation](t)(a.Operations().Get(t.Context(), id))
		if op.ID != id || op.Status != tt.want || op.Detail != tt.detail || op.LoadBalancer != edge {
			t.Errorf("%s: %+v", tt.status, op)
		}
	}
	_, err := a.Operations().Get(t.Context(), "ip/198.51.100.8_29/task/99")
	wantError(t, err, lb.ErrNotFound, "operations.get", "ip/198.51.100.8_29/task/99")
	_, err = a.Operations().Get(t.Context(), "ip/198.51.100.9_29/task/1")
	wantError(t, err, lb.ErrInvalid, "operations.get", "ip/198.51.100.9_29/task/1")
}

// The wait for a move ends with it, and at once where it has failed.
func TestWaitForAMove(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newAccount(t)
		op := must[*lb.Operation](t)(a.Addresses().Attach(t.Context(), "203.0.113.10", other))
		go func() {
			<-time.After(30 * time.Second)
			a.becomes("203.0.113.10/32", ipTask(5, "done", `{"serviceName":"loadbalancer-other"}`))
		}()
		done := must[*lb.Operation](t)(lb.WaitOperation(t.Context(), a, op))
		if done.Status != lb.OperationDone || done.Progress != 100 {
			t.Errorf("%+v", done)
		}
		a.becomes("203.0.113.10/32", ipTask(5, "customerError", "null"))
		_, err := lb.WaitOperation(t.Context(), a, op)
		is(t, err, lb.ErrFailed)
	})
}

func TestAddressesAreNotSold(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	_, err := a.Addresses().Allocate(t.Context(), lb.AddressSpec{})
	wantFeature(t, err, "addresses.allocate")
	wantFeature(t, a.Addresses().Release(t.Context(), "203.0.113.11"), "addresses.release")
	if n := a.mock.GetTotalCallCount(); n > 0 {
		t.Errorf("%d requests", n)
	}
	if err := lb.Require(a, "addresses.list", "addresses.attach", "addresses.detach"); err != nil {
		t.Error(err)
	}
}

// An Additional IP moves to a load balancer, serves after a refresh, is bound to a
// frontend, and goes again.
func TestAddressMovesAndServes(t *testing.T) {
	t.Parallel()
	block := netip.MustParsePrefix("203.0.113.10/32")
	w := newWorld(t, ovhtest.WithSpeed(2000))
	w.server.AddAddresses("", block)
	w.frontend(80, w.backend(nil, "10.0.0.1").ID)
	id := ovh.FormatAddressID(block)
	list := func() []string {
		var out []string
		for _, address := range must[[]*lb.Address](t)(lb.Collect(w.Addresses().List(t.Context(), lb.AddressListOptions{}))) {
			if address.ID == id {
				out = append(out, short(address))
			}
		}
		return out
	}
	want(t, list(), `203.0.113.10 of ""`)
	poll := lb.WithPoll(time.Millisecond, time.Millisecond)
	op := must[*lb.Operation](t)(w.Addresses().Attach(t.Context(), id, w.id))
	must[*lb.Operation](t)(lb.WaitOperation(t.Context(), w, op, poll))
	must[*lb.Operation](t)(lb.Publish(t.Context(), w, w.id, poll))
	if _, served := w.server.Running(w.service(), "gra")["failover/203.0.113.10%2F32"]; !served {
		t.Errorf("it is not served: %v", w.server.Running(w.service(), "gra"))
	}
	want(t, list(), fmt.Sprintf(`203.0.113.10 of %q`, w.id))
	f := must[*lb.Frontend](t)(w.Frontends().Create(t.Context(), w.id, lb.FrontendSpec{Protocol: lb.ProtocolTCP, Ports: port(22), Addresses: []netip.Prefix{block}}))
	if len(f.Addresses) != 1 {
		t.Errorf("%+v", f)
	}
	if err := w.Frontends().Delete(t.Context(), f.ID); err != nil {
		t.Fatal(err)
	}
	op = must[*lb.Operation](t)(w.Addresses().Detach(t.Context(), id))
	must[*lb.Operation](t)(lb.WaitOperation(t.Context(), w, op, poll))
	want(t, list(), `203.0.113.10 of ""`)

	w.server.EndNextIPTask(block, "customerError", "the address is locked")
	op = must[*lb.Operation](t)(w.Addresses().Attach(t.Context(), id, w.id))
	_, err := lb.WaitOperation(t.Context(), w, op, poll)
	var failed *lb.StateError
	if !errors.As(err, &failed) || failed.Detail != "the address is locked" {
		t.Errorf("%v", err)
	}
	own := must[*ovh.LoadBalancer](t)(w.client.LoadBalancers.Get(t.Context(), w.service())).IPv4
	primary := must[*lb.Address](t)(w.Addresses().Get(t.Context(), lb.AddressID(own)))
	if !primary.Primary || primary.LoadBalancer != w.id {
		t.Errorf("%+v", primary)
	}
	_, err = w.Addresses().Detach(t.Context(), primary.ID)
	wantError(t, err, lb.ErrInvalid, "addresses.detach", own)
}
