package ovh

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"maps"
	"net/http"
	"net/url"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
)

// directive stands above every method that is an operation of the API.
const directive = "//api:operation "

// declared are the directives in the package's source: "HTTPFarmService.Get" to
// its operations, "GET /ipLoadbalancing/{serviceName}/http/farm/{farmId}".
func declared(t *testing.T) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	eachDeclared(t, func(method, operation, _ string) { all[method] = append(all[method], operation) })
	return all
}

// eachDeclared goes through the directives, with the text of the comment that each
// stands in.
func eachDeclared(t *testing.T, found func(method, operation, doc string)) {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		file, err := parser.ParseFile(gotoken.NewFileSet(), name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, declaration := range file.Decls {
			function, ok := declaration.(*ast.FuncDecl)
			if !ok || function.Doc == nil {
				continue
			}
			for _, comment := range function.Doc.List {
				if operation, ok := strings.CutPrefix(comment.Text, directive); ok {
					found(receiver(t, function)+"."+function.Name.Name, operation, function.Doc.Text())
				}
			}
		}
	}
}

func receiver(t *testing.T, function *ast.FuncDecl) string {
	t.Helper()
	if function.Recv != nil {
		if pointer, ok := function.Recv.List[0].Type.(*ast.StarExpr); ok {
			if name, ok := pointer.X.(*ast.Ident); ok {
				return name.Name
			}
		}
	}
	t.Fatalf("%s has a directive and is no method of a service", function.Name.Name)
	return ""
}

// Every operation of the published schema that is not for OVH's own use has a
// method, and every directive is one of them.
func TestOperationsAreThoseOfTheSchema(t *testing.T) {
	t.Parallel()
	var operations []struct {
		Method    string `json:"method"`
		Path      string `json:"path"`
		Stability string `json:"stability"`
	}
	readReference(t, "operations.json", &operations)
	asked, internal := map[string]bool{}, map[string]bool{}
	for _, operation := range operations {
		set := asked
		if operation.Stability == "Internal use only" {
			set = internal
		}
		set[operation.Method+" "+operation.Path] = true
	}
	implemented := map[string]bool{}
	for method, list := range declared(t) {
		for _, operation := range list {
			implemented[operation] = true
			switch {
			case internal[operation]:
				t.Errorf("%s is %s, which is for OVH's own use", method, operation)
			case !asked[operation]:
				t.Errorf("%s is %s, which the schema does not have", method, operation)
			}
		}
	}
	for _, operation := range slices.Sorted(maps.Keys(asked)) {
		if !implemented[operation] {
			t.Errorf("%s has no method", operation)
		}
	}
	t.Logf("operations: %d implemented of %d asked for; %d more are for OVH's own use", len(implemented), len(asked), len(internal))
}

// What the schema calls deprecated is documented as such, and nothing else is.
func TestOperationsThatAreDeprecated(t *testing.T) {
	t.Parallel()
	var operations []struct {
		Method     string `json:"method"`
		Path       string `json:"path"`
		Deprecated bool   `json:"deprecated"`
	}
	readReference(t, "operations.json", &operations)
	deprecated := map[string]bool{}
	for _, operation := range operations {
		deprecated[operation.Method+" "+operation.Path] = operation.Deprecated
	}
	seen := 0
	eachDeclared(t, func(method, operation, doc string) {
		if says := strings.Contains(doc, "\nDeprecated: "); says != deprecated[operation] {
			t.Errorf("%s, which is %s: documented as deprecated is %t", method, operation, says)
		} else if says {
			seen++
		}
	})
	if seen != 2 {
		t.Errorf("%d methods are deprecated, want 2", seen)
	}
}

