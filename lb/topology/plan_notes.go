package topology

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/lbkit/lbkit/lb"
)

// note adds what a reviewer should know beside the steps.
func (b *planner) note() {
	b.noteMoney()
	b.noteEmulated()
	b.noteForeign()
	b.noteCertificates()
	b.noteUnsaid()
	for _, kind := range []lb.Kind{lb.KindFrontend, lb.KindBackend, lb.KindCertificate} {
		if n := b.unnamed[kind]; n > 0 {
			b.notes = append(b.notes, fmt.Sprintf("%s not in the topology, and left alone: %s", many(n, kind), b.whyUnnamed(n)))
		}
	}
}

// whyUnnamed is why n objects that are not in the topology stay. Whoever prunes what is
// theirs is not told to delete the rest.
func (b *planner) whyUnnamed(n int) string {
	them := "them"
	if n == 1 {
		them = "it"
	}
	if b.options.prune != nil {
		return "PruneWhere does not own " + them
	}
	return "Prune deletes " + them
}

// many is "1 backend" or "3 backends".
func many(n int, kind lb.Kind) string {
	if n == 1 {
		return fmt.Sprintf("1 %s is", kind)
	}
	return fmt.Sprintf("%d %ss are", n, kind)
}

func (b *planner) noteMoney() {
	for _, step := range b.steps {
		if step.Kind != lb.KindLoadBalancer {
			continue
		}
		for _, change := range step.Changes {
			if change.Path == "plan" {
				b.notes = append(b.notes, fmt.Sprintf("the load balancer's plan changes from %v to %v, and what it costs with it", shown(change.Before), shown(change.After)))
			}
		}
	}
}

// noteEmulated names what the provider does by other means, once each, with the first
// place that needs it.
func (b *planner) noteEmulated() {
	emulated := map[lb.Feature]string{}
	for feature, support := range b.capabilities.Features {
		if support.Supported && support.Emulated {
			emulated[feature] = support.Hint
		}
	}
	if len(emulated) == 0 {
		return
	}
	first, count := map[lb.Feature]string{}, map[lb.Feature]int{}
	b.want.eachFeature(func(feature lb.Feature, path string) {
		if _, ok := emulated[feature]; !ok {
			return
		}
		if count[feature]++; count[feature] == 1 {
			first[feature] = path
		}
	})
	for _, feature := range slices.Sorted(maps.Keys(first)) {
		at := first[feature]
		if more := count[feature] - 1; more > 0 {
			at = fmt.Sprintf("%s and %d more", at, more)
		}
		text := fmt.Sprintf("%s does %s by other means (%s)", b.name, feature, at)
		if hint := emulated[feature]; hint != "" {
			text += ": " + hint
		}
		b.notes = append(b.notes, text)
	}
}

// eachFeature calls use with the features that a topology needs: "<kind>.<path>" of each
// field that is set, and those of conditions.
func (s *Spec) eachFeature(use func(feature lb.Feature, path string)) {
	eachLeaf("loadbalancer", "loadBalancer", s.LoadBalancer, use)
	for i, backend := range s.Backends {
		at := fmt.Sprintf("backends[%d]", i)
		eachLeaf("backend", at, backend.BackendSpec, use)
		for j, server := range backend.Servers {
			eachLeaf("server", fmt.Sprintf("%s.servers[%d]", at, j), server, use)
		}
	}
	for i, f := range s.Frontends {
		at := fmt.Sprintf("frontends[%d]", i)
		eachLeaf("frontend", at, f.FrontendSpec, use)
		for j, filter := range f.Filters {
			place := fmt.Sprintf("%s.filters[%d]", at, j)
			eachLeaf("filter", place, filter, use)
			eachCondition("filter", place, filter.Match, use)
		}
		for j, route := range f.Routes {
			place := fmt.Sprintf("%s.routes[%d]", at, j)
			eachLeaf("route", place, route, use)
			eachCondition("route", place, route.Match, use)
		}
	}
}

// eachLeaf calls use for each key of a spec's JSON, at every depth.
func eachLeaf(kind, path string, spec any, use func(feature lb.Feature, path string)) {
	text, err := json.Marshal(spec)
	var document map[string]any
	if err != nil || json.Unmarshal(text, &document) != nil {
		return // an extension that cannot be written, which Check says
	}
	var walk func(feature, path string, document map[string]any)
	walk = func(feature, path string, document map[string]any) {
		for _, key := range slices.Sorted(maps.Keys(document)) {
			use(lb.Feature(feature+"."+key), path+"."+key)
			if inner, ok := document[key].(map[string]any); ok && key != "extensions" {
				walk(feature+"."+key, path+"."+key, inner)
			}
		}
	}
	walk(kind, path, document)
}

