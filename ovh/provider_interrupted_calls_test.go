package ovh_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/ovh"
)

// interruptible are the calls that write.
func interruptible(t *testing.T) map[string]interruptibleCall {
	t.Helper()
	leaf, key := pair(t)
	upload := lb.CertificateSpec{Name: "cert", PEM: leaf, Key: lb.NewSecret(key)}
	return map[string]interruptibleCall{
		"loadbalancers.update": {writes: 4, scene: updateOptions},
		"loadbalancers.commit": {writes: 1, scene: func(s *scene) interrupted {
			s.ready()
			return func(ctx context.Context) ([]string, error) {
				_, err := s.LoadBalancers().Commit(ctx, s.id, lb.CommitOptions{})
				return nil, err
			}
		}},
		"frontends.create": {writes: 1, creates: true, again: anew, scene: func(s *scene) interrupted {
			b := s.backend(nil)
			return func(ctx context.Context) ([]string, error) {
				f, err := s.Frontends().Create(ctx, s.id, lb.FrontendSpec{Name: "new", Protocol: lb.ProtocolHTTP, Ports: port(80), DefaultBackend: b.ID})
				if err != nil {
					return nil, err
				}
				return []string{string(f.ID)}, nil
			}
		}},
		"frontends.update": {writes: 1, whole: true, scene: func(s *scene) interrupted {
			f := s.frontend(80, s.backend(nil).ID)
			return func(ctx context.Context) ([]string, error) {
				_, err := s.Frontends().Update(ctx, f.ID, func(spec *lb.FrontendSpec) error { spec.Name, spec.HSTS = "new", true; return nil })
				return nil, err
			}
		}},
		"frontends.delete": {writes: 5, scene: func(s *scene) interrupted {
			f := s.routed()
			return func(ctx context.Context) ([]string, error) { return nil, s.Frontends().Delete(ctx, f) }
		}},
		"backends.create": {writes: 4, creates: true, again: anew, scene: func(s *scene) interrupted {
			return func(ctx context.Context) ([]string, error) {
				spec := lb.BackendSpec{Name: "new", Protocol: lb.ProtocolTCP, Port: 22, HealthCheck: &lb.HealthCheck{Interval: seconds(60)}}
				b, err := s.Backends().Create(ctx, s.id, spec, at("10.0.0.1"), at("10.0.0.2"), at("10.0.0.3"))
				return idsOf(b), err
			}
		}},
		"backends.update": {writes: 3, whole: true, again: levelled(lb.ProxyProtocolV2), scene: func(s *scene) interrupted {
			b := s.backend(nil, "10.0.0.1", "10.0.0.2")
			return func(ctx context.Context) ([]string, error) {
				_, err := s.Backends().Update(ctx, b.ID, func(spec *lb.BackendSpec) error {
					spec.Name, spec.ProxyProtocol, spec.HealthCheck = "new", lb.ProxyProtocolV2, &lb.HealthCheck{Type: lb.CheckHTTP}
					return nil
				})
				return nil, err
			}
		}},
		"backends.update, less": {writes: 3, whole: true, again: levelled(""), scene: func(s *scene) interrupted {
			b := s.backend(func(spec *lb.BackendSpec) {
				spec.ProxyProtocol, spec.OnMarkedDown, spec.HealthCheck = lb.ProxyProtocolV2, lb.OnMarkedDownShutdownSessions, &lb.HealthCheck{Type: lb.CheckHTTP}
				spec.TLS = &lb.BackendTLS{Verify: lb.TLSVerifyCA, CA: leaf}
			}, "10.0.0.1", "10.0.0.2")
			return func(ctx context.Context) ([]string, error) {
				_, err := s.Backends().Update(ctx, b.ID, func(spec *lb.BackendSpec) error {
					spec.Name, spec.ProxyProtocol, spec.OnMarkedDown, spec.HealthCheck, spec.TLS = "new", "", "", nil, nil
					return nil
				})
				return nil, err
			}
		}},
		"backends.delete": {writes: 3, scene: func(s *scene) interrupted {
			b := s.backend(nil, "10.0.0.1", "10.0.0.2")
			return func(ctx context.Context) ([]string, error) { return nil, s.Backends().Delete(ctx, b.ID) }
		}},
		"servers.add":    {writes: 3, creates: true, scene: addServers},
		"servers.set":    {writes: 4, scene: setServers},
		"servers.update": {writes: 2, scene: exempt},
		"servers.remove": {writes: 3, scene: removeServers},
		"filters.set": {writes: 8, scene: func(s *scene) interrupted {
			f := s.routed()
			return func(ctx context.Context) ([]string, error) {
				_, err := s.Filters().Set(ctx, f, []lb.FilterSpec{
					{Match: lb.Match{sources("10.0.0.0/8")}, Action: lb.FilterDeny}, refuse(400, hosts("a.example")), divert("https", hosts("old.example")), refuse(403, hosts("b.example")),
				}, lb.SetOptions{})
				return nil, err
			}
		}},
		"routes.set": {writes: 4, scene: func(s *scene) interrupted {
			f := s.routed()
			b := s.backend(func(spec *lb.BackendSpec) { spec.Name = "other" })
			return func(ctx context.Context) ([]string, error) {
				_, err := s.Routes().Set(ctx, f, []lb.RouteSpec{{Match: lb.Match{hosts("d.example")}, Backend: b.ID}, {Name: "e", Match: lb.Match{hosts("c.example")}, Backend: b.ID}}, lb.SetOptions{})
				return nil, err
			}
		}},
		"certificates.create": {writes: 1, creates: true, again: anew, scene: func(s *scene) interrupted {
			return func(ctx context.Context) ([]string, error) {
				c, err := s.Certificates().Create(ctx, s.id, upload)
				if err != nil {
					return nil, err
				}
				return []string{string(c.ID)}, nil
			}
		}},
		"certificates.create, an order": {writes: 1, again: orderAnew, scene: func(s *scene) interrupted {
			return func(ctx context.Context) ([]string, error) {
				_, err := s.Certificates().Create(ctx, s.id, lb.CertificateSpec{Domains: []string{"www.example.com"}})
				return nil, err
			}
		}},
		"certificates.rename": {writes: 1, whole: true, scene: func(s *scene) interrupted {
			id := s.upload()
			return func(ctx context.Context) ([]string, error) {
				_, err := s.Certificates().Rename(ctx, id, "new")
				return nil, err
			}
		}},
		"certificates.delete": {writes: 1, scene: func(s *scene) interrupted {
			id := s.upload()
			return func(ctx context.Context) ([]string, error) { return nil, s.Certificates().Delete(ctx, id) }
		}},
		"addresses.attach": {writes: 1, scene: func(s *scene) interrupted {
			s.server.AddAddresses("", roamingBlock())
			return func(ctx context.Context) ([]string, error) {
				_, err := s.Addresses().Attach(ctx, roaming, s.id)
				return nil, err
			}
		}},
		"addresses.detach": {writes: 1, scene: func(s *scene) interrupted {
			s.server.AddAddresses("", roamingBlock())
			must[*lb.Operation](s.t)(s.Addresses().Attach(s.t.Context(), roaming, s.id))
			s.server.Advance(2 * time.Minute)
			return func(ctx context.Context) ([]string, error) {
				_, err := s.Addresses().Detach(ctx, roaming)
				return nil, err
			}
		}},
	}
}

