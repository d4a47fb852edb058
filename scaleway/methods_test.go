package scaleway

import (
	"context"
	"encoding/json"
	"iter"
	"net/url"

	"github.com/lbkit/lbkit/lb"
)

// given is what a method is called with: a body and a query, as the API's
// description has them.
type given struct {
	body  []byte
	query url.Values
}

// body reads a request body into the type that a method takes.
func body[T any](g given) T {
	var out T
	if len(g.body) == 0 {
		return out
	}
	if err := json.Unmarshal(g.body, &out); err != nil {
		panic(err)
	}
	return out
}

func drain[T any](list iter.Seq2[T, error]) error {
	_, err := lb.Collect(list)
	return err
}

func second[T any](_ T, err error) error { return err }

// methods calls each method of each service, with the IDs above.
func methods() map[string]func(ctx context.Context, api *API, g given) error {
	return map[string]func(ctx context.Context, api *API, g given) error{
		"LBService.List": func(ctx context.Context, api *API, g given) error {
			q := g.query
			return drain(api.LBs.List(ctx, LBListOptions{
				Name: q.Get("name"), Tags: q["tags"], IDs: q["lb_ids"], ProjectID: q.Get("project_id"), OrganizationID: q.Get("organization_id"),
				OrderBy: OrderBy(q.Get("order_by")),
			}))
		},
		"LBService.Create": func(ctx context.Context, api *API, g given) error {
			return second(api.LBs.Create(ctx, body[LBCreate](g)))
		},
		"LBService.Get": func(ctx context.Context, api *API, _ given) error { return second(api.LBs.Get(ctx, testLB)) },
		"LBService.Update": func(ctx context.Context, api *API, g given) error {
			return second(api.LBs.Update(ctx, testLB, body[LBUpdate](g)))
		},
		"LBService.Delete": func(ctx context.Context, api *API, g given) error {
			return api.LBs.Delete(ctx, testLB, LBDeleteOptions{ReleaseIP: g.query.Get("release_ip") == "true"})
		},
		"LBService.Migrate": func(ctx context.Context, api *API, g given) error {
			return second(api.LBs.Migrate(ctx, testLB, body[lbMigration](g).Type))
		},
		"LBService.Stats": func(ctx context.Context, api *API, g given) error {
			return second(api.LBs.Stats(ctx, testLB, g.query.Get("backend_id"))) //nolint:staticcheck // it is still there
		},

		"IPService.List": func(ctx context.Context, api *API, g given) error {
			q := g.query
			return drain(api.IPs.List(ctx, IPListOptions{
				IPAddress: q.Get("ip_address"), Type: IPType(q.Get("ip_type")), Tags: q["tags"],
				ProjectID: q.Get("project_id"), OrganizationID: q.Get("organization_id"),
			}))
		},
		"IPService.Create": func(ctx context.Context, api *API, g given) error {
			return second(api.IPs.Create(ctx, body[IPCreate](g)))
		},
		"IPService.Get": func(ctx context.Context, api *API, _ given) error { return second(api.IPs.Get(ctx, testIP)) },
		"IPService.Update": func(ctx context.Context, api *API, g given) error {
			return second(api.IPs.Update(ctx, testIP, body[IPUpdate](g)))
		},
		"IPService.Release": func(ctx context.Context, api *API, _ given) error { return api.IPs.Release(ctx, testIP) },

		"BackendService.List": func(ctx context.Context, api *API, g given) error {
			options := BackendListOptions{Name: g.query.Get("name"), OrderBy: OrderBy(g.query.Get("order_by"))}
			return drain(api.Backends.List(ctx, testLB, options))
		},
		"BackendService.Create": func(ctx context.Context, api *API, g given) error {
			return second(api.Backends.Create(ctx, testLB, body[BackendCreate](g)))
		},
		"BackendService.Get": func(ctx context.Context, api *API, _ given) error {
			return second(api.Backends.Get(ctx, testBackend))
		},
		"BackendService.Update": func(ctx context.Context, api *API, g given) error {
			return second(api.Backends.Update(ctx, testBackend, body[BackendUpdate](g)))
		},
		"BackendService.Delete": func(ctx context.Context, api *API, _ given) error {
			return api.Backends.Delete(ctx, testBackend)
		},
		"BackendService.AddServers": func(ctx context.Context, api *API, g given) error {
			return second(api.Backends.AddServers(ctx, testBackend, body[backendServers](g).ServerIP))
		},
		"BackendService.RemoveServers": func(ctx context.Context, api *API, g given) error {
			return second(api.Backends.RemoveServers(ctx, testBackend, body[backendServers](g).ServerIP))
		},
		"BackendService.SetServers": func(ctx context.Context, api *API, g given) error {
			return second(api.Backends.SetServers(ctx, testBackend, body[backendServers](g).ServerIP))
		},
		"BackendService.UpdateHealthCheck": func(ctx context.Context, api *API, g given) error {
			return second(api.Backends.UpdateHealthCheck(ctx, testBackend, body[HealthCheck](g)))
		},
		"BackendService.Stats": func(ctx context.Context, api *API, g given) error {
			return drain(api.Backends.Stats(ctx, testLB, BackendStatsOptions{BackendID: g.query.Get("backend_id")}))
		},

		"FrontendService.List": func(ctx context.Context, api *API, g given) error {
			options := FrontendListOptions{Name: g.query.Get("name"), OrderBy: OrderBy(g.query.Get("order_by"))}
			return drain(api.Frontends.List(ctx, testLB, options))
		},
		"FrontendService.Create": func(ctx context.Context, api *API, g given) error {
			return second(api.Frontends.Create(ctx, testLB, body[FrontendCreate](g)))
		},
		"FrontendService.Get": func(ctx context.Context, api *API, _ given) error {
			return second(api.Frontends.Get(ctx, testFrontend))
		},
		"FrontendService.Update": func(ctx context.Context, api *API, g given) error {
			return second(api.Frontends.Update(ctx, testFrontend, body[FrontendUpdate](g)))
		},
		"FrontendService.Delete": func(ctx context.Context, api *API, _ given) error {
			return api.Frontends.Delete(ctx, testFrontend)
		},

		"RouteService.List": func(ctx context.Context, api *API, g given) error {
			options := RouteListOptions{FrontendID: g.query.Get("frontend_id"), OrderBy: OrderBy(g.query.Get("order_by"))}
			return drain(api.Routes.List(ctx, options))
		},
		"RouteService.Create": func(ctx context.Context, api *API, g given) error {
			return second(api.Routes.Create(ctx, body[RouteCreate](g)))
		},
		"RouteService.Get": func(ctx context.Context, api *API, _ given) error { return second(api.Routes.Get(ctx, testRoute)) },
		"RouteService.Update": func(ctx context.Context, api *API, g given) error {
			return second(api.Routes.Update(ctx, testRoute, body[RouteUpdate](g)))
		},
		"RouteService.Delete": func(ctx context.Context, api *API, _ given) error { return api.Routes.Delete(ctx, testRoute) },

		"ACLService.List": func(ctx context.Context, api *API, g given) error {
			options := ACLListOptions{Name: g.query.Get("name"), OrderBy: OrderBy(g.query.Get("order_by"))}
			return drain(api.ACLs.List(ctx, testFrontend, options))
		},
		"ACLService.Create": func(ctx context.Context, api *API, g given) error {
			return second(api.ACLs.Create(ctx, testFrontend, body[ACLSpec](g)))
		},
		"ACLService.Get": func(ctx context.Context, api *API, _ given) error { return second(api.ACLs.Get(ctx, testACL)) },
		"ACLService.Update": func(ctx context.Context, api *API, g given) error {
			return second(api.ACLs.Update(ctx, testACL, body[ACLSpec](g)))
		},
		"ACLService.Delete": func(ctx context.Context, api *API, _ given) error { return api.ACLs.Delete(ctx, testACL) },
		"ACLService.Set": func(ctx context.Context, api *API, g given) error {
			return second(api.ACLs.Set(ctx, testFrontend, body[aclSet](g).ACLs))
		},

		"CertificateService.List": func(ctx context.Context, api *API, g given) error {
			options := CertificateListOptions{Name: g.query.Get("name"), OrderBy: OrderBy(g.query.Get("order_by"))}
			return drain(api.Certificates.List(ctx, testLB, options))
		},
		"CertificateService.Create": func(ctx context.Context, api *API, g given) error {
			create := body[certificateCreate](g)
			out := CertificateCreate{Name: create.Name, Letsencrypt: create.Letsencrypt}
			if create.Custom != nil {
				out.Custom = &CustomCertificate{CertificateChain: lb.NewSecret(create.Custom.CertificateChain)}
			}
			return second(api.Certificates.Create(ctx, testLB, out))
		},
		"CertificateService.Get": func(ctx context.Context, api *API, _ given) error {
			return second(api.Certificates.Get(ctx, testCertificate))
		},
		"CertificateService.Update": func(ctx context.Context, api *API, g given) error {
			return second(api.Certificates.Update(ctx, testCertificate, body[CertificateUpdate](g)))
		},
		"CertificateService.Delete": func(ctx context.Context, api *API, _ given) error {
			return api.Certificates.Delete(ctx, testCertificate)
		},

		"SubscriberService.List": func(ctx context.Context, api *API, g given) error {
			q := g.query
			return drain(api.Subscribers.List(ctx, SubscriberListOptions{
				Name: q.Get("name"), ProjectID: q.Get("project_id"), OrganizationID: q.Get("organization_id"), OrderBy: OrderBy(q.Get("order_by")),
			}))
		},
		"SubscriberService.Create": func(ctx context.Context, api *API, g given) error {
			return second(api.Subscribers.Create(ctx, body[SubscriberCreate](g)))
		},
		"SubscriberService.Get": func(ctx context.Context, api *API, _ given) error {
			return second(api.Subscribers.Get(ctx, testSubscriber))
		},
		"SubscriberService.Update": func(ctx context.Context, api *API, g given) error {
			return second(api.Subscribers.Update(ctx, testSubscriber, body[SubscriberUpdate](g)))
		},
		"SubscriberService.Delete": func(ctx context.Context, api *API, _ given) error {
			return api.Subscribers.Delete(ctx, testSubscriber)
		},
		"SubscriberService.Subscribe": func(ctx context.Context, api *API, g given) error {
			return second(api.Subscribers.Subscribe(ctx, testLB, body[subscription](g).SubscriberID))
		},
		"SubscriberService.Unsubscribe": func(ctx context.Context, api *API, _ given) error {
			return second(api.Subscribers.Unsubscribe(ctx, testLB))
		},

		"PrivateNetworkService.List": func(ctx context.Context, api *API, g given) error {
			options := PrivateNetworkListOptions{OrderBy: OrderBy(g.query.Get("order_by"))}
			return drain(api.PrivateNetworks.List(ctx, testLB, options))
		},
		"PrivateNetworkService.Attach": func(ctx context.Context, api *API, g given) error {
			attach := body[privateNetworkAttach](g)
			return second(api.PrivateNetworks.Attach(ctx, testLB, PrivateNetworkAttach{
				PrivateNetworkID: testNetwork, IPAMIDs: attach.IPAMIDs,
				StaticConfig: attach.StaticConfig, DHCPConfig: attach.DHCPConfig, IPAMConfig: attach.IPAMConfig,
			}))
		},
		"PrivateNetworkService.Detach": func(ctx context.Context, api *API, _ given) error {
			return api.PrivateNetworks.Detach(ctx, testLB, testNetwork)
		},

		"TypeService.List": func(ctx context.Context, api *API, _ given) error {
			return drain(api.Types.List(ctx, lb.PageOptions{}))
		},
	}
}
