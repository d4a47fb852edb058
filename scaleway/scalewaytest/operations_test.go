package scalewaytest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/internal/reference"
)

// publishedOperation is an entry of operations.json.
type publishedOperation struct {
	Name     string                    `json:"name"`
	Scope    string                    `json:"scope"`
	Method   string                    `json:"method"`
	Path     string                    `json:"path"`
	Query    map[string]referenceField `json:"query"`
	Body     map[string]referenceField `json:"body"`
	HasBody  bool                      `json:"has_body"`
	Response string                    `json:"response"`
}

// publishedTypes are the objects and enums of types.json.
type publishedTypes struct {
	objects map[string]publishedType
	enums   map[string][]string
}

type publishedType struct {
	Fields map[string]referenceField `json:"fields"`
}

func readTypes(t *testing.T) publishedTypes {
	t.Helper()
	path := filepath.Join(reference.Dir(t), "scaleway", "types.json")
	out := publishedTypes{enums: map[string][]string{}}
	readJSON(t, &out.objects, path)
	var enums struct {
		Enums map[string]struct {
			Values []string `json:"values"`
		} `json:"enums"`
	}
	readJSON(t, &enums, path)
	for name, enum := range enums.Enums {
		out.enums[name] = enum.Values
	}
	return out
}

// Every published operation, in both forms, answers a request that names each of
// its parameters and fields, with an object as published that holds what was
// sent; and it refuses an unknown parameter, an object that nobody has, and the
// lack of any field that is required.
func TestOperations(t *testing.T) {
	t.Parallel()
	var operations []publishedOperation
	readJSON(t, &operations, reference.Dir(t), "scaleway", "operations.json")
	types := readTypes(t)
	var started, answered atomic.Int64
	t.Cleanup(func() {
		if started.Load() == int64(len(operations)) { // none was left out by -run
			t.Logf("scalewaytest: %d of %d operations", answered.Load(), len(operations))
		}
	})
	for _, op := range operations {
		t.Run(op.Scope+"/"+op.Name, func(t *testing.T) {
			t.Parallel()
			started.Add(1)
			w := newWorld(t, types)
			w.refuses(op)
			w.answers(op)
			if !t.Failed() {
				answered.Add(1)
			}
		})
	}
}

func (w *world) refuses(op publishedOperation) {
	w.t.Helper()
	query, body := w.query(op), w.body(op)
	unknown := maps.Clone(query)
	unknown["color"] = []string{"red"}
	w.want(http.StatusBadRequest, op.Method, w.target(op, w.ids, unknown), body.text(op)).
		has(map[string]string{"type": "invalid_arguments", "details.0.argument_name": "color"})
	if nobodys := w.target(op, nil, query); nobodys != w.target(op, w.ids, query) {
		w.want(http.StatusNotFound, op.Method, nobodys, body.text(op))
	}
	for _, name := range slices.Sorted(maps.Keys(op.Body)) {
		if op.Body[name].Required {
			less := maps.Clone(body)
			delete(less, name)
			w.want(http.StatusBadRequest, op.Method, w.target(op, w.ids, query), less.text(op)).
				has(map[string]string{"type": "invalid_arguments", "details.0.argument_name": name})
		}
	}
}

func (w *world) answers(op publishedOperation) {
	w.t.Helper()
	body := w.body(op)
	got := w.do(op.Method, w.target(op, w.ids, w.query(op)), body.text(op))
	if !strings.HasPrefix(op.Response, "(empty") {
		w.holds(op, body, got)
		return
	}
	if got.status != http.StatusNoContent || len(got.body) > 0 {
		w.t.Errorf("it answers %d %s, want 204 and nothing", got.status, got.body)
	}
}

// holds demands a published answer with the values that were sent.
func (w *world) holds(op publishedOperation, sent members, got response) {
	w.t.Helper()
	if got.status != http.StatusOK {
		w.t.Fatalf("it answers %d %s to %s", got.status, got.body, sent.text(op))
	}
	for _, problem := range w.types.problems(op.Response, op.Response, got.body) {
		w.t.Error(problem)
	}
	for _, name := range slices.Sorted(maps.Keys(sent)) {
		field, shown := w.types.objects[op.Response].Fields[name]
		if !shown || field.Type != op.Body[name].Type || op.Name == "MigrateLB" { // whose answer shows the old type
			continue
		}
		want := text(sent[name])
		if name == "type" {
			want = strings.ToLower(want)
		}
		if diff := cmp.Diff(decoded(w.t, want), decoded(w.t, string(got.raw(name)))); diff != "" {
			w.t.Errorf("%s (-sent +answered):\n%s", name, diff)
		}
	}
}

func decoded(t *testing.T, raw string) any {
	t.Helper()
	var out any
	if err := json.Unmarshal([]byte(raw), &out); err != nil {
		t.Fatalf("%q: %v", raw, err)
	}
	return out
}

// problems finds where raw is not a published object: fields that are unknown or
// missing, one of several alternatives aside, null where no null belongs, other
// types and unknown values of enums.
func (p publishedTypes) problems(path, name string, raw json.RawMessage) []string {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(raw, &object); err != nil {
		return []string{path + ": " + err.Error()}
	}
	fields := p.objects[name].Fields
	var out []string
	for _, key := range slices.Sorted(maps.Keys(object)) {
		if _, known := fields[key]; !known {
			out = append(out, fmt.Sprintf("%s.%s is not published", path, key))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		value, there := object[key]
		switch field := fields[key]; {
		case !there && len(field.OneOf) == 0:
			out = append(out, fmt.Sprintf("%s.%s is missing", path, key))
		case there && (!isNull(value) || !field.Nullable):
			out = append(out, p.misfits(path+"."+key, field.Type, value)...)
		}
	}
	return out
}

// misfits finds where raw is not of a type in the spelling of types.json.
func (p publishedTypes) misfits(path, spelled string, raw json.RawMessage) []string {
	kind, name, _ := strings.Cut(strings.NewReplacer("(", ":", ")", "").Replace(spelled), ":")
	if element, ok := strings.CutPrefix(spelled, "array<"); ok {
		var items []json.RawMessage
		if json.Unmarshal(raw, &items) != nil || items == nil {
			return []string{fmt.Sprintf("%s is %s, want a list", path, raw)}
		}
		var out []string
		for i, item := range items {
			out = append(out, p.misfits(fmt.Sprintf("%s[%d]", path, i), strings.TrimSuffix(element, ">"), item)...)
		}
		return out
	}
	fits := false
	switch kind {
	case "object":
		return p.problems(path, name, raw)
	case "enum":
		var value string
		fits = json.Unmarshal(raw, &value) == nil && slices.Contains(p.enums[name], value)
	case "string":
		fits = len(raw) > 0 && raw[0] == '"'
	case "boolean":
		fits = string(raw) == "true" || string(raw) == "false"
	case "integer":
		var number int64
		fits = !isNull(raw) && json.Unmarshal(raw, &number) == nil
	}
	if !fits {
		return []string{fmt.Sprintf("%s is %s, want %s", path, raw, spelled)}
	}
	return nil
}