// interrupted makes the call of a scene, and returns the IDs of what it has made.
type interrupted = func(ctx context.Context) ([]string, error)

func idsOf(b *lb.Backend) []string {
	if b == nil {
		return nil
	}
	ids := []string{string(b.ID)}
	for _, server := range b.Servers {
		ids = append(ids, string(server.ID))
	}
	return ids
}

// anew deletes what the call has made, and makes it again.
func anew(s *scene) error {
	for _, object := range s.objects() {
		id := s.service() + object
		switch {
		case slices.Contains(s.before, object) || strings.Contains(object, "/server/"):
			continue
		case strings.Contains(object, "/frontend/"):
			if err := s.Frontends().Delete(s.t.Context(), lb.FrontendID(id)); err != nil {
				return err
			}
		case strings.Contains(object, "/farm/"):
			if err := s.Backends().Delete(s.t.Context(), lb.BackendID(id)); err != nil {
				return err
			}
		default:
			if err := s.Certificates().Delete(s.t.Context(), lb.CertificateID(id)); err != nil {
				return err
			}
		}
	}
	_, err := s.call(s.t.Context())
	return err
}

// levelled is the same again. Where the error says that servers differ, they are set right
// by themselves.
func levelled(proxy lb.ProxyProtocol) func(s *scene) error {
	return func(s *scene) error {
		if _, err := s.call(s.t.Context()); err != nil {
			return err
		}
		b := must[[]*lb.Backend](s.t)(lb.Collect(s.Backends().List(s.t.Context(), s.id, lb.ListOptions{})))[0]
		for _, server := range b.Servers {
			if server.Extensions.Equal(lb.Extensions{}) {
				continue
			}
			if !strings.Contains(s.failed.Error(), "these servers may have been changed") {
				s.t.Errorf("%s has %v after %v", server.ID, server.Extensions, s.failed)
			}
			if _, err := s.Servers().Update(s.t.Context(), server.ID, func(spec *lb.ServerSpec) error {
				spec.Extensions = lb.Extend(ovh.ServerOptions{ProxyProtocol: &proxy, OnMarkedDown: new(lb.OnMarkedDown("")), TLS: &lb.BackendTLS{}})
				return nil
			}); err != nil {
				return err
			}
		}
		return nil
	}
}

