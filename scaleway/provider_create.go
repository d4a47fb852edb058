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
	send func(ctx context.Context) (*T, error)
	// look yields what may be the outcome: what has the name.
	look    func(ctx context.Context) iter.Seq2[*T, error]
	same    func(*T) bool      // it has the settings, too
	created func(*T) time.Time // nil: what look yields is of now
	id      func(*T) string
}

// subject is what is made, in errors.
type subject struct {
	op   string
	kind lb.Kind
	name string // empty: it has none
}

// create sends c once. Where the outcome is unknown it looks: the one object with
// the name and the settings that was created since c began is the outcome. With
// nothing of the name there, and an attempt that the API itself has ended (see
// rest.Ended), c is sent once more. Anything else is lb.ErrUncertain with the candidates.
func create[T any](ctx context.Context, client *Client, what subject, c creation[T]) (*T, error) {
	began := time.Now()
	for again := false; ; again = true {
		made, err := c.send(ctx)
		if !errors.Is(err, lb.ErrUncertain) || ctx.Err() != nil {
			return made, err
		}
		found, lookErr := c.candidates(ctx, client, began)
		switch {
		case lookErr != nil:
			return nil, what.uncertain(err, nil, "and looking for it failed", lookErr)
		case len(found) == 1 && c.same(found[0]):
			return found[0], nil
		case len(found) > 0:
			return nil, what.uncertain(err, c.ids(found), "there are candidates", nil)
		case again || !rest.Ended(err):
			return nil, what.uncertain(err, nil, "there is none yet", nil)
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

func (c creation[T]) ids(items []*T) []string {
	ids := make([]string, len(items))
	for i, item := range items {
		ids[i] = c.id(item)
	}
	return ids
}

// uncertain is cause with the IDs of what the look has found, or why it failed.
func (s subject) uncertain(cause error, candidates []string, finding string, lookErr error) error {
	var e *lb.Error
	if !errors.As(cause, &e) {
		return cause
	}
	told := *e
	told.Op = s.op
	if told.ID == "" { // else it is that of what the object was to be in
		told.Kind = s.kind
	}
	told.Err = errors.Join(e.Err, lookErr)
	named := ""
	if s.name != "" {
		named = fmt.Sprintf(" named %q", s.name)
	}
	said := []string{fmt.Sprintf("look for the %s%s before trying again: %s", s.kind, named, finding)}
	if e.Message != "" {
		said = append([]string{e.Message}, said...)
	}
	told.Message = strings.Join(said, "; ")
	for i, id := range candidates {
		told.Fields = append(told.Fields, lb.FieldError{Path: fmt.Sprintf("candidates[%d]", i), Reason: id})
	}
	return &told
}
