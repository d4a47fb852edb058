package ovh

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
)

// exchange is one call of a method, the request that the schema expects of it and the
// answer that the schema makes.
type exchange struct {
	operation publishedOperation
	method    reflect.Value
	in        []reflect.Value
	path      string // escaped
	query     map[string]string
	body      map[string]any
	answer    any
}

// TestOperationsOnTheWire: what each method sends is what the schema says of its
// operation, with every filter and every field of the body; and of an answer with
// every field set, what it returns has the same JSON.
func TestOperationsOnTheWire(t *testing.T) {
	t.Parallel()
	var operations []publishedOperation
	readReference(t, "operations.json", &operations)
	types := map[string]publishedType{}
	readReference(t, "types.json", &types)
	implemented := map[string][]string{} // operation: methods
	for method, list := range declared(t) {
		for _, operation := range list {
			implemented[operation] = append(implemented[operation], method)
		}
	}
	asked, good := 0, 0
	for _, operation := range operations {
		if operation.Stability == "Internal use only" {
			continue
		}
		asked++
		ok := len(implemented[operation.name()]) > 0
		for _, name := range implemented[operation.name()] {
			ok = t.Run(operation.name()+" by "+name, func(t *testing.T) { //nolint:paralleltest // each is counted when it is over
				testOnTheWire(t, operation, name, &maker{t: t, types: types})
			}) && ok
		}
		if ok {
			good++
		}
	}
	t.Logf("on the wire: %d of %d operations", good, asked)
	if good != asked {
		t.Error("not all of them")
	}
}

func testOnTheWire(t *testing.T, operation publishedOperation, name string, values *maker) {
	t.Helper()
	var e *exchange
	requests := 0
	client := unsigned(t, func(r *http.Request, body []byte) answerTo {
		requests++
		e.compare(t, r, body)
		answer, err := json.Marshal(e.answer)
		if err != nil {
			t.Error(err)
		}
		return answerTo{body: string(answer)}
	})
	client.applicationKey = testKey
	e = newExchange(t, operation, methodOf(t, client, operation, name), values)
	got := e.call(t)
	if requests != 1 {
		t.Errorf("sent %d requests", requests)
	}
	if diff := cmp.Diff(e.answer, within(e.answer, got)); diff != "" {
		t.Errorf("the answer (-schema +method):\n%s", diff)
	}
}

// methodOf is the method of a client's service that sends an operation, by its name,
// "HTTPFarmService.Get".
func methodOf(t *testing.T, client *Client, operation publishedOperation, name string) reflect.Value {
	t.Helper()
	service, method, _ := strings.Cut(name, ".")
	for _, s := range services(reflect.ValueOf(client).Elem()) {
		if rules, ok := s.Interface().(*RuleService); ok && rules == client.HTTP.Routes.Rules && strings.Contains(operation.Path, "/tcp/") {
			continue // the rules of HTTP and of TCP are of one type
		}
		if s.Type().Elem().Name() == service {
			return s.MethodByName(method)
		}
	}
	t.Fatalf("no service of %s", name)
	return reflect.Value{}
}

// newExchange fills the arguments of a method: the parameters of the path, in their
// order, then the filters or the body.
func newExchange(t *testing.T, operation publishedOperation, method reflect.Value, values *maker) *exchange {
	t.Helper()
	e := &exchange{operation: operation, method: method, path: operation.Path, in: []reflect.Value{reflect.ValueOf(t.Context())}}
	arguments := method.Type().NumIn()
	for i := 1; i < arguments; i++ {
		argument := reflect.New(method.Type().In(i)).Elem()
		e.in = append(e.in, argument)
		before, rest, isParameter := strings.Cut(e.path, "{")
		if !isParameter {
			e.fillLast(t, argument, values)
			continue
		}
		switch argument.Kind() {
		case reflect.String:
			argument.SetString(fmt.Sprintf("a/%d", i)) // to be escaped
		default:
			argument.SetInt(int64(1000 + i))
		}
		_, after, _ := strings.Cut(rest, "}")
		e.path = before + url.PathEscape(fmt.Sprint(argument)) + after
	}
	if strings.Contains(e.path, "{") {
		t.Fatalf("%s does not take all parameters of %s", method.Type(), operation.Path)
	}
	if len(operation.Body) > 0 && e.body == nil {
		t.Errorf("no argument is the body of %s", operation.name())
	}
	e.answer = e.makeAnswer(values)
	return e
}

// fillLast fills what is no parameter of the path.
func (e *exchange) fillLast(t *testing.T, argument reflect.Value, values *maker) {
	t.Helper()
	if argument.Type() == reflect.TypeFor[lb.PageOptions]() {
		return
	}
	if e.operation.Method == http.MethodGet {
		query := values.object(e.operation.QueryTypes)
		fillFields(t, argument, "url", query)
		e.query = map[string]string{}
		for name, value := range query {
			e.query[name] = queryText(t, value)
		}
		return
	}
	e.body = values.object(e.operation.Body)
	if argument.Kind() == reflect.Struct {
		fillFields(t, argument, "json", e.body)
		return
	}
	for _, value := range e.body { // the argument is the only field
		set(t, argument, value)
	}
}

func queryText(t *testing.T, value any) string {
	t.Helper()
	switch value := value.(type) {
	case string:
		return value
	case float64:
		return strconv.FormatFloat(value, 'f', -1, 64)
	}
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// makeAnswer is what the operation answers to this method: whole objects where it
// lists them.
func (e *exchange) makeAnswer(values *maker) any {
	response := e.operation.Response
	switch {
	case response.Type != "":
		return values.value(response.Type)
	case response.Array == "":
		return nil
	case e.method.Type().Out(0).Kind() == reflect.Func:
		return values.value("[]" + e.operation.ExpandedType)
	default:
		return values.value("[]" + response.Array)
	}
}

// compare holds a request against the schema's.
func (e *exchange) compare(t *testing.T, r *http.Request, body []byte) {
	t.Helper()
	if got, want := r.Method+" "+strings.TrimPrefix(r.URL.EscapedPath(), "/v1"), e.operation.Method+" "+e.path; got != want {
		t.Errorf("sent %s, want %s", got, want)
	}
	query := map[string]string{}
	for name, all := range r.URL.Query() {
		query[name] = strings.Join(all, " and ")
	}
	if e.query == nil {
		e.query = map[string]string{}
	}
	if diff := cmp.Diff(e.query, query); diff != "" {
		t.Errorf("query (-schema +sent):\n%s", diff)
	}
	var got map[string]any
	if len(body) > 0 {
		if err := json.Unmarshal(body, &got); err != nil {
			t.Errorf("body %q: %v", body, err)
		}
	}
	if diff := cmp.Diff(e.body, got); diff != "" {
		t.Errorf("body (-schema +sent):\n%s", diff)
	}
}

// call returns the JSON of what the method returned.
func (e *exchange) call(t *testing.T) any {
	t.Helper()
	out := e.method.Call(e.in)
	last := out[len(out)-1]
	if last.Kind() == reflect.Func { // a list
		items := []any{}
		for item, err := range last.Seq2() {
			if !err.IsNil() {
				t.Fatal(asError(err))
			}
			items = append(items, encoded(item))
		}
		return items
	}
	if !last.IsNil() {
		t.Fatal(asError(last))
	}
	if len(out) == 1 {
		return nil
	}
	if at, ok := out[0].Interface().(time.Time); ok && e.operation.Response.Type == "integer" {
		return float64(at.Unix())
	}
	return encoded(out[0])
}
