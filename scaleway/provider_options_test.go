package scaleway_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/scaleway"
)

// with is a provider with options.
func (w *world) with(opts ...scaleway.ProviderOption) lb.Provider {
	w.t.Helper()
	return must(scaleway.NewProvider(w.client, []scaleway.Zone{zone}, opts...))(w.t)
}

func TestProviderKnowsItsClient(t *testing.T) {
	t.Parallel()
	client := must(scaleway.NewClient(lb.NewSecret(aHalf + "abcd")))(t)
	p := must(scaleway.NewProvider(client, nil))(t)
	if back, ok := scaleway.ClientOf(p); !ok || back != client {
		t.Errorf("got %v, %t", back, ok)
	}
	if back, ok := scaleway.ClientOf(wrapped{wrapped{p}}); !ok || back != client {
		t.Error("ClientOf does not look through a provider that shows what it wraps")
	}
	if _, ok := scaleway.ClientOf(wrapped{lb.UnimplementedProvider{ProviderName: "scaleway"}}); ok {
		t.Error("another provider has a Scaleway client")
	}
	if p.Name() != "scaleway" {
		t.Errorf("name is %q", p.Name())
	}
	if text := fmt.Sprintf("%v %+v", p, p); strings.Contains(text, aHalf) {
		t.Errorf("the secret shows in %s", text)
	}
}

type wrapped struct{ lb.Provider }

func (w wrapped) Unwrap() lb.Provider { return w.Provider }

// TestInProject: lists show what is in the project alone, by a filter of the API's own, and
// nothing else is filtered.
func TestInProject(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const other = aHalf + "00AA"
	in := lb.Extend(scaleway.LoadBalancerOptions{Project: strings.ToLower(other)})
	mine := w.loadBalancer()
	theirs := must(w.LoadBalancers().Create(t.Context(), lb.LoadBalancerSpec{Name: "theirs", Extensions: in}))(t)
	p := w.with(scaleway.InProject(other))
	listed := must(lb.Collect(p.LoadBalancers().List(t.Context(), lb.LoadBalancerListOptions{})))(t)
	addresses := must(lb.Collect(p.Addresses().List(t.Context(), lb.AddressListOptions{})))(t)
	if len(listed) != 1 || listed[0].ID != theirs.ID || len(addresses) != 1 || addresses[0].LoadBalancer != theirs.ID {
		t.Errorf("listed %v, %v", listed, addresses)
	}
	for _, r := range w.api.Requests() {
		if got := r.URL.Query().Get("project_id"); r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "s") && got != strings.ToLower(other) {
			t.Errorf("GET %s of project %q", r.URL.Path, got)
		}
	}
	must(p.LoadBalancers().Get(t.Context(), mine))(t)
	if made := must(p.LoadBalancers().Create(t.Context(), lb.LoadBalancerSpec{Name: "new"}))(t); made.Native.(*scaleway.LB).ProjectID != w.api.ProjectID() {
		t.Errorf("made in project %s", made.Native.(*scaleway.LB).ProjectID)
	}
}
