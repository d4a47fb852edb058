package topology

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// validator checks JSON against schema.json, of whose keywords it knows all: see
// readSchema.
type validator struct {
	root   *schemaNode
	faults []string
}

func (v *validator) fault(path, format string, args ...any) {
	v.faults = append(v.faults, path+": "+fmt.Sprintf(format, args...))
}

func (v *validator) check(path string, s *schemaNode, value any) {
	if s.Ref != "" {
		v.check(path, v.root.Defs[strings.TrimPrefix(s.Ref, "#/$defs/")], value)
	}
	if len(s.AnyOf) > 0 && !slices.ContainsFunc(s.AnyOf, func(one *schemaNode) bool { return v.takes(one, value) }) {
		v.fault(path, "fits none of several schemas")
	}
	if s.Type != "" && typeOf(value) != s.Type {
		v.fault(path, "is %s, not %s", typeOf(value), s.Type)
		return
	}
	switch value := value.(type) {
	case map[string]any:
		v.object(path, s, value)
	case []any:
		for i, item := range value {
			if s.Items != nil {
				v.check(fmt.Sprintf("%s[%d]", path, i), s.Items, item)
			}
		}
	case string:
		v.text(path, s, value)
	case json.Number:
		n, err := value.Int64()
		if s.Minimum != nil && (err != nil || n < int64(*s.Minimum)) || s.Maximum != nil && (err != nil || n > int64(*s.Maximum)) {
			v.fault(path, "%s is out of range", value)
		}
	}
}

func (v *validator) takes(s *schemaNode, value any) bool {
	alone := &validator{root: v.root}
	alone.check("", s, value)
	return len(alone.faults) == 0
}

func (v *validator) object(path string, s *schemaNode, value map[string]any) {
	for _, name := range s.Required {
		if _, ok := value[name]; !ok {
			v.fault(join(path, name), "is missing")
		}
	}
	for name, member := range value {
		property, known := s.Properties[name]
		switch {
		case known:
			v.check(join(path, name), property, member)
		case s.Additional != nil && s.Additional.Schema == nil:
			v.fault(join(path, name), "is unknown")
		case s.Additional != nil:
			v.check(join(path, name), s.Additional.Schema, member)
		}
	}
}

func (v *validator) text(path string, s *schemaNode, value string) {
	if len(s.Enum) > 0 && !slices.Contains(s.Enum, value) {
		v.fault(path, "%q is none of %q", value, s.Enum)
	}
	if s.Pattern != "" && !regexp.MustCompile(s.Pattern).MatchString(value) {
		v.fault(path, "%q does not match %s", value, s.Pattern)
	}
	address, err := netip.ParseAddr(value)
	if s.Format == "ipv4" && (err != nil || !address.Is4()) || s.Format == "ipv6" && (err != nil || !address.Is6()) {
		v.fault(path, "%q is no %s", value, s.Format)
	}
}

func typeOf(value any) string {
	switch value := value.(type) {
	case map[string]any:
		return "object"
	case []any:
		return "array"
	case string:
		return "string"
	case bool:
		return "boolean"
	case json.Number:
		if wholeNumber.MatchString(value.String()) {
			return "integer"
		}
		return "number"
	default:
		return "null"
	}
}

// schemaFaults are what schema.json has against a document in JSON.
func schemaFaults(t rapid.TB, schema *schemaNode, document []byte) []string {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(document))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		t.Fatal(err)
	}
	v := &validator{root: schema}
	v.check("", schema, value)
	return v.faults
}

func TestSchemaTakesWhatIsWritten(t *testing.T) {
	t.Parallel()
	schema := readSchema(t)
	var out bytes.Buffer
	if err := fullSpec().WriteJSON(&out); err != nil {
		t.Fatal(err)
	}
	if faults := schemaFaults(t, schema, out.Bytes()); len(faults) > 0 {
		t.Errorf("a topology with every field:\n%s", strings.Join(faults, "\n"))
	}
	rapid.Check(t, func(t *rapid.T) {
		var out bytes.Buffer
		if err := randomSpec().Draw(t, "spec").WriteJSON(&out); err != nil {
			t.Fatal(err)
		}
		for _, fault := range schemaFaults(t, schema, out.Bytes()) {
			if !strings.Contains(fault, "is none of") { // the draws are no values of enums
				t.Fatalf("%s\n%s", fault, out.Bytes())
			}
		}
	})
}

