package lbtest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/dialect"
)

// memoryFailure is what the next calls of an operation fail with.
type memoryFailure struct {
	err   error
	times int
}

// Fail makes the next times calls of op fail with err, before they change anything: what
// a program does when a cloud has trouble can be tested so. An op is called as in errors,
// "backends.create"; every range over a list is a call of it, "backends.list". Times of 0
// takes back what was said before.
//
// What a call returns then is an [*lb.Error] that has err behind it for errors.Is and
// errors.As, and its code: err itself where it is one of package lb, that of an *lb.Error,
// and ErrUnavailable for any other error. Problems and an UnsupportedError are returned
// as they are. Fail panics for an op that no service has.
func (m *Memory) Fail(op string, err error, times int) {
	if !slices.Contains(dialect.Calls(), lb.Feature(op)) {
		panic(fmt.Sprintf("lbtest: Fail: there is no call %q", op))
	}
	if err == nil {
		panic("lbtest: Fail: without an error")
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.failures[op] = memoryFailure{err: err, times: times}
}

// memoryCall is one call of a service.
type memoryCall struct {
	m       *Memory
	op      string
	request string // its ID
}

// newCall numbers a call; m.mu is held.
func (m *Memory) newCall(op string) *memoryCall {
	m.requests++
	return &memoryCall{m: m, op: op, request: fmt.Sprintf("memory-request-%d", m.requests)}
}

// begin starts a call and locks the provider, until end. A call that the capabilities
// lack, whose context has ended, or that is to fail ends here.
func (m *Memory) begin(ctx context.Context, op string) (*memoryCall, error) {
	if err := m.lacks(lb.Feature(op), "", nil, "this provider has no such call"); err != nil {
		return nil, err
	}
	m.mu.Lock()
	c := m.newCall(op)
	err := c.ended(ctx)
	if err == nil {
		err = c.failure()
	}
	if err != nil {
		m.mu.Unlock()
		return nil, err
	}
	return c, nil
}

// end unlocks the provider.
func (c *memoryCall) end() { c.m.mu.Unlock() }

// resume locks the provider again, for the rest of the call, unless ctx has ended.
func (c *memoryCall) resume(ctx context.Context) error {
	c.m.mu.Lock()
	if err := c.ended(ctx); err != nil {
		c.m.mu.Unlock()
		return err
	}
	return nil
}

// lacks is the error of what the capabilities do not have at all, or nil.
func (m *Memory) lacks(feature lb.Feature, path string, value any, reason string) error {
	support := m.options.capabilities.Features[feature]
	if support.Supported {
		return nil
	}
	return &lb.UnsupportedError{Provider: memoryName, Feature: feature, Path: path, Value: value, Reason: reason, Hint: support.Hint}
}

// ended is the error of a context that has ended, or nil.
func (c *memoryCall) ended(ctx context.Context) error {
	if ctx.Err() == nil {
		return nil
	}
	return c.wrap(lb.ErrUnavailable, ctx.Err())
}

// failure is what a test wants the call to fail with, or nil.
func (c *memoryCall) failure() error {
	planned := c.m.failures[c.op]
	if planned.times <= 0 {
		return nil
	}
	planned.times--
	c.m.failures[c.op] = planned
	var problems lb.Problems
	var unsupported *lb.UnsupportedError
	if errors.As(planned.err, &problems) || errors.As(planned.err, &unsupported) {
		return planned.err
	}
	return c.wrap(cmp.Or(lb.CodeOf(planned.err), lb.ErrUnavailable), planned.err)
}

// wrap is an error of the call with err behind it. What a test says in an *lb.Error
// counts as the answer.
func (c *memoryCall) wrap(code, err error) *lb.Error {
	out := c.fail(code, "", "", "")
	var said *lb.Error
	if errors.As(err, &said) {
		out.Kind, out.ID, out.Status, out.Message = said.Kind, said.ID, said.Status, said.Message
		out.Fields, out.RetryAfter, out.Attempts = slices.Clone(said.Fields), said.RetryAfter, said.Attempts
		if said.RequestID != "" {
			out.RequestID = said.RequestID
		}
	}
	if err != code { //nolint:errorlint // a sentinel alone is the code already
		out.Err = err
	}
	return out
}

// fail is an error of the call.
func (c *memoryCall) fail(code error, kind lb.Kind, id, format string, args ...any) *lb.Error {
	e := &lb.Error{Code: code, Provider: memoryName, Op: c.op, Kind: kind, ID: id, RequestID: c.request, Attempts: 1}
	if format != "" {
		e.Message = fmt.Sprintf(format, args...)
	}
	return e
}

// misfit says that a field does not go with what is there; nil says that it does.
func (c *memoryCall) misfit(kind lb.Kind, id string, field *lb.FieldError) error {
	if field == nil {
		return nil
	}
	e := c.fail(lb.ErrInvalid, kind, id, "")
	e.Fields = []lb.FieldError{*field}
	return e
}

func (c *memoryCall) missing(kind lb.Kind, id string) error {
	return c.fail(lb.ErrNotFound, kind, id, "")
}

// parse refuses an ID that is not of this provider's form: "memory/lb-1/backend-2", where
// words are "lb" and "backend".
func (c *memoryCall) parse(kind lb.Kind, id string, words ...string) error {
	parts := strings.Split(id, "/")
	valid := len(parts) == len(words)+1 && parts[0] == memoryName
	for i := 0; valid && i < len(words); i++ {
		number, found := strings.CutPrefix(parts[i+1], words[i]+"-")
		n, err := strconv.Atoi(number)
		valid = found && err == nil && n > 0 && strconv.Itoa(n) == number
	}
	if !valid {
		return c.fail(lb.ErrInvalid, kind, id, "not the ID of a %s of this provider", kind)
	}
	return nil
}

// memoryBalancerOf is the ID of the load balancer in a longer ID, which has been parsed.
func memoryBalancerOf(id string) lb.LoadBalancerID {
	parts := strings.SplitN(id, "/", 3)
	return lb.LoadBalancerID(parts[0] + "/" + parts[1])
}

// memoryFind is what is in a load balancer with an ID that has been parsed, and the load
// balancer; or nil. m.mu is held.
func memoryFind[T any](m *Memory, id string, in func(*memoryBalancer) []*T, idOf func(*T) string) (*memoryBalancer, *T) {
	b := m.find(memoryBalancerOf(id))
	if b == nil {
		return nil, nil
	}
	for _, has := range in(b) {
		if idOf(has) == id {
			return b, has
		}
	}
	return nil, nil
}

// memoryFound is what find finds, of a kind that gives the IDs of its objects their last
// part.
func memoryFound[T any](c *memoryCall, kind lb.Kind, id string, find func(id string) (*memoryBalancer, *T)) (*memoryBalancer, *T, error) {
	if err := c.parse(kind, id, "lb", string(kind)); err != nil {
		return nil, nil, err
	}
	if b, has := find(id); has != nil {
		return b, has, nil
	}
	return nil, nil, c.missing(kind, id)
}

// balancer finds a load balancer.
func (c *memoryCall) balancer(id lb.LoadBalancerID) (*memoryBalancer, error) {
	if err := c.parse(lb.KindLoadBalancer, string(id), "lb"); err != nil {
		return nil, err
	}
	b := c.m.find(id)
	if b == nil {
		return nil, c.missing(lb.KindLoadBalancer, string(id))
	}
	return b, nil
}

// memoryPage is how many items a page has where nothing is said.
const memoryPage = 100

// memoryListing is what a list is made of. Which items it has is settled when it begins; each
// page is read when the loop gets there, and what is gone by then is left out.
type memoryListing[T any] struct {
	op   string
	page lb.PageOptions
	ids  func(*memoryCall) ([]string, error)
	read func(c *memoryCall, id string) (item T, ok bool)
}

func memoryList[T any](ctx context.Context, m *Memory, l memoryListing[T]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		c, err := m.begin(ctx, l.op)
		if err != nil {
			yield(none, err)
			return
		}
		ids, err := l.begin(c)
		size := l.page.PageSize
		if size <= 0 {
			size = memoryPage
		}
		for first := true; err == nil && (first || len(ids) > 0); first = false {
			if !first {
				if err := c.resume(ctx); err != nil {
					yield(none, err)
					return
				}
			}
			n := min(size, len(ids))
			items := l.fetch(c, ids[:n])
			c.end()
			ids = ids[n:]
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
		}
		if err != nil {
			c.end()
			yield(none, err)
		}
	}
}

