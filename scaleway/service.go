package scaleway

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"strconv"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// place is where the calls of an API go: a zone, or a region of the older API.
type place struct {
	client   *Client
	name     string // "fr-par-1", "fr-par"
	regional bool
	err      error // the name is malformed: what every call answers
}

// service is what all services are made of.
type service struct{ *place }

// isUUID reports whether s has the form of every ID of the API (facts 3): 8, 4, 4, 4
// and 12 hexadecimal digits. Every call asks it.
func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case i == 8, i == 13, i == 18, i == 23:
			if c != '-' {
				return false
			}
		case '0' <= c && c <= '9', 'a' <= c && c <= 'f', 'A' <= c && c <= 'F':
		default:
			return false
		}
	}
	return true
}

// call is o in this place, with ids for the parameters of its path. An ID that
// is none is an error here: in a path it could address something else.
func (p *place) call(o operation, ids ...string) (rest.Call, error) {
	call := rest.Call{Op: o.name, Kind: o.kind, Method: o.method, Route: o.zoned}
	if p.regional {
		call.Route = o.regional
	}
	call.Args[0] = p.name
	copy(call.Args[1:], ids)
	switch {
	case p.err != nil:
		return call, invalid(call, p.err)
	case call.Route == "":
		return call, refuse(call, lb.ErrUnsupported, "only the zoned API has this call, use Client.Zone")
	}
	for _, id := range ids {
		if !isUUID(id) {
			return call, refuse(call, lb.ErrInvalid, fmt.Sprintf("ID %q is not a UUID", id))
		}
	}
	return call, nil
}

// identify is the kind and the ID of what a call is about: zone or region, and UUID.
func identify(call *rest.Call) (lb.Kind, string) { return call.Kind, idOf(call) }

func idOf(call *rest.Call) string {
	if call.ID != "" || call.Args[1] == "" {
		return call.ID
	}
	return call.Args[0] + "/" + call.Args[1]
}

// refuse is the error of a call that is not sent.
func refuse(call rest.Call, code error, message string) error {
	return &lb.Error{Code: code, Provider: providerName, Op: call.Op, Kind: call.Kind, ID: idOf(&call), Message: message}
}

func invalid(call rest.Call, err error) error {
	return &lb.Error{Code: lb.ErrInvalid, Provider: providerName, Op: call.Op, Kind: call.Kind, ID: idOf(&call), Err: err}
}

// send makes a call whose answer says nothing.
func (p *place) send(ctx context.Context, o operation, in any, ids ...string) error {
	call, err := p.call(o, ids...)
	if err != nil {
		return err
	}
	call.In = in
	_, err = p.client.rest.Do(ctx, call)
	return err
}

// answer is an object that the API sends back. Its identity is never empty.
type answer[T any] interface {
	*T
	identity() string
}

// fetch makes a call that is answered with a T.
func fetch[T any, P answer[T]](ctx context.Context, p *place, o operation, in any, ids ...string) (*T, error) {
	call, err := p.call(o, ids...)
	if err != nil {
		return nil, err
	}
	call.In = in
	return receive[T, P](ctx, p, call)
}

// receive sends call. An answer that is JSON but not a T, such as {}, would be
// taken for an object with nothing set, so it is an error.
func receive[T any, P answer[T]](ctx context.Context, p *place, call rest.Call) (*T, error) {
	out, to := target[T]()
	call.Out = to
	meta, err := p.client.rest.Do(ctx, call)
	if err != nil {
		return nil, err
	}
	if P(out).identity() == "" {
		return nil, hollow(call, meta)
	}
	return out, nil
}

// target is a new T, and what reads an answer into it.
func target[T any]() (out *T, to any) {
	if r, ok := any(out).(interface{ withRoom() (*T, rest.BodyDecoder) }); ok {
		return r.withRoom()
	}
	out = new(T)
	return out, out
}

