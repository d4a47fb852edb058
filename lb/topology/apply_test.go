package topology_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/lbtest"
	"github.com/lbkit/lbkit/lb/topology"
)

// Two frontends exchange their ports, and a third takes that of one that goes.
func TestApplyExchangesPorts(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, c *cloud) {
		a := main()
		a.Backends = []topology.Backend{webBackend("web", "10.0.0.1")}
		a.Frontends = []topology.Frontend{webFrontend("one", 8001, "web"), webFrontend("two", 8002, "web"), webFrontend("three", 8003, "web"), webFrontend("gone", 8004, "web")}
		c.apply(t, a)
		b := main()
		b.Backends = a.Backends
		b.Frontends = []topology.Frontend{webFrontend("one", 8002, "web"), webFrontend("two", 8003, "web"), webFrontend("three", 8001, "web"), webFrontend("new", 8004, "web")}
		plan := c.apply(t, b, topology.Prune())
		same(t, "steps", []string{"update frontend two", "update frontend three", "update frontend one", "delete frontend gone", "create frontend new"}, sortedLike(steps(plan), []string{"update frontend two", "update frontend three", "update frontend one", "delete frontend gone", "create frontend new"}))
		c.empty(t, b, topology.Prune())
	})
}

// An address of its own goes from one frontend to another on the same port, which leaves it
// to the first until then.
func TestApplyExchangesAddresses(t *testing.T) {
	t.Parallel()
	c := newMemory(t)
	want, own := listening(80, 80), []netip.Prefix{netip.MustParsePrefix("203.0.113.1/32")}
	for i := range 2 {
		want.Frontends[i].Addresses, want.Frontends[1-i].Addresses = own, nil
		c.apply(t, want)
		c.empty(t, want)
	}
}

// A frontend takes the port of one that is disabled, wherever they stand in the topology:
// a new one, or one that comes from another port.
func TestApplyTakesPortsOfWhatIsDisabled(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, c *cloud) {
		if !c.Capabilities().Has("frontend.disabled") {
			return
		}
		green := listening(80, 81)
		green.Frontends = green.Frontends[:1]
		c.apply(t, green)
		for _, port := range []uint16{80, 81, 80} {
			want := listening(80, 80)
			want.Frontends[0].Disabled, want.Frontends[1].Disabled = port == 80, port == 81
			slices.Reverse(want.Frontends)
			c.apply(t, want)
			c.empty(t, want)
		}
	})
}

// ported is a topology with a backend on a port, and servers at one address: one on that
// port and one on each of others.
func ported(port uint16, others ...uint16) *topology.Spec {
	s := listening(80, 81)
	s.Backends[0].Port = port
	for _, other := range others {
		server := at("10.0.0.1")[0]
		server.Port = other
		s.Backends[0].Servers = append(s.Backends[0].Servers, server)
	}
	return s
}

// A backend's port becomes that of a server of its own port, and the other way round.
func TestApplyMovesServers(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, c *cloud) {
		if !c.Capabilities().Has("server.port") {
			return
		}
		for _, want := range []*topology.Spec{ported(8080, 8081), ported(8081, 8080), ported(8080), ported(8081, 8080, 8082), ported(8082, 8081), ported(8081, 8082)} {
			c.apply(t, want)
			c.empty(t, want)
		}
	})
}

// A backend that speaks another protocol is a new one, to which everything is led before
// the old one goes.
func TestApplyReplaces(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, c *cloud) {
		a := main()
		a.Backends = []topology.Backend{webBackend("web", "10.0.0.1"), webBackend("other", "10.0.0.2")}
		a.Frontends = []topology.Frontend{webFrontend("site", 8001, "web"), webFrontend("keep", 8002, "other")}
		c.apply(t, a)
		b := main()
		b.Backends = []topology.Backend{webBackend("web", "10.0.0.1"), webBackend("other", "10.0.0.2")}
		b.Frontends = []topology.Frontend{webFrontend("site", 8001, "web"), webFrontend("keep", 8002, "other")}
		b.Backends[0].Protocol, b.Frontends[0].Protocol = lb.ProtocolTCP, lb.ProtocolTCP
		plan := c.apply(t, b)
		if plan.Steps[0].Action != topology.ActionReplace || plan.Steps[0].Reason == "" || plan.Steps[0].Name != "web" {
			t.Errorf("%s", plan)
		}
		c.empty(t, b, topology.Prune())
		if n := len(c.export(t).Backends); n != 2 {
			t.Errorf("%d backends", n)
		}
	})
}