// What Decode refuses in a file's form, the schema refuses, and the other way round.
func TestSchemaAndDecodeAgree(t *testing.T) {
	t.Parallel()
	schema := readSchema(t)
	frontend := func(members string) string {
		return `{"loadBalancer": {}, "frontends": [{"name": "a", "protocol": "tcp", ` + members + `}]}`
	}
	server := func(members string) string {
		return `{"loadBalancer": {}, "backends": [{"name": "a", "protocol": "tcp", "servers": [{` + members + `}]}]}`
	}
	for document, good := range map[string]bool{
		`{"loadBalancer": {}}`:             true,
		`{}`:                               false,
		`[]`:                               false,
		`{"loadBalancer": {"Name": "a"}}`:  false,
		`{"loadBalancer": {"name": 5}}`:    false,
		`{"loadBalancer": {"name": null}}`: false,
		`{"loadBalancer": {"tags": "a"}}`:  false,
		`{"loadBalancer": {"extensions": {"ovh": {}}}}`:             true,
		`{"loadBalancer": {"extensions": {"ovh": 5}}}`:              false,
		frontend(`"ports": [80, "81", "8000-8100"]`):                true,
		frontend(`"ports": 80`):                                     false,
		frontend(`"ports": [0]`):                                    false,
		frontend(`"ports": ["080"]`):                                false,
		frontend(`"ports": [65536]`):                                false,
		frontend(`"ports": ["80-"]`):                                false,
		frontend(`"disabled": true`):                                true,
		frontend(`"disabled": "true"`):                              false,
		frontend(`"clientTimeout": "1m30s"`):                        true,
		frontend(`"clientTimeout": "1.5h"`):                         true,
		frontend(`"clientTimeout": 5`):                              false,
		frontend(`"clientTimeout": "5"`):                            false,
		frontend(`"clientTimeout": ""`):                             false,
		frontend(`"addresses": ["203.0.113.1", "2001:db8::/32"]`):   true,
		frontend(`"addresses": ["example.org"]`):                    false,
		frontend(`"setHeaders": [{"name": "a", "value": "b"}]`):     true,
		frontend(`"setHeaders": [{"name": "a"}]`):                   false,
		frontend(`"filters": [{"action": "deny"}]`):                 true,
		frontend(`"filters": [{"match": []}]`):                      false,
		frontend(`"filters": [{"action": "deny", "match": [{}]}]`):  false,
		server(`"address": "10.0.0.1"`):                             true,
		server(`"address": "10.0.0"`):                               false,
		server(`"address": ""`):                                     false,
		server(`"port": 80`):                                        false,
		server(`"address": "10.0.0.1", "port": "80", "weight": 0`):  true,
		server(`"address": "10.0.0.1", "port": 65536`):              false,
		server(`"address": "10.0.0.1", "port": "080"`):              false,
		server(`"address": "10.0.0.1", "weight": "-5"`):             true,
		server(`"address": "10.0.0.1", "weight": 1.5`):              false,
		server(`"address": "10.0.0.1", "weight": 5000000000`):       false,
		server(`"address": "10.0.0.1", "weight": {}`):               false,
		`{"loadBalancer": {}, "certificates": [{"key": "secret"}]}`: false,
	} {
		_, err := Decode(strings.NewReader(document))
		if (err == nil) != good {
			t.Errorf("%s\nDecode says %v", document, err)
		}
		if faults := schemaFaults(t, schema, []byte(document)); (len(faults) == 0) != good {
			t.Errorf("%s\nthe schema says %q", document, faults)
		}
	}
}

// The values of enums are in the schema, as the constants have them.
func TestSchemaListsEnums(t *testing.T) {
	t.Parallel()
	schema := readSchema(t)
	for place, want := range map[string][]string{
		"frontend.protocol": {"tcp", "http", "udp"},
		"filter.action":     {"allow", "deny", "redirect"},
		"condition.op":      {"prefix", "suffix", "contains", "regex", "exists"},
		"backendTLS.verify": {"system", "none", "ca"},
	} {
		def, property, _ := strings.Cut(place, ".")
		if got := schema.Defs[def].Properties[property].Enum; !slices.Equal(got, want) {
			t.Errorf("%s has %q, want %q", place, got, want)
		}
	}
	for name, def := range schema.Defs {
		if def.Additional == nil || def.Additional.Schema != nil {
			t.Errorf("%s takes keys that nobody knows", name)
		}
		if def.Description == "" {
			t.Errorf("%s has no description", name)
		}
	}
}
