package scaleway

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// creation is a POST that must not happen twice. Names are not unique, so where
// the outcome of one is unknown, what it would have made is looked for.
type creation[T any] struct {
	op   string
	kind lb.Kind
	name string // of what is made, in errors
	send func(ctx context.Context) (*T, error)
	// look yields what may be the outcome: what has the name.
	look    func(ctx context.Context) iter.Seq2[*T, error]
	same    func(*T) bool      // it has the settings, too
	created func(*T) time.Time // nil: what look yields is of now
	id      func(*T) string
}

// create sends c once. Where the outcome is unknown it looks: the one object with
// the name and the settings that was created since c began is the outcome. With
// nothing of the name there, and an attempt that the API itself has ended, c is
// sent once more. Anything else is lb.ErrUncertain with the candidates.
func create[T any](ctx context.Context, client *Client, c creation[T]) (*T, error) {
	began := time.Now()
	for again := false; ; again = true {
		made, err := c.send(ctx)
		if !errors.Is(err, lb.ErrUncertain) || ctx.Err() != nil {
			return made, err
		}
		found, lookErr := c.candidates(ctx, client, began)
		switch {
		case lookErr != nil:
			return nil, c.uncertain(err, nil, "and looking for it failed", lookErr)
		case len(found) == 1 && c.same(found[0]):
			return found[0], nil
		case len(found) > 0:
			return nil, c.uncertain(err, found, "there are candidates", nil)
		case again || !rest.Ended(err):
			return nil, c.uncertain(err, nil, "there is none yet", nil)
		}
	}
}

// clockSlack is how far the API's clock may be from what its last answer said.
const clockSlack = 5 * time.Second

// candidates are what has c's name and was created since c began, by the API's
// clock, which the look itself has told if nothing before did.
//
// Of several the ones with c's settings alone count; what has only the name
// counts where nothing has the settings, since it proves that not nothing
// happened.
func (c creation[T]) candidates(ctx context.Context, client *Client, began time.Time) ([]*T, error) {
	named, err := lb.Collect(c.look(ctx))
	if err != nil {
		return nil, err
	}
	since := client.rest.ServerTime().Add(-time.Since(began) - clockSlack)
	var ours, others []*T
	for _, item := range named {
		switch {
		case c.created != nil && c.created(item).Before(since):
		case c.same(item):
			ours = append(ours, item)
		default:
			others = append(others, item)
		}
	}
	if len(ours) > 0 {
		return ours, nil
	}
	return others, nil
}

// uncertain is cause with what the look has found, or why it failed.
func (c creation[T]) uncertain(cause error, candidates []*T, finding string, lookErr error) error {
	var e *lb.Error
	if !errors.As(cause, &e) {
		return cause
	}
	told := *e
	told.Op, told.Kind = c.op, c.kind
	told.Err = errors.Join(e.Err, lookErr)
	named := ""
	if c.name != "" {
		named = fmt.Sprintf(" named %q", c.name)
	}
	said := []string{fmt.Sprintf("look for the %s%s before trying again: %s", c.kind, named, finding)}
	if e.Message != "" {
		said = append([]string{e.Message}, said...)
	}
	told.Message = strings.Join(said, "; ")
	for i, candidate := range candidates {
		told.Fields = append(told.Fields, lb.FieldError{Path: fmt.Sprintf("candidates[%d]", i), Reason: c.id(candidate)})
	}
	return &told
}
