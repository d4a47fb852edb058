package rest_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/lbtest"
	"github.com/lbkit/lbkit/ovh"
	"github.com/lbkit/lbkit/ovh/ovhtest"
	"github.com/lbkit/lbkit/scaleway"
	"github.com/lbkit/lbkit/scaleway/scalewaytest"
)

// quick retries without waiting to speak of.
var quick = lb.RetryPolicy{MinWait: time.Microsecond, MaxWait: time.Millisecond}

const zone = scaleway.Zone("fr-par-1")

// stage is a loopback server with a backend, and the calls that the matrix
// makes to it, one of each method.
type stage struct {
	faults   *lbtest.Faults
	calls    map[string]func(ctx context.Context) error
	backends func() int // how many the server holds
	requests func() int
	bodiless string // the call whose answer has no body that could be cut off
}

var callNames = []string{"GET", "PUT", "DELETE", "PATCH", "POST", "list"}

// stages are the clients of the matrix, by the name of what they authenticate
// with.
var stages = map[string]func(*testing.T) *stage{
	signed: func(t *testing.T) *stage {
		t.Helper()
		return ovhStage(t, func(s *ovhtest.Server) ovh.Credentials {
			c := s.Credentials()
			return ovh.ApplicationKey(c.ApplicationKey, lb.NewSecret(c.ApplicationSecret), lb.NewSecret(c.ConsumerKey))
		})
	},
	token: func(t *testing.T) *stage {
		t.Helper()
		return ovhStage(t, func(s *ovhtest.Server) ovh.Credentials {
			c := s.OAuth2Client()
			return ovh.OAuth2(c.ID, lb.NewSecret(c.Secret))
		})
	},
	key: scalewayStage,
}

const signed, token, key = "ovh", "ovh with OAuth2", "scaleway" //nolint:gosec // G101: names of columns

func ovhStage(t *testing.T, credentials func(*ovhtest.Server) ovh.Credentials) *stage {
	t.Helper()
	server := ovhtest.NewServer(ovhtest.WithPipe())
	t.Cleanup(server.Close)
	client, err := ovh.NewClient(ovh.Endpoint(server.URL+"/v1"), credentials(server),
		ovh.WithHTTPClient(server.HTTPClient()), ovh.WithTokenURL(server.TokenURL()), ovh.WithRetry(quick), ovh.WithAttemptTimeout(attemptTimeout))
	if err != nil {
		t.Fatal(err)
	}
	service := server.AddService("gra")
	farms := client.HTTP.Farms
	farm, err := farms.Create(t.Context(), service, ovh.HTTPFarmCreate{DisplayName: "first", Zone: "all"})
	if err != nil {
		t.Fatal(err)
	}
	before := len(server.Requests())
	return &stage{
		faults:   server.Faults(),
		bodiless: "PATCH", // its answer is an error, of which what there is counts
		requests: func() int { return len(server.Requests()) - before },
		backends: func() int {
			ids, err := farms.ListIDs(context.WithoutCancel(t.Context()), service, ovh.FarmListOptions{})
			if err != nil {
				t.Error(err)
			}
			return len(ids)
		},
		calls: map[string]func(context.Context) error{
			"GET": func(ctx context.Context) error { _, err := farms.Get(ctx, service, farm.FarmID); return err },
			"PUT": func(ctx context.Context) error {
				return farms.Update(ctx, service, farm.FarmID, ovh.HTTPFarmUpdate{Port: ovh.Value(81)})
			},
			"DELETE": func(ctx context.Context) error { return farms.Delete(ctx, service, farm.FarmID) },
			"PATCH": func(ctx context.Context) error { // OVH has none: what counts is how often it is sent
				err := client.Do(ctx, http.MethodPatch, "/ipLoadbalancing/"+service, map[string]string{}, nil)
				var e *lb.Error
				if errors.As(err, &e) && e.Status == http.StatusMethodNotAllowed {
					return nil
				}
				return err
			},
			"POST": func(ctx context.Context) error {
				_, err := farms.Create(ctx, service, ovh.HTTPFarmCreate{DisplayName: "second", Zone: "all"})
				return err
			},
			"list": func(ctx context.Context) error {
				_, err := lb.Collect(farms.List(ctx, service, ovh.FarmListOptions{}))
				return err
			},
		},
	}
}

