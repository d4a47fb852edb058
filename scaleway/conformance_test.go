package scaleway_test

import (
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/lbtest"
	"github.com/lbkit/lbkit/scaleway"
	"github.com/lbkit/lbkit/scaleway/scalewaytest"
)

// TestConformance is the contract, kept by the provider on an API on loopback.
func TestConformance(t *testing.T) {
	t.Parallel()
	lbtest.Run(t, newHarness)
}

// TestConformanceWithPrivateNetworks is the same of a provider that looks after them.
func TestConformanceWithPrivateNetworks(t *testing.T) {
	t.Parallel()
	lbtest.Run(t, func(t *testing.T) *lbtest.Harness {
		t.Helper()
		h := newHarnessWith(t, scaleway.WithPrivateNetworks())
		h.Own.Extensions["loadbalancer.extensions"] = []lb.Extensions{
			lb.Extend(scaleway.LoadBalancerOptions{PrivateNetworks: networks(netA, netB)}),
			lb.Extend(scaleway.LoadBalancerOptions{Description: "two", PrivateNetworks: networks(netB, netC)}),
		}
		return h
	})
}

const failingDomain = "failing.example"

// newHarness has an API whose clock stands still but for Advance.
func newHarness(t *testing.T) *lbtest.Harness {
	t.Helper()
	return newHarnessWith(t)
}

// passing has time pass for a provider that waits in its calls: after each move of a
// network, and between the creation of a load balancer and the first look whether it is
// ready.
type passing struct {
	http.RoundTripper

	api  *scalewaytest.Server
	made atomic.Bool
}

func (p *passing) RoundTrip(r *http.Request) (*http.Response, error) {
	all := strings.HasSuffix(r.URL.Path, "/lbs")
	if made := p.made.Swap(all && r.Method == http.MethodPost); made && !all {
		p.api.Advance(10 * time.Second)
	}
	answer, err := p.RoundTripper.RoundTrip(r)
	if isMove(r) {
		p.api.Advance(10 * time.Second)
	}
	return answer, err
}

func newHarnessWith(t *testing.T, opts ...scaleway.ProviderOption) *lbtest.Harness {
	t.Helper()
	api := scalewaytest.NewServer(
		scalewaytest.WithManualClock(), scalewaytest.WithFailingDomain(failingDomain, "the domain does not point to the load balancer"),
	)
	t.Cleanup(api.Close)
	transport := api.HTTPClient().Transport
	if len(opts) > 0 {
		transport = &passing{RoundTripper: transport, api: api}
	}
	client := must(api.Client(
		scaleway.WithRetry(lb.RetryPolicy{MinWait: time.Millisecond, MaxWait: time.Millisecond}),
		scaleway.WithHTTPClient(&http.Client{Transport: transport}),
	))(t)
	provider := func(testing.TB) lb.Provider {
		return must(scaleway.NewProvider(client, []scaleway.Zone{zone}, opts...))(t)
	}
	return &lbtest.Harness{
		Provider: provider,
		LoadBalancer: func(t testing.TB) lb.LoadBalancerID {
			t.Helper()
			made, err := provider(t).LoadBalancers().Create(t.Context(), lb.LoadBalancerSpec{Name: "web"})
			if err != nil {
				t.Fatal(err)
			}
			api.Advance(10 * time.Second)
			return made.ID
		},
		Advance:   api.Advance,
		SetHealth: api.SetHealth,
		Faults:    api.Faults(),
		Failure:   failure,
		EndNext: func(id lb.LoadBalancerID, status lb.OperationStatus) {
			word, known := map[lb.OperationStatus]string{lb.OperationDone: "ready", lb.OperationFailed: "error", lb.OperationCancelled: "stopped"}[status]
			if !known {
				word = string(status)
			}
			api.EndNext(id, word)
		},
		Requests: api.Requests,
		SetProvisioning: func(id lb.LoadBalancerID, state lb.Provisioning) {
			word, known := map[lb.Provisioning]string{lb.ProvisioningSuspended: "stopped"}[state]
			if !known {
				word = string(state)
			}
			api.SetStatus(id, word)
		},
		OwnError:      func(err error) bool { _, ok := errors.AsType[*scaleway.Error](err); return ok },
		FailingDomain: func(lb.LoadBalancerID) string { return failingDomain },
		Address: func(t testing.TB, _ lb.LoadBalancerID) lb.AddressID { // beside an IPv4 address there is place for one IPv6
			t.Helper()
			made, err := provider(t).Addresses().Allocate(t.Context(), lb.AddressSpec{IPv6: true})
			if err != nil {
				t.Fatal(err)
			}
			return made.ID
		},
		Own: lbtest.OwnValues{
			Plans: []string{"lb-gp-m", "lb-gp-l"},
			Zones: []string{string(zone)},
			Extensions: map[lb.Feature][]lb.Extensions{
				"loadbalancer.extensions":        {lb.Extend(scaleway.LoadBalancerOptions{Description: "one"}), lb.Extend(scaleway.LoadBalancerOptions{Description: "two"})},
				"frontend.extensions":            {lb.Extend(scaleway.FrontendOptions{AccessLogs: true})},
				"backend.extensions":             {lb.Extend(scaleway.BackendOptions{FailoverHost: "a.s3-website.fr-par.scw.cloud"})},
				"backend.healthCheck.extensions": {lb.Extend(scaleway.HealthCheckOptions{TransientDelay: lb.Duration(time.Second)})},
				"address.extensions":             {lb.Extend(scaleway.AddressOptions{Project: aHalf + "00aa"}), lb.Extend(scaleway.AddressOptions{Project: aHalf + "00bb"})},
				"filter.extensions":              {lb.Extend(scaleway.FilterOptions{Description: "one"}), lb.Extend(scaleway.FilterOptions{Description: "two"})},
			},
		},
	}
}

// failure is how the API says a code (facts 5).
func failure(code error) (status int, body string, ok bool) {
	for _, known := range []struct {
		code   error
		status int
		body   string
	}{
		{lb.ErrNotFound, 404, `{"message":"backends not Found"}`},
		{lb.ErrExists, 409, `{"type":"already_exists","message":"It exists already"}`},
		{lb.ErrInvalid, 400, `{"type":"invalid_arguments","message":"invalid argument(s)","details":[{"argument_name":"port","reason":"constraint"}]}`},
		{lb.ErrInUse, 412, `{"type":"precondition_failed","message":"It is in use","precondition":"resource_still_in_use"}`},
		{lb.ErrBusy, 423, `{"type":"locked","message":"It is locked"}`},
		{lb.ErrQuota, 403, `{"type":"quotas_exceeded","message":"quota exceeded","details":[{"resource":"lbs","quota":1,"current":1}]}`},
		{lb.ErrRateLimited, 429, `{"type":"too_many_requests","message":"too many requests"}`},
		{lb.ErrUnauthorized, 401, `{"type":"denied_authentication","message":"authentication is denied"}`},
		{lb.ErrForbidden, 403, `{"type":"permissions_denied","message":"insufficient permissions"}`},
		{lb.ErrExpired, 410, `{"type":"resource_expired","message":"It has expired"}`},
		{lb.ErrUnavailable, 500, `{"message":"internal error"}`},
	} {
		if known.code == code { //nolint:errorlint // the sentinels themselves
			return known.status, known.body, true
		}
	}
	return 0, "", false
}
