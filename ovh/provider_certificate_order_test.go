package ovh_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/ovh"
)

// TestOrderIsNotWhatWasThere: between the end of a task and its certificate's listing, the
// one that the domain had before is neither the order's nor deleted for it. One that was
// made anew under its old number is the order's.
func TestOrderIsNotWhatWasThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.order("a.example")
	w.server.Advance(time.Minute)
	old, _ := w.certificate(first.ID).Native.(*ovh.Certificate)
	second := w.order("a.example")
	w.server.Advance(time.Minute)

	listed := func(c *ovh.Certificate) {
		body := must[[]byte](t)(json.Marshal([]*ovh.Certificate{c}))
		w.server.Faults().Reset()
		w.server.Faults().On(func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/ssl") }).Status(http.StatusOK, string(body))
	}
	listed(old)
	if got := w.certificate(second.ID); got.ID != second.ID || got.Provisioning != lb.ProvisioningPending {
		t.Errorf("it is not listed yet: %+v", got)
	}
	want(t, w.writes(func() {
		wantError(t, w.Certificates().Delete(t.Context(), second.ID), lb.ErrBusy, "certificates.delete", string(second.ID))
	}))
	if got := w.certificate(first.ID); got.ID != ovh.FormatCertificateID(w.service(), old.ID) {
		t.Errorf("the first order's: %+v", got)
	}
	renewed := *old
	renewed.Fingerprint = "AA:BB"
	listed(&renewed)
	if got := w.certificate(second.ID); got.ID != ovh.FormatCertificateID(w.service(), old.ID) {
		t.Errorf("made anew: %+v", got)
	}
	w.server.Faults().Reset()
	if got := w.certificate(second.ID); got.ID == ovh.FormatCertificateID(w.service(), old.ID) || got.Provisioning != lb.ProvisioningReady {
		t.Errorf("it is listed: %+v", got)
	}
}

// TestOrdersAtTheSameTime: each brings the certificate of its own domains, although the
// first of them is the same.
func TestOrdersAtTheSameTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one, both := w.order("a.example"), w.order("a.example", "b.example")
	w.server.Advance(time.Minute)
	if got := w.certificate(one.ID); len(got.Domains) != 1 {
		t.Errorf("got %v", got.Domains)
	}
	final := w.certificate(both.ID)
	is(t, w.Certificates().Delete(t.Context(), one.ID), nil)
	if got := w.certificate(final.ID); len(got.Domains) != 2 {
		t.Errorf("got %v", got.Domains)
	}
}
