package rest

import (
	"errors"
	"iter"

	"github.com/lbkit/lbkit/lb"
)

// Named gives the errors of native calls the name of the neutral call that they were
// part of. It is deferred, with the address of a named result.
func Named(op string, err *error) { *err = Renamed(op, *err) }

// Renamed is err, and what it joins, with the name of a neutral call.
func Renamed(op string, err error) error {
	switch e := err.(type) { //nolint:errorlint // what wraps an *lb.Error has a name of its own
	case callersError:
		return e.error
	case *lb.Error:
		named := *e
		named.Op = op
		return &named
	case lb.Problems:
		return e
	case interface{ Unwrap() []error }:
		var all []error
		for _, one := range e.Unwrap() {
			all = append(all, Renamed(op, one))
		}
		return errors.Join(all...)
	default:
		return err
	}
}

// OfCaller marks what a caller's change function returned, which Renamed gives back as
// it is.
func OfCaller(err error) error { return callersError{err} }

type callersError struct{ error }

// NamedList is Named for a list.
func NamedList[T any](op string, list iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for item, err := range list {
			if !yield(item, Renamed(op, err)) {
				return
			}
		}
	}
}
