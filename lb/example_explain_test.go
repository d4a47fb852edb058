package lb_test

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/lbkit/lbkit/lb"
)

// shop is a frontend that lets nobody but the office into /admin, has moved from another
// name, and has a backend of its own for its API.
func shop() (lb.FrontendSpec, []lb.FilterSpec, []lb.RouteSpec) {
	frontend := lb.FrontendSpec{
		Name: "shop", Protocol: lb.ProtocolHTTP, Ports: []lb.PortRange{lb.Port(443)}, Certificates: []lb.CertificateID{"cert-1"}, DefaultBackend: "web",
	}
	filters := []lb.FilterSpec{
		{
			Name: "office",
			Match: lb.Match{
				{Field: lb.FieldPath, Op: lb.MatchPrefix, Values: []string{"/admin"}},
				{Field: lb.FieldSource, Values: []string{"192.0.2.0/24"}, Not: true},
			},
			Action: lb.FilterDeny,
		},
		{
			Match:    lb.Match{{Field: lb.FieldHost, Values: []string{"example.com", "www.example.com"}}},
			Action:   lb.FilterRedirect,
			Redirect: &lb.Redirect{Host: "shop.example.org", Code: 308},
		},
	}
	routes := []lb.RouteSpec{
		{Match: lb.Match{{Field: lb.FieldPath, Op: lb.MatchPrefix, Values: []string{"/api/"}}}, Backend: "api"},
	}
	return frontend, filters, routes
}

func ExampleExplain() {
	frontend, filters, routes := shop()
	office, elsewhere := netip.MustParseAddr("192.0.2.7"), netip.MustParseAddr("198.51.100.7")
	for _, request := range []lb.Request{
		{Source: elsewhere, Host: "shop.example.org", Path: "/admin/users"},
		{Source: office, Host: "www.example.com", Path: "/admin/users", Query: "page=2"},
		{Source: office, Host: "shop.example.org", Path: "/api/v1"},
		{Source: office, Host: "shop.example.org", Path: "/admin/users"},
	} {
		decision, err := lb.Explain(frontend, filters, routes, request)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(decision.Reason)
		switch decision.Action {
		case lb.FilterDeny:
			fmt.Println("  ->", decision.Status)
		case lb.FilterRedirect:
			fmt.Println("  ->", decision.Status, decision.Location)
		default:
			fmt.Println("  ->", decision.Backend)
		}
	}
	// Output:
	// filters[0] ("office") denies it: path "/admin/users" begins with "/admin" and source 198.51.100.7 is not within 192.0.2.0/24
	//   -> 403
	// filters[1] redirects it: host is "www.example.com"
	//   -> 308 https://shop.example.org/admin/users?page=2
	// no filter matches; routes[0] sends it to backend "api": path "/api/v1" begins with "/api/"
	//   -> api
	// no filter matches; no route matches, so it goes to the default backend "web"
	//   -> web
}

// What cannot be explained is an error that names the field.
func ExampleExplain_invalid() {
	frontend, filters, routes := shop()
	routes[0].Match[0].Op, routes[0].Match[0].Values = lb.MatchRegex, []string{"^/api("}

	_, err := lb.Explain(frontend, filters, routes, lb.Request{Path: "/api/v1"})
	fmt.Println(errors.Is(err, lb.ErrInvalid))
	var e *lb.Error
	if errors.As(err, &e) {
		for _, field := range e.Fields {
			fmt.Println(field.Path)
		}
	}
	// Output:
	// true
	// routes[0].match[0].values
	// request.source
}