// eachCondition calls use for "<kind>.match.<field>.<op>" and for several values.
func eachCondition(kind, path string, match lb.Match, use func(feature lb.Feature, path string)) {
	for i, c := range match {
		at := fmt.Sprintf("%s.match[%d]", path, i)
		op := string(c.Op)
		if op == "" {
			op = "equal"
		}
		use(lb.Feature(fmt.Sprintf("%s.match.%s.%s", kind, c.Field, op)), at)
		if len(c.Values) > 1 {
			use(lb.Feature(kind+".match.values.several"), at+".values")
		}
	}
}

// noteForeign names the extensions of other providers, which have no part in the plan.
func (b *planner) noteForeign() {
	first, count := map[string]string{}, map[string]int{}
	spec := *b.want
	eachExtensions(reflect.ValueOf(&spec).Elem(), "", func(path string, x lb.Extensions) lb.Extensions {
		for _, other := range x.Providers() {
			if other == b.name {
				continue
			}
			if count[other]++; count[other] == 1 {
				first[other] = path
			}
		}
		return x
	})
	for _, other := range slices.Sorted(maps.Keys(first)) {
		at := first[other]
		if more := count[other] - 1; more > 0 {
			at = fmt.Sprintf("%s and %d more", at, more)
		}
		b.notes = append(b.notes, fmt.Sprintf("the extensions for %s (%s) mean nothing to %s and are left out", other, at, b.name))
	}
}

// noteCertificates: where a frontend serves the others too, a new certificate is served
// by each frontend with TLS.
func (b *planner) noteCertificates() {
	hint, shared := lacks(b.capabilities, featureOwnCertificates)
	if !shared || len(b.want.Certificates) < 2 {
		return
	}
	for _, step := range b.steps {
		if step.Kind == lb.KindCertificate && step.Action != ActionDelete && step.Action != ActionUpdate {
			text := fmt.Sprintf("%s serves every certificate of the load balancer on every frontend with TLS", b.name)
			if hint != "" {
				text += ": " + hint
			}
			b.notes = append(b.notes, text)
			return
		}
	}
}

// noteUnsaid names what is there and cannot be said, or only as it was read, where it
// stays so.
func (b *planner) noteUnsaid() {
	for _, problem := range b.live.unread() {
		b.notes = append(b.notes, "left as it is: "+problem.Error())
	}
	if b.excused["loadBalancer"] {
		b.keeps(Step{Kind: lb.KindLoadBalancer}, b.unsaid.loadBalancer)
	}
	for _, n := range b.backends {
		if n.live != nil && (n.want == nil || b.excused[n.path]) {
			b.keeps(Step{Kind: lb.KindBackend, Name: n.live.Name, ID: string(n.live.ID)}, b.unsaid.backends[n.at])
		}
	}
	for _, n := range b.frontends {
		if n.live != nil && (n.want == nil || b.excused[n.path]) {
			b.keeps(Step{Kind: lb.KindFrontend, Name: n.live.Name, ID: string(n.live.ID)}, b.unsaid.frontends[n.at])
		}
	}
}

// keeps takes note of problems with one live object.
func (b *planner) keeps(s Step, problems lb.Problems) {
	for _, problem := range problems {
		var lacks *lb.UnsupportedError
		if !errors.As(problem, &lacks) {
			continue
		}
		within := *lacks
		within.Provider, within.Path = "", inner(lacks.Path)
		b.notes = append(b.notes, fmt.Sprintf("%s: left as it is: %s", s.title(), within.Error()))
	}
}

// inner is a path within its entry: "stickiness" of "backends[2].stickiness".
func inner(path string) string {
	if prefix := pathPrefix(path); len(path) > len(prefix) {
		return strings.TrimPrefix(path[len(prefix):], ".")
	}
	return ""
}

// shown is a value in one line, without what would break a terminal or a page.
func shown(value any) string {
	if value == nil {
		return "none"
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return fmt.Sprintf("%T", value)
	}
	line := strings.TrimSuffix(text.String(), "\n")
	if plain, ok := value.(fmt.Stringer); ok && reflect.TypeOf(value).Kind() != reflect.Struct {
		line = plain.String()
	}
	return cut(printable(line))
}
