package dialect_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/dialect"
)

// choosy are rules with everything that name every spec they are asked about, and refuse
// those whose name is "no" at a path of theirs.
func choosy(asked *[]string) dialect.Rules {
	r := rules(everything())
	r.Refuse = func(spec any) []lb.FieldError {
		kind := strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%T", spec), "lb."), "Spec")
		*asked = append(*asked, kind)
		if strings.Contains(fmt.Sprintf("%+v", spec), "Name:no ") {
			return []lb.FieldError{{Path: "name", Reason: "not this one"}, {Path: "zone", Reason: "nor here"}}
		}
		return nil
	}
	return r
}

func TestRefuse(t *testing.T) {
	t.Parallel()
	var asked []string
	r := choosy(&asked)
	web, app := webFrontend(""), webBackend()
	server := lb.ServerSpec{Name: "no", Address: netip.MustParseAddr("10.0.0.1")}
	deny := lb.FilterSpec{Name: "no", Action: lb.FilterDeny, Match: lb.Match{{Field: lb.FieldSource, Values: []string{"10.0.0.0/8"}}}}
	route := lb.RouteSpec{Name: "no", Backend: "app", Match: lb.Match{{Field: lb.FieldPath, Op: lb.MatchPrefix, Values: []string{"/a"}}}}
	named := func(name string) (lb.FrontendSpec, lb.BackendSpec) {
		f, b := web, app
		f.Name, b.Name = name, name
		return f, b
	}
	f, b := named("no")
	for name, tc := range map[string]struct {
		err  error
		want string
	}{
		"load balancer":           {second(r.LoadBalancer(lb.LoadBalancerSpec{Name: "no"})), "!name !zone"},
		"frontend":                {second(r.Frontend(f)), "!name !zone"},
		"backend":                 {third(r.Backend(b, nil)), "!name !zone"},
		"server":                  {third(r.Backend(app, []lb.ServerSpec{{Address: netip.MustParseAddr("10.0.0.2")}, server})), "!servers[1].name !servers[1].zone"},
		"filter":                  {second(r.Filters(web, []lb.FilterSpec{deny})), "!filters[0].name !filters[0].zone"},
		"route":                   {second(r.Routes(web, []lb.RouteSpec{route})), "!routes[0].name !routes[0].zone"},
		"update":                  {second(r.UpdateBackend(app, nil, func(s *lb.BackendSpec) error { s.Name = "no"; return nil })), "!name !zone"},
		"of what is there":        {second(r.UpdateBackend(b, nil, func(s *lb.BackendSpec) error { s.Port = 81; return nil })), ""},
		"what is refused already": {second(r.LoadBalancer(lb.LoadBalancerSpec{Name: "no", Zone: "a b"})), "!zone"},
	} {
		if got := strings.Join(pathsOf(t, tc.err), " "); got != tc.want {
			t.Errorf("%s: refused at %q, want %q", name, got, tc.want)
		}
	}
	for _, kind := range []string{"LoadBalancer", "Frontend", "Backend", "Server", "Filter", "Route"} {
		if !slices.Contains(asked, kind) {
			t.Errorf("it was never asked about a %s: %q", kind, asked)
		}
	}
}

// TestRefuseSeesTheCanonicalForm: what was left out is filled in by then.
func TestRefuseSeesTheCanonicalForm(t *testing.T) {
	t.Parallel()
	r := rules(everything())
	r.Refuse = func(spec any) []lb.FieldError {
		b, ok := spec.(lb.BackendSpec)
		if ok && b.HealthCheck != nil && b.HealthCheck.Interval%lb.Duration(time.Minute) != 0 {
			return []lb.FieldError{{Path: "healthCheck.interval", Reason: "not whole minutes"}}
		}
		return nil
	}
	spec := webBackend()
	spec.HealthCheck = &lb.HealthCheck{Type: lb.CheckTCP}
	if _, _, err := r.Backend(spec, nil); err == nil {
		t.Error("a default interval of seconds passes")
	}
}
