package ovh

import (
	"bytes"
	"context"
	"iter"
	"net/http"
	"strconv"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// pageSize is how many objects a list asks for at once. The API's own default
// is about 1,000 (facts 4.2).
const pageSize = 5000

// listOf reads a list as whole objects where the API grants that, and by keys
// and one GET each where it does not. The schema allows the first for every
// list of the API whose items have a GET of their own; what a route granted is
// remembered for as long as the client lives.
func listOf[T any, K comparable](ctx context.Context, c collection[T, K], filter any, page lb.PageOptions, args []string) iter.Seq2[*T, error] {
	call := c.call("list", http.MethodGet, args)
	query, err := rest.EncodeQuery(filter)
	if err != nil {
		return rest.Fail[*T](c.invalid(call.Op, err))
	}
	call.Query = query
	l := listing[T, K]{collection: c, call: call}
	return rest.List(ctx, rest.Source[T, K]{
		Provider: providerName,
		Op:       call.Op,
		PageSize: pageSize,
		Fetch:    l.fetch,
		Key:      c.key,
		Get:      func(ctx context.Context, key K) (*T, error) { return c.get(ctx, key, args...) },
	}, page)
}

type listing[T any, K comparable] struct {
	collection[T, K]
	call rest.Call
}

// fetch reads one page.
func (l listing[T, K]) fetch(ctx context.Context, page, size int) (rest.Page[T, K], error) {
	if _, plain := l.client.plain.Load(l.route); plain {
		return l.keys(ctx)
	}
	var out answer[T, K]
	call := l.call
	call.Header, call.Out = pageHeader(page, size), &out
	meta, err := l.client.rest.Do(ctx, call)
	if err != nil {
		return rest.Page[T, K]{}, err
	}
	total := elements(meta.Header)
	switch {
	case len(out.Keys) > 0:
		l.client.plain.Store(l.route, struct{}{})
		if page == 1 && (total < 0 || total == len(out.Keys)) {
			return rest.Page[T, K]{Keys: out.Keys}, nil
		}
		// The mode changed between two pages, or the keys are a page of themselves:
		// asked plainly, the API gives them all.
		return l.keys(ctx)
	case l.broken(out.Items):
		return l.keys(ctx)
	case total < 0 && len(out.Items) > size:
		total = len(out.Items) // objects, but no pages
	}
	return rest.Page[T, K]{Items: out.Items, Total: total}, nil
}

// keys reads the whole list as keys.
func (l listing[T, K]) keys(ctx context.Context) (rest.Page[T, K], error) {
	var out answer[T, K]
	call := l.call
	call.Out = &out
	if _, err := l.client.rest.Do(ctx, call); err != nil {
		return rest.Page[T, K]{}, err
	}
	switch {
	case l.broken(out.Items):
		return rest.Page[T, K]{}, &lb.Error{Code: lb.ErrUnavailable, Provider: providerName, Op: call.Op, Kind: l.kind, Message: "the list holds what is neither an object nor a key"}
	case len(out.Items) > 0: // granted unasked
		return rest.Page[T, K]{Items: out.Items, Total: len(out.Items)}, nil
	}
	return rest.Page[T, K]{Keys: out.Keys}, nil
}

// broken reports whether an object has no key: what the API says of an object
// that it cannot expand is not documented (facts 4.2).
func (l listing[T, K]) broken(items []T) bool {
	var none K
	for i := range items {
		if l.key(&items[i]) == none {
			return true
		}
	}
	return false
}

// pageHeader asks for a page of objects, past the API's cache, which is up to
// five minutes old (facts 4.2).
func pageHeader(page, size int) http.Header {
	return http.Header{
		"X-Pagination-Mode":   {"CachedObjectList-Pages"},
		"X-Pagination-Number": {strconv.Itoa(page)},
		"X-Pagination-Size":   {strconv.Itoa(size)},
		"Pragma":              {"no-cache"},
	}
}

// elements is how many objects the whole list has, -1 where the answer does not
// say.
func elements(header http.Header) int {
	n, err := strconv.Atoi(header.Get("X-Pagination-Elements"))
	if err != nil || n < 0 {
		return -1
	}
	return n
}

// answer is what a list answers: an array of objects, or of keys.
type answer[T any, K comparable] struct {
	Items []T
	Keys  []K
}

// DecodeBody decides by the first element which of the two it is.
func (a *answer[T, K]) DecodeBody(data []byte) error {
	*a = answer[T, K]{}
	inner := bytes.TrimLeft(data, "[ \t\r\n")
	if bytes.HasPrefix(inner, []byte("{")) || bytes.HasPrefix(inner, []byte("null")) {
		return rest.Decode(data, &a.Items)
	}
	return rest.Decode(data, &a.Keys)
}
