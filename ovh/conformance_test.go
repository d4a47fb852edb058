package ovh_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/lbtest"
	"github.com/lbkit/lbkit/ovh"
	"github.com/lbkit/lbkit/ovh/ovhtest"
)

// TestConformance is the contract, kept by the provider on an API on loopback.
func TestConformance(t *testing.T) {
	t.Parallel()
	lbtest.Run(t, newHarness)
}

// newHarness has an API whose clock stands still but for Advance, and takes a
// client whose idea of the time is as old as the clock is ahead.
func newHarness(t *testing.T) *lbtest.Harness {
	t.Helper()
	server := ovhtest.NewServer(ovhtest.WithManualClock(), ovhtest.WithAssumptions(func(a *ovhtest.Assumptions) { a.Skew = 1000 * time.Hour }))
	t.Cleanup(server.Close)
	retry := lb.RetryPolicy{MinWait: time.Millisecond, MaxWait: time.Millisecond}
	client := must[*ovh.Client](t)(server.Client(ovh.WithRetry(retry)))
	var made, addresses atomic.Int32
	listened := []netip.Prefix{netip.MustParsePrefix("198.51.100.8/32"), netip.MustParsePrefix("198.51.100.16/29")} // of the first load balancer
	return &lbtest.Harness{
		Provider: func(testing.TB) lb.Provider { return ovh.NewProvider(client, ovh.WithLoadBalancerOptions()) },
		LoadBalancer: func(testing.TB) lb.LoadBalancerID {
			name := server.AddService("gra", "rbx")
			if made.Add(1) == 1 {
				server.AddFailover(name, listened...)
			}
			return ovh.FormatLoadBalancerID(name)
		},
		Advance:   server.Advance,
		Staged:    true,
		SetHealth: server.SetHealth,
		Faults:    server.Faults(),
		Failure:   failure,
		EndNext: func(id lb.LoadBalancerID, status lb.OperationStatus) {
			word, known := map[lb.OperationStatus]string{lb.OperationDone: "done", lb.OperationFailed: "error", lb.OperationCancelled: "cancelled"}[status]
			if !known {
				word = string(status)
			}
			server.EndNextTask(string(id), word)
		},
		Requests: func() []*http.Request {
			return slices.DeleteFunc(server.Requests(), func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/auth/time") })
		},
		SetProvisioning: func(id lb.LoadBalancerID, state lb.Provisioning) {
			word, known := map[lb.Provisioning]string{lb.ProvisioningReady: "ok", lb.ProvisioningSuspended: "suspended", lb.ProvisioningError: "blacklisted"}[state]
			if !known {
				word = string(state)
			}
			server.SetState(string(id), word)
		},
		OwnError: func(err error) bool { _, ok := errors.AsType[*ovh.Error](err); return ok },
		FailingDomain: func(id lb.LoadBalancerID) string {
			server.EndNextTask(string(id), "error")
			return "failing.example"
		},
		Address: func(testing.TB, lb.LoadBalancerID) lb.AddressID {
			block := netip.MustParsePrefix(fmt.Sprintf("203.0.113.%d/32", addresses.Add(1)*10))
			server.AddAddresses("", block)
			return ovh.FormatAddressID(block)
		},
		Mix: func(t testing.TB, id lb.BackendID) string {
			t.Helper()
			p := ovh.NewProvider(client)
			servers, err := lb.Collect(p.Servers().List(t.Context(), id, lb.ListOptions{}))
			if err == nil {
				_, err = p.Servers().Update(t.Context(), servers[0].ID, func(s *lb.ServerSpec) error {
					s.Extensions = lb.Extend(ovh.ServerOptions{ProxyProtocol: new(lb.ProxyProtocolV2)})
					return nil
				})
			}
			if err != nil {
				t.Fatal(err)
			}
			return "proxyProtocol"
		},
		Own: lbtest.OwnValues{
			Addresses: listened,
			Extensions: map[lb.Feature][]lb.Extensions{
				"loadbalancer.extensions": {
					lb.Extend(ovh.LoadBalancerOptions{QuotaAlerts: map[string]int64{"gra": 5e12}, LogStreams: []ovh.LogStream{{Kind: "http", Stream: streamA}}}),
					lb.Extend(ovh.LoadBalancerOptions{QuotaAlerts: map[string]int64{"gra": 1, "rbx": 2}, LogStreams: []ovh.LogStream{{Kind: "tcp", Stream: streamB}}}),
				},
				"frontend.extensions":            {lb.Extend(ovh.FrontendOptions{RedirectLocation: "https://a.example/"}), lb.Extend(ovh.FrontendOptions{RedirectLocation: "https://b.example/"})},
				"backend.extensions":             {lb.Extend(ovh.BackendOptions{Zone: "gra"})},
				"backend.healthCheck.extensions": {lb.Extend(ovh.HealthCheckOptions{ForceTLS: true})},
				"filter.extensions":              {lb.Extend(ovh.FilterOptions{Target: "https://www.${host}${path}${arguments}"})},
				"server.extensions":              {lb.Extend(ovh.ServerOptions{Cookie: "one"}), lb.Extend(ovh.ServerOptions{Cookie: "two"})},
			},
		},
	}
}

// failure is how the API says a code (facts 3.2, 3.3). It has no words for what is
// in use, locked, or over a quota.
func failure(code error) (status int, body string, ok bool) {
	for _, known := range []struct {
		code   error
		status int
		body   string
	}{
		{lb.ErrNotFound, 404, `{"class":"Client::NotFound","message":"The requested object (farmId = 5) does not exist"}`},
		{lb.ErrInvalid, 400, `{"class":"Client::BadRequest","message":"[port] is not valid"}`},
		{lb.ErrUnauthorized, 403, `{"class":"Client::Forbidden","errorCode":"INVALID_CREDENTIAL","httpCode":"403 Forbidden","message":"This credential is not valid"}`},
		{lb.ErrForbidden, 403, `{"class":"Client::Forbidden","errorCode":"NOT_GRANTED_CALL","httpCode":"403 Forbidden","message":"This call has not been granted"}`},
		{lb.ErrExists, 409, `{"class":"Client::Conflict::AlreadyExists","message":"It exists already"}`},
		{lb.ErrConflict, 409, `{"class":"Client::Conflict","message":"It has changed"}`},
		{lb.ErrRateLimited, 429, `{"class":"Client::TooManyRequests","message":"Too many requests"}`},
		{lb.ErrExpired, 460, `{"class":"Client::ServiceExpired","message":"This service is expired"}`},
		{lb.ErrUnavailable, 500, `{"class":"Server::InternalServerError","message":"Internal server error"}`},
	} {
		if known.code == code { //nolint:errorlint // the sentinels themselves
			return known.status, known.body, true
		}
	}
	return 0, "", false
}