// New material is a new certificate under the old name; a new name is the old one.
func TestApplyReplacesCertificates(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, c *cloud) {
		c.apply(t, onlineShop())
		old := c.export(t).Certificates[0].Fingerprint
		want := onlineShop()
		want.Certificates[0].PEM, want.Certificates[0].Key = pairs()[1].pem, lb.NewSecret(pairs()[1].key)
		plan := c.apply(t, want)
		same(t, "steps", []string{"replace certificate shop", "update frontend shop"}, steps(plan))
		if strings.Contains(plan.String(), "PRIVATE") || strings.Contains(plan.String(), "BEGIN") {
			t.Errorf("it shows material: %s", plan)
		}
		c.empty(t, want, topology.Prune())
		there := c.export(t).Certificates
		if len(there) != 1 || there[0].Fingerprint == old && old != "" {
			t.Errorf("%+v", there)
		}
		want.Certificates[0] = topology.Certificate{ID: c.tree(t).Certificates[0].ID, CertificateSpec: lb.CertificateSpec{Name: "renamed"}}
		want.Frontends[1].Certificates[0] = "renamed"
		same(t, "steps", []string{"update certificate shop"}, steps(c.apply(t, want)))
		c.empty(t, want, topology.Prune())
	})
}

func (c *cloud) tree(t tester) *lb.Tree { return c.look(t) }

// A certificate is ordered, waited for, and served.
func TestApplyOrdersCertificates(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, c *cloud) {
		c.apply(t, onlineShop())
		want := onlineShop()
		want.Certificates[0] = topology.Certificate{CertificateSpec: lb.CertificateSpec{Name: "managed", Domains: []string{"www.example.com", "example.com"}}}
		want.Frontends[1].Certificates[0] = "managed"
		c.apply(t, want, topology.Prune())
		c.empty(t, want, topology.Prune())
		got := c.tree(t).Certificates
		if len(got) != 1 || got[0].Source != lb.CertificateManaged || got[0].Provisioning != lb.ProvisioningReady || got[0].Name != "managed" {
			t.Errorf("%+v", got)
		}
		c.empty(t, c.export(t), topology.Prune())
	})
}

// Each entry gets a certificate of its own, also where the domains are the same, and
// nobody else's that came meanwhile.
func TestApplyOrdersForEachEntry(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, c *cloud) {
		want := onlineShop()
		for _, name := range []string{"", "a", "b"} {
			if name == "" && !c.Capabilities().Has("certificate.name.unset") {
				continue
			}
			want.Certificates = append(want.Certificates, topology.Certificate{CertificateSpec: lb.CertificateSpec{Name: name, Domains: []string{"www.example.com"}}})
		}
		plan := c.plan(t, want)
		if c.Capabilities().Has("certificate.name.ordered") {
			_, err := c.watch.Certificates().Create(t.Context(), c.id, lb.CertificateSpec{Name: "other", Domains: []string{"www.example.com"}})
			fatal(t, err)
		}
		_, err := plan.Apply(t.Context(), c, quick)
		fatal(t, err)
		c.empty(t, want)
	})
}

// Names move between objects that are known by their IDs.
func TestApplyMovesNames(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, c *cloud) {
		c.furnish(t, "a", "b")
		tree := c.tree(t)
		spec := c.export(t)
		for i := range spec.Backends {
			spec.Backends[i].ID = backendNamed(tree, spec.Backends[i].Name)
		}
		spec.Backends[0].Name, spec.Backends[1].Name = "b", "a"
		for i := range spec.Frontends { // what leads to a name leads to whom has it
			old := lb.BackendID(spec.Frontends[i].Name)
			spec.Frontends[i].DefaultBackend, spec.Frontends[i].Routes[0].Backend = other(old), other(old)
		}
		plan := c.apply(t, spec, topology.Prune())
		same(t, "steps", []string{"update backend a", "update backend b"}, steps(plan))
		c.empty(t, spec, topology.Prune())
	})
}

