package document

import (
	"context"
	"crypto/rand"
	"iter"
	"slices"

	"github.com/lbkit/lbkit/internal/fit"
	"github.com/lbkit/lbkit/lb"
)

type frontends struct {
	lb.UnimplementedFrontends

	p *Provider
}

func (s frontends) call(op string, id lb.FrontendID) call {
	return call{s.p, "frontends." + op, lb.KindFrontend, string(id)}
}

// frontend is the one that the call is about.
func (c call) frontend(d *Document) (*lb.FrontendTree, error) {
	if f := d.frontend(lb.FrontendID(c.id)); f != nil {
		return f, nil
	}
	return nil, c.fail(lb.ErrNotFound, "")
}

func (s frontends) List(ctx context.Context, parent lb.LoadBalancerID, opts lb.ListOptions) iter.Seq2[*lb.Frontend, error] {
	c := s.call("list", "").of(lb.KindLoadBalancer, string(parent))
	return list(ctx, c, opts.PageOptions, func() ([]*lb.Frontend, error) {
		d, err := c.read(ctx)
		if err != nil {
			return nil, err
		}
		var all []*lb.Frontend
		for _, f := range d.Frontends {
			all = append(all, f.Frontend)
		}
		return named(all, opts.Name, func(f *lb.Frontend) string { return f.Name }), nil
	})
}

func (s frontends) Get(ctx context.Context, id lb.FrontendID) (*lb.Frontend, error) {
	c := s.call("get", id)
	d, err := c.read(ctx)
	if err != nil {
		return nil, err
	}
	f, err := c.frontend(d)
	if err != nil {
		return nil, err
	}
	return f.Frontend, nil
}

// frontendKept is a frontend that a call has written, with these settings.
func (c call) frontendKept(d *Document, err error, id lb.FrontendID, written *lb.FrontendSpec) (*lb.Frontend, error) {
	if err != nil {
		return nil, err
	}
	f := d.frontend(id)
	if f == nil {
		return nil, c.fail(lb.ErrUncertain, "")
	}
	if err := same(c, *written, f.FrontendSpec); err != nil {
		return nil, err
	}
	return f.Frontend, nil
}

// newKey is the key of a new frontend or backend: one that nothing has had before.
func newKey() string { return rand.Text() }

func (s frontends) Create(ctx context.Context, parent lb.LoadBalancerID, spec lb.FrontendSpec) (*lb.Frontend, error) {
	c := s.call("create", "").of(lb.KindLoadBalancer, string(parent))
	if err := c.begin(ctx); err != nil {
		return nil, err
	}
	spec, err := s.p.rules.Frontend(spec)
	if err != nil {
		return nil, err
	}
	id := lb.FrontendID(join(string(parent), "frontends", newKey()))
	d, err := c.edit(ctx, func(d *Document) (bool, error) {
		if d.frontend(id) != nil { // the conflict was with this very write
			return false, nil
		}
		d.Frontends = append(d.Frontends, lb.FrontendTree{Frontend: &lb.Frontend{ID: id, FrontendSpec: spec}})
		return true, c.misfit(fit.Frontend(&d.Tree, id, spec))
	})
	return c.frontendKept(d, err, id, &spec)
}

func (s frontends) Update(ctx context.Context, id lb.FrontendID, change func(*lb.FrontendSpec) error) (*lb.Frontend, error) {
	c := s.call("update", id)
	var after lb.FrontendSpec
	d, err := c.edit(ctx, func(d *Document) (bool, error) {
		f, err := c.frontend(d)
		if err != nil {
			return false, err
		}
		if after, err = s.p.rules.UpdateFrontend(f.FrontendSpec, change); err != nil || lb.Equal(f.FrontendSpec, after) {
			return false, err
		}
		before := f.FrontendSpec
		f.FrontendSpec = after
		return true, c.fits(d, f, before)
	})
	return c.frontendKept(d, err, id, &after)
}

func (s frontends) Delete(ctx context.Context, id lb.FrontendID) error {
	c := s.call("delete", id)
	seen := false
	d, err := c.edit(ctx, func(d *Document) (bool, error) {
		if _, err := c.frontend(d); err != nil {
			return false, unless(seen, err)
		}
		seen = true
		d.Frontends = slices.DeleteFunc(d.Frontends, func(f lb.FrontendTree) bool { return f.ID == id })
		return true, nil
	})
	if err != nil {
		return err
	}
	return c.removed(d.frontend(id) != nil)
}
