package ovh_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/ovh"
	"github.com/lbkit/lbkit/ovh/ovhtest"
)

// order orders a certificate for names.
func (w *world) order(names ...string) *lb.Certificate {
	w.t.Helper()
	return must[*lb.Certificate](w.t)(w.Certificates().Create(w.t.Context(), w.id, lb.CertificateSpec{Domains: names}))
}

func (w *world) certificate(id lb.CertificateID) *lb.Certificate {
	w.t.Helper()
	return must[*lb.Certificate](w.t)(w.Certificates().Get(w.t.Context(), id))
}

func TestCertificateIsUploaded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	leaf, key := pair(t)
	var made *lb.Certificate
	sent := w.writes(func() {
		made = must[*lb.Certificate](t)(w.Certificates().Create(t.Context(), w.id, lb.CertificateSpec{Name: "web", PEM: "# mine\n" + leaf + leaf, Key: lb.NewSecret(key)}))
	})
	if len(sent) != 1 {
		t.Fatalf("%q", sent)
	}
	body := map[string]string{}
	text, ok := strings.CutPrefix(sent[0], "POST /ssl ")
	if err := json.Unmarshal([]byte(text), &body); err != nil || !ok {
		t.Fatalf("%q: %v", sent[0], err)
	}
	if diff := cmp.Diff(map[string]string{"displayName": "web", "certificate": leaf, "chain": leaf, "key": key}, body); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	read := w.certificate(made.ID)
	for when, got := range map[string]*lb.Certificate{"create": made, "get": read} {
		native, ok := got.Native.(*ovh.Certificate)
		if !ok {
			t.Fatalf("%s: native %T", when, got.Native)
		}
		want := &lb.Certificate{
			ID: ovh.FormatCertificateID(w.service(), native.ID), LoadBalancer: w.id, Name: "web", Source: lb.CertificateUploaded, Provisioning: lb.ProvisioningReady,
			CommonName: "a.example", Domains: []string{"a.example"}, NotAfter: native.ExpireDate,
			Fingerprint: strings.ToLower(strings.ReplaceAll(native.Fingerprint, ":", "")), Native: got.Native,
		}
		if diff := cmp.Diff(want, got); diff != "" || len(got.Fingerprint) != 40 {
			t.Errorf("%s (-want +got):\n%s", when, diff)
		}
	}
}

func TestCertificatesThatAreRefusedSendNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	leaf, key := pair(t)
	want(t, w.during(func() {
		_, err := w.Certificates().Create(t.Context(), w.id, lb.CertificateSpec{PEM: leaf + key, Key: lb.NewSecret(key)})
		is(t, err, lb.ErrInvalid)
		if strings.Contains(err.Error(), key[40:80]) {
			t.Error("the error holds the key")
		}
		_, err = w.Certificates().Create(t.Context(), w.id, lb.CertificateSpec{Name: "n", Domains: []string{"a.example"}})
		wantFeature(t, err, "certificate.name.ordered")
		_, err = w.Certificates().Get(t.Context(), "x/ssl/order/1/a b")
		wantError(t, err, lb.ErrInvalid, "certificates.get", "x/ssl/order/1/a b")
		_, err = w.Certificates().Rename(t.Context(), "fr-par-1/1", "n")
		wantError(t, err, lb.ErrInvalid, "certificates.rename", "fr-par-1/1")
		wantError(t, w.Certificates().Delete(t.Context(), ""), lb.ErrInvalid, "certificates.delete", "")
		for _, err := range w.Certificates().List(t.Context(), "a/b", lb.ListOptions{}) {
			wantError(t, err, lb.ErrInvalid, "certificates.list", "a/b")
		}
	}))
}