func other(name lb.BackendID) lb.BackendID {
	if name == "a" {
		return "b"
	}
	return "a"
}

func backendNamed(tree *lb.Tree, name string) lb.BackendID {
	for _, b := range tree.Backends {
		if b.Name == name {
			return b.ID
		}
	}
	return ""
}

// Of a change that somebody else made since the plan, Apply makes nothing.
func TestApplyRefusesWhatMoved(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, c *cloud) {
		c.apply(t, onlineShop())
		want := onlineShop()
		want.Backends[0].Algorithm = lb.AlgorithmLeastConn
		plan := c.plan(t, want)
		_, err := c.Backends().Update(t.Context(), backendNamed(c.tree(t), "api"), func(s *lb.BackendSpec) error {
			s.Port = 9999
			return nil
		})
		fatal(t, err)
		result, err := plan.Apply(t.Context(), c, quick)
		if !errors.Is(err, lb.ErrConflict) || len(result.Applied) != 0 {
			t.Errorf("%v, %+v", err, result)
		}
		c.apply(t, want)
		if _, err := plan.Apply(t.Context(), c, quick); !errors.Is(err, lb.ErrConflict) {
			t.Errorf("a plan is carried out twice: %v", err)
		}
	})
}

// A plan shares nothing with the topology that it was made of.
func TestApplyOfWhatWasPlanned(t *testing.T) {
	t.Parallel()
	c := newMemory(t)
	spec := onlineShop()
	plan := c.plan(t, spec)
	spec.Backends[0].HealthCheck.Interval = lb.Duration(time.Hour)
	spec.Backends[0].Servers[0].Address = spec.Backends[0].Servers[1].Address
	spec.Frontends[0].Ports[0] = lb.Port(8888)
	spec.Frontends[1].Filters[0].Match[0].Values[0] = "0.0.0.0/0"
	spec.Frontends[1].Routes[0].Backend = "web"
	if _, err := plan.Apply(t.Context(), c, quick); err != nil {
		t.Fatal(err)
	}
	c.empty(t, onlineShop())
}

// What Apply cannot know is refused: no plan, or of another provider.
func TestApplyRefusesForeignPlans(t *testing.T) {
	t.Parallel()
	c := newMemory(t)
	text, err := json.Marshal(c.plan(t, onlineShop()))
	fatal(t, err)
	var read topology.Plan
	fatal(t, json.Unmarshal(text, &read))
	if _, err := read.Apply(t.Context(), c); !errors.Is(err, lb.ErrInvalid) {
		t.Error(err)
	}
	if _, err := c.plan(t, onlineShop()).Apply(t.Context(), newOVH(t)); !errors.Is(err, lb.ErrInvalid) {
		t.Error(err)
	}
	if strings.Contains(string(text), "PRIVATE KEY") {
		t.Error("the plan's JSON has a key")
	}
}

