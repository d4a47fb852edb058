package scaleway

import (
	"context"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
)

// directives are the operations announced above each method, by its name.
func directives(t *testing.T) map[string][]string {
	t.Helper()
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][]string{}
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), ".go") || strings.HasSuffix(entry.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), entry.Name(), nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, declaration := range file.Decls {
			if f, ok := declaration.(*ast.FuncDecl); ok && f.Doc != nil {
				for _, line := range f.Doc.List {
					if operation, ok := strings.CutPrefix(line.Text, "//api:operation "); ok {
						found[receiver(f)+"."+f.Name.Name] = append(found[receiver(f)+"."+f.Name.Name], operation)
					}
				}
			}
		}
	}
	return found
}

func receiver(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return ""
	}
	star, ok := f.Recv.List[0].Type.(*ast.StarExpr)
	if !ok {
		return ""
	}
	name, _ := star.X.(*ast.Ident)
	return name.Name
}

// TestDirectivesAreTheSchema: what the methods announce is what the API has,
// each once.
func TestDirectivesAreTheSchema(t *testing.T) {
	t.Parallel()
	implemented := map[string]int{}
	for _, operations := range directives(t) {
		for _, operation := range operations {
			implemented[operation]++
		}
	}
	asked, done := map[string]int{}, map[string]int{}
	for _, o := range referenceOperations(t) {
		asked[o.Scope]++
		switch implemented[o.route()] {
		case 0:
			t.Errorf("%s %s: no method", o.Name, o.route())
		case 1:
			done[o.Scope]++
		default:
			t.Errorf("%s %s: more than one method", o.Name, o.route())
		}
		delete(implemented, o.route())
	}
	for operation := range implemented {
		t.Errorf("%s: not an operation of the API", operation)
	}
	for scope, n := range asked {
		t.Logf("%s operations: %d implemented / %d asked for", scope, done[scope], n)
	}
}

// TestMethodsSendWhatTheyAnnounce calls each method in a zone and in a region.
func TestMethodsSendWhatTheyAnnounce(t *testing.T) {
	t.Parallel()
	announced := directives(t)
	for name := range methods() {
		if len(announced[name]) == 0 {
			t.Errorf("%s announces nothing", name)
		}
	}
	for name, operations := range announced {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			call, ok := methods()[name]
			if !ok {
				t.Fatal("the test does not call it")
			}
			for _, regional := range []bool{false, true} {
				checkAnnounced(t, call, operations, regional)
			}
		})
	}
}

func checkAnnounced(t *testing.T, call func(context.Context, *API, given) error, operations []string, regional bool) {
	t.Helper()
	client, w := newWire(t, always(200, anything))
	api, scope := client.Zone(testZone), "/zones/"
	if regional {
		api, scope = client.Region(testRegion), "/regions/"
	}
	at := slices.IndexFunc(operations, func(o string) bool { return strings.Contains(o, scope) })
	// A certificate needs one of its two kinds.
	err := call(t.Context(), api, given{body: []byte(`{"letsencrypt":{"common_name":"a.example"}}`)})
	if at < 0 {
		if !errors.Is(err, lb.ErrUnsupported) || len(w.all()) > 0 {
			t.Errorf("%v after %v; want lb.ErrUnsupported and nothing sent", err, w.all())
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if sent := w.only(t); sent.String() != expandDirective(operations[at]) {
		t.Errorf("sent %s; announced %s", sent, operations[at])
	}
}

// expandDirective puts the test's IDs in place of an operation's parameters.
func expandDirective(operation string) string {
	return strings.NewReplacer(
		"{zone}", string(testZone), "{region}", string(testRegion), "{lb_id}", testLB, "{ip_id}", testIP, "{backend_id}", testBackend,
		"{frontend_id}", testFrontend, "{route_id}", testRoute, "{acl_id}", testACL, "{certificate_id}", testCertificate,
		"{subscriber_id}", testSubscriber, "{private_network_id}", testNetwork,
	).Replace(operation)
}

// TestEveryMethodIsAnnounced: a method that takes a context and is not a wait
// makes a call of the API, and says which.
func TestEveryMethodIsAnnounced(t *testing.T) {
	t.Parallel()
	announced := directives(t)
	for field := range reflect.TypeFor[API]().Fields() {
		service := field.Type
		for method := range service.Methods() {
			name := service.Elem().Name() + "." + method.Name
			if !strings.HasPrefix(method.Name, "Wait") && len(announced[name]) == 0 {
				t.Errorf("%s announces nothing", name)
			}
		}
	}
}

// TestRequestsAreTheSchema: each operation of the API's description, with every
// parameter and every member of its body set, arrives as it is described.
func TestRequestsAreTheSchema(t *testing.T) {
	t.Parallel()
	announced := map[string]string{}
	for name, operations := range directives(t) {
		for _, operation := range operations {
			announced[operation] = name
		}
	}
	schema := newSchema(t)
	for _, o := range referenceOperations(t) {
		t.Run(o.Scope+"/"+o.Name, func(t *testing.T) {
			t.Parallel()
			call, ok := methods()[announced[o.route()]]
			if !ok {
				t.Fatal("no method")
			}
			if o.Name == "CreateCertificate" {
				delete(o.Body, "custom_certificate") // one of the two; the other has a test of its own
			}
			want := schema.object(o.Body)
			if _, ok := want["private_network_id"]; ok {
				want["private_network_id"] = testNetwork
			}
			query := schema.query(o.Query)
			content, err := json.Marshal(want)
			if err != nil {
				t.Fatal(err)
			}
			client, w := newWire(t, always(200, anything))
			api := client.Zone(testZone)
			if o.Scope == "regional" {
				api = client.Region(testRegion)
			}
			if err := call(t.Context(), api, given{body: content, query: query}); err != nil {
				t.Fatal(err)
			}
			sent := w.only(t)
			if sent.String() != expandDirective(o.route()) {
				t.Errorf("sent %s; want %s", sent, o.route())
			}
			if diff := cmp.Diff(query, sent.Query); diff != "" {
				t.Errorf("query: %s", diff)
			}
			checkBody(t, o.HasBody, want, sent.Body)
		})
	}
}

func checkBody(t *testing.T, hasBody bool, want map[string]any, body string) {
	t.Helper()
	if !hasBody {
		if body != "" {
			t.Errorf("body %s; want none", body)
		}
		return
	}
	expected, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(decodeAny(t, expected), decodeAny(t, []byte(body))); diff != "" {
		t.Errorf("body: %s", diff)
	}
}

// TestAnswersAreTheSchema: an answer of each type with every member set comes
// through whole.
func TestAnswersAreTheSchema(t *testing.T) {
	t.Parallel()
	schema := newSchema(t)
	for name, typ := range answerTypes() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			content, err := json.Marshal(schema.object(schema.types[name].Fields))
			if err != nil {
				t.Fatal(err)
			}
			encoded, err := again(typ, content)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(decodeAny(t, content), decodeAny(t, encoded)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestEveryTypeIsCovered: the two tests above leave no type of the schema out.
func TestEveryTypeIsCovered(t *testing.T) {
	t.Parallel()
	schema := newSchema(t)
	reached := map[string]bool{}
	for _, o := range referenceOperations(t) {
		schema.reach(reached, o.Body)
		schema.reachType(reached, o.Response)
	}
	for _, name := range slices.Sorted(maps.Keys(schema.types)) {
		if !reached[name] {
			t.Errorf("%s: in no operation", name)
		}
	}
	t.Logf("%d types", len(reached))
}