func scalewayStage(t *testing.T) *stage {
	t.Helper()
	server := scalewaytest.NewServer(scalewaytest.WithPipe())
	t.Cleanup(server.Close)
	client, err := server.Client(scaleway.WithRetry(quick), scaleway.WithAttemptTimeout(attemptTimeout))
	if err != nil {
		t.Fatal(err)
	}
	api := client.Zone(zone)
	balancer, err := api.LBs.Create(t.Context(), scaleway.LBCreate{Name: "one"})
	if err != nil {
		t.Fatal(err)
	}
	check := scaleway.HealthCheck{Port: 80, CheckMaxRetries: 3, TCPConfig: &scaleway.HealthCheckTCPConfig{}}
	create := scaleway.BackendCreate{Name: "first", ForwardPort: 80, HealthCheck: check}
	backend, err := api.Backends.Create(t.Context(), balancer.ID, create)
	if err != nil {
		t.Fatal(err)
	}
	before := len(server.Requests())
	return &stage{
		faults:   server.Faults(),
		bodiless: "DELETE",
		requests: func() int { return len(server.Requests()) - before },
		backends: func() int {
			all, err := lb.Collect(api.Backends.List(context.WithoutCancel(t.Context()), balancer.ID, scaleway.BackendListOptions{}))
			if err != nil {
				t.Error(err)
			}
			return len(all)
		},
		calls: map[string]func(context.Context) error{
			"GET": func(ctx context.Context) error { _, err := api.Backends.Get(ctx, backend.ID); return err },
			"PUT": func(ctx context.Context) error {
				_, err := api.Backends.Update(ctx, backend.ID, scaleway.NewBackendUpdate(backend))
				return err
			},
			"DELETE": func(ctx context.Context) error { return api.Backends.Delete(ctx, backend.ID) },
			"PATCH": func(ctx context.Context) error {
				_, err := api.IPs.Update(ctx, balancer.IP[0].ID, scaleway.IPUpdate{Tags: scaleway.Value([]string{"x"})})
				return err
			},
			"POST": func(ctx context.Context) error {
				again := create
				again.Name = "second"
				_, err := api.Backends.Create(ctx, balancer.ID, again)
				return err
			},
			"list": func(ctx context.Context) error {
				_, err := lb.Collect(api.Backends.List(ctx, balancer.ID, scaleway.BackendListOptions{}))
				return err
			},
		},
	}
}

// attemptTimeout ends the attempts whose server stalls.
const attemptTimeout = 10 * time.Second

// fate is what becomes of a call after one fault.
type fate string

const (
	again     fate = "tries again"
	uncertain fate = "outcome unknown"
	fails     fate = "fails at once"
)

// row is one row of the retry table: a fault, and what follows for POST and for
// every other method.
type row struct {
	name         string
	only         []string // the stages that know it; nil: all
	fault        func(*lbtest.Rule)
	acted        bool // the server has carried the request out all the same
	others, post fate
	code         error // of a call that fails
}

const (
	badSignature = `{"class":"Client::BadRequest","errorCode":"INVALID_SIGNATURE","httpCode":"400 Bad Request","message":"Invalid signature"}`
	badToken     = `{"class":"Client::Unauthorized","message":"You must login first"}`
	transient    = `{"type":"transient_state","message":"transient","resource":"lb","resource_id":"x","current_state":"migrating"}`
)

var rows = []row{
	{name: "dial refused", fault: func(r *lbtest.Rule) { r.DropBeforeSend() }, others: again, post: again},
	{name: "429", fault: func(r *lbtest.Rule) { r.Status(429, "").RetryAfter(0) }, others: again, post: again},
	{name: "503 with Retry-After", fault: func(r *lbtest.Rule) { r.Status(503, "").RetryAfter(0) }, others: again, post: again},
	{name: "408", fault: func(r *lbtest.Rule) { r.Status(408, "<html>") }, others: again, post: uncertain},
	{name: "500", fault: func(r *lbtest.Rule) { r.Status(500, "") }, others: again, post: uncertain},
	{name: "500 but done", fault: func(r *lbtest.Rule) { r.Replace(500, "") }, acted: true, others: again, post: uncertain},
	{name: "502", fault: func(r *lbtest.Rule) { r.Status(502, "<html>") }, others: again, post: uncertain},
	{name: "503", fault: func(r *lbtest.Rule) { r.Status(503, "") }, others: again, post: uncertain},
	{name: "504", fault: func(r *lbtest.Rule) { r.Status(504, "") }, others: again, post: uncertain},
	{name: "connection lost", fault: func(r *lbtest.Rule) { r.DropAfterSend() }, acted: true, others: again, post: uncertain},
	{name: "attempt timed out", fault: func(r *lbtest.Rule) { r.Delay(time.Hour) }, others: again, post: uncertain},
	{name: "answer truncated", fault: func(r *lbtest.Rule) { r.Truncate(2) }, acted: true, others: again, post: uncertain},
	{name: "answer is HTML", fault: func(r *lbtest.Rule) { r.Replace(200, "<html>") }, acted: true, others: again, post: uncertain},
	{name: "signature refused", only: []string{signed}, fault: func(r *lbtest.Rule) { r.Status(400, badSignature) }, others: again, post: again},
	{name: "token refused", only: []string{token}, fault: func(r *lbtest.Rule) { r.Status(401, badToken) }, others: again, post: again},
	{name: "401", only: []string{signed, key}, fault: func(r *lbtest.Rule) { r.Status(401, badToken) }, others: fails, post: fails, code: lb.ErrUnauthorized},
	{name: "429 for long", fault: func(r *lbtest.Rule) { r.Status(429, "").RetryAfter(time.Hour) }, others: fails, post: fails, code: lb.ErrRateLimited},
	{name: "503 for long", fault: func(r *lbtest.Rule) { r.Status(503, "").RetryAfter(time.Hour) }, others: fails, post: fails, code: lb.ErrUnavailable},
	{name: "409 transient", only: []string{key}, fault: func(r *lbtest.Rule) { r.Status(409, transient) }, others: again, post: again},
	{name: "409", fault: func(r *lbtest.Rule) { r.Status(409, `{"message":"conflict"}`) }, others: fails, post: fails, code: lb.ErrConflict},
	{name: "400", fault: func(r *lbtest.Rule) { r.Status(400, `{"message":"bad"}`) }, others: fails, post: fails, code: lb.ErrInvalid},
	{name: "403", fault: func(r *lbtest.Rule) { r.Status(403, `{"message":"no"}`) }, others: fails, post: fails, code: lb.ErrForbidden},
	{name: "404", fault: func(r *lbtest.Rule) { r.Status(404, `{"message":"gone"}`) }, others: fails, post: fails, code: lb.ErrNotFound},
	{name: "460", fault: func(r *lbtest.Rule) { r.Status(460, `{"message":"expired"}`) }, others: fails, post: fails, code: lb.ErrExpired},
	{name: "501", fault: func(r *lbtest.Rule) { r.Status(501, "") }, others: fails, post: fails, code: lb.ErrUnavailable},
	{name: "302", fault: func(r *lbtest.Rule) { r.Status(302, "") }, others: fails, post: fails, code: lb.ErrInvalid},
}

