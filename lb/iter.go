package lb

import (
	"fmt"
	"iter"
)

// Collect reads all of seq. With an error it also returns what came before it.
func Collect[T any](seq iter.Seq2[T, error]) ([]T, error) {
	var items []T
	for item, err := range seq {
		if err != nil {
			return items, err
		}
		items = append(items, item)
	}
	return items, nil
}

// First returns the first item that match accepts, and stops the list there; a
// nil match accepts all. Without one it is ErrNotFound.
func First[T any](seq iter.Seq2[T, error], match func(T) bool) (T, error) {
	var none T
	for item, err := range seq {
		if err != nil {
			return none, err
		}
		if match == nil || match(item) {
			return item, nil
		}
	}
	return none, fmt.Errorf("no item of the list matches: %w", ErrNotFound)
}

// One returns the only item of seq. For none it is ErrNotFound. For several it is
// ErrAmbiguous, and the list stops at the second.
func One[T any](seq iter.Seq2[T, error]) (T, error) {
	var none, only T
	found := false
	for item, err := range seq {
		if err != nil {
			return none, err
		}
		if found {
			return none, fmt.Errorf("the list has more than one item: %w", ErrAmbiguous)
		}
		only, found = item, true
	}
	if !found {
		return none, fmt.Errorf("the list is empty: %w", ErrNotFound)
	}
	return only, nil
}
