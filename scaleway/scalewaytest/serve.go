package scalewaytest

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// call is one request that has passed authentication and the schema.
type call struct {
	zone  string            // that of the path, or the first of its region
	ids   map[string]string // path parameters
	query url.Values
	body  []byte
}

// answer is the JSON of a success; nil is 204.
type answer []byte

type handler func(*Server, *call) (answer, error)

// zones are those that have load balancers (facts 3).
var zones = []string{
	"fr-par-1", "fr-par-2", "nl-ams-1", "nl-ams-2", "nl-ams-3", "pl-waw-1", "pl-waw-2", "pl-waw-3",
}

var uuidPattern = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// serve answers a request.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler) // the client went away inside its body
	}
	header := w.Header()
	zone, date, ok, err := s.work(header, r, body)
	header.Set("Date", date.Format(http.TimeFormat))
	header.Set("X-Request-Id", newUUID())
	header.Set("Content-Type", "application/json")
	if zone != "" {
		header.Set("Server", "Scaleway API Gateway ("+zone+";edge01)")
	}
	respond(w, ok, err)
}

// work is the part of an answer that needs the lock. Writing it does not: a
// client over a pipe may be slow to read.
func (s *Server) work(header http.Header, r *http.Request, body []byte) (zone string, date time.Time, ok answer, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settle()
	s.requests++
	s.current = s.requests
	zone, ok, err = s.handle(header, r, body)
	return zone, s.clock.Now(), ok, err
}

func respond(w http.ResponseWriter, ok answer, err error) {
	status := http.StatusOK
	if err != nil {
		var refused *apiError
		if !errors.As(err, &refused) {
			refused = &apiError{status: http.StatusInternalServerError, Message: err.Error()}
		}
		status = refused.status
		ok, _ = encode(refused) // strings and numbers alone
	} else if ok == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	w.WriteHeader(status)
	_, _ = w.Write(ok) //nolint:gosec // G705: JSON, marked as such; a client that went away needs no answer
}

// handle authenticates, finds the operation, checks the request against the
// schema and runs the operation, in this order.
func (s *Server) handle(header http.Header, r *http.Request, body []byte) (zone string, ok answer, err error) {
	if token := r.Header.Get("X-Auth-Token"); token != s.secret {
		return "", nil, errDenied()
	}
	zone, regional, path, found := split(r.URL.EscapedPath())
	if !found {
		return "", nil, plain(http.StatusNotFound, "path not found")
	}
	if !slices.Contains(zones, zone) {
		argument := "zone"
		if regional {
			argument = "region"
		}
		return "", nil, invalid(argument, "constraint", "has no load balancers")
	}
	op, ids, allowed := s.find(r.Method, path, regional)
	switch {
	case op == nil && len(allowed) > 0:
		header.Set("Allow", strings.Join(allowed, ", "))
		return zone, nil, plain(http.StatusMethodNotAllowed, "method not allowed")
	case op == nil:
		return zone, nil, plain(http.StatusNotFound, "path not found")
	}
	c := &call{zone: zone, ids: ids, body: body}
	if err := s.check(op, c, r); err != nil {
		return zone, nil, err
	}
	if s.busy > 0 && r.Method != http.MethodGet {
		s.busy--
		return zone, nil, s.unavailable(Busy, "lb", ids["lb_id"], "pending")
	}
	ok, err = handlers[op.Name](s, c)
	return zone, ok, err
}

// formerPath is that of the two calls that the zoned form had to itself until
// March 2025 as the regional form still has them (facts 3).
var formerPath = regexp.MustCompile(`^/lbs/[^/]+/private-networks/[^/]+/(attach|detach)$`)

// find returns the operation at path, as the schema's find does.
func (s *Server) find(method, path string, regional bool) (op *operation, ids map[string]string, allowed []string) {
	former := s.options.formerPaths && formerPath.MatchString(path)
	return published().find(method, path, regional || former)
}

// split cuts a path into the zone, the form and what follows.
func split(path string) (zone string, regional bool, rest string, ok bool) {
	parts := strings.SplitN(path, "/", 6) // "", lb, v1, zones, fr-par-1, rest
	if len(parts) != 6 || parts[0] != "" || parts[1] != "lb" || parts[2] != "v1" {
		return "", false, "", false
	}
	switch parts[3] {
	case "zones":
		return parts[4], false, "/" + parts[5], true
	case "regions":
		return parts[4] + "-1", true, "/" + parts[5], true
	}
	return "", false, "", false
}

func (s *Server) check(op *operation, c *call, r *http.Request) error {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return plain(http.StatusBadRequest, "the query string is malformed")
	}
	c.query = query
	v := validator{schema: published(), emptyEnums: s.options.emptyEnums}
	for name, id := range c.ids {
		if !uuidPattern.MatchString(id) {
			v.problems.add(name, "format", "must be a UUID")
		}
	}
	v.query(op.Query, query)
	switch {
	case op.Body == nil && len(c.body) > 0:
		return plain(http.StatusBadRequest, "this operation takes no request body")
	case op.Body == nil:
	case len(c.body) > 0 && !isJSON(r.Header.Get("Content-Type")):
		return plain(http.StatusUnsupportedMediaType, "the request body must be application/json")
	default:
		if err := v.body(op, c.ids, c.body); err != nil {
			return err
		}
	}
	return v.problems.err()
}

func isJSON(contentType string) bool {
	media, _, err := mime.ParseMediaType(contentType)
	return err == nil && media == "application/json"
}

// encode is the one way from a wire type to an answer.
func encode[T any](v T) (answer, error) { return json.Marshal(v) }

// decode reads a body that the schema has passed into a wire type, over what to
// holds.
func decode[T any](c *call, to *T) error {
	if len(c.body) == 0 {
		return nil
	}
	return json.Unmarshal(c.body, to)
}

// names says whether the body of c has the top-level field, null or not.
func (c *call) names(field string) bool {
	var members map[string]json.RawMessage
	if len(c.body) == 0 || json.Unmarshal(c.body, &members) != nil {
		return false
	}
	_, ok := members[field]
	return ok
}
