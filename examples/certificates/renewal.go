package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/lbkit/lbkit/lb"
)

// renewal replaces certificates of a load balancer.
type renewal struct {
	lb.Provider
	id  lb.LoadBalancerID
	out io.Writer
	// spec is what takes the place of a certificate.
	spec func(old *lb.Certificate) (lb.CertificateSpec, error)
}

// order asks for a managed certificate for the same domains.
func (r *renewal) order(old *lb.Certificate) (lb.CertificateSpec, error) {
	if len(old.Domains) == 0 {
		return lb.CertificateSpec{}, fmt.Errorf("certificate %s: the provider does not say its domains", old.Name)
	}
	return lb.CertificateSpec{Domains: old.Domains}, nil
}

// renew replaces those certificates of a frontend that expire before a time.
func (r *renewal) renew(ctx context.Context, name string, before time.Time) error {
	frontend, err := lb.One(r.Frontends().List(ctx, r.id, lb.ListOptions{Name: name}))
	if err != nil {
		return fmt.Errorf("frontend %s: %w", name, err)
	}
	for _, id := range frontend.Certificates {
		old, err := r.Certificates().Get(ctx, id)
		if err != nil {
			return err
		}
		switch {
		case old.Provisioning == lb.ProvisioningPending:
			fmt.Fprintf(r.out, "Certificate %s is on order\n", old.Name)
			continue
		case old.NotAfter.After(before):
			fmt.Fprintf(r.out, "Certificate %s is good until %s\n", old.Name, old.NotAfter.Format(time.DateOnly))
			continue
		}
		fmt.Fprintf(r.out, "Certificate %s, for %v, expires on %s\n", old.Name, old.Domains, old.NotAfter.Format(time.DateOnly))
		if err := r.replace(ctx, frontend, old); err != nil {
			return err
		}
	}
	return nil
}

// replace has a frontend serve a new certificate in the place of an old one. At no moment
// does it serve none: the new one is ready before the frontend names it, and the old one
// is deleted when what the frontend names is live.
func (r *renewal) replace(ctx context.Context, frontend *lb.Frontend, old *lb.Certificate) error {
	fresh, err := r.create(ctx, old)
	if err != nil {
		return err
	}
	fmt.Fprintf(r.out, "Certificate %s is ready, %s, good until %s\n", fresh.Name, fresh.Source, fresh.NotAfter.Format(time.DateOnly))

	if _, err := r.Frontends().Update(ctx, frontend.ID, func(spec *lb.FrontendSpec) error {
		if i := slices.Index(spec.Certificates, old.ID); i >= 0 {
			spec.Certificates[i] = fresh.ID
		}
		return nil
	}); err != nil {
		return err
	}
	if _, err := lb.Publish(ctx, r, r.id); err != nil {
		return err
	}
	fmt.Fprintln(r.out, "The frontend serves it")

	if err := r.Certificates().Delete(ctx, old.ID); errors.Is(err, lb.ErrInUse) {
		fmt.Fprintf(r.out, "Certificate %s stays: another frontend serves it\n", old.Name)
		return nil
	} else if err != nil {
		return err
	}
	if _, err := lb.Publish(ctx, r, r.id); err != nil {
		return err
	}
	fmt.Fprintf(r.out, "Certificate %s is deleted\n", old.Name)
	return nil
}

// create uploads or orders what takes the place of an old certificate, and returns it when
// it can be served. It is named after its domain and the day.
func (r *renewal) create(ctx context.Context, old *lb.Certificate) (*lb.Certificate, error) {
	spec, err := r.spec(old)
	if err != nil {
		return nil, err
	}
	name := cmp.Or(old.CommonName, old.Name) + "-" + time.Now().Format(time.DateOnly)
	ordered := len(spec.Domains) > 0
	if !ordered || r.Capabilities().Has("certificate.name.ordered") {
		spec.Name = name
	}
	created, err := r.Certificates().Create(ctx, r.id, spec)
	if err != nil {
		return nil, err
	}
	// The ID of one on order may be provisional: from here on only what the wait returns
	// counts.
	fresh, err := lb.WaitCertificate(ctx, r, created.ID, lb.WithProgress(func(p lb.Progress) {
		fmt.Fprintf(r.out, "  … %s after %v\n", p.State, p.Elapsed.Round(time.Second))
	}))
	if err != nil {
		return nil, err
	}
	if fresh.Name != name {
		return r.Certificates().Rename(ctx, fresh.ID, name)
	}
	return fresh, nil
}
