package topology

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/lbkit/lbkit/lb"
)

// certificate uploads or orders a certificate, and waits for one that is ordered. One
// that an interrupted Apply ordered may be under way and listed nowhere: what the
// provider is doing comes to its end first, and what came of it is taken.
func (a *application) certificate(ctx context.Context, id lb.LoadBalancerID, spec lb.CertificateSpec, before []*lb.Certificate) (*lb.Certificate, error) {
	if len(spec.Domains) > 0 {
		issued, err := a.issued(ctx, id, spec, before)
		if issued != nil || err != nil {
			return issued, err
		}
	}
	made, err := a.provider.Certificates().Create(ctx, id, spec)
	if err != nil || len(spec.Domains) == 0 {
		return made, err
	}
	return lb.WaitCertificate(ctx, a.provider, made.ID, a.wait...)
}

// issued is a certificate for spec's domains, of its name, that was not there when the plan
// was made and is no other entry's, once nothing is under way any more; nil where there is
// none.
func (a *application) issued(ctx context.Context, id lb.LoadBalancerID, spec lb.CertificateSpec, before []*lb.Certificate) (*lb.Certificate, error) {
	for op, err := range a.provider.Operations().List(ctx, id, lb.PageOptions{}) {
		if errors.Is(err, lb.ErrUnsupported) {
			break
		}
		if err != nil {
			return nil, err
		}
		if op.Status != lb.OperationPending && op.Status != lb.OperationRunning {
			continue
		}
		if _, err := lb.WaitOperation(ctx, a.provider, op, a.wait...); err != nil && ctx.Err() != nil {
			return nil, err // how it ends is nobody's business here
		}
	}
	for c, err := range a.provider.Certificates().List(ctx, id, lb.ListOptions{}) {
		if err != nil {
			return nil, err
		}
		known := slices.ContainsFunc(before, func(o *lb.Certificate) bool { return o.ID == c.ID }) ||
			slices.Contains(slices.Collect(maps.Values(a.ids)), string(c.ID))
		if !known && c.Source == lb.CertificateManaged && c.Name == spec.Name && slices.Equal(domainsOf(c), ordered(spec.Domains)) {
			return lb.WaitCertificate(ctx, a.provider, c.ID, a.wait...)
		}
	}
	return nil, nil
}
