package ovh_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jarcoal/httpmock"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/ovh"
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
