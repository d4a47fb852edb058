package scaleway

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	facts "github.com/lbkit/lbkit/internal/reference"
	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// Of every load balancer, backend, frontend, ACL, route, address and certificate on record,
// those within others too: what is read is canonical, unless the dialect would refuse it,
// and an update that changes nothing sends nothing.
func TestRecordedObjectsAreCanonical(t *testing.T) {
	t.Parallel()
	d, count := dialect{}, map[string]int{}
	eachRecorded(t, func(object any) {
		switch o := object.(type) {
		case *LB:
			if o.Type == "" { // a summary (facts 7)
				return
			}
			checkRecordedLoadBalancer(t, d, o)
		case *Backend:
			checkRecordedBackend(t, d, o)
		case *Frontend:
			checkRecordedFrontend(t, d, o)
		case *ACL:
			checkRecordedACL(t, d, o)
		case *Route:
			checkRecordedRoute(t, d, o)
		case *IP:
			if got := d.neutralAddress(testZone, o); !got.Prefix.IsValid() {
				t.Errorf("address %s is read as %+v", o.ID, got)
			}
		case *Certificate:
			got := neutralCertificate(testZone, o)
			if !got.Source.Known() || !got.Provisioning.Known() || len(got.Domains) != 1+len(o.SubjectAlternativeName) {
				t.Errorf("certificate %s is read as %+v", o.ID, got)
			}
		default:
			return
		}
		count[reflect.TypeOf(object).Elem().Name()]++
	})
	t.Log(count)
	for kind, least := range map[string]int{"LB": 1000, "Backend": 100, "Frontend": 100, "ACL": 50, "Route": 5, "IP": 1000, "Certificate": 30} {
		if count[kind] < least {
			t.Errorf("checked %d of type %s: the recordings hold more", count[kind], kind)
		}
	}
}

func checkRecordedLoadBalancer(t *testing.T, d dialect, b *LB) {
	t.Helper()
	model := d.neutralLoadBalancer(testZone, b, nil)
	if !model.Provisioning.Known() || len(model.Addresses) != len(b.IP) || len(model.Instances) != len(b.Instances) {
		t.Errorf("load balancer %s is read as %+v", b.ID, model)
	}
	canonical, problems := d.loadBalancer(model.LoadBalancerSpec)
	if len(problems) > 0 || !lb.Equal(model.LoadBalancerSpec, canonical) {
		t.Errorf("load balancer %s: %v (-read +canonical):\n%s", b.ID, problems, cmp.Diff(model.LoadBalancerSpec, canonical, specOptions))
	}
}

func checkRecordedBackend(t *testing.T, d dialect, b *Backend) {
	t.Helper()
	model, err := neutralBackend(testZone, b)
	if err != nil {
		t.Error(err)
		return
	}
	canonical, _, problems := d.backend(model.BackendSpec, serverSpecs(model.Servers))
	if len(problems) == 0 && !lb.Equal(model.BackendSpec, canonical) {
		t.Errorf("backend %s (-read +canonical):\n%s", b.ID, cmp.Diff(model.BackendSpec, canonical, specOptions))
	}
	c, err := newBackendChange("", b, canonical, canonical)
	if err != nil || !reflect.DeepEqual(c.settings, c.liveSettings) || !reflect.DeepEqual(c.check, c.liveCheck) {
		t.Errorf("backend %s: writing back what was read changes it (%v)", b.ID, err)
	}
}

func checkRecordedFrontend(t *testing.T, d dialect, f *Frontend) {
	t.Helper()
	spec := frontendSpec(testZone, f)
	canonical, problems := d.frontend(spec)
	if len(problems) == 0 && !lb.Equal(spec, canonical) {
		t.Errorf("frontend %s (-read +canonical):\n%s", f.ID, cmp.Diff(spec, canonical, specOptions))
	}
	if same, err := mergeFrontend("", testZone, liveFrontend(f), canonical, canonical); err != nil || !reflect.DeepEqual(same, liveFrontend(f)) {
		t.Errorf("frontend %s: writing back what was read changes it (%v)", f.ID, err)
	}
}

// checkRecordedACL wants the one that would be made of an ACL to mean the same.
func checkRecordedACL(t *testing.T, d dialect, a *ACL) {
	t.Helper()
	spec := filterSpec(a.Frontend.InboundPort, a)
	canonical, problems := d.filter(frontendSpec(testZone, &a.Frontend), 0, spec)
	if !lb.Equal(spec, canonical) {
		t.Errorf("ACL %s (-read +canonical):\n%s", a.ID, cmp.Diff(spec, canonical, specOptions))
	}
	if len(problems) > 0 {
		return
	}
	twin, err := wireFilter("", canonical, a.Index)
	again := filterSpec(a.Frontend.InboundPort, &ACL{Name: twin.Name, Description: twin.Description, Action: twin.Action, Match: twin.Match})
	if err != nil || !lb.Equal(spec, again) {
		t.Errorf("ACL %s, made once more (%v, -read +read again):\n%s", a.ID, err, cmp.Diff(spec, again, specOptions))
	}
}

// checkRecordedRoute reads a route as one of a frontend that it fits.
func checkRecordedRoute(t *testing.T, d dialect, r *Route) {
	t.Helper()
	protocol := lb.ProtocolHTTP
	if r.Match.SNI != "" {
		protocol = lb.ProtocolTCP
	}
	spec := routeSpec(testZone, protocol, r)
	canonical, problems := d.route(protocol, 0, spec)
	if len(problems) > 0 || len(canonical) != 1 || !lb.Equal(spec, canonical[0]) {
		t.Errorf("route %s: %v, %+v", r.ID, problems, canonical)
		return
	}
	if match := wireRouteMatch(protocol, canonical[0].Match); !reflect.DeepEqual(r.Match, match) {
		t.Errorf("route %s: %+v is written as %+v", r.ID, r.Match, match)
	}
}

// eachRecorded visits the objects with an ID in the answers on record.
func eachRecorded(t *testing.T, visit func(object any)) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(facts.Dir(t), "scaleway", "recordings", "*.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	matcher := newMatcher(t)
	for _, name := range files {
		content, err := os.ReadFile(name) //nolint:gosec // G304: the folder is the tester's
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(content) {
			var e exchange
			if err := json.Unmarshal(line, &e); err != nil {
				t.Fatal(err)
			}
			operation, known := matcher.find(e)
			if !known || e.OtherAPI != nil || e.BodyDropped != nil || e.Status != http.StatusOK {
				continue
			}
			answer := reflect.New(answerTypes()[operation.Response])
			if err := rest.Decode(e.Body, answer.Interface()); err != nil {
				t.Fatal(err)
			}
			visitObjects(answer.Elem(), visit)
		}
	}
}

func visitObjects(v reflect.Value, visit func(object any)) {
	switch v.Kind() { //nolint:exhaustive // the others hold no objects
	case reflect.Pointer:
		if !v.IsNil() {
			visitObjects(v.Elem(), visit)
		}
	case reflect.Slice:
		for i := range v.Len() {
			visitObjects(v.Index(i), visit)
		}
	case reflect.Struct:
		if id := v.FieldByName("ID"); id.IsValid() && !id.IsZero() {
			visit(v.Addr().Interface())
		}
		for _, field := range reflect.VisibleFields(v.Type()) {
			if field.IsExported() && len(field.Index) == 1 {
				visitObjects(v.FieldByIndex(field.Index), visit)
			}
		}
	default:
	}
}
