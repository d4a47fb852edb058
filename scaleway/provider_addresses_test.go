package scaleway_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/scaleway"
)

func (w *world) allocate(spec lb.AddressSpec) *lb.Address {
	w.t.Helper()
	return must(w.Addresses().Allocate(w.t.Context(), spec))(w.t)
}

func TestAddressAllocate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := aHalf + "0009"
	for name, spec := range map[string]lb.AddressSpec{
		"the least": {},
		"everything": {
			Zone: string(zone), IPv6: true, Reverse: "www.example.org.", Tags: []string{"b", "a"},
			Extensions: lb.Extend(scaleway.AddressOptions{Project: other}),
		},
	} {
		want := must(w.Dialect().Address(spec))(t)
		made := w.allocate(spec)
		for what, got := range map[string]*lb.Address{"made": made, "read": must(w.Addresses().Get(t.Context(), made.ID))(t)} {
			if got.ID != made.ID || got.Zone != string(zone) || got.LoadBalancer != "" || got.Primary || got.Native == nil {
				t.Errorf("%s: %s %+v", name, what, got)
			}
			if got.Prefix.Addr().Is6() != spec.IPv6 || !got.Prefix.IsSingleIP() {
				t.Errorf("%s: %s %v", name, what, got.Prefix)
			}
			same(t, name+": tags", want.Tags, got.Tags)
			same(t, name+": extensions", want.Extensions, got.Extensions)
			if want.Reverse == "" { // Scaleway has chosen
				want.Reverse = made.Reverse
			}
			if got.Reverse != want.Reverse || got.Reverse == "" {
				t.Errorf("%s: %s with reverse %q", name, what, got.Reverse)
			}
		}
	}
	requests := w.sent(func() {
		_, err := w.Addresses().Allocate(t.Context(), lb.AddressSpec{Zone: "pl-waw-1"})
		isCode(t, "a zone that the provider was not given", err, lb.ErrInvalid)
	})
	if len(requests) > 0 {
		t.Errorf("sent %v", requests)
	}
}

func TestAddressZone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	all := w.provider()
	if made := must(all.Addresses().Allocate(t.Context(), lb.AddressSpec{}))(t); made.Zone != "fr-par-1" {
		t.Errorf("without a zone: in %q, want the client's default", made.Zone)
	}
	if made := must(all.Addresses().Allocate(t.Context(), lb.AddressSpec{Zone: "nl-ams-1"}))(t); made.Zone != "nl-ams-1" {
		t.Errorf("asked for in nl-ams-1: in %q", made.Zone)
	}
	two := w.provider("nl-ams-1", "pl-waw-1")
	_, err := two.Addresses().Allocate(t.Context(), lb.AddressSpec{})
	isCode(t, "a default that is not among the zones", err, lb.ErrInvalid)
	if got := must(lb.Collect(two.Addresses().List(t.Context(), lb.AddressListOptions{})))(t); len(got) != 1 || got[0].Zone != "nl-ams-1" {
		t.Errorf("listed %v", got)
	}
	if got := must(lb.Collect(all.Addresses().List(t.Context(), lb.AddressListOptions{})))(t); len(got) != 2 {
		t.Errorf("listed %v in all zones", got)
	}
}

func TestAddressList(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one, two := w.loadBalancer(), w.loadBalancer()
	free := w.allocate(lb.AddressSpec{})
	all := must(lb.Collect(w.Addresses().List(t.Context(), lb.AddressListOptions{PageOptions: lb.PageOptions{PageSize: 1}})))(t)
	owners := map[lb.LoadBalancerID]int{}
	for _, address := range all {
		owners[address.LoadBalancer]++
	}
	same(t, "owners", map[lb.LoadBalancerID]int{one: 1, two: 1, "": 1}, owners)
	var requests []string
	requests = w.sent(func() {
		mine := must(lb.Collect(w.provider().Addresses().List(t.Context(), lb.AddressListOptions{LoadBalancer: two})))(t)
		if len(mine) != 1 || mine[0].LoadBalancer != two || mine[0].ID == free.ID {
			t.Errorf("listed %v", mine)
		}
	})
	same(t, "in its zone alone", []string{"GET /ips"}, requests)
	requests = w.sent(func() {
		for _, opts := range []lb.AddressListOptions{{LoadBalancer: "loadbalancer-ab12"}, {PageOptions: lb.PageOptions{PageSize: -1}}} {
			_, err := lb.Collect(w.Addresses().List(t.Context(), opts))
			isCode(t, "a list of nothing", err, lb.ErrInvalid)
		}
	})
	if len(requests) > 0 {
		t.Errorf("sent %v", requests)
	}
}