// fetchAfterDelete makes a DELETE that is documented to answer with a T and was
// never recorded (facts 1). Without an answer it returns nil.
func fetchAfterDelete[T any, P answer[T]](ctx context.Context, p *place, o operation, in any, ids ...string) (*T, error) {
	call, err := p.call(o, ids...)
	if err != nil {
		return nil, err
	}
	out, to := target[T]()
	call.In, call.Out, call.OptionalAnswer = in, to, true
	if _, err := p.client.rest.Do(ctx, call); err != nil {
		return nil, err
	}
	if P(out).identity() == "" {
		return nil, nil
	}
	return out, nil
}

// hollow is the error of an answer without what makes it one. What writes may have
// happened.
func hollow(call rest.Call, meta rest.Meta) error {
	code := lb.ErrUnavailable
	if call.Method != http.MethodGet {
		code = lb.ErrUncertain
	}
	return &lb.Error{
		Code: code, Provider: providerName, Op: call.Op, Kind: call.Kind, ID: idOf(&call), Status: meta.Status,
		RequestID: meta.RequestID, Attempts: meta.Attempts, Message: "the answer is not what it should be: it has no ID",
	}
}

// pageOf is one answer of a list. An answer without a total is none.
type pageOf[P, T any] interface {
	*P
	page() (items *[]T, total *int)
}

// pageBody reads a page. Past the first, room is how many items it is to have: a slice
// of that size at once spares what growing to it costs.
type pageBody[P, T any, PP pageOf[P, T]] struct {
	page P
	room int
}

// DecodeBody reads a page, whatever an attempt before has left.
func (b *pageBody[P, T, PP]) DecodeBody(data []byte) error {
	b.page = *new(P)
	if b.room > 0 {
		items, _ := PP(&b.page).page()
		*items = make([]T, 0, b.room)
	}
	return rest.Decode(data, &b.page)
}

// pageSize is asked for where the caller does not say. It is the largest known
// to sibling APIs; what this one allows is not documented (facts 4), and a
// server that sends fewer is believed.
const pageSize = 100

// list is the list that o reads page by page, P being the shape of a page.
func list[P, T any, K comparable, PP pageOf[P, T]](
	ctx context.Context, p *place, o operation, filter any, opts lb.PageOptions, key func(*T) K, ids ...string,
) iter.Seq2[*T, error] {
	call, err := p.call(o, ids...)
	if err != nil {
		return rest.Fail[*T](err)
	}
	query, err := rest.EncodeQuery(filter)
	if err != nil {
		return rest.Fail[*T](invalid(call, err))
	}
	fetch := func(ctx context.Context, page, size int) (rest.Page[T, K], error) {
		call, out := call, &pageBody[P, T, PP]{}
		if page > 1 {
			out.room = min(size, pageSize)
		}
		call.Query = rest.JoinQuery(query, "page="+strconv.Itoa(page)+"&page_size="+strconv.Itoa(size))
		call.Out = out
		meta, err := p.client.rest.Do(ctx, call)
		if err != nil {
			return rest.Page[T, K]{}, err
		}
		items, total := PP(&out.page).page()
		if total == nil {
			return rest.Page[T, K]{}, hollow(call, meta)
		}
		return rest.Page[T, K]{Items: *items, Total: *total}, nil
	}
	return rest.List(ctx, rest.Source[T, K]{Provider: providerName, Op: o.name, PageSize: pageSize, Fetch: fetch, Key: key}, opts)
}

// named keeps what has exactly that name: the API's own filter also finds names
// that only contain it (facts 4). Without a name it keeps all.
func named[T any](items iter.Seq2[*T, error], name string, nameOf func(*T) string) iter.Seq2[*T, error] {
	if name == "" {
		return items
	}
	return rest.Filter(items, func(item *T) bool { return nameOf(item) == name })
}

// nameQuery is the query of the lists that are filtered by name alone.
type nameQuery struct {
	Name    string  `url:"name,omitempty"`
	OrderBy OrderBy `url:"order_by,omitempty"`
}

// nonNil is items, never null in what is sent: an empty list clears, what null does is
// not known of every field (facts 18.15).
func nonNil(items []string) []string {
	if items == nil {
		return []string{}
	}
	return items
}
