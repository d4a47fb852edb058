package topology

import (
	"slices"

	"github.com/lbkit/lbkit/lb"
)

// renaming has what refers to backends and certificates refer to them otherwise: by IDs,
// by names.
type renaming struct {
	backend     func(lb.BackendID) lb.BackendID
	certificate func(lb.CertificateID) lb.CertificateID
}

// frontend is a copy of f that refers so. It shares the filters, which refer to nothing.
func (r renaming) frontend(f Frontend) Frontend {
	f.FrontendSpec, f.Routes = lb.Clone(f.FrontendSpec), cloneAll(f.Routes)
	f.DefaultBackend = r.backend(f.DefaultBackend)
	for i, ref := range f.Certificates {
		f.Certificates[i] = r.certificate(ref)
	}
	for i := range f.Routes {
		f.Routes[i].Backend = r.backend(f.Routes[i].Backend)
	}
	return f
}

// value is a value of a Change of a frontend or of its routes that refers so.
func (r renaming) value(value any) any {
	switch value := value.(type) {
	case lb.BackendID:
		return r.backend(value)
	case []lb.CertificateID:
		out := slices.Clone(value)
		for i := range out {
			out[i] = r.certificate(out[i])
		}
		return out
	case lb.RouteSpec:
		value.Backend = r.backend(value.Backend)
		return value
	default:
		return value
	}
}

// renamed are changes whose values refer as they do before and after.
func renamed(changes []lb.Change, before, after renaming) []lb.Change {
	out := slices.Clone(changes)
	for i := range out {
		out[i].Before, out[i].After = before.value(out[i].Before), after.value(out[i].After)
	}
	return out
}