// Every method of every service sends what its directive says, with its
// arguments in the order of the path's parameters.
func TestMethodsSendTheirOperation(t *testing.T) {
	t.Parallel()
	all := declared(t)
	sent := map[string]map[string]bool{} // method: the operations that it was seen to send
	var requests []string
	var answer string
	client := unsigned(t, func(r *http.Request, _ []byte) answerTo {
		requests = append(requests, r.Method+" "+strings.TrimPrefix(r.URL.EscapedPath(), "/v1"))
		return answerTo{body: answer}
	})
	client.applicationKey = testKey // without which no consumer key can be asked for
	for _, service := range services(reflect.ValueOf(client).Elem()) {
		for i := range service.NumMethod() {
			method := service.Type().Method(i)
			name := service.Type().Elem().Name() + "." + method.Name
			operations := all[name]
			if len(operations) == 0 {
				t.Errorf("%s has no directive", name)
				continue
			}
			requests, answer = nil, answerFor(method.Type)
			if err := call(t.Context(), service.Method(i)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if len(requests) != 1 {
				t.Errorf("%s sent %d requests, want 1: %q", name, len(requests), requests)
				continue
			}
			operation := match(requests[0], operations, arguments(service.Method(i).Type()))
			if operation == "" {
				t.Errorf("%s sent %s, which is none of %q", name, requests[0], operations)
			}
			if sent[name] == nil {
				sent[name] = map[string]bool{}
			}
			sent[name][operation] = true
		}
	}
	for name, operations := range all {
		for _, operation := range operations {
			if !sent[name][operation] {
				t.Errorf("%s never sent %s", name, operation)
			}
		}
	}
}

// The table behind Diagnose holds what there are methods for.
func TestOperationTable(t *testing.T) {
	t.Parallel()
	want := map[string]bool{}
	for _, list := range declared(t) {
		for _, operation := range list {
			want[operation] = true
		}
	}
	got := map[string]bool{}
	for _, operation := range operations {
		got[operation.String()] = true
	}
	if diff := cmp.Diff(want, got); diff != "" || len(operations) != len(got) {
		t.Errorf("the table of %d operations (-methods +table):\n%s", len(operations), diff)
	}
}

// A POST that may have been carried out is not sent again, unless its second
// sending does no harm.
func TestPostsAreSentOnce(t *testing.T) {
	t.Parallel()
	harmless := map[string]string{ //nolint:gosec // G101: names of methods
		"VRackService.SetNetworkFarms":  "it sets the whole list",
		"LogService.URL":                "a URL that nobody uses expires",
		"AuthService.RequestCredential": "a key that nobody validates cannot be used",
	}
	sent := 0
	client := unsigned(t, func(*http.Request, []byte) answerTo {
		sent++
		return answerTo{status: http.StatusBadGateway}
	}, WithRetry(lb.RetryPolicy{MaxAttempts: 2, MinWait: time.Nanosecond, MaxWait: time.Nanosecond}))
	client.applicationKey = testKey
	all := declared(t)
	posts := 0
	for _, service := range services(reflect.ValueOf(client).Elem()) {
		for i := range service.NumMethod() {
			name := service.Type().Elem().Name() + "." + service.Type().Method(i).Name
			if !strings.HasPrefix(all[name][0], http.MethodPost+" ") {
				continue
			}
			posts++
			sent = 0
			err := call(t.Context(), service.Method(i))
			_, again := harmless[name]
			want, code := 1, lb.ErrUncertain
			if again {
				want, code = 2, lb.ErrUnavailable
			}
			if sent != want || !errors.Is(err, code) {
				t.Errorf("%s was sent %d times and ended with %v, want %d and %v", name, sent, err, want, code)
			}
		}
	}
	if posts < 25 {
		t.Errorf("only %d methods post", posts)
	}
}

// services are the services in a struct, and those in them.
func services(group reflect.Value) []reflect.Value {
	var found []reflect.Value
	for i := range group.NumField() {
		field, value := group.Type().Field(i), group.Field(i)
		if field.IsExported() && field.Type.Kind() == reflect.Pointer && strings.HasSuffix(field.Type.Elem().Name(), "Service") {
			found = append(append(found, value), services(value.Elem())...)
		}
	}
	return found
}

// arguments are what each method is called with: text and numbers that differ,
// and zero values of everything else.
func arguments(function reflect.Type) []reflect.Value {
	var in []reflect.Value
	for i := 1; i < function.NumIn(); i++ {
		switch kind := function.In(i); kind.Kind() {
		case reflect.String:
			in = append(in, reflect.ValueOf(fmt.Sprintf("a/%d", i)).Convert(kind))
		case reflect.Int64:
			in = append(in, reflect.ValueOf(int64(1000+i)))
		default:
			in = append(in, reflect.Zero(kind))
		}
	}
	return in
}

func call(ctx context.Context, method reflect.Value) error {
	in := append([]reflect.Value{reflect.ValueOf(ctx)}, arguments(method.Type())...)
	out := method.Call(in)
	last := out[len(out)-1]
	if last.Kind() == reflect.Func { // a list
		for _, err := range last.Seq2() {
			if !err.IsNil() {
				return asError(err)
			}
		}
		return nil
	}
	if last.IsNil() {
		return nil
	}
	return asError(last)
}

func asError(v reflect.Value) error {
	err, ok := v.Interface().(error)
	if !ok {
		return fmt.Errorf("%v is no error", v)
	}
	return err
}

// answerFor is the least that a method takes for an answer.
func answerFor(method reflect.Type) string {
	switch out := method.Out(0); {
	case out.Kind() == reflect.Slice, out.Kind() == reflect.Func:
		return "[]"
	case out.Kind() == reflect.String:
		return `"sent"`
	case out == reflect.TypeFor[time.Time]():
		return "1700000000"
	case method.NumOut() == 1:
		return ""
	default:
		return `{"a":1}`
	}
}

// match is the operation that request is, with the first arguments of the call as
// the path's parameters.
func match(request string, operations []string, arguments []reflect.Value) string {
	for _, operation := range operations {
		path := operation
		for _, argument := range arguments {
			before, rest, found := strings.Cut(path, "{")
			if !found {
				break
			}
			_, after, _ := strings.Cut(rest, "}")
			path = before + url.PathEscape(fmt.Sprint(argument)) + after
		}
		if path == request {
			return operation
		}
	}
	return ""
}