// Apply tells how far it is, and after an error what is staged. A plan with nothing to
// write publishes that.
func TestApplyReports(t *testing.T) {
	t.Parallel()
	c := newOVH(t)
	var ended []string
	report := topology.WithStepProgress(func(p topology.StepProgress) {
		ended = append(ended, fmt.Sprintf("%d/%d %s %s %s %t", p.Step, p.Steps, p.Current.Action, p.Current.Kind, p.Current.Name, p.Err == nil))
	})
	plan := c.plan(t, onlineShop())
	c.faults.On(func(r *http.Request) bool {
		return r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/http/frontend")
	}).Skip(1).Status(http.StatusForbidden, "")
	result, err := plan.Apply(t.Context(), c, quick, report)
	c.faults.Reset()
	if !errors.Is(err, lb.ErrForbidden) || !strings.Contains(err.Error(), `after 5 of 8 steps: create frontend "shop"`) {
		t.Error(err)
	}
	same(t, "reports", []string{
		"1/8 update load balancer  true", "2/8 create certificate shop true", "3/8 create backend web true", "4/8 create backend api true",
		"5/8 create frontend plain true", "5/8 create frontend shop false",
	}, ended)
	if len(result.Applied) != 5 || result.Failed == nil || result.Failed.Name != "shop" || result.Published != nil {
		t.Errorf("%+v", result)
	}
	if len(result.Staged) == 0 || result.Staged[0].Count == 0 {
		t.Errorf("nothing is said to be staged: %+v", result.Staged)
	}
	pending, err := c.LoadBalancers().Pending(t.Context(), c.id)
	same(t, "what is staged, and not published", result.Staged, pending)
	fatal(t, err)
	result, err = c.plan(t, onlineShop()).Apply(t.Context(), c, quick, topology.WithoutPublish())
	if err != nil || result.Published != nil {
		t.Errorf("%v %+v", err, result)
	}
	result, err = c.plan(t, onlineShop()).Apply(t.Context(), c, quick)
	if err != nil || result.Published == nil || result.Published.ID == "" || len(result.Applied) != 0 {
		t.Errorf("an empty plan does not publish what is staged: %v %+v", err, result)
	}
}

// What is written and cannot be published is said to be staged.
func TestApplyTellsThatNothingIsLive(t *testing.T) {
	t.Parallel()
	c := newOVH(t)
	plan := c.plan(t, onlineShop())
	c.faults.On(func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/refresh") }).Status(http.StatusForbidden, "")
	result, err := plan.Apply(t.Context(), c, quick)
	if !errors.Is(err, lb.ErrForbidden) || result.Failed != nil || len(result.Applied) != len(plan.Steps) || len(result.Staged) == 0 {
		t.Errorf("%v %+v", err, result)
	}
	text, err := json.Marshal(result)
	if fatal(t, err); !strings.HasPrefix(string(text), `{"applied":[{"action":"`) || !strings.Contains(string(text), `],"staged":[{"`) {
		t.Errorf("%s", text)
	}
}

// What is staged is told to who has given up, too.
func TestApplyTellsWhatIsStagedAfterItsContext(t *testing.T) {
	t.Parallel()
	c := newOVH(t)
	plan := c.plan(t, onlineShop())
	ctx, cancel := context.WithCancel(t.Context())
	result, err := plan.Apply(ctx, c, quick, topology.WithStepProgress(func(p topology.StepProgress) {
		if p.Step == 4 {
			cancel()
		}
	}))
	pending, _ := c.LoadBalancers().Pending(t.Context(), c.id)
	if !errors.Is(err, context.Canceled) || len(pending) == 0 {
		t.Fatal(err, pending)
	}
	same(t, "what is staged", pending, result.Staged)
}

// A certificate whose order has failed holds up nobody but a frontend that comes to it.
func TestApplyBesideFailedCertificates(t *testing.T) {
	t.Parallel()
	memory := lbtest.NewMemory(lbtest.WithPolls(0))
	c := &cloud{Provider: memory, watch: memory, id: memory.AddLoadBalancer(lb.LoadBalancerSpec{Name: "main"})}
	want := listening(80, 81)
	want.Certificates = []topology.Certificate{{CertificateSpec: lb.CertificateSpec{Name: "site", Domains: []string{"www.example.com"}}}}
	c.apply(t, want)
	memory.SetCertificate(c.tree(t).Certificates[0].ID, lb.ProvisioningError, "no DNS")
	want.Certificates[0].Domains = nil
	want.Backends[0].Algorithm = lb.AlgorithmLeastConn
	same(t, "steps", []string{"update backend web"}, steps(c.apply(t, want)))
	want.Frontends[0].Certificates = []lb.CertificateID{"site"}
	if result, err := c.plan(t, want).Apply(t.Context(), c, quick); err == nil || !strings.Contains(err.Error(), "no DNS") || len(result.Applied) != 0 {
		t.Errorf("%v %+v", err, result)
	}
	same(t, "steps of what is exported", []string{"replace certificate site"}, steps(c.plan(t, c.export(t))))
}
