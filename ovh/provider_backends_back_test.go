package ovh_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/lbtest"
	"github.com/lbkit/lbkit/ovh"
)

// checkedByHTTP changes what OVH keeps on each server, and the farm.
func checkedByHTTP(s *lb.BackendSpec) error {
	s.Name, s.ProxyProtocol, s.HealthCheck = "new", lb.ProxyProtocolV2, &lb.HealthCheck{Type: lb.CheckHTTP}
	return nil
}

// isPut tells the updates of an object, or of all.
func isPut(id string) func(*http.Request) bool {
	return func(r *http.Request) bool { return r.Method == http.MethodPut && strings.HasSuffix(r.URL.Path, id) }
}

// TestRefusedBackendUpdateDoubtsNoServer: a server whose update was refused, or that is
// gone, is none that may have been changed, and keeps none from being set back.
func TestRefusedBackendUpdateDoubtsNoServer(t *testing.T) {
	t.Parallel()
	// goesAt has a server go when the update of an object arrives.
	goesAt := func(w *world, server lb.ServerID, id string) {
		var once sync.Once
		w.server.Faults().On(func(r *http.Request) bool {
			if isPut(id)(r) {
				once.Do(func() { w.removed(server) })
			}
			return false
		})
	}
	for name, test := range map[string]struct {
		fault func(w *world, b *lb.Backend)
		code  error
	}{
		"no right to write": {func(w *world, _ *lb.Backend) {
			w.server.Faults().On(isPut("")).Status(http.StatusForbidden, `{"message":"no"}`)
		}, lb.ErrForbidden},
		"the second is gone": {func(w *world, b *lb.Backend) {
			goesAt(w, b.Servers[1].ID, string(b.Servers[0].ID))
		}, lb.ErrNotFound},
		"the first goes, and the farm is refused": {func(w *world, b *lb.Backend) {
			goesAt(w, b.Servers[0].ID, string(b.ID))
			w.server.Faults().On(isPut(string(b.ID))).Status(http.StatusForbidden, `{"message":"no"}`)
		}, lb.ErrForbidden},
	} {
		w := newWorld(t)
		b := w.backend(nil, "10.0.0.1", "10.0.0.2", "10.0.0.3")
		test.fault(w, b)
		_, err := w.Backends().Update(t.Context(), b.ID, checkedByHTTP)
		is(t, err, test.code)
		if strings.Contains(err.Error(), "may have been changed") {
			t.Errorf("%s: %v", name, err)
		}
		for _, server := range must[*lb.Backend](t)(w.Backends().Get(t.Context(), b.ID)).Servers {
			if server.Native.(*ovh.HTTPServer).Probe {
				t.Errorf("%s: %s is not set back", name, server.ID)
			}
		}
	}
}

// TestBackendUpdateOfUnknownOutcome: where nobody knows whether the farm was changed, its
// servers are not set back, which would exempt all of them from the new check; the same
// update again does the rest.
func TestBackendUpdateOfUnknownOutcome(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(*lbtest.Rule) *lbtest.Rule{"done": (*lbtest.Rule).DropAfterSend, "not done": (*lbtest.Rule).DropBeforeSend} {
		w := newWorld(t)
		b := w.backend(nil, "10.0.0.1", "10.0.0.2")
		lose(w.server.Faults().On(isPut(string(b.ID))))
		w.server.Faults().On(func(r *http.Request) bool {
			return r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, string(b.ID))
		}).
			Skip(1).Status(http.StatusServiceUnavailable, `{"message":"down"}`)
		_, err := w.Backends().Update(t.Context(), b.ID, checkedByHTTP)
		is(t, err, lb.ErrUnavailable)
		w.server.Faults().Reset()
		got := must[*lb.Backend](t)(w.Backends().Update(t.Context(), b.ID, checkedByHTTP))
		if got.Name != "new" || got.ProxyProtocol != lb.ProxyProtocolV2 || got.HealthCheck == nil || got.HealthCheck.Type != lb.CheckHTTP {
			t.Errorf("%s: %+v", name, got.BackendSpec)
		}
		for _, server := range got.Servers {
			if !server.Native.(*ovh.HTTPServer).Probe {
				t.Errorf("%s: %s is not checked", name, server.ID)
			}
		}
	}
}
