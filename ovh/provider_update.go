package ovh

import (
	"reflect"
	"slices"

	"github.com/lbkit/lbkit/lb"
)

// An update sends the fields that changed and no others: what is left out stays
// as it is, and null is the default (facts 6.4).

// nullable changes a field whose zero value is null.
func nullable[T comparable](field *Optional[T], before, after T) {
	if before != after {
		*field = valueOrNull(after)
	}
}

// valueOrNull is null for the zero value.
func valueOrNull[T comparable](value T) Optional[T] {
	var zero T
	if value == zero {
		return Null[T]()
	}
	return Value(value)
}

// required changes a field that is never null.
func required[T comparable](field *Optional[T], before, after T) {
	if before != after {
		*field = Value(after)
	}
}

// nullableList changes a list; an empty one is null.
func nullableList(field *Optional[[]string], before, after []string) {
	switch {
	case slices.Equal(before, after):
	case len(after) == 0:
		*field = Null[[]string]()
	default:
		*field = Value(after)
	}
}

// nullablePointer changes a field by what its values point to.
func nullablePointer[T comparable](field *Optional[T], before, after *T) {
	switch {
	case after == nil && before != nil:
		*field = Null[T]()
	case after != nil && (before == nil || *before != *after):
		*field = Value(*after)
	}
}

// nothing reports whether an update changes no field.
func nothing(update any) bool { return reflect.ValueOf(update).IsZero() }

// createOnly refuses to change what can only be chosen when an object is made.
func createOnly[T comparable](f *findings, path string, before, after T) {
	if before != after {
		f.lacks(f.feature(path)+".update", path, after, "OVH cannot change it in place")
	}
}

// changed is the canonical forms of what was read and of what is wanted, once what
// is wanted has passed the dialect: what was so before passes as it is.
func changed[S lb.Spec](canonical func(S) (S, lb.Problems), current, desired S) (before, after S, problems lb.Problems) {
	before, had := canonical(current)
	after, found := canonical(desired)
	return before, after, unchanged(had, found)
}