func (l memoryListing[T]) begin(c *memoryCall) ([]string, error) {
	if l.page.PageSize < 0 || l.page.Window < 0 {
		return nil, c.fail(lb.ErrInvalid, "", "", "page size %d, window %d: negative", l.page.PageSize, l.page.Window)
	}
	return l.ids(c)
}

func (l memoryListing[T]) fetch(c *memoryCall, ids []string) []T {
	var items []T
	for _, id := range ids {
		if item, ok := l.read(c, id); ok {
			items = append(items, item)
		}
	}
	return items
}

// memoryUpdate is an update: look finds what is to change, and apply, which is called only
// where nothing of the load balancer has been written since, changes it.
type memoryUpdate[S lb.Spec, M any] struct {
	op     string
	change func(*S) error
	look   func(*memoryCall) (*memoryBalancer, S, error)
	apply  func(c *memoryCall, desired S) (M, error)
}

// do runs the caller's function without the lock, so that it may call the provider.
func (u memoryUpdate[S, M]) do(ctx context.Context, m *Memory) (M, error) {
	var none M
	c, err := m.begin(ctx, u.op)
	if err != nil {
		return none, err
	}
	for {
		b, current, err := u.look(c)
		if err != nil {
			c.end()
			return none, err
		}
		revision, desired := b.revision, lb.Clone(current)
		c.end()
		if err := u.change(&desired); err != nil {
			return none, err
		}
		if err := c.resume(ctx); err != nil {
			return none, err
		}
		if b.revision != revision {
			continue
		}
		out, err := u.apply(c, lb.Clone(desired))
		c.end()
		return out, err
	}
}