func TestAddressAttach(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one, two := w.loadBalancer(), w.loadBalancer()
	must(lb.Publish(t.Context(), w, one, quick))(t)
	v6 := w.allocate(lb.AddressSpec{IPv6: true})
	o := must(w.Addresses().Attach(t.Context(), v6.ID, one))(t)
	if o.ID != "" || o.Status != lb.OperationDone || o.LoadBalancer != one || o.Action == "" {
		t.Errorf("got %+v", o)
	}
	must(lb.WaitOperation(t.Context(), w, o, quick))(t)
	if got := must(w.Addresses().Get(t.Context(), v6.ID))(t); got.LoadBalancer != one {
		t.Errorf("it belongs to %q", got.LoadBalancer)
	}
	if got := must(w.LoadBalancers().Get(t.Context(), one))(t); len(got.Addresses) != 2 {
		t.Errorf("the load balancer has %v", got.Addresses)
	}
	if pending := must(w.LoadBalancers().Commit(t.Context(), one, lb.CommitOptions{}))(t); pending.ID != "" {
		t.Errorf("an attachment is to be followed: %+v", pending)
	}
	if writes := w.writes(func() { must(w.Addresses().Attach(t.Context(), v6.ID, one))(t) }); len(writes) > 0 {
		t.Errorf("where it is already: sent %v", writes)
	}

	// It cannot leave again (facts 12), and nothing tries.
	writes := w.writes(func() {
		_, err := w.Addresses().Attach(t.Context(), v6.ID, two)
		unsupported(t, "another load balancer", err, "addresses.attach.move")
		_, err = w.Addresses().Detach(t.Context(), v6.ID)
		unsupported(t, "none", err, "addresses.detach")
		e := coded(t, "release", w.Addresses().Release(t.Context(), v6.ID), lb.ErrInUse)
		if len(e.Fields) != 1 || e.Fields[0].Path != string(one) {
			t.Errorf("the error is %v", e)
		}
		_, err = w.Addresses().Attach(t.Context(), v6.ID, "nl-ams-1/"+aHalf+"0001")
		isCode(t, "another zone", err, lb.ErrInvalid)
	})
	if len(writes) > 0 {
		t.Errorf("sent %v", writes)
	}
}

func unsupported(t *testing.T, what string, err error, feature lb.Feature) {
	t.Helper()
	var e *lb.UnsupportedError
	if !errors.As(err, &e) || e.Feature != feature || e.Hint == "" || e.Provider != "scaleway" {
		t.Errorf("%s: got %v, want feature %s with a hint", what, err, feature)
	}
}

func TestAddressAttachRefusedByTheAPI(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	parent := w.loadBalancer()
	_, err := w.Addresses().Attach(t.Context(), w.allocate(lb.AddressSpec{}).ID, parent)
	isCode(t, "a second IPv4 address", err, lb.ErrInvalid)
	_, err = w.Addresses().Attach(t.Context(), w.allocate(lb.AddressSpec{IPv6: true}).ID, nobody)
	isCode(t, "a load balancer that is gone", err, lb.ErrInvalid)
	_, err = w.Addresses().Attach(t.Context(), lb.AddressID("fr-par-1/"+aHalf+"0007"), parent)
	isCode(t, "an address that is gone", err, lb.ErrNotFound)
}

func TestAddressRelease(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	free := w.allocate(lb.AddressSpec{})
	if requests := w.sent(func() {
		_, err := w.Addresses().Detach(t.Context(), free.ID)
		unsupported(t, "detaching what is free", err, "addresses.detach")
	}); len(requests) > 0 {
		t.Errorf("detaching sent %v", requests)
	}
	if err := w.Addresses().Release(t.Context(), free.ID); err != nil {
		t.Error(err)
	}
	_, err := w.Addresses().Get(t.Context(), free.ID)
	isCode(t, "an address that is gone", err, lb.ErrNotFound)
	isCode(t, "again", w.Addresses().Release(t.Context(), free.ID), lb.ErrNotFound)
}

// TestAddressOfADeletedLoadBalancer: the way that the errors point to.
func TestAddressOfADeletedLoadBalancer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	parent := w.loadBalancer()
	mine := must(lb.One(w.Addresses().List(t.Context(), lb.AddressListOptions{LoadBalancer: parent})))(t)
	if err := w.LoadBalancers().Delete(t.Context(), parent, lb.DeleteLoadBalancerOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := lb.WaitDeleted(t.Context(), w, parent, quick); err != nil {
		t.Fatal(err)
	}
	if got := must(w.Addresses().Get(t.Context(), mine.ID))(t); got.LoadBalancer != "" {
		t.Errorf("it belongs to %q", got.LoadBalancer)
	}
	next := must(w.LoadBalancers().Create(t.Context(), lb.LoadBalancerSpec{
		Name: "next", Extensions: lb.Extend(scaleway.LoadBalancerOptions{Addresses: []lb.AddressID{mine.ID}}),
	}))(t)
	same(t, "the next one's addresses", next.Addresses[0], mine.Prefix.Addr())
}

// TestAddressAllocatedWithUnknownOutcome: an address has neither a name nor a time,
// so none that is there is taken for it.
func TestAddressAllocatedWithUnknownOutcome(t *testing.T) {
	t.Parallel()
	post := func(request *http.Request) bool { return request.Method == http.MethodPost }
	w := newWorld(t, inOurTime()...)
	w.allocate(lb.AddressSpec{IPv6: true}) // of the other family
	w.loadBalancer()                       // has one like it, which is not free

	w.api.Faults().On(post).Times(1).Status(http.StatusServiceUnavailable, "")
	if made := w.allocate(lb.AddressSpec{}); made.Prefix.Addr().Is6() {
		t.Errorf("made %+v", made)
	}
	w.api.Faults().On(post).Times(1).DropAfterSend()
	_, err := w.Addresses().Allocate(t.Context(), lb.AddressSpec{Tags: []string{"x"}, Reverse: "www.example.org"})
	e := coded(t, "lost", err, lb.ErrUncertain)
	if len(e.Fields) != 2 || e.Kind != lb.KindAddress || e.Op != "addresses.allocate" || strings.Contains(e.Error(), `""`) {
		t.Errorf("the error is %v, with %v", e, e.Fields)
	}
	for _, candidate := range e.Fields {
		id, ip, _ := strings.Cut(candidate.Reason, " ")
		got := must(w.Addresses().Get(t.Context(), lb.AddressID(id)))(t)
		if got.LoadBalancer != "" || got.Prefix.Addr().Is6() || ip != "("+got.Prefix.Addr().String()+")" {
			t.Errorf("candidate %v is %+v", candidate, got)
		}
	}
}
