package codes_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/lbkit/lbkit/internal/codes"
	"github.com/lbkit/lbkit/lb"
)

func TestProblems(t *testing.T) {
	t.Parallel()
	lacks, invalid := &lb.UnsupportedError{Path: "weight"}, &lb.Error{Code: lb.ErrInvalid, Err: errors.New("why")}
	joined := errors.Join(lb.Problems{lacks}, errors.Join(nil, fmt.Errorf("read: %w", lacks)), lb.Problems{invalid})
	want := lb.Problems{lacks, fmt.Errorf("read: %w", lacks), invalid}
	if got := codes.Problems(joined); len(got) != len(want) || got.Error() != want.Error() {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := codes.Problems(fmt.Errorf("cloud: %w", joined)); len(got) != len(want) || got.Error() != want.Error() {
		t.Errorf("wrapped: got %q, want %q", got, want)
	}
	if got := codes.Problems(nil); got != nil {
		t.Errorf("of none: %q", got)
	}
	for _, one := range []error{ // with more to say than what it wraps
		fmt.Errorf("%w: %w", lb.ErrInvalid, errors.New("why")),
		&lb.Error{Code: lb.ErrInvalid},
		&lb.Error{Code: lb.ErrUnavailable, Err: lb.Problems{lacks, invalid}},
	} {
		if got := codes.Problems(one); len(got) != 1 || got[0] != one { //nolint:errorlint // itself
			t.Errorf("%q is taken for %q", one, got)
		}
	}
}

func TestPath(t *testing.T) {
	t.Parallel()
	fields := []lb.FieldError{{Path: "ports"}, {Path: "name"}}
	for name, test := range map[string]struct {
		problem error
		want    []string
	}{
		"a lack":      {&lb.UnsupportedError{Path: "weight"}, []string{"weight"}},
		"a refusal":   {&lb.Error{Code: lb.ErrInvalid, Fields: fields}, []string{"ports", "name"}},
		"of no field": {&lb.Error{Code: lb.ErrInvalid}, nil},
		"wrapped":     {fmt.Errorf("servers: %w", &lb.UnsupportedError{Path: "weight"}), []string{"weight"}},
		"another":     {errors.New("ports"), nil},
		"none":        {nil, nil},
	} {
		if got := codes.Paths(test.problem); !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
		if got := codes.Path(test.problem); got != append(test.want, "")[0] {
			t.Errorf("%s: the first is %q", name, got)
		}
	}
}

func TestFresh(t *testing.T) {
	t.Parallel()
	at := func(path, reason string) error {
		return &lb.Error{Code: lb.ErrInvalid, Fields: []lb.FieldError{{Path: path, Reason: reason}}}
	}
	type inner struct {
		Zone string `json:"zone"`
	}
	type document struct {
		Port   int     `json:"port"`
		Inner  *inner  `json:"inner"`
		Others []inner `json:"others"`
	}
	is := document{Port: 80, Inner: &inner{"a"}, Others: []inner{{"a"}, {"b"}}}
	will := document{Port: 80, Inner: &inner{"b"}, Others: []inner{{"a"}, {"c"}}}
	for name, test := range map[string]struct {
		before, after error
		fresh         bool
	}{
		"what was so":            {at("port", "odd"), at("port", "odd"), false},
		"among others":           {lb.Problems{at("x", "y"), at("port", "odd")}, at("port", "odd"), false},
		"for another reason":     {at("port", "odd"), at("port", "taken"), true},
		"of another field":       {at("port", "odd"), at("inner", "odd"), true},
		"where there was none":   {nil, at("port", "odd"), true},
		"of another value":       {at("inner.zone", "odd"), at("inner.zone", "odd"), true},
		"of what holds it":       {at("inner", "odd"), at("inner", "odd"), true},
		"in a list":              {at("others[1].zone", "odd"), at("others[1].zone", "odd"), true},
		"in a list, as it was":   {at("others[0].zone", "odd"), at("others[0].zone", "odd"), false},
		"beyond a list":          {at("others[7].zone", "odd"), at("others[7].zone", "odd"), false},
		"where no path leads to": {at("nowhere.at.all", "odd"), at("nowhere.at.all", "odd"), false},
		"of the whole":           {at("", "odd"), at("", "odd"), false},
	} {
		if got := codes.Fresh(test.before, test.after, codes.Differ(is, will)); (len(got) > 0) != test.fresh {
			t.Errorf("%s: got %q, want fresh %t", name, got, test.fresh)
		}
	}
}
