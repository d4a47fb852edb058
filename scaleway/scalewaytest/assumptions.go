package scalewaytest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// Situation is something that the real API certainly refuses or settles, in a
// way that nobody has recorded. WithAnswer chooses how this server does it.
type Situation string

// The guesses that come down to a status. Each says what the server does unless
// told otherwise, what else is plausible, and the fact that leaves it open.
const (
	// InUse is the deletion of a backend that a frontend or route refers to, or
	// of a certificate that a frontend serves: 412, or 400, 403, 409 (facts 18.3).
	InUse Situation = "in use"
	// DuplicatePort is a second frontend on a port of one load balancer: 400, or
	// 409, or 200 for accepted (facts 18.3).
	DuplicatePort Situation = "duplicate port"
	// QuotaExceeded is one object too many, for the account or for a load
	// balancer: 403, or 400 (facts 18.3).
	QuotaExceeded Situation = "quota exceeded"
	// OutOfStock is an offer that cannot be had: 403, or 400, 409, 503 (facts 18.16).
	OutOfStock Situation = "out of stock"
	// NotReady is a write to a load balancer that is being created or migrated:
	// 200 for accepted, or 409, 423 (facts 18.4).
	NotReady Situation = "not ready"
	// Deleting is a write to a load balancer that is being deleted: 409, or 400,
	// 404 (facts 18.4).
	Deleting Situation = "deleting"
	// Busy is what RefuseWrites asks for: 409, or 423 (facts 5, 18.16).
	Busy Situation = "busy"
	// FixedAddress is an attempt to detach an address from its load balancer, or
	// to move it to another: 400, or 403, 409, 412 (facts 18.9).
	FixedAddress Situation = "fixed address"
	// FrontendWithRoutes is the deletion of a frontend that still has routes: 204
	// for the routes go with it, or 400, 409, 412 (facts 12).
	FrontendWithRoutes Situation = "frontend with routes"
)

// plausible holds each situation's statuses, the default first.
var plausible = map[Situation][]int{
	InUse:              {http.StatusPreconditionFailed, http.StatusBadRequest, http.StatusForbidden, http.StatusConflict},
	DuplicatePort:      {http.StatusBadRequest, http.StatusConflict, http.StatusOK},
	QuotaExceeded:      {http.StatusForbidden, http.StatusBadRequest},
	OutOfStock:         {http.StatusForbidden, http.StatusBadRequest, http.StatusConflict, http.StatusServiceUnavailable},
	NotReady:           {http.StatusOK, http.StatusConflict, http.StatusLocked},
	Deleting:           {http.StatusConflict, http.StatusBadRequest, http.StatusNotFound},
	Busy:               {http.StatusConflict, http.StatusLocked},
	FixedAddress:       {http.StatusBadRequest, http.StatusForbidden, http.StatusConflict, http.StatusPreconditionFailed},
	FrontendWithRoutes: {http.StatusNoContent, http.StatusBadRequest, http.StatusConflict, http.StatusPreconditionFailed},
}

// Answers lists the statuses that are plausible in situation, the server's own
// choice first. It is nil for an unknown situation.
func Answers(situation Situation) []int { return slices.Clone(plausible[situation]) }

// WithAnswer has the server answer situation with status, one of those that
// Answers lists: it panics for any other.
func WithAnswer(situation Situation, status int) Option {
	if !slices.Contains(plausible[situation], status) {
		panic(fmt.Sprintf("scalewaytest: %d is no plausible answer to %q", status, situation))
	}
	return func(o *options) { o.statuses[situation] = status }
}

// status is the answer to situation; refuses says whether it is an error.
func (o *options) status(situation Situation) (status int, refuses bool) {
	status, ok := o.statuses[situation]
	if !ok {
		status = plausible[situation][0]
	}
	return status, status >= http.StatusBadRequest
}