// orderAnew orders unless an order runs.
func orderAnew(s *scene) error {
	tasks, err := lb.Collect(s.client.Tasks.List(s.t.Context(), s.service(), ovh.TaskListOptions{Action: ovh.TaskOrderFreeCertificate}))
	if err == nil && len(tasks) == 0 {
		_, err = s.call(s.t.Context())
	}
	return err
}

// routed is a frontend with a list of sources, two filters and a route.
func (s *scene) routed() lb.FrontendID {
	b := s.backend(nil)
	f := s.frontend(80, b.ID)
	s.setFilters(f.ID, lb.FilterSpec{Match: lb.Match{none(sources("192.0.2.0/24"))}, Action: lb.FilterDeny}, refuse(403, hosts("a.example")), divert("https", hosts("c.example")))
	s.setRoutes(f.ID, lb.RouteSpec{Match: lb.Match{hosts("c.example")}, Backend: b.ID})
	return f.ID
}

func updateOptions(s *scene) interrupted {
	s.Provider = ovh.NewProvider(s.client, ovh.WithLoadBalancerOptions())
	streams := func(stream string) lb.Extensions {
		return lb.Extend(ovh.LoadBalancerOptions{QuotaAlerts: map[string]int64{"gra": 5e12}, LogStreams: []ovh.LogStream{{Kind: "http", Stream: stream}}})
	}
	must[*lb.LoadBalancer](s.t)(s.LoadBalancers().Update(s.t.Context(), s.id, func(spec *lb.LoadBalancerSpec) error {
		spec.Extensions = streams(streamA)
		return nil
	}))
	return func(ctx context.Context) ([]string, error) {
		_, err := s.LoadBalancers().Update(ctx, s.id, func(spec *lb.LoadBalancerSpec) error {
			spec.Name, spec.Extensions = "new", lb.Extend(ovh.LoadBalancerOptions{QuotaAlerts: map[string]int64{"rbx": 1}, LogStreams: []ovh.LogStream{{Kind: "http", Stream: streamB}}})
			return nil
		})
		return nil, err
	}
}

func (s *scene) serversOf(ctx context.Context, id lb.BackendID) []*lb.Server {
	return must[*lb.Backend](s.t)(s.Backends().Get(ctx, id)).Servers
}

// addServers adds those that are not there.
func addServers(s *scene) interrupted {
	b := s.backend(nil, "10.0.0.1")
	return func(ctx context.Context) ([]string, error) {
		there := s.serversOf(ctx, b.ID)
		var missing []lb.ServerSpec
		for _, address := range []string{"10.0.0.2", "10.0.0.3", "10.0.0.4"} {
			if !slices.ContainsFunc(there, func(server *lb.Server) bool { return server.Address == ip(address) }) {
				missing = append(missing, at(address))
			}
		}
		made, err := s.Servers().Add(ctx, b.ID, missing...)
		return idsOf(&lb.Backend{ID: b.ID, Servers: made}), err
	}
}

// setServers leaves none of the servers that have a farm without a probe checked.
func setServers(s *scene) interrupted {
	b := s.backend(nil, "10.0.0.1", "10.0.0.2", "10.0.0.3")
	s.change(b.Servers[0].ID, ovh.HTTPServerUpdate{Probe: ovh.Value(true)})
	return func(ctx context.Context) ([]string, error) {
		exempt := lb.Extend(ovh.ServerOptions{NoCheck: true})
		_, err := s.Servers().Set(ctx, b.ID, []lb.ServerSpec{
			{Address: ip("10.0.0.2"), Weight: new(7), Extensions: exempt}, {Address: ip("10.0.0.4"), Extensions: exempt}, {Address: ip("10.0.0.3"), Extensions: exempt},
		}, lb.SetOptions{})
		return nil, err
	}
}

// exempt takes the one server that is checked out of the check.
func exempt(s *scene) interrupted {
	b := s.backend(nil, "10.0.0.1", "10.0.0.2")
	s.change(b.Servers[0].ID, ovh.HTTPServerUpdate{Probe: ovh.Value(true)})
	return func(ctx context.Context) ([]string, error) {
		_, err := s.Servers().Update(ctx, b.Servers[0].ID, func(spec *lb.ServerSpec) error {
			spec.Weight, spec.Extensions = new(3), lb.Extend(ovh.ServerOptions{NoCheck: true})
			return nil
		})
		return nil, err
	}
}

// removeServers removes those that are there, the one that is checked among them.
func removeServers(s *scene) interrupted {
	b := s.backend(nil, "10.0.0.1", "10.0.0.2", "10.0.0.3")
	s.change(b.Servers[0].ID, ovh.HTTPServerUpdate{Probe: ovh.Value(true)})
	return func(ctx context.Context) ([]string, error) {
		var left []lb.ServerID
		for _, server := range s.serversOf(ctx, b.ID) {
			if server.Address != ip("10.0.0.3") {
				left = append(left, server.ID)
			}
		}
		return nil, s.Servers().Remove(ctx, left...)
	}
}
