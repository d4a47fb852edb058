package ovh_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jarcoal/httpmock"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/ovh"
	"github.com/lbkit/lbkit/ovh/ovhtest"
)

// account is an account's addresses, as /ip and two load balancers show them.
type account struct {
	lb.Provider
	t    *testing.T
	mock *httpmock.MockTransport

	routed map[string]string // Additional IPs: the service that has them, or none

	mu    sync.Mutex
	tasks map[string][]string // by block
	sent  []string            // the calls that were no reads
}

const (
	edge  = "loadbalancer-edge"
	other = "loadbalancer-other"
)

func newAccount(t *testing.T, opts ...ovh.Option) *account {
	t.Helper()
	a := &account{
		t: t, mock: httpmock.NewMockTransport(), tasks: map[string][]string{},
		routed: map[string]string{"203.0.113.10/32": edge, "203.0.113.11/32": "", "198.51.100.8/29": "ns1.ip-1-2-3.eu"},
	}
	token := func(context.Context) (lb.Secret, error) { return lb.NewSecret("token"), nil }
	opts = append([]ovh.Option{ovh.WithHTTPClient(&http.Client{Transport: a.mock}), ovh.WithRetry(lb.RetryPolicy{MaxAttempts: 1})}, opts...)
	client := must[*ovh.Client](t)(ovh.NewClient(ovh.EU, ovh.AccessToken(token), opts...))
	a.Provider = ovh.NewProvider(client)
	base := string(ovh.EU)
	a.mock.RegisterResponder("GET", base+"/ipLoadbalancing", a.answer(func(*http.Request) string {
		return fmt.Sprintf(`[%s,%s]`, service(edge, "192.0.2.1", "2001:db8::1"), service(other, "192.0.2.2", ""))
	}))
	a.mock.RegisterResponder("GET", base+"/ipLoadbalancing/"+edge, a.answer(func(*http.Request) string { return service(edge, "192.0.2.1", "2001:db8::1") }))
	a.mock.RegisterResponder("GET", base+"/ipLoadbalancing/"+other, a.answer(func(*http.Request) string { return service(other, "192.0.2.2", "") }))
	for _, name := range []string{edge, other} {
		a.mock.RegisterResponder("GET", base+"/ipLoadbalancing/"+name+"/failover", a.answer(func(*http.Request) string { return a.failover(name) }))
	}
	a.mock.RegisterNoResponder(a.ip)
	return a
}

func service(name, ipv4, ipv6 string) string {
	six := "null"
	if ipv6 != "" {
		six = `"` + ipv6 + `"`
	}
	return fmt.Sprintf(`{"serviceName":%q,"state":"ok","ipv4":%q,"ipv6":%s}`, name, ipv4, six)
}

func (a *account) failover(name string) string {
	var blocks []string
	for block, to := range a.routed {
		if to == name {
			blocks = append(blocks, `"`+block+`"`)
		}
	}
	return "[" + strings.Join(blocks, ",") + "]"
}

func (a *account) answer(body func(*http.Request) string) httpmock.Responder {
	return func(r *http.Request) (*http.Response, error) {
		return httpmock.NewStringResponse(http.StatusOK, body(r)), nil
	}
}

// ip answers everything below /ip: an escaped slash in a path is none to httpmock.
func (a *account) ip(r *http.Request) (*http.Response, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	path, ok := strings.CutPrefix(r.URL.EscapedPath(), "/v1/ip")
	if !ok {
		return httpmock.NewStringResponse(http.StatusNotFound, `{"message":"This service does not exist"}`), nil
	}
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	block, err := url.PathUnescape(parts[0])
	if err != nil {
		return nil, err
	}
	if path == "" {
		return httpmock.NewStringResponse(http.StatusOK, a.all(r)), nil
	}
	if _, known := a.routed[block]; !known {
		return httpmock.NewStringResponse(http.StatusNotFound, `{"message":"This service does not exist"}`), nil
	}
	if r.Method != http.MethodGet {
		return a.move(r, block, parts[1])
	}
	switch {
	case len(parts) == 1:
		return httpmock.NewStringResponse(http.StatusOK, a.show(block)), nil
	case len(parts) == 2: // the tasks
		return httpmock.NewStringResponse(http.StatusOK, a.list(block, r.URL.Query().Get("status"))), nil
	default:
		for _, task := range a.tasks[block] {
			if strings.Contains(task, `"taskId":`+parts[2]+`,`) {
				return httpmock.NewStringResponse(http.StatusOK, task), nil
			}
		}
		return httpmock.NewStringResponse(http.StatusNotFound, `{"message":"gone"}`), nil
	}
}

func (a *account) all(r *http.Request) string {
	if r.URL.Query().Get("isAdditionalIp") != "true" {
		a.t.Errorf("GET /ip?%s asks for more than Additional IPs", r.URL.RawQuery)
	}
	var out []string
	for block := range a.routed {
		out = append(out, a.show(block))
	}
	slices.Sort(out)
	return "[" + strings.Join(out, ",") + "]"
}

func (a *account) show(block string) string {
	to := "null"
	if a.routed[block] != "" {
		to = fmt.Sprintf(`{"serviceName":%q}`, a.routed[block])
	}
	return fmt.Sprintf(`{"ip":%q,"type":"failover","isAdditionalIp":true,"routedTo":%s,"iam":{"tags":{"team":"web"}}}`, block, to)
}

func (a *account) list(block, status string) string {
	var out []string
	for _, task := range a.tasks[block] {
		if strings.Contains(task, `"status":"`+status+`"`) {
			out = append(out, task)
		}
	}
	return "[" + strings.Join(out, ",") + "]"
}

func (a *account) move(r *http.Request, block, verb string) (*http.Response, error) {
	body := ""
	if r.Body != nil {
		text, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		body = string(text)
	}
	a.sent = append(a.sent, strings.TrimSpace(r.Method+" "+r.URL.EscapedPath()+" "+body))
	to := "null"
	if verb == "move" {
		to = fmt.Sprintf(`{"serviceName":%q}`, other)
	}
	task := ipTask(5, "init", to)
	a.tasks[block] = append(a.tasks[block], task)
	return httpmock.NewStringResponse(http.StatusOK, task), nil
}

func ipTask(id int, status, destination string) string {
	return fmt.Sprintf(`{"taskId":%d,"function":"genericMoveFloatingIp","status":%q,"destination":%s,"comment":null,"startDate":"2026-01-02T03:04:05Z","doneDate":null}`,
		id, status, destination)
}

// becomes puts a task in the place of those of a block.
func (a *account) becomes(block, task string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.tasks[block] = []string{task}
}

// short is an address in one line.
func short(a *lb.Address) string {
	text := fmt.Sprintf("%s of %q", a.ID, a.LoadBalancer)
	if a.Primary {
		text += " primary"
	}
	return text
}

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