// An order has a provisional ID, and that of the certificate once it is there.
func TestCertificateIsOrdered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	must[*lb.Certificate](t)(w.Certificates().Get(t.Context(), w.upload())) // another one for a name that differs
	var ordered *lb.Certificate
	want(t, w.writes(func() { ordered = w.order("WWW.example.com", "example.com") }), `POST /freeCertificate {"fqdn":["www.example.com","example.com"]}`)
	service, task, domain, err := ovh.ParseCertificateOrderID(ordered.ID)
	if err != nil || service != w.service() || domain != "www.example.com" {
		t.Fatalf("%s: %v", ordered.ID, err)
	}
	wanted := &lb.Certificate{
		ID: ordered.ID, LoadBalancer: w.id, Source: lb.CertificateManaged, Provisioning: lb.ProvisioningPending,
		CommonName: "www.example.com", Domains: []string{"www.example.com", "example.com"}, Native: ordered.Native,
	}
	if diff := cmp.Diff(wanted, ordered); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	operation := must[*lb.Operation](t)(w.Operations().Get(t.Context(), ovh.FormatOperationID(service, task)))
	if operation.Action != "orderFreeCertificate" || operation.Status != lb.OperationPending {
		t.Errorf("%+v", operation)
	}
	// The task does not name the domains, its ID the first: no set is better than a part of one.
	if got := w.certificate(ordered.ID); got.ID != ordered.ID || got.Provisioning != lb.ProvisioningPending || got.CommonName != "www.example.com" || got.Domains != nil {
		t.Errorf("%+v", got)
	}
	_, err = w.Certificates().Rename(t.Context(), ordered.ID, "n")
	wantError(t, err, lb.ErrBusy, "certificates.rename", string(ordered.ID))
	wantError(t, w.Certificates().Delete(t.Context(), ordered.ID), lb.ErrBusy, "certificates.delete", string(ordered.ID))

	w.server.Advance(time.Minute)
	got := w.certificate(ordered.ID)
	if _, _, err := ovh.ParseCertificateID(got.ID); err != nil || got.Provisioning != lb.ProvisioningReady || got.Source != lb.CertificateManaged {
		t.Errorf("%+v", got)
	}
	if diff := cmp.Diff([]string{"www.example.com", "example.com"}, got.Domains); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	renamed := must[*lb.Certificate](t)(w.Certificates().Rename(t.Context(), ordered.ID, "web"))
	if renamed.ID != got.ID || renamed.Name != "web" {
		t.Errorf("%+v", renamed)
	}
	if err := w.Certificates().Delete(t.Context(), ordered.ID); err != nil {
		t.Error(err)
	}
	_, err = w.Certificates().Get(t.Context(), got.ID)
	is(t, err, lb.ErrNotFound)
}

func TestWaitCertificate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, ovhtest.WithSpeed(500))
	ordered := w.order("www.example.com")
	got := must[*lb.Certificate](t)(lb.WaitCertificate(t.Context(), w, ordered.ID, lb.WithPoll(time.Millisecond, time.Millisecond)))
	if _, _, err := ovh.ParseCertificateID(got.ID); err != nil {
		t.Errorf("%+v", got)
	}
	for _, status := range []string{"error", "blocked", "cancelled"} {
		w.server.EndNextTask(w.service(), status)
		ordered := w.order("www.example.org")
		_, err := lb.WaitCertificate(t.Context(), w, ordered.ID, lb.WithPoll(time.Millisecond, time.Millisecond))
		var e *lb.StateError
		if !errors.As(err, &e) || e.ID != string(ordered.ID) || !strings.Contains(e.Detail, "point to the load balancer") || !strings.Contains(e.Detail, status) {
			t.Errorf("%s: %v", status, err)
		}
		_, task, _, _ := ovh.ParseCertificateOrderID(ordered.ID)
		operation := must[*lb.Operation](t)(w.Operations().Get(t.Context(), ovh.FormatOperationID(w.service(), task)))
		if !strings.Contains(operation.Detail, "point to the load balancer") {
			t.Errorf("%s: the operation says %q", status, operation.Detail)
		}
		// There is nothing to delete.
		want(t, w.writes(func() {
			if err := w.Certificates().Delete(t.Context(), ordered.ID); err != nil {
				t.Errorf("%s: %v", status, err)
			}
		}))
	}
}

// What the API says of an order that has ended is not always the whole: its task may
// be forgotten, and its certificate not listed yet.
func TestOrderThatHasEnded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ordered := w.order("www.example.com")
	w.server.Advance(time.Minute)
	final := w.certificate(ordered.ID)
	isTask := func(r *http.Request) bool { return strings.Contains(r.URL.Path, "/task/") }
	isList := func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/ssl") }

	w.server.Faults().On(isTask).Status(http.StatusNotFound, `{"message":"gone"}`)
	if got := w.certificate(ordered.ID); got.ID != final.ID {
		t.Errorf("the task is forgotten: %+v", got)
	}
	w.server.Faults().On(isList).Status(http.StatusOK, `[]`)
	_, err := w.Certificates().Get(t.Context(), ordered.ID)
	wantError(t, err, lb.ErrNotFound, "certificates.get", string(ordered.ID))

	w.server.Faults().Reset()
	w.server.Faults().On(isList).Status(http.StatusOK, `[]`)
	if got := w.certificate(ordered.ID); got.ID != ordered.ID || got.Provisioning != lb.ProvisioningPending || got.Detail == "" {
		t.Errorf("it is not listed yet: %+v", got)
	}
	w.server.Faults().On(isTask).Status(http.StatusOK, `{"id":1,"action":"orderFreeCertificate","status":"done","doneDate":"2020-01-01T00:00:00Z"}`)
	_, err = w.Certificates().Get(t.Context(), ordered.ID)
	wantError(t, err, lb.ErrNotFound, "certificates.get", string(ordered.ID))

	w.server.Faults().Reset()
	w.server.Faults().On(isTask).Status(http.StatusForbidden, `{"message":"no"}`)
	_, err = w.Certificates().Get(t.Context(), ordered.ID)
	is(t, err, lb.ErrForbidden)
}

