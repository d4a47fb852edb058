package scaleway

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	facts "github.com/lbkit/lbkit/internal/reference"
	"github.com/lbkit/lbkit/internal/rest"
)

// exchange is one line of a recording.
type exchange struct {
	Method   string          `json:"method"`
	Path     string          `json:"path"`
	Status   int             `json:"status"`
	Body     json.RawMessage `json:"response_body"`
	OtherAPI any             `json:"other_api"`
	// BodyDropped marks the one answer that the recorder lost.
	BodyDropped any `json:"body_dropped"`
}

// referenceOperation is an entry of operations.json.
type referenceOperation struct {
	Name       string                   `json:"name"`
	Scope      string                   `json:"scope"`
	Method     string                   `json:"method"`
	Path       string                   `json:"path"`
	Query      map[string]any           `json:"query"`
	Body       map[string]referenceType `json:"body"`
	HasBody    bool                     `json:"has_body"` // {} where Body is empty
	Response   string                   `json:"response"`
	Deprecated bool                     `json:"deprecated"`
}

func (o referenceOperation) route() string { return o.Method + " " + o.Path }

// referenceType is what operations.json and types.json say of a field.
type referenceType struct {
	Type       string `json:"type"`
	GoType     string `json:"go_type"`
	Nullable   bool   `json:"nullable"`
	Deprecated bool   `json:"deprecated"`
	Required   bool   `json:"required"`
}

func referenceOperations(t *testing.T) []referenceOperation {
	t.Helper()
	return readReference[[]referenceOperation](t, "operations.json")
}

func readReference[T any](t *testing.T, name string) T {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(facts.Dir(t), "scaleway", name)) //nolint:gosec // G304: the folder is the tester's
	if err != nil {
		t.Fatal(err)
	}
	var out T
	if err := json.Unmarshal(content, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// answerTypes are the native types by their names in operations.json.
func answerTypes() map[string]reflect.Type {
	return map[string]reflect.Type{
		"LB":                            reflect.TypeFor[LB](),
		"IP":                            reflect.TypeFor[IP](),
		"Backend":                       reflect.TypeFor[Backend](),
		"HealthCheck":                   reflect.TypeFor[HealthCheck](),
		"Frontend":                      reflect.TypeFor[Frontend](),
		"Route":                         reflect.TypeFor[Route](),
		"ACL":                           reflect.TypeFor[ACL](),
		"Certificate":                   reflect.TypeFor[Certificate](),
		"Subscriber":                    reflect.TypeFor[Subscriber](),
		"PrivateNetwork":                reflect.TypeFor[PrivateNetwork](),
		"LBStats":                       reflect.TypeFor[lbStatsAnswer](),
		"SetACLsResponse":               reflect.TypeFor[aclPage](),
		"ListLBsResponse":               reflect.TypeFor[lbPage](),
		"ListIPsResponse":               reflect.TypeFor[ipPage](),
		"ListBackendsResponse":          reflect.TypeFor[backendPage](),
		"ListBackendStatsResponse":      reflect.TypeFor[backendStatsPage](),
		"ListFrontendsResponse":         reflect.TypeFor[frontendPage](),
		"ListRoutesResponse":            reflect.TypeFor[routePage](),
		"ListACLResponse":               reflect.TypeFor[aclPage](),
		"ListCertificatesResponse":      reflect.TypeFor[certificatePage](),
		"ListSubscriberResponse":        reflect.TypeFor[subscriberPage](),
		"ListLBPrivateNetworksResponse": reflect.TypeFor[privateNetworkPage](),
		"ListLBTypesResponse":           reflect.TypeFor[lbTypePage](),
	}
}

// matcher finds the operation of a recorded request.
type matcher struct {
	patterns   []*regexp.Regexp
	operations []referenceOperation
}

func newMatcher(t *testing.T) *matcher {
	t.Helper()
	m := &matcher{operations: referenceOperations(t)}
	// The zoned API had the regional paths of private networks until March 2025
	// (facts 3).
	for _, o := range m.operations {
		if o.Scope == "regional" && strings.Contains(o.Path, "/private-networks/") {
			o.Path = strings.Replace(o.Path, "/regions/{region}", "/zones/{zone}", 1)
			m.operations = append(m.operations, o)
		}
	}
	parameter := regexp.MustCompile(`\\\{[a-z_]+\\\}`)
	for _, o := range m.operations {
		m.patterns = append(m.patterns, regexp.MustCompile("^"+parameter.ReplaceAllString(regexp.QuoteMeta(o.route()), "[^/]+")+"$"))
	}
	return m
}

func (m *matcher) find(e exchange) (referenceOperation, bool) {
	for i, pattern := range m.patterns {
		if pattern.MatchString(e.Method + " " + e.Path) {
			return m.operations[i], true
		}
	}
	return referenceOperation{}, false
}

// difference is one place where what was decoded and encoded again is not what
// was recorded.
type difference struct{ path, recorded, encoded string }

func (d difference) String() string {
	return fmt.Sprintf("%s: recorded %s, encoded %s", d.path, d.recorded, d.encoded)
}

// absent stands for a key that is not there.
type absent struct{}

// compareJSON collects the differences between two JSON values. Null, an absent
// key, "", [] and the year 1 are one; times are compared by instant, durations
// by value.
func compareJSON(path string, recorded, encoded any) []difference {
	if isNothing(recorded) && isNothing(encoded) {
		return nil
	}
	switch want := recorded.(type) {
	case map[string]any:
		if got, ok := encoded.(map[string]any); ok {
			return compareObjects(path, want, got)
		}
	case []any:
		if got, ok := encoded.([]any); ok && len(got) == len(want) {
			var all []difference
			for i := range want {
				all = append(all, compareJSON(fmt.Sprintf("%s[%d]", path, i), want[i], got[i])...)
			}
			return all
		}
	case string:
		if got, ok := encoded.(string); ok && sameText(want, got) {
			return nil
		}
	default:
		if recorded == encoded {
			return nil
		}
	}
	return []difference{{path, fmt.Sprintf("%.200v", recorded), fmt.Sprintf("%.200v", encoded)}}
}

func compareObjects(path string, want, got map[string]any) []difference {
	keys := maps.Clone(want)
	maps.Copy(keys, got)
	member := func(object map[string]any, key string) any {
		if value, ok := object[key]; ok {
			return value
		}
		return absent{}
	}
	var all []difference
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		all = append(all, compareJSON(path+"."+key, member(want, key), member(got, key))...)
	}
	return all
}

