package scaleway

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	facts "github.com/lbkit/lbkit/internal/reference"
	"github.com/lbkit/lbkit/lb"
)

// Of every backend, frontend and load balancer on record: what is read is
// canonical, unless the dialect would refuse it, and an update that changes
// nothing sends nothing.
func TestRecordedObjectsAreCanonical(t *testing.T) {
	t.Parallel()
	d := dialect{}
	count := 0
	for _, text := range recordedObjects(t) {
		switch {
		case strings.Contains(text, `"forward_port_algorithm"`) && !strings.Contains(text, `"inbound_port"`):
			b := decoded[Backend](t, text)
			if b.ID == "" || b.ForwardPort == 0 {
				continue
			}
			count++
			checkRecordedBackend(t, d, b)
		case strings.Contains(text, `"inbound_port"`) && !strings.Contains(text, `"ip_subnet"`):
			f := decoded[Frontend](t, text)
			if f.ID == "" || f.Backend.ID == "" {
				continue
			}
			count++
			spec := frontendSpec(testZone, f)
			canonical, problems := d.frontend(spec)
			if len(problems) == 0 && !lb.Equal(spec, canonical) {
				t.Errorf("frontend %s (-read +canonical):\n%s", f.ID, cmp.Diff(spec, canonical, specOptions))
			}
			if same, err := mergeFrontend("", testZone, liveFrontend(f), canonical, canonical); err != nil || !reflect.DeepEqual(same, liveFrontend(f)) {
				t.Errorf("frontend %s: writing back what was read changes it (%v)", f.ID, err)
			}
		}
	}
	if count < 100 {
		t.Errorf("checked %d objects: the recordings hold more", count)
	}
}

func checkRecordedBackend(t *testing.T, d dialect, b *Backend) {
	t.Helper()
	model, err := neutralBackend(testZone, b)
	if err != nil {
		t.Error(err)
		return
	}
	canonical, _, problems := d.backend(model.BackendSpec, serverSpecs(model.Servers))
	if len(problems) == 0 && !lb.Equal(model.BackendSpec, canonical) {
		t.Errorf("backend %s (-read +canonical):\n%s", b.ID, cmp.Diff(model.BackendSpec, canonical, specOptions))
	}
	c, err := newBackendChange("", b, canonical, canonical)
	if err != nil || !reflect.DeepEqual(c.settings, c.liveSettings) || !reflect.DeepEqual(c.check, c.liveCheck) {
		t.Errorf("backend %s: writing back what was read changes it (%v)", b.ID, err)
	}
}

// recordedObjects are the objects in the answers on record, those in lists too.
func recordedObjects(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(facts.Dir(t), "scaleway", "recordings", "*.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	var objects []string
	for _, name := range files {
		content, err := os.ReadFile(name) //nolint:gosec // G304: the folder is the tester's
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(content) {
			var e exchange
			if err := json.Unmarshal(line, &e); err != nil {
				t.Fatal(err)
			}
			if e.OtherAPI == nil && e.Status == http.StatusOK {
				objects = appendObjects(objects, e.Body)
			}
		}
	}
	return objects
}

func appendObjects(objects []string, body json.RawMessage) []string {
	var list struct {
		Backends  []json.RawMessage `json:"backends"`
		Frontends []json.RawMessage `json:"frontends"`
	}
	if json.Unmarshal(body, &list) != nil {
		return objects
	}
	for _, item := range slices.Concat(list.Backends, list.Frontends) {
		objects = append(objects, string(item))
	}
	if len(list.Backends)+len(list.Frontends) == 0 {
		objects = append(objects, string(body))
	}
	return objects
}
