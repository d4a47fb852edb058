package lbtest

import (
	"testing"

	"github.com/lbkit/lbkit/lb"
)

func runInUse(t *testing.T, s *suite) {
	t.Helper()
	s.test(t, "a frontend's default backend", func(w *world) {
		s := w.newScene()
		w.harmless("delete it", func() {
			w.code("delete a frontend's default backend", w.p.Backends().Delete(w.ctx, s.app), lb.ErrInUse)
		})
		if got := s.addresses(s.app); len(got) != 2 {
			w.Errorf("it could not be deleted, and its servers are %v", got)
		}
		if !w.supports("frontend.defaultBackend.update") {
			w.done("delete the frontend", w.p.Frontends().Delete(w.ctx, s.web))
			w.done("delete it once nothing refers to it", w.p.Backends().Delete(w.ctx, s.app))
			return
		}
		must(w.p.Frontends().Update(w.ctx, s.web, func(spec *lb.FrontendSpec) error { spec.DefaultBackend = s.spare; return nil }))(w, "choose another")
		w.done("delete it once nothing refers to it", w.p.Backends().Delete(w.ctx, s.app))
		w.code("delete the one that was chosen", w.p.Backends().Delete(w.ctx, s.spare), lb.ErrInUse)
	})
	s.testIf(t, "a route's backend", []lb.Feature{"routes.set"}, func(w *world) {
		s := w.newScene()
		w.harmless("delete it", func() {
			w.code("delete a route's backend", w.p.Backends().Delete(w.ctx, s.other), lb.ErrInUse)
		})
		must(w.p.Routes().Set(w.ctx, s.web, nil, lb.SetOptions{AllowEmpty: true}))(w, "remove the route")
		w.done("delete it once nothing refers to it", w.p.Backends().Delete(w.ctx, s.other))
	})
	s.testIf(t, "a frontend's certificate", []lb.Feature{"certificates.create", "certificate.pem", "frontend.certificates"}, func(w *world) {
		s := w.newScene()
		spec := w.frontendSpec("secure", 443, s.app)
		spec.TLS, spec.Certificates = true, []lb.CertificateID{s.certificate}
		secure := s.frontend(spec)
		w.harmless("delete it", func() {
			w.code("delete a frontend's certificate", w.p.Certificates().Delete(w.ctx, s.certificate), lb.ErrInUse)
		})
		w.done("delete the frontend", w.p.Frontends().Delete(w.ctx, secure.ID))
		w.done("delete it once nothing refers to it", w.p.Certificates().Delete(w.ctx, s.certificate))
	})
	s.testIf(t, "a load balancer's address", []lb.Feature{"addresses.attach", "addresses.release"}, func(w *world) {
		s := w.newScene()
		if s.address == "" {
			w.Skip("the harness has no Address")
		}
		s.attach()
		w.harmless("release it", func() {
			w.code("release an address that a load balancer has", w.p.Addresses().Release(w.ctx, s.address), lb.ErrInUse)
		})
	})
}
