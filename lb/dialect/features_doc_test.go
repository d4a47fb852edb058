package dialect_test

import (
	"fmt"
	"go/parser"
	"go/token"
	"net/netip"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/dialect"
)

// featureRows are the tables of the section on features in the package's documentation:
// what is said of each name, once for each table that has it.
func featureRows(t *testing.T) map[string][]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "doc.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(file.Doc.Text(), "\n# Features\n")
	section, _, _ = strings.Cut(section, "\n# ")
	rows, last := map[string][]string{}, ""
	for line := range strings.Lines(section) {
		row, indented := strings.CutPrefix(line, "\t")
		if !indented {
			continue
		}
		name, meaning, _ := strings.Cut(row, "  ")
		meaning = strings.TrimSpace(meaning)
		if name != "" {
			last, rows[name] = name, append(rows[name], meaning)
			continue
		}
		said := rows[last]
		said[len(said)-1] += " " + meaning
	}
	return rows
}

// leafNames are the fields of all specs, as the section says that leaves are called.
func leafNames() (all []string) {
	for kind, spec := range map[string]any{
		"loadbalancer": lb.LoadBalancerSpec{}, "frontend": lb.FrontendSpec{}, "backend": lb.BackendSpec{}, "server": lb.ServerSpec{},
		"filter": lb.FilterSpec{}, "route": lb.RouteSpec{}, "certificate": lb.CertificateSpec{}, "address": lb.AddressSpec{},
	} {
		all = appendLeaves(all, kind, reflect.TypeOf(spec))
	}
	slices.Sort(all)
	return all
}

func appendLeaves(all []string, path string, spec reflect.Type) []string {
	for field := range spec.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name == "-" { // a secret
			name = strings.ToLower(field.Name)
		}
		leaf := path + "." + name
		all = append(all, leaf)
		if field.Type.Kind() == reflect.Pointer && field.Type.Elem().Kind() == reflect.Struct {
			all = appendLeaves(all, leaf, field.Type.Elem())
		}
	}
	return all
}

var (
	matchPrefix = regexp.MustCompile(`^(filter|route)\.match\.`)
	matchField  = regexp.MustCompile(`^(source|host|path|method|header|cookie|param|protocol)\b`)
	matchOp     = regexp.MustCompile(`^<field>\.(equal|prefix|suffix|contains|regex|exists)$`)
)

// formOf is the row of the section that a feature which has none of its own is explained by.
func formOf(feature string, leaves, calls []string) string {
	if slices.Contains(calls, feature) {
		return "<service>.<call>"
	}
	leaf, form := feature, "<leaf>"
	for _, suffix := range []string{".unset", ".update"} {
		if without, cut := strings.CutSuffix(feature, suffix); cut {
			leaf, form = without, "<leaf>"+suffix
		}
	}
	if slices.Contains(leaves, leaf) {
		return form
	}
	part := matchPrefix.ReplaceAllString(feature, "")
	if part == feature {
		return feature
	}
	return "." + matchOp.ReplaceAllString(matchField.ReplaceAllString(part, "<field>"), "<field>.<op>")
}

// The section explains every feature: by its name, or by the form of its name.
func TestFeaturesAreExplained(t *testing.T) {
	t.Parallel()
	rows, leaves := featureRows(t), leafNames()
	var calls []string
	for _, call := range dialect.Calls() {
		calls = append(calls, string(call))
	}
	features := dialect.Everything("full").Features
	for feature := range features {
		form := formOf(string(feature), leaves, calls)
		for _, row := range []string{string(feature), form} {
			if said, is := rows[row]; is && slices.Contains(said, "") {
				t.Errorf("the section has %s, and does not say what it is", row)
			}
		}
		if rows[string(feature)] == nil && rows[form] == nil {
			t.Errorf("the section does not explain %s", feature)
		}
	}
	for row := range rows {
		if _, is := features[lb.Feature(row)]; !is && row[0] != '.' && row[0] != '<' {
			t.Errorf("the section explains %s, which is no feature", row)
		}
	}
	for _, leaf := range leaves {
		for _, form := range []string{"", ".unset", ".update"} {
			if _, is := features[lb.Feature(leaf+form)]; !is {
				t.Errorf("%s%s is a feature by the forms of the section, and there is none", leaf, form)
			}
		}
	}
}

