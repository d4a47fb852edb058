package scalewaytest

import (
	"bufio"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"math/big"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// exchange is one line of a recording.
type exchange struct {
	N        int               `json:"n"`
	Method   string            `json:"method"`
	Path     string            `json:"path"`
	Query    map[string]string `json:"query"`
	Request  json.RawMessage   `json:"request_body"`
	Status   int               `json:"status"`
	Response json.RawMessage   `json:"response_body"`
	OtherAPI bool              `json:"other_api"`
	BodyLost bool              `json:"request_body_lost"`
}

// recording is what a file holds of the load-balancer API, in the file's order.
type recording struct {
	name      string
	taken     string // the day, as in "2021-10-20"; empty: as new as the schema
	exchanges []exchange
}

func recordings(t *testing.T, dir string) []*recording {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.jsonl"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no recordings in %s: %v", dir, err)
	}
	out := make([]*recording, len(files))
	for i, file := range files {
		out[i] = readRecording(t, file)
	}
	return out
}

func readRecording(t *testing.T, path string) *recording {
	t.Helper()
	file, err := os.Open(path) //nolint:gosec // G304: a file of the reference folder
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close() //nolint:errcheck // only read
	rec := &recording{name: filepath.Base(path)}
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e exchange
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatal(err)
		}
		if !e.OtherAPI {
			rec.exchanges = append(rec.exchanges, e)
			rec.taken = max(rec.taken, newestDay(e.Response))
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	if day := rec.name[:min(len(rec.name), len(time.DateOnly))]; isDay(day) {
		rec.taken = day // historical files say it in their names
	}
	return rec
}

func isDay(text string) bool {
	_, err := time.Parse(time.DateOnly, text)
	return err == nil
}

var anyUpdate = regexp.MustCompile(`"updated_at": ?"(2\d\d\d-\d\d-\d\d)T`)

// newestDay is the last day on which something in the answer was updated.
func newestDay(answer []byte) string {
	day := ""
	for _, found := range anyUpdate.FindAllSubmatch(answer, -1) {
		day = max(day, string(found[1]))
	}
	return day
}

// before says whether the recording is older than day.
func (r *recording) before(day string) bool { return r.taken != "" && r.taken < day }

// operation is the one that e calls.
func (e exchange) operation(t *testing.T) *operation {
	t.Helper()
	_, regional, rest, _ := split(e.Path)
	op, _, _ := published().find(e.Method, rest, regional)
	if op == nil {
		op, _, _ = published().find(e.Method, rest, true) // the former zoned paths
	}
	if op == nil {
		t.Fatalf("%s %s is no operation", e.Method, e.Path)
	}
	return op
}

// locality begins the path of e: /lb/v1/zones/fr-par-1 or its regional form.
func (e exchange) locality() string {
	return strings.Join(strings.SplitN(e.Path, "/", 6)[:5], "/")
}

// body is the recorded request body, or one that leads to the recorded answer
// where the recorder lost it.
func (e exchange) body(t *testing.T) string {
	t.Helper()
	switch {
	case e.BodyLost:
		return rebuilt(t, e)
	case len(e.Request) == 0 || string(e.Request) == "null":
		return ""
	}
	return string(e.Request)
}

// rebuilt makes a request body that was lost from what its answer shows.
func rebuilt(t *testing.T, e exchange) string {
	t.Helper()
	op := e.operation(t)
	shown := response{t: t, body: e.Response}
	body := map[string]json.RawMessage{}
	for field := range op.Body {
		value, made := shown.raw(field), slices.Contains([]string{"organization_id", "type", "reverse"}, field)
		if value != nil && !made {
			body[field] = value
		}
	}
	for field, from := range map[string]string{"server_ip": "pool", "backend_id": "backend.id"} {
		if value := shown.raw(from); value != nil {
			body[field] = value
		}
	}
	switch op.Name {
	case "CreateIP":
		if strings.Contains(shown.at("ip_address"), ":") {
			body["is_ipv6"] = json.RawMessage("true")
		}
	case "CreateCertificate":
		chain := map[string]string{"certificate_chain": rebuiltChain(t, shown)}
		body["custom_certificate"] = json.RawMessage(text(chain))
	}
	return text(body)
}

// rebuiltChain is a certificate for the names and the time that an answer shows.
func rebuiltChain(t *testing.T, shown response) string {
	t.Helper()
	var names []string
	if err := json.Unmarshal(shown.raw("subject_alternative_name"), &names); err != nil {
		t.Fatal(err)
	}
	names = append([]string{shown.at("common_name")}, names...)
	key := ecKey(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: names,
		NotBefore: mustTime(t, shown.at("not_valid_before")), NotAfter: mustTime(t, shown.at("not_valid_after")),
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return block("CERTIFICATE", raw)
}

func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}
