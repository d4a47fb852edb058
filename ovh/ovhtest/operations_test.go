package ovhtest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lbkit/lbkit/internal/reference"
)

// published are the operations of the reference folder that are not internal, and
// the types of all.
func published(t *testing.T) ([]publishedOperation, *schema) {
	t.Helper()
	dir := filepath.Join(reference.Dir(t), "ovh")
	var all []publishedOperation
	readJSON(t, filepath.Join(dir, "operations.json"), &all)
	return slices.DeleteFunc(all, func(op publishedOperation) bool { return strings.HasPrefix(op.Stability, "Internal") }), schemaFrom(t, dir)
}

func (op publishedOperation) name() string { return op.Method + " " + op.Path }

// eachOperation runs a test for every operation.
func eachOperation(t *testing.T, test func(t *testing.T, op publishedOperation, types *schema)) {
	t.Helper()
	operations, types := published(t)
	if len(operations) != 134 {
		t.Errorf("%d operations, want 134", len(operations))
	}
	for _, op := range operations {
		t.Run(op.name(), func(t *testing.T) {
			t.Parallel()
			test(t, op, types)
		})
	}
}

// Every operation answers a request that is made from the published schema with
// what the published types say, and refuses what the schema does not know.
func TestEveryOperation(t *testing.T) {
	t.Parallel()
	var good atomic.Int64
	operations, _ := published(t)
	t.Cleanup(func() {
		t.Logf("ovhtest: %d of %d operations", good.Load(), len(operations))
		if int(good.Load()) != len(operations) {
			t.Error("not all of them")
		}
	})
	eachOperation(t, func(t *testing.T, op publishedOperation, types *schema) {
		w := newWorld(t)
		w.answers(op, types, w.body(op, required(op)...), "")
		w.refuses(op)
		if !t.Failed() {
			good.Add(1)
		}
	})
}

// Every field of a body is taken, and shown where the object has it; null is taken
// where the schema says so, for what a POST need not say, and nowhere else.
func TestEveryFieldOfEveryBody(t *testing.T) {
	t.Parallel()
	eachOperation(t, func(t *testing.T, op publishedOperation, types *schema) {
		for _, name := range slices.Sorted(maps.Keys(op.Body)) {
			if name == "nexthop" || name == "subField" && strings.Contains(op.Path, "/tcp/") {
				continue // of destinations other than load balancers, and of HTTP rules
			}
			w := newWorld(t)
			names := append(required(op), name)
			w.shows(op, types, names, name)
			if op.Body[name].Required || nullRefused(op, name) {
				continue
			}
			w.server.Advance(time.Minute) // what was begun is done
			body := w.body(op, names...)
			body[name] = nil
			want := http.StatusBadRequest
			if op.Method == http.MethodPost || op.Body[name].Nullable || op.Body[name].NullDocumented { // facts 8.31
				want = http.StatusOK
			}
			if r := w.request(op, body, ""); r.status != want {
				t.Errorf("%s %s: %d %s, want %d", op.name(), mustMarshal(t, body), r.status, r.body, want)
			}
		}
	})
}

// nullRefused tells where null is refused although the schema allows it: the rule of
// the test needs these fields, and a UDP farm its port (facts 5.4).
func nullRefused(op publishedOperation, name string) bool {
	return name == "pattern" || name == "subField" || name == "port" && strings.Contains(op.Path, "/udp/farm")
}

// Every filter takes a value of its type and no other.
func TestEveryFilter(t *testing.T) {
	t.Parallel()
	eachOperation(t, func(t *testing.T, op publishedOperation, types *schema) {
		if len(op.QueryTypes) == 0 {
			return
		}
		w := newWorld(t)
		for _, name := range slices.Sorted(maps.Keys(op.QueryTypes)) {
			f := op.QueryTypes[name]
			w.answers(op, types, nil, name+"="+url.QueryEscape(filterValue(f, types)))
			if f.Type == "string" {
				continue
			}
			if r := w.request(op, nil, name+"=%7Bnothing"); r.status != http.StatusBadRequest || !strings.Contains(string(r.body), "["+name+"]") {
				t.Errorf("%s with a wrong %s: %d %s", op.name(), name, r.status, r.body)
			}
		}
	})
}

// Every list that the schema calls expandable gives whole objects, and no other
// does.
func TestEveryExpandedList(t *testing.T) {
	t.Parallel()
	eachOperation(t, func(t *testing.T, op publishedOperation, types *schema) {
		if op.Method != http.MethodGet || op.Response.Array == "" {
			return
		}
		w := newWorld(t)
		r := w.signed(op.Method, w.target(op), "")
		r.Header.Set(mode, pages)
		got := w.send(r)
		if (got.header.Get("X-Pagination-Elements") != "") != (op.ExpandedType != "") {
			t.Errorf("%s: headers %v", op.name(), got.header)
		}
		if op.ExpandedType != "" {
			conform(t, types, op.name(), "[]"+op.ExpandedType, got.body)
			if string(got.body) == "[]" {
				t.Errorf("%s: nothing to see", op.name())
			}
		}
	})
}

func TestEveryOperationNeedsCredentials(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	operations, _ := published(t)
	for _, op := range operations {
		r := w.send(w.harness.request(op.Method, w.target(op), string(mustMarshal(t, w.body(op, required(op)...)))))
		if open := op.Path == "/auth/time"; (r.status == http.StatusUnauthorized) == open {
			t.Errorf("%s without credentials: %d %s", op.name(), r.status, r.body)
		}
	}
}

