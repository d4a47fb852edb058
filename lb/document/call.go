package document

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/lbkit/lbkit/lb"
)

// call is one call of a service: what it is called in errors, and what it is about.
type call struct {
	p    *Provider
	op   string
	kind lb.Kind // of what is changed or read, or of its parent where it is listed or made
	id   string
}

// begin refuses a call that the capabilities do not list, and one whose context has ended.
func (c call) begin(ctx context.Context) error {
	if !c.p.rules.Capabilities.Has(lb.Feature(c.op)) {
		hint := c.p.rules.Capabilities.Features[lb.Feature(c.op)].Hint
		return &lb.UnsupportedError{Provider: c.p.Name(), Feature: lb.Feature(c.op), Reason: "this provider has no such call", Hint: hint}
	}
	if err := ctx.Err(); err != nil {
		return c.failed(lb.ErrUnavailable, err)
	}
	return nil
}

// key begins the call, and is the load balancer's in its ID, as the store calls it. An ID
// that is not one of the provider's own is refused.
func (c call) key(ctx context.Context) (string, error) {
	if err := c.begin(ctx); err != nil {
		return "", err
	}
	keys, ok := split(c.p.Name(), c.kind, c.id)
	if !ok {
		return "", c.fail(lb.ErrInvalid, "not the ID of a %s of this provider", c.kind)
	}
	return keys[0], nil
}

// read reads the document that the call is about.
func (c call) read(ctx context.Context) (*Document, error) {
	key, err := c.key(ctx)
	if err != nil {
		return nil, err
	}
	d, err := c.p.store.Read(ctx, key)
	if err != nil {
		return nil, c.failed(lb.ErrUnavailable, err)
	}
	return c.accept(lb.ErrUnavailable, key, d)
}

// mostConflicts is how often a call writes what somebody else is always faster to change.
const mostConflicts = 100

// edit reads the document and has change change it, which says whether there is something
// to write. What is returned is what is kept then. Where somebody else has changed the
// document meanwhile, change gets what that one made of it.
func (c call) edit(ctx context.Context, change func(*Document) (bool, error)) (*Document, error) {
	key, err := c.key(ctx)
	if err != nil {
		return nil, err
	}
	done, err := c.p.turns.Lock(ctx, key)
	if err != nil {
		return nil, c.failed(lb.ErrUnavailable, err)
	}
	defer done()
	refused := ""
	for conflicts := 0; ; conflicts++ {
		d, err := c.read(ctx)
		if err != nil {
			return nil, err
		}
		version := d.Version
		if write, err := change(d); err != nil {
			return nil, err
		} else if !write {
			return d, nil
		}
		d.unidentify()
		kept, err := c.p.store.Write(ctx, d)
		switch {
		case err == nil:
			return c.accept(lb.ErrUncertain, key, kept)
		case !errors.Is(err, lb.ErrConflict), conflicts > 0 && version == refused, conflicts == mostConflicts:
			return nil, c.failed(lb.ErrUncertain, err)
		}
		refused = version // the same again: nobody has changed it
	}
}

// unless is err, or nil for what a delete has seen, and what is gone when it looks again.
func unless(seen bool, err error) error {
	if seen {
		return nil
	}
	return err
}

// accept takes over what the store returned for a key; none is all keys.
func (c call) accept(code error, key string, d *Document) (*Document, error) {
	if d == nil || d.LoadBalancer == nil || key != "" && string(d.LoadBalancer.ID) != key {
		return nil, c.fail(code, "the answer is not what was asked for")
	}
	d.identify(c.p.Name())
	return d, nil
}

// same refuses what is kept where it is not what was written.
func same[S lb.Spec](c call, written, kept S) error {
	changes := lb.Diff(written, kept)
	if len(changes) == 0 {
		return nil
	}
	err := c.fail(lb.ErrUncertain, "something else is kept than was written")
	for _, change := range changes {
		reason := fmt.Sprintf("%v was written, and %v is kept", change.Before, change.After)
		err.Fields = append(err.Fields, lb.FieldError{Path: change.Path, Reason: reason})
	}
	return err
}

// removed refuses what is kept where it was to go.
func (c call) removed(there bool) error {
	if !there {
		return nil
	}
	return c.fail(lb.ErrUncertain, "it was removed, and is kept")
}

// fail is an error of the call.
func (c call) fail(code error, format string, args ...any) *lb.Error {
	return &lb.Error{Code: code, Provider: c.p.Name(), Op: c.op, Kind: c.kind, ID: c.id, Message: fmt.Sprintf(format, args...)}
}

// of is the call as one of something else, in errors.
func (c call) of(kind lb.Kind, id string) call {
	c.kind, c.id = kind, id
	return c
}

// misfit is the error of what does not go with what else there is, or nil.
func (c call) misfit(field *lb.FieldError) error {
	if field == nil {
		return nil
	}
	err := c.fail(lb.ErrInvalid, "")
	err.Fields = []lb.FieldError{*field}
	return err
}

// failed is an error of the store as one of the call; code is for what has none. What is
// refused because of a spec is complete as it is.
func (c call) failed(code, err error) error {
	if errors.As(err, new(lb.Problems)) || errors.As(err, new(*lb.UnsupportedError)) {
		return err
	}
	out := lb.Error{Err: err}
	if known := new(lb.Error); errors.As(err, &known) {
		out = *known
	}
	if out.Code == nil {
		out.Code = cmp.Or(lb.CodeOf(err), code)
	}
	out.Provider, out.Op, out.Kind, out.ID = c.p.Name(), c.op, c.kind, c.id
	return &out
}

// settable refuses an empty set that nobody allowed, before anything is read.
func (c call) settable(ctx context.Context, what string, count int, opts lb.SetOptions) error {
	if _, err := c.key(ctx); err != nil {
		return err
	}
	if count == 0 && !opts.AllowEmpty {
		return c.fail(lb.ErrInvalid, "an empty set of %s needs AllowEmpty", what)
	}
	return nil
}

// list lists what read returns, each time anew.
func list[T any](ctx context.Context, c call, page lb.PageOptions, read func() ([]T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		err := c.pages(ctx, page)
		var items []T
		if err == nil {
			items, err = read()
		}
		for _, item := range items {
			if !yield(item, nil) {
				return
			}
		}
		if err != nil {
			yield(none, err)
		}
	}
}

// pages begins a list, and refuses what none takes.
func (c call) pages(ctx context.Context, page lb.PageOptions) error {
	if err := c.begin(ctx); err != nil {
		return err
	}
	if page.PageSize < 0 || page.Window < 0 {
		return c.fail(lb.ErrInvalid, "page size %d, window %d: negative", page.PageSize, page.Window)
	}
	return nil
}

// named are the items of a name, or all.
func named[T any](items []T, name string, of func(T) string) []T {
	if name == "" {
		return items
	}
	var out []T
	for _, item := range items {
		if of(item) == name {
			out = append(out, item)
		}
	}
	return out
}