// TestFaultMatrix makes every fault happen once to one call of each method, on
// each provider, over the wire (in memory, so that time is virtual). No cell is
// left out.
func TestFaultMatrix(t *testing.T) {
	t.Parallel()
	for provider, setUp := range stages {
		t.Run(provider, func(t *testing.T) {
			t.Parallel()
			cells := newTable(callNames)
			for _, r := range rows {
				if r.only == nil || slices.Contains(r.only, provider) {
					cells.rows = append(cells.rows, r.name)
				}
			}
			t.Cleanup(func() { t.Logf("%s: what follows one fault\n%s", provider, cells) })
			for _, r := range rows {
				if !slices.Contains(cells.rows, r.name) {
					continue
				}
				for _, name := range callNames {
					t.Run(r.name+"/"+name, func(t *testing.T) {
						t.Parallel()
						synctest.Test(t, func(t *testing.T) {
							got := matrixCell(t, setUp(t), r, name)
							want := r.others
							if name == "POST" {
								want = r.post
							}
							if got != want {
								t.Errorf("%s, want %s", got, want)
							}
							cells.set(r.name, name, string(got))
						})
					})
				}
			}
		})
	}
}

func matrixCell(t *testing.T, s *stage, r row, name string) fate {
	t.Helper()
	r.fault(s.faults.On(nil).Times(1)) // there is a clock and a token already: it is the call that it hits
	err := s.calls[name](t.Context())
	reached := s.requests()
	s.faults.Reset()
	<-time.After(time.Hour) // what a 429 asked for is over
	if name == "POST" {
		if n := s.backends(); n > 2 || (err == nil && n != 2) || (r.acted && n != 2) {
			t.Errorf("the server holds %d backends after: %v", n, err)
		}
	}
	sent := 0 // requests that reached the server because of a repeat
	if r.acted {
		sent = 1
	}
	switch {
	case err == nil:
		if cut := r.name == "answer truncated" && name == s.bodiless; reached <= sent && !cut {
			t.Errorf("%d requests reached the server", reached)
		}
		return again
	case reached != sent:
		t.Errorf("%d requests reached the server, then: %v", reached, err)
	}
	var e *lb.Error
	if !errors.As(err, &e) {
		t.Fatalf("%v is not an *lb.Error", err)
	}
	if errors.Is(err, lb.ErrUncertain) {
		return uncertain
	}
	if r.code != nil && !errors.Is(err, r.code) {
		t.Errorf("%v, want %v", err, r.code)
	}
	if e.Attempts != 1 || e.Op == "" || e.Provider == "" {
		t.Errorf("the error does not say what failed: %+v", e)
	}
	return fails
}

// table collects the cells of a matrix, to be shown as one.
type table struct {
	mu      sync.Mutex
	columns []string
	rows    []string
	cells   map[[2]string]string
}

func newTable(columns []string) *table {
	return &table{columns: columns, cells: map[[2]string]string{}}
}

func (m *table) set(row, column, cell string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.cells[[2]string{row, column}] = cell
}

func (m *table) String() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var b strings.Builder
	fmt.Fprintf(&b, "%-24s", "")
	for _, c := range m.columns {
		fmt.Fprintf(&b, " %-17s", c)
	}
	for _, r := range m.rows {
		fmt.Fprintf(&b, "\n%-24s", r)
		for _, c := range m.columns {
			cell := m.cells[[2]string{r, c}]
			if cell == "" {
				cell = "NOT TESTED"
			}
			fmt.Fprintf(&b, " %-17s", cell)
		}
	}
	return b.String()
}