// The section lists the values, and what is lacking on every provider.
func TestFeaturesValuesAreListed(t *testing.T) {
	t.Parallel()
	rows := featureRows(t)
	features := dialect.Everything("full").Features
	lacking := map[string][]string{}
	for feature, support := range features {
		if len(support.Values) > 0 && !slices.Contains(rows[string(feature)], strings.Join(support.Values, ", ")) {
			t.Errorf("the section does not list the values of %s: %v", feature, support.Values)
		}
		for _, suffix := range []string{".unset", ".update"} {
			if leaf, cut := strings.CutSuffix(string(feature), suffix); cut && !support.Supported {
				lacking[suffix] = append(lacking[suffix], leaf)
			}
		}
	}
	for suffix, leaves := range lacking {
		said := rows[suffix][len(rows[suffix])-1]
		listed := strings.Split(said, ", ")
		slices.Sort(listed)
		slices.Sort(leaves)
		if diff := cmp.Diff(leaves, listed); diff != "" {
			t.Errorf("lacking %s: %s", suffix, diff)
		}
	}
}

// The section has the defaults that Rules fill in, and they fill in no others.
func TestFeaturesDefaultsAreListed(t *testing.T) {
	t.Parallel()
	d, rows := rules(everything()), featureRows(t)
	filled := func(kind string, changes []lb.Change) {
		for _, change := range changes {
			name, value := kind+"."+change.Path, fmt.Sprint(change.After)
			said := append([]string{""}, rows[name]...) // the defaults come last
			if standard, _, _ := strings.Cut(said[len(said)-1], ","); standard != value {
				t.Errorf("the section does not say that %s is %s: %v", name, value, rows[name])
			}
		}
		if len(changes) == 0 {
			t.Errorf("nothing is filled into a %s", kind)
		}
	}
	balancer := lb.LoadBalancerSpec{}
	wantBalancer, err := d.LoadBalancer(balancer)
	filled("loadbalancer", diff(t, err, balancer, wantBalancer))
	front := webFrontend("app")
	front.Certificates = []lb.CertificateID{"one"}
	wantFront, err := d.Frontend(front)
	filled("frontend", diff(t, err, front, wantFront))
	for _, check := range []lb.HealthCheck{{}, {Type: lb.CheckHTTP, HTTP: &lb.HTTPCheck{}}} {
		back, server := lb.BackendSpec{Protocol: lb.ProtocolHTTP, HealthCheck: &check}, lb.ServerSpec{Address: netip.MustParseAddr("10.0.0.1")}
		wantBack, wantServers, err := d.Backend(back, []lb.ServerSpec{server})
		filled("backend", diff(t, err, back, wantBack))
		filled("server", diff(t, err, server, wantServers[0]))
	}
	for _, filter := range []lb.FilterSpec{{Action: lb.FilterDeny}, {Action: lb.FilterRedirect, Redirect: &lb.Redirect{Scheme: "https"}}} {
		wantFilters, err := d.Filters(front, []lb.FilterSpec{filter})
		filled("filter", diff(t, err, filter, wantFilters[0]))
	}
	route := lb.RouteSpec{Backend: "app"}
	wantRoutes, err := d.Routes(front, []lb.RouteSpec{route})
	if changes := diff(t, err, route, wantRoutes[0]); len(changes) > 0 {
		t.Errorf("filled into a route: %v", changes)
	}
}

// diff are the changes from a spec to its canonical form.
func diff[S lb.Spec](t *testing.T, err error, spec, canonical S) []lb.Change {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return lb.Diff(spec, canonical)
}
