package ovh

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"strconv"
	"strings"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

const providerName = "ovh"

// root is where the load balancers are; the path below it is the neutral ID of
// what it addresses.
const root = "/ipLoadbalancing/"

// collection is one kind of object of the API: where its list is, where its
// items are, and what its calls are called.
type collection[T any, K comparable] struct {
	client *Client
	op     string  // "http.farms"
	kind   lb.Kind // in errors; empty where the neutral contract has no such kind
	route  string  // of the list
	item   string  // of an item: "/ip/{ip}"
	key    func(*T) K
}

// call is a call to the collection itself.
func (c collection[T, K]) call(verb, method string, args []string) rest.Call {
	call := rest.Call{Op: c.op + "." + verb, Kind: c.kind, Method: method, Route: c.route}
	copy(call.Args[:], args)
	return call
}

// itemCall is a call to one object.
func (c collection[T, K]) itemCall(verb, method string, args []string, key K) rest.Call {
	call := c.call(verb, method, args)
	call.Args[len(args)] = keyText(key)
	call.Route, call.Item = c.item, true
	return call
}

func (c collection[T, K]) get(ctx context.Context, key K, args ...string) (*T, error) {
	return rest.Get[T](ctx, c.client.rest, c.itemCall("get", http.MethodGet, args, key))
}

func (c collection[T, K]) create(ctx context.Context, body any, args ...string) (*T, error) {
	call := c.call("create", http.MethodPost, args)
	call.In = body
	return rest.Get[T](ctx, c.client.rest, call)
}

func (c collection[T, K]) update(ctx context.Context, key K, body any, args ...string) error {
	call := c.itemCall("update", http.MethodPut, args, key)
	call.In = body
	return c.client.void(ctx, call)
}

func (c collection[T, K]) remove(ctx context.Context, key K, args ...string) error {
	return c.client.void(ctx, c.itemCall("delete", http.MethodDelete, args, key))
}

// list yields the objects of the collection that filter selects.
func (c collection[T, K]) list(ctx context.Context, filter any, page lb.PageOptions, args ...string) iter.Seq2[*T, error] {
	return listOf(ctx, c, filter, page, args)
}

// ids reads the keys alone, in one request.
func (c collection[T, K]) ids(ctx context.Context, filter any, args ...string) ([]K, error) {
	call := c.call("listIDs", http.MethodGet, args)
	query, err := rest.EncodeQuery(filter)
	if err != nil {
		return nil, c.invalid(call.Op, err)
	}
	call.Query = query
	return readAll[K](ctx, c.client, call)
}

func (c collection[T, K]) invalid(op string, err error) error {
	return &lb.Error{Code: lb.ErrInvalid, Provider: providerName, Op: op, Kind: c.kind, Err: err}
}

// void sends a call whose answer holds nothing: an empty body, null or 204
// (facts 3.1).
func (c *Client) void(ctx context.Context, call rest.Call) error {
	_, err := c.rest.Do(ctx, call)
	return err
}

// readAll reads an array in one request.
func readAll[T any](ctx context.Context, c *Client, call rest.Call) ([]T, error) {
	var out []T
	call.Out = &out
	if _, err := c.rest.Do(ctx, call); err != nil {
		return nil, err
	}
	return out, nil
}

// keyText is a key as paths have it.
func keyText(key any) string {
	switch k := key.(type) {
	case string:
		return k
	case int64:
		return strconv.FormatInt(k, 10)
	default:
		return fmt.Sprint(k)
	}
}

// identify is the kind and the neutral ID of what a call is about: an object, or that which
// a list of objects is of, such as the farm of its servers.
func identify(call *rest.Call) (lb.Kind, string) {
	if call.Item {
		return call.Kind, idOf(call.Route, call.Args)
	}
	end := strings.LastIndexByte(call.Route, '}') + 1
	if end == 0 || !strings.HasPrefix(call.Route, root) {
		return call.Kind, ""
	}
	parent, kind := call.Route[:end], lb.KindLoadBalancer
	switch {
	case strings.HasSuffix(parent, "{farmId}"):
		kind = lb.KindBackend
	case strings.HasSuffix(parent, "{routeId}"):
		kind = lb.KindRoute
	}
	return kind, idOf(parent, call.Args)
}

// idOf is the neutral ID of what a route with its args addresses: the path
// below /ipLoadbalancing.
func idOf(route string, args rest.Args) string {
	below := strings.TrimPrefix(strings.TrimPrefix(route, root), "/")
	for _, arg := range args {
		before, rest, found := strings.Cut(below, "{")
		if !found {
			break
		}
		_, after, _ := strings.Cut(rest, "}")
		below = before + arg + after
	}
	return below
}
