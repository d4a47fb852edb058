package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strings"

	"github.com/lbkit/lbkit/lb"
)

// resource is what the services of frontends and backends have in common. P and ID
// are the IDs of the parent and of the resource, W is the API's object, M the model of it and
// S the model's spec.
type resource[P, ID ~string, W, M any, S lb.Spec] struct {
	client        *Client
	service, path string // in the contract and in the API: "frontends", "listeners"
	parent, kind  lb.Kind
	model         func(in P, w W) *M
	spec          func(*M) S
	canonical     func(S) (S, error)
	object        func(in P, canonical S) (W, error)
}

// maxTries is how often an Update starts over.
const maxTries = 50

// An ID is a path in the API. So it holds its parents', and what does not match is never sent.
var ids = map[lb.Kind]*regexp.Regexp{
	lb.KindLoadBalancer: regexp.MustCompile(`^balancers/b[0-9]+$`),
	lb.KindFrontend:     regexp.MustCompile(`^balancers/b[0-9]+/listeners/l[0-9]+$`),
	lb.KindBackend:      regexp.MustCompile(`^balancers/b[0-9]+/pools/p[0-9]+$`),
	lb.KindServer:       regexp.MustCompile(`^balancers/b[0-9]+/pools/p[0-9]+/members/[0-9]+(\.[0-9]+){3}$`),
}

// on begins a call on the resource of an ID, if it is one.
func on[ID ~string](op string, kind lb.Kind, id ID) (call, error) {
	what := call{op, kind, string(id)}
	if !ids[kind].MatchString(what.id) {
		return what, what.fail(lb.Error{Code: lb.ErrInvalid, Message: "malformed, or of another provider"})
	}
	return what, nil
}

// above is the ID of what the resource of an ID is in.
func above[P, ID ~string](id ID) P { return P(path.Dir(path.Dir(string(id)))) }

// list is lazy and restartable: fetch runs when somebody ranges over it, and each time anew.
// The API has no pages.
func list[W, M any](opts lb.PageOptions, fetch func() ([]W, error), model func(W) *M) iter.Seq2[*M, error] {
	return func(yield func(*M, error) bool) {
		var all []W
		err := invalid("pageSize", "neither it nor the window is negative")
		if opts.PageSize >= 0 && opts.Window >= 0 {
			all, err = fetch()
		}
		if err != nil {
			yield(nil, err)
		}
		for _, w := range all {
			if !yield(model(w), nil) {
				return
			}
		}
	}
}

func (r resource[P, ID, W, M, S]) List(ctx context.Context, in P, opts lb.ListOptions) iter.Seq2[*M, error] {
	return list(opts.PageOptions, func() ([]W, error) {
		what, err := on(r.service+".list", r.parent, in)
		if err != nil {
			return nil, err
		}
		return do[[]W](ctx, r.client, what, http.MethodGet, what.id+"/"+r.path+"?name="+url.QueryEscape(opts.Name), nil)
	}, func(w W) *M { return r.model(in, w) })
}

func (r resource[P, ID, W, M, S]) Get(ctx context.Context, id ID) (*M, error) {
	what, err := on(r.service+".get", r.kind, id)
	if err != nil {
		return nil, err
	}
	return r.send(ctx, what, above[P](id), http.MethodGet, what.id, nil)
}

// send makes a request that is answered with the object.
func (r resource[P, ID, W, M, S]) send(ctx context.Context, what call, in P, method, path string, body any) (*M, error) {
	w, err := do[W](ctx, r.client, what, method, path, body)
	if err != nil {
		return nil, err
	}
	return r.model(in, w), nil
}

func (r resource[P, ID, W, M, S]) Create(ctx context.Context, in P, spec S) (*M, error) {
	what, err := on(r.service+".create", r.parent, in)
	if err != nil {
		return nil, err
	}
	if spec, err = r.canonical(spec); err != nil {
		return nil, err
	}
	w, err := r.object(in, spec)
	if err != nil {
		return nil, err
	}
	return r.send(ctx, what, in, http.MethodPost, what.id+"/"+r.path, w)
}

func (r resource[P, ID, W, M, S]) Update(ctx context.Context, id ID, change func(*S) error) (*M, error) {
	what, err := on(r.service+".update", r.kind, id)
	if err != nil {
		return nil, err
	}
	in := above[P](id)
	return r.edit(ctx, what, id, func(w W) (W, error) {
		spec, err := revise(strings.TrimSuffix(r.service, "s"), r.spec(r.model(in, w)), change, r.canonical)
		if err != nil {
			return w, err
		}
		return r.object(in, spec)
	})
}

// edit sends the fields in which what change returns differs from what is there. Where
// somebody else was faster it starts over; that has an end, since each time somebody got on.
func (r resource[P, ID, W, M, S]) edit(ctx context.Context, what call, id ID, change func(W) (W, error)) (*M, error) {
	in := above[P](id)
	for try := 1; ; try++ {
		before, err := do[W](ctx, r.client, what, http.MethodGet, string(id), nil)
		if err != nil {
			return nil, err
		}
		after, err := change(before)
		if err != nil {
			return nil, err
		}
		body := patch(before, after)
		if body == nil {
			return r.model(in, before), nil
		}
		m, err := r.send(ctx, what, in, http.MethodPatch, string(id), body)
		if err == nil || !errors.Is(err, lb.ErrConflict) || try == maxTries {
			return m, err
		}
	}
}

// patch holds the fields of after that differ from before, and before's version; it is nil
// where none differs.
func patch[W any](before, after W) map[string]json.RawMessage {
	var was, is map[string]json.RawMessage
	for _, object := range []struct {
		from W
		to   *map[string]json.RawMessage
	}{{before, &was}, {after, &is}} {
		content, _ := json.Marshal(object.from) // a plain struct, which marshals and is read back
		_ = json.Unmarshal(content, object.to)
	}
	maps.DeleteFunc(is, func(name string, value json.RawMessage) bool { return bytes.Equal(value, was[name]) })
	if len(is) == 0 {
		return nil
	}
	is["version"] = was["version"]
	return is
}

func (r resource[P, ID, W, M, S]) Delete(ctx context.Context, id ID) error {
	what, err := on(r.service+".delete", r.kind, id)
	if err != nil {
		return err
	}
	_, err = do[struct{}](ctx, r.client, what, http.MethodDelete, what.id, nil)
	return err
}
