package scaleway_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/scaleway"
	"github.com/lbkit/lbkit/scaleway/scalewaytest"
)

// What went over the wire, to look at what goes wrong or to report it. The address of the
// webhook, which is as good as a password, is not in it.
func ExampleWithDump() {
	server := scalewaytest.NewServer()
	defer server.Close()
	var dump strings.Builder // or os.Stderr
	client, err := server.Client(scaleway.WithProject(exampleProject), scaleway.WithDump(&dump))
	mustDo(err)
	_, err = client.Zone("fr-par-1").Subscribers.Create(context.Background(), scaleway.SubscriberCreate{
		Name: "on-call", WebhookConfig: &scaleway.SubscriberWebhookConfig{URI: "https://hooks.example.com/T0/B1/x"},
	})
	mustDo(err)

	request, _, _ := strings.Cut(dump.String(), "\n* answer after")
	_, headers, _ := strings.Cut(request, "/subscribers\n")
	fmt.Println(headers)
	// Output:
	// > Accept: application/json
	// > Content-Type: application/json
	// > User-Agent: lbkit
	// > X-Auth-Token: [hidden]
	// {
	//   "name": "on-call",
	//   "webhook_config": {
	//     "uri": "[secret]"
	//   },
	//   "project_id": "105bdce1-64c0-48ab-899d-868455867ecf"
	// }
}

// TestDumpCanaries: no key, certificate chain or webhook is in the dump of the calls that
// carry one, whatever repeats it, and what is harmless is.
func TestDumpCanaries(t *testing.T) {
	t.Parallel()
	server := scalewaytest.NewServer(scalewaytest.WithSpeed(1e6))
	t.Cleanup(server.Close)
	var dump bytes.Buffer
	wire := &echoing{base: server.HTTPClient().Transport}
	client := must(scaleway.NewClient(server.SecretKey(), scaleway.WithBaseURL(server.URL), scaleway.WithProject(server.ProjectID()),
		scaleway.WithHTTPClient(&http.Client{Transport: wire}), scaleway.WithDump(&dump), scaleway.WithRetry(lb.RetryPolicy{MaxAttempts: 1})))(t)
	const zone, hook = scaleway.Zone("fr-par-1"), "https://hooks.example.com/canary/Hook+1"
	api, provider := client.Zone(zone), must(scaleway.NewProvider(client, []scaleway.Zone{zone}))(t)
	balancer := must(api.LBs.Create(t.Context(), scaleway.LBCreate{Name: "edge"}))(t)
	material := scaleway.Issue(t, "www.example.org")
	chain := lb.NewSecret(material.Key + material.Leaf + material.Issuer)
	calls := []func(){
		func() {
			_, _ = api.Certificates.Create(t.Context(), balancer.ID, scaleway.CertificateCreate{Name: "shop", Custom: &scaleway.CustomCertificate{CertificateChain: chain}})
		},
		func() {
			spec := lb.CertificateSpec{Name: "web", PEM: material.Leaf, Key: lb.NewSecret(material.Key)}
			_, _ = provider.Certificates().Create(t.Context(), scaleway.FormatLoadBalancerID(zone, balancer.ID), spec)
		},
		func() {
			create := scaleway.SubscriberCreate{Name: "on-call", WebhookConfig: &scaleway.SubscriberWebhookConfig{URI: hook}}
			if made, err := api.Subscribers.Create(t.Context(), create); err == nil {
				_, _ = api.Subscribers.Update(t.Context(), made.ID, scaleway.NewSubscriberUpdate(made))
			}
		},
		func() {
			_, _ = lb.Collect(api.Subscribers.List(t.Context(), scaleway.SubscriberListOptions{Name: "on-call"}))
		},
		func() {
			_ = client.Do(t.Context(), http.MethodGet, "/iam/v1alpha1/x?secret_key=canaryQuery&page=7", nil, nil)
		},
		func() {
			_ = client.Do(t.Context(), http.MethodPost, "/lb/v1/x", map[string]string{"description": "mine: " + material.Key, "password": "canaryPassword"}, nil)
		},
	}
	for _, kind := range []string{"application/json", "text/html", "text/plain; charset=utf-8", "application/octet-stream"} {
		wire.kind = kind
		for _, form := range []func(string) string{
			nil, strings.Clone, url.QueryEscape, url.PathEscape, html.EscapeString, strings.ToUpper,
			func(s string) string { return strings.Join(strings.Fields(s), " ") },
			func(s string) string { return strings.NewReplacer("PRIVATE KEY", "", `\n`, "\n").Replace(s) },
		} {
			wire.form = form
			for _, call := range calls {
				call()
			}
		}
	}
	checkDump(t, dump.String(), server.SecretKey().Reveal(), material.Key, material.Leaf, material.Issuer, hook, "canaryQuery", "canaryPassword")
	for _, want := range []string{`"name": "shop"`, "page=7", "no good: ", "* it begins \"no good: ", "application/octet-stream", `"name": "on-call"`, balancer.ID, `"custom_certificate": "[secret]"`} {
		if !strings.Contains(dump.String(), want) {
			t.Errorf("%s is not shown", want)
		}
	}
}

// checkDump looks for secrets, line by line, in each form that they may have.
func checkDump(t *testing.T, dump string, secrets ...string) {
	t.Helper()
	dump = strings.ToLower(dump)
	for line := range strings.Lines(strings.Join(secrets, "\n")) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "-----") {
			continue
		}
		for _, form := range []string{line, url.QueryEscape(line), url.PathEscape(line), html.EscapeString(line), strings.ReplaceAll(line, "/", `\/`)} {
			if i := strings.Index(dump, strings.ToLower(form)); i >= 0 {
				t.Errorf("%q shows: …%s…", form, dump[max(0, i-300):min(len(dump), i+300)])
			}
		}
	}
	if strings.Contains(dump, "private key-----") {
		t.Error("a private key shows")
	}
}

// echoing passes requests on, or, where it has a form, refuses and repeats them.
type echoing struct {
	base http.RoundTripper
	form func(string) string
	kind string // of the answer
}

func (e *echoing) RoundTrip(r *http.Request) (*http.Response, error) {
	if e.form == nil {
		return e.base.RoundTrip(r)
	}
	var sent bytes.Buffer
	if r.Body != nil {
		if _, err := sent.ReadFrom(r.Body); err != nil {
			return nil, err
		}
		_ = r.Body.Close()
	}
	body := []byte("no good: " + e.form(fmt.Sprint(r.URL, r.Header, sent.String())))
	if e.kind == "application/json" {
		var err error
		if body, err = json.Marshal(map[string]string{"message": string(body), "type": "echo"}); err != nil {
			return nil, err
		}
	}
	return &http.Response{StatusCode: http.StatusBadGateway, Header: http.Header{"Content-Type": {e.kind}}, Body: io.NopCloser(bytes.NewReader(body)), Request: r}, nil
}
