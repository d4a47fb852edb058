package ovh

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/lbkit/lbkit/lb"
)

// What the dialect accepts reads back as the canonical form that it gave, the
// canonical form of which is itself, and means what was asked for.
func TestFiltersReadBackAsWritten(t *testing.T) {
	t.Parallel()
	thousands(t, func(t *rapid.T) {
		protocol := drawProtocol(t)
		frontend := lb.FrontendSpec{Protocol: protocol}
		var specs []lb.FilterSpec
		for range rapid.IntRange(0, 4).Draw(t, "filters") {
			specs = append(specs, drawFilter(t, protocol))
		}
		canonical, err := dialect{}.Filters(frontend, specs)
		if err != nil {
			return // refused: see TestDialectRefusesFilters
		}
		again, err := dialect{}.Filters(frontend, canonical)
		if err != nil || !slices.EqualFunc(again, canonical, lb.Equal) {
			t.Fatalf("canonical form of the canonical form: %v\n%s", err, cmp.Diff(canonical, again))
		}
		api := written(t, protocol, canonical)
		read := filterSpecs(api.read(protocol).filterModels())
		if !slices.EqualFunc(read, canonical, lb.Equal) {
			t.Fatalf("read back (-written +read):\n%s", cmp.Diff(canonical, read))
		}
		for range 10 {
			q := drawRequest(t, protocol)
			if want, got := specVerdict(specs, nil, q), api.verdict(q); want != got {
				t.Fatalf("%+v: the API decides %+v, asked for was %+v\n%+v", q, got, want, specs)
			}
		}
	})
}

func TestRoutesReadBackAsWritten(t *testing.T) {
	t.Parallel()
	thousands(t, func(t *rapid.T) {
		protocol := drawProtocol(t)
		frontend := lb.FrontendSpec{Protocol: protocol}
		var specs []lb.RouteSpec
		for range rapid.IntRange(0, 4).Draw(t, "routes") {
			specs = append(specs, drawRoute(t, protocol))
		}
		canonical, err := dialect{}.Routes(frontend, specs)
		if err != nil {
			return
		}
		again, err := dialect{}.Routes(frontend, canonical)
		if err != nil || !slices.EqualFunc(again, canonical, lb.Equal) {
			t.Fatalf("canonical form of the canonical form: %v\n%s", err, cmp.Diff(canonical, again))
		}
		var api frontendModel
		for i, spec := range canonical {
			action := HTTPRouteAction{Type: RouteActionFarm, Target: farmOf(spec.Backend)}
			api.routes = append(api.routes, attached(int64(100+i), protocol, spec.Name, spec.Match, action, i+1))
		}
		api.routes = rapid.Permutation(api.routes).Draw(t, "order")
		read := routeSpecs(api.read(protocol).routeModels())
		if !slices.EqualFunc(read, canonical, lb.Equal) {
			t.Fatalf("read back (-written +read):\n%s", cmp.Diff(canonical, read))
		}
		for range 10 {
			q := drawRequest(t, protocol)
			want, got := specVerdict(nil, specs, q), api.verdict(q)
			if farmOf(lb.BackendID(want.target)) != got.target {
				t.Fatalf("%+v: the API decides %+v, asked for was %+v\n%+v", q, got, want, specs)
			}
		}
	})
}

// Whatever routes there are, reading them gives specs that writing again would leave
// alone: canonical where the dialect takes them, and else such as only a reading can
// give.
func TestWhatIsReadPassesUnchanged(t *testing.T) {
	t.Parallel()
	words := rapid.SampledFrom([]string{
		"", "source", "host", "sni", "uri", "method", "header", "protocol", "path", "ovh:path", "later",
		"is", "in", "contains", "startswith", "matches", "exists", "prefix", "internal", "a, b", "a,,b", "10.0.0.0/8, 1.2.3.4", "http/2.0", "/",
		"reject", "redirect", "deny", "https://${host}${path}${arguments}",
	})
	thousands(t, func(t *rapid.T) {
		protocol := drawProtocol(t)
		frontend := int64(7)
		r := &trafficRoute{protocol: protocol, HTTPRoute: HTTPRoute{
			RouteID: 1, FrontendID: &frontend, DisplayName: words.Draw(t, "name"),
			Action: HTTPRouteAction{
				Type: RouteActionType(words.Draw(t, "action")), Target: words.Draw(t, "target"), Status: rapid.SampledFrom([]int{0, 403, 404, 302}).Draw(t, "status"),
			},
		}}
		for range rapid.IntRange(0, 7).Draw(t, "rules") {
			r.Rules = append(r.Rules, Rule{
				Field: words.Draw(t, "field"), SubField: words.Draw(t, "sub field"), Match: RuleMatch(words.Draw(t, "match")),
				Pattern: words.Draw(t, "pattern"), Negate: rapid.Bool().Draw(t, "negate"),
			})
		}
		if protocol == lb.ProtocolTCP {
			r.Action.Status = 0 // TCP has none
		}
		spec := filterSpecOf(r)
		canonical, problems := canonicalFilter(protocol, 1, spec)
		if len(problems) == 0 && (len(canonical) != 1 || !lb.Equal(canonical[0], spec)) {
			t.Fatalf("%+v\nreads as\n%+v\nbut its canonical form is\n%+v", r, spec, canonical)
		}
		if problems := madeUpFilters(protocol, []lb.FilterSpec{{Match: lb.Match{{Field: lb.FieldSource, Values: []string{"1.2.3.4/32"}}}, Action: lb.FilterDeny}, spec}); len(problems) > 0 {
			t.Fatalf("%+v\nreads as\n%+v\nwhich is taken for made up: %v", r, spec, problems)
		}
		m := frontendModel{routes: []*trafficRoute{r}}
		if r.Action.Type == RouteActionFarm {
			return
		}
		want, err := wantFilters(m.read(protocol), []lb.FilterSpec{spec})
		if err != nil || !sameFilters(want.specs, m.read(protocol).filterModels()) {
			t.Fatalf("%+v\nreads as\n%+v\nwhich does not pass: %v", r, spec, err)
		}
	})
}