// Every operation asks the policies for the actions that the schema names, but
// that moving an address to a product which is not here needs no right on it.
func TestEveryOperationAsksForItsActions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.server.opts.denied = []string{"*"}
	operations, _ := published(t)
	for _, op := range operations {
		r := w.request(op, nil, "")
		want := slices.DeleteFunc(slices.Clone(op.IAM), func(action string) bool {
			return strings.HasSuffix(action, "additionalIp/move") && !strings.HasPrefix(action, "loadbalancer:")
		})
		if len(want) == 0 {
			if r.status == http.StatusForbidden {
				t.Errorf("%s: %s", op.name(), r.body)
			}
			continue
		}
		var refusal struct {
			Class   string
			Details map[string]string
		}
		decode(t, r.body, &refusal)
		if r.status != http.StatusForbidden || refusal.Class != "Client::Forbidden" {
			t.Errorf("%s: %d %s", op.name(), r.status, r.body)
		}
		if got := refusal.Details["unauthorizedActionsByIAM"]; got != strings.Join(want, ",") {
			t.Errorf("%s: denied %s, want %v", op.name(), got, want)
		}
	}
}

func TestEveryOperationOfAnExpiredService(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.server.Expire(w.service)
	operations, _ := published(t)
	for _, op := range operations {
		r := w.request(op, w.body(op, required(op)...), "")
		if ofService := strings.Contains(op.Path, "{serviceName}"); (r.status == 460) != ofService {
			t.Errorf("%s: %d %s", op.name(), r.status, r.body)
		}
	}
}

func required(op publishedOperation) []string {
	names := []string{}
	for name, f := range op.Body {
		if f.Required {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	if strings.HasSuffix(op.Path, "/rule") {
		names = append(names, "pattern") // what the rule of the test cannot do without
		if strings.Contains(op.Path, "/http/") {
			names = append(names, "subField")
		}
	}
	return names
}

// answers sends a request that must succeed with the published type.
func (w *world) answers(op publishedOperation, types *schema, body map[string]any, query string) json.RawMessage {
	w.t.Helper()
	r := w.request(op, body, query)
	if r.status != http.StatusOK {
		w.t.Errorf("%s %s: %d %s", op.name(), mustMarshal(w.t, body), r.status, r.body)
		return nil
	}
	want := op.Response.Type
	if op.Response.Array != "" {
		want = "[]" + op.Response.Array
	}
	if want != "" {
		conform(w.t, types, op.name(), want, r.body)
	} else if string(r.body) != "null" {
		w.t.Errorf("%s: body %q, want null", op.name(), r.body)
	}
	if op.ExpandedType != "" && query == "" && string(r.body) == "[]" {
		w.t.Errorf("%s: nothing is listed", op.name())
	}
	return r.body
}

// refuses sends what the operation does not know.
func (w *world) refuses(op publishedOperation) {
	w.t.Helper()
	body := w.body(op, required(op)...)
	if r := w.request(op, body, "unknown=1"); r.status != http.StatusBadRequest || !strings.Contains(string(r.body), "[unknown]") {
		w.t.Errorf("%s with an unknown parameter: %d %s", op.name(), r.status, r.body)
	}
	if body == nil {
		body = map[string]any{}
	}
	body["unknown"] = 1
	if r := w.request(op, body, ""); r.status != http.StatusBadRequest || !strings.Contains(string(r.body), "[unknown]") {
		w.t.Errorf("%s with an unknown field: %d %s", op.name(), r.status, r.body)
	}
}

// shows sends a body and looks for one of its fields in the object: in the answer,
// or in a GET after a PUT.
func (w *world) shows(op publishedOperation, types *schema, names []string, name string) {
	w.t.Helper()
	body := w.body(op, names...)
	shown := w.answers(op, types, body, "")
	if op.Method == http.MethodPut {
		shown = w.send(w.signed(http.MethodGet, w.target(op), "")).body
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(shown, &fields) != nil || fields[name] == nil {
		if op.Method == http.MethodPut {
			w.t.Errorf("%s: no %s in %s", op.name(), name, shown)
		}
		return
	}
	if name == "farmId" {
		return // IDs when written, objects when read
	}
	var got any
	decode(w.t, fields[name], &got)
	var want any
	decode(w.t, mustMarshal(w.t, body[name]), &want)
	if !within(want, got) {
		w.t.Errorf("%s: %s is %s, want %s", op.name(), name, fields[name], mustMarshal(w.t, body[name]))
	}
}

// within tells whether a value was written: of an object, the fields that were.
func within(want, got any) bool {
	fields, ok := want.(map[string]any)
	if !ok {
		return fmt.Sprint(want) == fmt.Sprint(got)
	}
	shown, ok := got.(map[string]any)
	for name := range fields {
		ok = ok && within(fields[name], shown[name])
	}
	return ok
}

// filterValue is a value of a filter's type.
func filterValue(f publishedField, types *schema) string {
	if kind := types.Types[f.Type]; kind != nil && kind.Values != nil {
		return kind.Values[0]
	}
	for prefix, value := range map[string]string{
		"map[": `{"env":[{"operator":"NEQ","value":"prod"}]}`, "integer": "7", "boolean": "true", "string(date-time)": "2024-01-31T00:00:00+00:00",
		"string(date)": "2024-01-31", "ip": "203.0.113.2",
	} {
		if strings.HasPrefix(f.Type, prefix) {
			return value
		}
	}
	return "text"
}