// A task may not say when it ended, and what is listed may be older than the order.
func TestOrderThatIsNotListed(t *testing.T) {
	t.Parallel()
	const old, made = "2020-01-01T00:00:00Z", "2020-03-31T00:00:00Z"
	hourAgo := time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)
	for name, tt := range map[string]struct {
		created string // the task
		expires string // the only certificate of that domain; "": there is none
		want    string // of the certificate that is read
	}{
		"a task of an hour ago":                          {created: hourAgo, want: "pending"},
		"a task of years ago":                            {created: old, want: "not found"},
		"a certificate that had expired before":          {created: hourAgo, expires: made, want: "pending"},
		"a certificate that has expired since the order": {created: old, expires: made, want: "ready"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			ordered := w.order("www.example.com")
			listed := `[]`
			if tt.expires != "" {
				listed = `[{"id":5,"type":"built","subject":"CN=www.example.com","san":["www.example.com"],"expireDate":"` + tt.expires + `"}]`
			}
			w.server.Faults().On(func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/ssl") }).Replace(http.StatusOK, listed)
			w.server.Faults().On(func(r *http.Request) bool { return strings.Contains(r.URL.Path, "/task/") }).
				Replace(http.StatusOK, `{"id":7,"action":"orderFreeCertificate","status":"done","creationDate":"`+tt.created+`","doneDate":null}`)
			got, err := w.Certificates().Get(t.Context(), ordered.ID)
			if tt.want == "not found" {
				wantError(t, err, lb.ErrNotFound, "certificates.get", string(ordered.ID))
			} else if err != nil || string(got.Provisioning) != tt.want {
				t.Errorf("%+v, %v; want it %s", got, err, tt.want)
			}
		})
	}
}

// The common name of a certificate may be in its subject alone.
func TestOrderIsFoundByItsCommonName(t *testing.T) {
	t.Parallel()
	for _, san := range []string{`[]`, `["api.example.com"]`} {
		w := newWorld(t)
		ordered := w.order("www.example.com", "api.example.com")
		w.server.Advance(time.Minute)
		w.server.Faults().On(func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/ssl") }).
			Replace(http.StatusOK, `[{"id":5,"type":"built","subject":"CN=www.example.com","san":`+san+`,"expireDate":"2100-01-01T00:00:00Z"}]`)
		if got := w.certificate(ordered.ID); got.ID != ovh.FormatCertificateID(w.service(), 5) {
			t.Errorf("%s: %s", san, got.ID)
		}
	}
}

// Of several certificates for a domain the newest is the order's; uploaded ones are
// none of its.
func TestOrderForADomainThatHasOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.order("a.example")
	w.server.Advance(time.Minute)
	old := w.certificate(first.ID)
	second := w.order("a.example")
	w.server.Advance(time.Minute)
	w.upload() // for a.example
	if got := w.certificate(second.ID); got.ID == old.ID || got.Source != lb.CertificateManaged {
		t.Errorf("%+v", got)
	}
}

func TestCertificateIsRenamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.upload()
	path := "PUT /ssl/" + last(string(id))
	for _, step := range []struct {
		name string
		sent []string
	}{{"web", []string{path + ` {"displayName":"web"}`}}, {"web", nil}, {"", []string{path + ` {"displayName":null}`}}} {
		want(t, w.writes(func() {
			got := must[*lb.Certificate](t)(w.Certificates().Rename(t.Context(), id, step.name))
			if got.Name != step.name || got.ID != id {
				t.Errorf("%+v", got)
			}
		}), step.sent...)
	}
}