func isNothing(value any) bool {
	switch v := value.(type) {
	case nil, absent:
		return true
	case string:
		moment, err := time.Parse(time.RFC3339Nano, v)
		return v == "" || (err == nil && moment.Year() == 1)
	case []any:
		return len(v) == 0
	default:
		return false
	}
}

func sameText(a, b string) bool {
	if a == b {
		return true
	}
	first, err1 := time.Parse(time.RFC3339Nano, a)
	second, err2 := time.Parse(time.RFC3339Nano, b)
	if err1 == nil && err2 == nil {
		return first.Equal(second)
	}
	// Not by our own parser, which is what is tested. Go's reads the API's form
	// where there are seconds alone.
	x, err1 := time.ParseDuration(a)
	y, err2 := time.ParseDuration(b)
	return err1 == nil && err2 == nil && x == y
}

func decodeAny(t *testing.T, content []byte) any {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.UseNumber() // so that no number is rounded
	var out any
	if err := decoder.Decode(&out); err != nil {
		t.Fatalf("%v in %.200s", err, content)
	}
	return out
}

// again decodes content into a new value of the type, and encodes that.
func again(typ reflect.Type, content []byte) ([]byte, error) {
	value := reflect.New(typ).Interface()
	if err := rest.Decode(content, value); err != nil {
		return nil, err
	}
	return rest.Encode(value)
}

type tally struct {
	objects, errors, empty int
	newer                  map[string]int // keys that a file is too old for
}

