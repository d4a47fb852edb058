package scaleway_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/scaleway"
)

// newHomeless has a client without a project, which leaves it to each spec to say
// one. What is read back does not show the default project.
func newHomeless(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, inOurTime()...)
	w.client = must(scaleway.NewClient(
		w.api.SecretKey(), scaleway.WithBaseURL(w.api.URL), scaleway.WithHTTPClient(w.api.HTTPClient()), scaleway.WithRetry(lb.RetryPolicy{MaxAttempts: 1}),
	))(t)
	w.Provider = w.provider(zone)
	return w
}

// TestAddressOfTheDefaultProjectIsAllocatedOnce: an address that was made counts as a
// candidate, whatever of the spec it reads back as: addresses cost money.
func TestAddressOfTheDefaultProjectIsAllocatedOnce(t *testing.T) {
	t.Parallel()
	post := func(r *http.Request) bool { return r.Method == http.MethodPost }
	w := newHomeless(t)
	spec := lb.AddressSpec{Extensions: lb.Extend(scaleway.AddressOptions{Project: w.api.ProjectID()})}
	elsewhere := lb.AddressSpec{Extensions: lb.Extend(scaleway.AddressOptions{Project: aHalf + "0009"})}
	other := w.allocate(elsewhere)
	w.api.Faults().On(post).Times(1).Replace(http.StatusInternalServerError, "{}")
	_, err := w.Addresses().Allocate(t.Context(), spec)
	e := coded(t, "allocate", err, lb.ErrUncertain)
	all := must(lb.Collect(w.Addresses().List(t.Context(), lb.AddressListOptions{})))(t)
	if len(all) != 2 || len(e.Fields) != 1 {
		t.Errorf("there are %d addresses, another project's among them; the error names %v", len(all), e.Fields)
	}

	// Those of one project are no candidates in another.
	if err := w.Addresses().Release(t.Context(), other.ID); err != nil {
		t.Fatal(err)
	}
	w.api.Faults().On(post).Times(1).Status(http.StatusInternalServerError, "{}")
	w.allocate(elsewhere)
}

// TestLoadBalancerOfTheDefaultProject: naming the project that it is in changes
// nothing, though what is read back does not name it.
func TestLoadBalancerOfTheDefaultProject(t *testing.T) {
	t.Parallel()
	w := newHomeless(t)
	spec := lb.LoadBalancerSpec{Name: "web", Extensions: lb.Extend(scaleway.LoadBalancerOptions{Project: w.api.ProjectID()})}
	w.api.Faults().On(func(r *http.Request) bool { return r.Method == http.MethodPost }).Times(1).DropAfterSend()
	made := must(w.LoadBalancers().Create(t.Context(), spec))(t)
	all := must(lb.Collect(w.LoadBalancers().List(t.Context(), lb.LoadBalancerListOptions{})))(t)
	if len(all) != 1 || all[0].ID != made.ID {
		t.Errorf("made %s, there are %v", made.ID, all)
	}
	writes := w.writes(func() {
		must(w.LoadBalancers().Update(t.Context(), made.ID, func(s *lb.LoadBalancerSpec) error { *s = spec; return nil }))(t)
	})
	same(t, "the spec that it was made from", []string(nil), writes)
	_, err := w.LoadBalancers().Update(t.Context(), made.ID, func(s *lb.LoadBalancerSpec) error {
		s.Extensions = lb.Extend(scaleway.LoadBalancerOptions{Project: aHalf + "0009"})
		return nil
	})
	checkUnsupported(t, "another project", err, "loadbalancer.extensions.scaleway.project.update", "extensions.scaleway.project")
}

// TestProjectInCapitals: what was made in the client's project is at home however the
// client was told of it.
func TestProjectInCapitals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.client = must(scaleway.NewClient(w.api.SecretKey(), scaleway.WithBaseURL(w.api.URL), scaleway.WithHTTPClient(w.api.HTTPClient()),
		scaleway.WithProject(strings.ToUpper(aHalf+"00ad"))))(t)
	w.Provider = w.provider(zone)
	made := must(w.LoadBalancers().Create(t.Context(), lb.LoadBalancerSpec{Name: "web", Zone: string(zone)}))(t)
	if !made.Extensions.IsZero() || made.Native.(*scaleway.LB).ProjectID != aHalf+"00ad" {
		t.Errorf("made in %s, with %s", made.Native.(*scaleway.LB).ProjectID, made.Extensions)
	}
}
