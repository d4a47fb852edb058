package lb

import (
	"context"
	"iter"
)

// Filters are a frontend's ordered allow, deny and redirect rules. Every provider
// evaluates them before routes, in order; the first match decides, and what
// matches none goes on to the routes.
type Filters interface {
	// List yields a frontend's filters in the order in which they are evaluated.
	List(ctx context.Context, parent FrontendID, opts PageOptions) iter.Seq2[*Filter, error]

	// Set makes the frontend's filters exactly specs, in this order. At no moment
	// are there fewer denials than both before and after. On an error the same
	// call again converges. An empty set is refused unless opts.AllowEmpty.
	Set(ctx context.Context, parent FrontendID, specs []FilterSpec, opts SetOptions) ([]*Filter, error)

	mustEmbedUnimplementedFilters()
}

// Routes send what passed the filters to a backend other than the frontend's
// default.
type Routes interface {
	// List yields a frontend's routes, in the order in which they are evaluated where
	// the provider has one.
	List(ctx context.Context, parent FrontendID, opts PageOptions) iter.Seq2[*Route, error]

	// Set makes the frontend's routes exactly specs, in this order. On an error the
	// same call again converges. An empty set is refused unless opts.AllowEmpty.
	Set(ctx context.Context, parent FrontendID, specs []RouteSpec, opts SetOptions) ([]*Route, error)

	mustEmbedUnimplementedRoutes()
}

// Match holds conditions that must all be true. An empty Match is always true.
type Match []Condition

// Condition compares one part of a request with Values: any of them may match,
// or, with Not, none.
//
// Elsewhere than in FieldSource the zero Op means equal; MatchExists takes no
// Values, and every other Op at least one. FieldSource takes no Op: its Values
// are canonical prefixes ("10.0.0.1/32"), and the client's address must be within
// one. FieldHeader, FieldCookie and FieldParam need Name; header names are
// compared without case.
type Condition struct {
	Field  Field    `json:"field"`
	Name   string   `json:"name,omitzero"`
	Op     MatchOp  `json:"op,omitzero"`
	Values []string `json:"values,omitzero"`
	Not    bool     `json:"not,omitzero"`
}

// Filter is a filter as its provider reports it. Its ID is the provider's own and
// takes part in no call.
type Filter struct {
	ID       string     `json:"id,omitzero"`
	Frontend FrontendID `json:"frontend"`
	FilterSpec
	Native any `json:"-"` // the provider's own object
}

// FilterSpec is the desired state of a filter.
type FilterSpec struct {
	Name       string       `json:"name,omitzero"`
	Match      Match        `json:"match,omitzero"`
	Action     FilterAction `json:"action"`
	Status     int          `json:"status,omitzero"`   // HTTP status, with FilterDeny on an HTTP frontend
	Redirect   *Redirect    `json:"redirect,omitzero"` // with FilterRedirect
	Extensions Extensions   `json:"extensions,omitzero"`
}

// Redirect says where a request is sent instead. It keeps every part of the
// request's URL that it leaves empty, and sets at least one. Where Host and Port
// are both empty, the Host header is kept as it came.
type Redirect struct {
	Scheme    string `json:"scheme,omitzero"`
	Host      string `json:"host,omitzero"`
	Port      uint16 `json:"port,omitzero"` // 1 to 65535; 0: left empty
	Path      string `json:"path,omitzero"`
	DropQuery bool   `json:"dropQuery,omitzero"`
	Code      int    `json:"code,omitzero"` // HTTP status: 301, 302, 303, 307, 308; 0: 302
}

// Route is a route as its provider reports it. Its ID is the provider's own and
// takes part in no call.
type Route struct {
	ID       string     `json:"id,omitzero"`
	Frontend FrontendID `json:"frontend"`
	RouteSpec
	Native any `json:"-"` // the provider's own object
}

// RouteSpec is the desired state of a route.
type RouteSpec struct {
	Name       string     `json:"name,omitzero"`
	Match      Match      `json:"match,omitzero"`
	Backend    BackendID  `json:"backend"`
	Extensions Extensions `json:"extensions,omitzero"`
}
