package ovh

import (
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lbkit/lbkit/lb"
)

func TestLoadBalancerFromNative(t *testing.T) {
	t.Parallel()
	native := &LoadBalancer{
		ServiceName: "s", DisplayName: "edge", Offer: "lb1", State: StateOK, Zone: []string{"gra", "rbx"}, IPv4: "192.0.2.1", IPv6: "2001:db8::1",
		IAM: &IAM{Tags: map[string]string{"team": "web", "alone": ""}},
	}
	got, err := loadBalancerOf(native)
	if err != nil {
		t.Fatal(err)
	}
	want := &lb.LoadBalancer{
		ID: "s", Provisioning: lb.ProvisioningReady, Zones: []string{"gra", "rbx"}, Native: native,
		Addresses:        []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")},
		LoadBalancerSpec: lb.LoadBalancerSpec{Name: "edge", Tags: []string{"alone", "team=web"}, Plan: "lb1", TLSPolicy: lb.TLSPolicyIntermediate},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	for state, want := range map[LoadBalancerState]lb.Provisioning{
		StateSuspended: lb.ProvisioningSuspended, StateQuarantined: lb.ProvisioningSuspended, StateBlacklisted: lb.ProvisioningSuspended,
		StateDeleted: lb.ProvisioningDeleting, StateFree: lb.ProvisioningDeleting, "": lb.ProvisioningUnknown, "migrating": "migrating",
	} {
		if got := provisioningOf(state); got != want {
			t.Errorf("state %q is %q, want %q", state, got, want)
		}
	}
}

func TestOperationFromNative(t *testing.T) {
	t.Parallel()
	done := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	task := &Task{ID: 12, Action: TaskRefresh, Status: TaskBlocked, Progress: 40, Zones: []string{"gra"}, CreationDate: done.Add(-time.Minute), DoneDate: &done}
	got := operationOf("s", task)
	if got.ID != "s/task/12" || got.LoadBalancer != "s" || got.Action != "refreshIplb" || got.Progress != 40 || got.Native != task ||
		!got.Finished.Equal(done) || !got.Started.Equal(task.CreationDate) || !strings.Contains(got.Detail, "blocked") {
		t.Errorf("got %+v", got)
	}
	for status, want := range map[TaskStatus]lb.OperationStatus{
		TaskTodo: lb.OperationPending, TaskDoing: lb.OperationRunning, TaskDone: lb.OperationDone, TaskError: lb.OperationFailed,
		TaskBlocked: lb.OperationFailed, TaskCancelled: lb.OperationCancelled, "": lb.OperationUnknown, "paused": "paused",
	} {
		if got, _ := statusOf(status); got != want {
			t.Errorf("status %q is %q, want %q", status, got, want)
		}
	}
}

func TestHealthOfServerStates(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]lb.Health{
		"UP": lb.HealthHealthy, "up": lb.HealthHealthy, "UP 1/3": lb.HealthHealthy, "DOWN": lb.HealthDown, "DOWN 1/2": lb.HealthDown,
		"no check": lb.HealthUnknown, "": lb.HealthUnknown, "MAINT": lb.HealthUnknown, "UPSIDE DOWN": lb.HealthUnknown,
	} {
		if got := healthOfState(true, word); got != want {
			t.Errorf("%q is %q, want %q", word, got, want)
		}
		if got := healthOfState(false, word); got != lb.HealthUnknown {
			t.Errorf("%q of a server that is not probed is %q", word, got)
		}
	}
	checked := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	s := &server{HTTPServer: &HTTPServer{Probe: true, ServerState: []ServerState{
		{InstanceID: 7, Status: "DOWN", CheckTime: &checked, CheckStatus: "L7STS", CheckCode: "503", LastCheckContent: "oops"}, {InstanceID: 8, Status: "UP"},
	}}}
	got := healthOf("id", s)
	want := []*lb.ServerHealth{
		{Server: "id", Instance: "7", State: lb.HealthDown, Code: "503", Check: "L7STS", Content: "oops", CheckedAt: checked, Native: &s.ServerState[0]},
		{Server: "id", Instance: "8", State: lb.HealthHealthy, Native: &s.ServerState[1]},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	if got := healthOf("id", &server{HTTPServer: &HTTPServer{}}); len(got) != 1 || got[0].State != lb.HealthUnknown || got[0].Server != "id" {
		t.Errorf("a server of which nobody tells: %+v", got)
	}
}

func TestCertificateFromNative(t *testing.T) {
	t.Parallel()
	expires := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, test := range []struct {
		kind   CertificateType
		want   lb.CertificateSource
		detail bool
	}{
		{CertificateCustom, lb.CertificateUploaded, false},
		{CertificateBuilt, lb.CertificateManaged, false},
		{CertificateBuiltNotRouted, lb.CertificateManaged, true},
		{"gift", "gift", false},
	} {
		native := &Certificate{ID: 5, DisplayName: "n", Type: test.kind, Subject: "C=FR, CN=a.example", SAN: []string{"a.example"}, ExpireDate: expires, Fingerprint: "AB:0C"}
		got := certificateOf("s", native)
		if got.ID != "s/ssl/5" || got.LoadBalancer != "s" || got.Name != "n" || got.Source != test.want || got.CommonName != "a.example" ||
			got.Fingerprint != "ab0c" || !got.NotAfter.Equal(expires) || got.Provisioning != lb.ProvisioningReady || (got.Detail != "") != test.detail || len(got.Domains) != 1 {
			t.Errorf("%s: %+v", test.kind, got)
		}
	}
	if got := certificateOf("s", &Certificate{Subject: "CN=a.example"}); !slices.Equal(got.Domains, []string{"a.example"}) {
		t.Errorf("a certificate of its subject alone has the domains %q", got.Domains)
	}
	for subject, want := range map[string]string{"/C=FR/CN=b.example": "b.example", "c.example": "c.example", "O=nobody": ""} {
		if got := commonName(subject); got != want {
			t.Errorf("%q: %q, want %q", subject, got, want)
		}
	}
}