// Guesses without an option, because clients that keep to the documented API do
// not meet them:
//   - An ID in a path that is no UUID is 400 (facts 5 has no case).
//   - Bodies that are not JSON, or not marked as JSON, are 400 and 415 (facts 5).
//   - A wrong path is 404, a wrong method 405 with Allow (facts 5).
//   - Null is refused for a field that the schema does not call nullable, lists
//     and the fields of facts 7 aside.
//   - argument_name is the JSON path of the field (facts 5 doubts it).
//   - Number ranges are those of facts 13.
//   - A route needs a match, one of three, fitting the protocol (facts 8).
//   - The word in the 404 of an ACL and of a subscriber is its own (facts 5).
//   - Servers that are added twice are one, and removing one that is not there
//     changes nothing (facts 12).
//   - A second DELETE of a load balancer that is being deleted is 204 (facts 6).
//   - ip_ids together with a true assign flag is refused (facts 12).
//   - An empty failover_host clears it (facts 18.2).
//   - SetACLs makes new ACLs, and embeds load balancers without instances (facts 12).
//   - Migrating to the type that a load balancer has, or attaching a network that
//     is attached, is 400 (facts 12).
//   - A network may be attached again while it is still leaving, as recorded; to
//     detach it then means the newer attachment (facts 8). One that is leaving does
//     not count for the quota.
//   - A subscriber that is deleted leaves its load balancers (facts 8).
//   - A page past the end is empty; page_size above the cap is the cap (facts 18.6).
//   - Deleting with release_ip frees the addresses of both families (facts 18.8).

// WithKeepOmitted has a PUT leave what it does not name as it was. By default it
// resets it, since the schema asks for whole objects (facts 18.1); only
// enable_access_logs is kept (facts 8).
func WithKeepOmitted() Option { return func(o *options) { o.keepOmitted = true } }

// WithEmptyEnums takes "" in the place of an enum's value for the default. By
// default it is refused, since no traffic shows it (facts 10).
func WithEmptyEnums() Option { return func(o *options) { o.emptyEnums = true } }

// WithPrefixNames has the name filter of lists match the beginning of names. By
// default it matches any part (facts 18.7).
func WithPrefixNames() Option { return func(o *options) { o.prefixNames = true } }

// WithRowsPerInstance has backend stats report each server once for each
// instance. By default it is reported once, as in all recordings (facts 18.11).
func WithRowsPerInstance() Option { return func(o *options) { o.rowsPerInstance = true } }

// WithMaxPageSize caps the pages of lists at n items, whatever page_size says.
// By default the cap is 100 (facts 18.6). It panics where n is less than one.
func WithMaxPageSize(n int) Option {
	if n < 1 {
		panic("scalewaytest: a page holds at least one item")
	}
	return func(o *options) { o.maxPageSize = n }
}

// WithQuota limits how many objects of a kind the account may have: "lbs",
// "ips", "subscribers" in all, or "backends", "frontends", "acls",
// "certificates", "private_networks" in one load balancer. Those of one load
// balancer are 300, 300, 300, 200 and 8 by default (facts 13), the others
// unlimited. It panics for any other kind.
func WithQuota(kind string, limit int) Option {
	if _, known := perLB[kind]; !known && !slices.Contains([]string{"lbs", "ips", "subscribers"}, kind) {
		panic(fmt.Sprintf("scalewaytest: there is no quota of %q", kind))
	}
	return func(o *options) { o.quotas[kind] = limit }
}

// perLB are the documented limits of one load balancer (facts 13).
var perLB = map[string]int{"backends": 300, "frontends": 300, "acls": 300, "certificates": 200, "private_networks": 8}

// quota returns the limit for kind, or false where there is none.
func (o *options) quota(kind string) (int, bool) {
	if limit, ok := o.quotas[kind]; ok {
		return limit, true
	}
	limit, ok := perLB[kind]
	return limit, ok
}

// WithOutOfStock has the offers named, as in "LB-GP-XL", out of stock: load
// balancers of that type can be neither created nor migrated to.
func WithOutOfStock(offers ...string) Option {
	return func(o *options) {
		for _, name := range offers {
			o.outOfStock[strings.ToLower(name)] = true
		}
	}
}