// TestRecordings is the proof that the native types lose nothing: each recorded
// answer, decoded and encoded again, is the same JSON.
func TestRecordings(t *testing.T) {
	t.Parallel()
	counted := replayFolder(t, "recordings", nil)
	t.Logf("compared %d answers and %d errors; %d answers have no body", counted.objects, counted.errors, counted.empty)
	if counted.objects < 1000 || counted.errors == 0 {
		t.Errorf("compared %d answers and %d errors: the recordings have more", counted.objects, counted.errors)
	}
}

// TestHistoricalRecordings is the same for files from before 2024. Their answers
// lack what the API learned later: such a key may be encoded with its zero, and
// is counted.
func TestHistoricalRecordings(t *testing.T) {
	t.Parallel()
	newer := map[string]bool{
		"check_send_proxy": true, "enable_access_logs": true, "enable_http3": true, "ips_edge_services": true, "match_subdomains": true,
		"private_network_count": true, "route_count": true, "ssl_bridging": true,
	}
	counted := replayFolder(t, "recordings-historical", func(d difference) bool {
		key := d.path[strings.LastIndexByte(d.path, '.')+1:]
		return newer[key] && d.recorded == fmt.Sprint(absent{}) && (d.encoded == "false" || d.encoded == "0")
	})
	t.Logf("compared %d answers and %d errors; %d answers have no body; keys newer than a file: %v",
		counted.objects, counted.errors, counted.empty, counted.newer)
	if counted.objects < 300 {
		t.Errorf("compared %d answers: the recordings have more", counted.objects)
	}
}

func replayFolder(t *testing.T, folder string, excuse func(difference) bool) tally {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(facts.Dir(t), "scaleway", folder, "*.jsonl"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	matcher, counted := newMatcher(t), tally{newer: map[string]int{}}
	for _, file := range files {
		content, err := os.ReadFile(file) //nolint:gosec // G304: the folder is the tester's
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(bytes.NewReader(content))
		lines.Buffer(nil, 16<<20)
		for n := 1; lines.Scan(); n++ {
			var e exchange
			if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
				t.Fatalf("%s:%d: %v", filepath.Base(file), n, err)
			}
			for _, d := range replay(t, matcher, e, &counted) {
				if excuse != nil && excuse(d) {
					counted.newer[d.path[strings.LastIndexByte(d.path, '.')+1:]]++
					continue
				}
				t.Errorf("%s:%d: %s %s: %s", filepath.Base(file), n, e.Method, e.Path, d)
			}
		}
		if err := lines.Err(); err != nil {
			t.Fatal(err)
		}
	}
	return counted
}

func replay(t *testing.T, m *matcher, e exchange, counted *tally) []difference {
	t.Helper()
	if e.OtherAPI != nil {
		return nil
	}
	operation, ok := m.find(e)
	if !ok {
		return []difference{{e.Path, "a call", "no operation"}}
	}
	switch {
	case e.BodyDropped != nil, len(e.Body) == 0, string(e.Body) == "null", string(e.Body) == `""`:
		counted.empty++
		return nil
	case e.Status >= http.StatusBadRequest:
		counted.errors++
		return replayError(t, e)
	}
	typ, ok := answerTypes()[operation.Response]
	if !ok {
		return []difference{{operation.Name, operation.Response, "no native type"}}
	}
	encoded, err := again(typ, e.Body)
	if err != nil {
		return []difference{{operation.Name, fmt.Sprintf("%.200s", e.Body), err.Error()}}
	}
	counted.objects++
	return compareJSON("", decodeAny(t, e.Body), decodeAny(t, encoded))
}

// replayError compares what an error was decoded to with its message and type.
func replayError(t *testing.T, e exchange) []difference {
	t.Helper()
	body, ok := decodeAny(t, e.Body).(map[string]any)
	if !ok {
		return []difference{{"", string(e.Body), "not an object"}}
	}
	failure := decodeError(e.Status, http.Header{}, e.Body)
	decoded, ok := failure.Err.(*Error) //nolint:errorlint // it is the error itself
	if !ok {
		return []difference{{"", string(e.Body), fmt.Sprint(failure.Err)}}
	}
	return append(compareJSON(".message", body["message"], decoded.Message), compareJSON(".type", body["type"], decoded.Type)...)
}