func TestCertificateInUseIsNotDeleted(t *testing.T) {
	t.Parallel()
	for _, refusal := range []ovhtest.Refusal{ovhtest.RefusedConflict, ovhtest.Accepted} {
		w := newWorld(t, ovhtest.WithManualClock(), ovhtest.WithAssumptions(func(a *ovhtest.Assumptions) { a.SSLInUse = refusal }))
		id := w.upload()
		for _, protocol := range []lb.Protocol{lb.ProtocolHTTP, lb.ProtocolTCP} {
			f := must[*lb.Frontend](t)(w.Frontends().Create(t.Context(), w.id, lb.FrontendSpec{Protocol: protocol, Ports: port(443), Certificates: []lb.CertificateID{id}}))
			want(t, w.writes(func() {
				err := w.Certificates().Delete(t.Context(), id)
				if e := errorOf(t, err, lb.ErrInUse, "certificates.delete", string(id)); !strings.Contains(e.Message, string(f.ID)) {
					t.Errorf("%v does not name %s", err, f.ID)
				}
			}))
			if err := w.Frontends().Delete(t.Context(), f.ID); err != nil {
				t.Fatal(err)
			}
		}
		want(t, w.writes(func() {
			if err := w.Certificates().Delete(t.Context(), id); err != nil {
				t.Error(err)
			}
		}), "DELETE /ssl/"+last(string(id)))
		wantError(t, w.Certificates().Delete(t.Context(), id), lb.ErrNotFound, "certificates.delete", string(id))
	}
}

func TestCertificatesAreListed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	uploaded := w.upload()
	must[*lb.Certificate](t)(w.Certificates().Rename(t.Context(), uploaded, "mine"))
	ordered := w.order("www.example.com")
	names := func(opts lb.ListOptions) []string {
		var out []string
		for _, c := range must[[]*lb.Certificate](t)(lb.Collect(w.Certificates().List(t.Context(), w.id, opts))) {
			out = append(out, string(c.Source)+" "+c.CommonName)
		}
		return out
	}
	want(t, names(lb.ListOptions{}), "uploaded a.example")
	w.server.Advance(time.Minute)
	want(t, names(lb.ListOptions{}), "uploaded a.example", "managed www.example.com")
	want(t, names(lb.ListOptions{Name: "mine"}), "uploaded a.example")
	want(t, names(lb.ListOptions{Name: "min"}))
	if got := w.certificate(ordered.ID); got.CommonName != "www.example.com" {
		t.Errorf("%+v", got)
	}
}

// An upload whose outcome is unknown is looked for by its content and name.
func TestUploadWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	leaf, key := pair(t)
	spec := lb.CertificateSpec{Name: "web", PEM: leaf, Key: lb.NewSecret(key)}
	isPost := func(r *http.Request) bool { return r.Method == http.MethodPost }
	t.Run("told", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.upload()
		w.server.Faults().On(isPost).Times(1).DropAfterSend()
		_, err := w.Certificates().Create(t.Context(), w.id, spec)
		e := errorOf(t, err, lb.ErrUncertain, "certificates.create", string(w.id))
		all := must[[]*lb.Certificate](t)(lb.Collect(w.Certificates().List(t.Context(), w.id, lb.ListOptions{Name: "web"})))
		if len(all) != 1 || !strings.Contains(e.Message, string(all[0].ID)) {
			t.Errorf("%v does not name what may be it: %v", err, all)
		}
	})
	t.Run("found, with WithLookBefore", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		looking := ovh.NewProvider(w.client, ovh.WithLookBefore())
		must[*lb.Certificate](t)(looking.Certificates().Create(t.Context(), w.id, spec)) // an older one that is the same
		w.server.Faults().On(isPost).Times(1).DropAfterSend()
		got := must[*lb.Certificate](t)(looking.Certificates().Create(t.Context(), w.id, spec))
		all := must[[]*lb.Certificate](t)(lb.Collect(w.Certificates().List(t.Context(), w.id, lb.ListOptions{Name: "web"})))
		if len(all) != 2 || got.ID != all[1].ID {
			t.Errorf("got %s of %d", got.ID, len(all))
		}
	})
	t.Run("an order", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.server.Faults().On(isPost).Times(1).DropAfterSend()
		_, err := w.Certificates().Create(t.Context(), w.id, lb.CertificateSpec{Domains: []string{"a.example"}})
		if e := errorOf(t, err, lb.ErrUncertain, "certificates.create", w.service()); !strings.Contains(e.Message, "/task/") {
			t.Errorf("%v does not name the task that may be it", err)
		}
		w.server.Advance(time.Minute)
		looking := ovh.NewProvider(w.client, ovh.WithLookBefore())
		w.server.Faults().Reset()
		w.server.Faults().On(isPost).Times(1).DropAfterSend()
		got := must[*lb.Certificate](t)(looking.Certificates().Create(t.Context(), w.id, lb.CertificateSpec{Domains: []string{"a.example"}}))
		if got.Provisioning != lb.ProvisioningPending {
			t.Errorf("%+v", got)
		}
	})
}

// A context that has ended ends a write that waits for another.
func TestCertificateWritesWaitForOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := w.Certificates().Create(ctx, w.id, lb.CertificateSpec{Domains: []string{"a.example"}})
	is(t, err, context.Canceled)
	want(t, w.writes(func() {}))
}
