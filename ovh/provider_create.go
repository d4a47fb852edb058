package ovh

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// creation is the making of one object, which may end without an answer. It is
// never sent again blindly: what is there is looked at first.
type creation[T any] struct {
	kind lb.Kind
	post func(ctx context.Context) (*T, error)
	list func(ctx context.Context) ([]*T, error)
	id   func(*T) string
	same func(*T) bool // it is as the new one would be
	// older are the IDs that were there before; nil where nobody has looked, and
	// lookBefore has it done.
	older      []string
	lookBefore bool
}

func (c creation[T]) do(ctx context.Context) (*T, error) {
	if c.older == nil && c.lookBefore {
		there, err := c.list(ctx)
		if err != nil {
			return nil, err
		}
		c.older = c.ids(there)
	}
	made, err := c.post(ctx)
	if !errors.Is(err, lb.ErrUncertain) {
		return made, err
	}
	made, missing, err := c.look(ctx, err)
	if !missing || !rest.Ended(err) {
		return made, err
	}
	// The API had answered, and then nothing was there: it is not there.
	made, err = c.post(ctx)
	if errors.Is(err, lb.ErrUncertain) {
		made, _, err = c.look(ctx, err)
	}
	return made, err
}

// ids are the IDs of objects, never nil.
func (c creation[T]) ids(objects []*T) []string {
	ids := make([]string, 0, len(objects))
	for _, object := range objects {
		ids = append(ids, c.id(object))
	}
	return ids
}

// look finds what became of a create that ended in err: the object, if there is no
// doubt about it, else err with what it may be. It is missing if nothing that it may
// be is there.
func (c creation[T]) look(ctx context.Context, err error) (made *T, missing bool, _ error) {
	there, failed := c.list(ctx)
	if failed != nil {
		return nil, false, noted(err, fmt.Sprintf("looking for the %s failed too: %v", c.kind, failed), failed)
	}
	candidates := slices.DeleteFunc(there, func(object *T) bool {
		return !c.same(object) || slices.Contains(c.older, c.id(object))
	})
	switch {
	case len(candidates) == 0:
		return nil, true, noted(err, fmt.Sprintf("no such %s is there now, which proves nothing", c.kind), nil)
	case len(candidates) == 1 && c.older != nil:
		return candidates[0], false, nil
	}
	ids := strings.Join(c.ids(candidates), ", ")
	return nil, false, noted(err, fmt.Sprintf("it may be one of these, which are as asked for: %s", ids), nil)
}

// noted is err with what was found out since, and what stood in the way of more, if
// anything did.
func noted(err error, note string, cause error) error {
	var e *lb.Error
	if !errors.As(err, &e) {
		return err
	}
	known := *e
	if known.Message != "" {
		note = known.Message + "; " + note
	}
	known.Message = note
	if cause != nil {
		known.Err = errors.Join(known.Err, cause)
	}
	return &known
}
