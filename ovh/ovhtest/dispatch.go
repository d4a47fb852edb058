package ovhtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// maxBody is more than any body of the API needs.
const maxBody = 4 << 20

// call is one request on its way to a handler.
type call struct {
	*Server
	request    *http.Request
	raw        []byte // the body as it came
	op         *operation
	params     map[string]string
	query      url.Values
	body       document
	repeated   document // read-only fields of a PUT's body
	identity   string   // the consumer key or token; empty where the operation needs none
	credential *credential
	client     string      // OAuth2 client of the token
	svc        *service    // where the path names one
	path       string      // of the object or collection, below the service: "http/farm/12"
	header     http.Header // of the answer
}

type answer struct {
	status int
	header http.Header
	body   []byte
}

// ServeHTTP answers one request. The server is locked while the answer is made
// and not while it is written, so that a client that does not read holds up
// nobody.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var a answer
	if err != nil {
		a = s.refusal(http.Header{}, badRequest("The body could not be read"))
	} else {
		a = s.answer(r, body)
	}
	maps.Copy(w.Header(), a.header)
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // a client that is gone wants no answer
}

func (s *Server) answer(r *http.Request, body []byte) answer {
	defer s.settled().mu.Unlock()
	s.queries++
	header := http.Header{}
	header.Set("X-Ovh-QueryID", fmt.Sprintf("EU.ext-1.%08x.%d", s.queries, s.clock.Now().Unix()))
	if r.URL.Path == tokenPath {
		return s.giveToken(r, body, header)
	}
	c, found, err := s.accept(r, body, header)
	if err != nil {
		return s.refusal(header, err)
	}
	var result json.RawMessage
	if name, separator := c.batchParam(); name != "" {
		result, err = c.batch(found, name, separator)
	} else {
		result, err = c.carryOut(found)
	}
	if err != nil {
		return s.refusal(header, err)
	}
	return c.success(result)
}

// accept finds the operation and decides whether the caller may use it.
func (s *Server) accept(r *http.Request, body []byte, header http.Header) (*call, *route, error) {
	target, _, _ := strings.Cut(r.RequestURI, "?")
	routes, params, ok := s.router.find(target)
	if !ok {
		return nil, nil, notFound("Got an invalid (or empty) URL")
	}
	found := routes[r.Method]
	if found == nil {
		header.Set("Allow", strings.Join(slices.Sorted(maps.Keys(routes)), ", "))
		return nil, nil, &apiError{status: s.assume.WrongMethod, class: "Client::BadRequest", message: "This method is not available here"}
	}
	c := &call{Server: s, request: r, raw: body, op: found.op, params: params, header: header}
	if err := c.authenticate(target, body); err != nil {
		return nil, nil, err
	}
	if err := c.throttle(); err != nil {
		return nil, nil, err
	}
	return c, found, c.permit()
}

// carryOut checks everything about a request that the schema decides, carries it
// out and encodes the result; a result that the operation does not have is nil.
func (c *call) carryOut(r *route) (json.RawMessage, error) {
	if err := c.parsePath(); err != nil {
		return nil, err
	}
	_, rawQuery, _ := strings.Cut(c.request.RequestURI, "?")
	if err := c.parseQuery(rawQuery); err != nil {
		return nil, err
	}
	if err := c.parseBody(c.raw); err != nil {
		return nil, err
	}
	result, err := r.handle(c)
	if err != nil || c.op.Response == "" {
		return nil, err
	}
	if l, isList := result.(*listing); isList {
		return c.list(l)
	}
	return c.schema.encode(c.op.Response, result), nil
}

// parsePath checks the path's parameters, looks up the service, and puts
// together the object's path below it.
func (c *call) parsePath() error {
	parts := []string{}
	for _, part := range strings.Split(c.op.Path, "/")[1:] {
		name, isParam := strings.CutPrefix(strings.TrimSuffix(part, "}"), "{")
		if !isParam {
			parts = append(parts, part)
			continue
		}
		value, err := c.op.checkParam(name, c.params[name])
		if err != nil {
			return err
		}
		c.params[name] = value
		parts = append(parts, value)
	}
	name, inService := c.params["serviceName"]
	if !inService {
		return nil
	}
	c.svc = c.services[name]
	if c.svc == nil {
		return notFound("This service does not exist")
	}
	if c.svc.expired {
		return &apiError{status: statusExpired, class: "Client::Expired", message: "This service is expired"}
	}
	c.path = strings.Join(parts[2:], "/")
	return nil
}

// checkParam checks a path parameter and brings it into the form in which objects
// are looked up.
func (op *operation) checkParam(name, value string) (string, error) {
	switch op.Params[name] {
	case "integer":
		id, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return "", invalid(name, "not an integer")
		}
		return formatID(id), nil
	case "ipBlock":
		block, err := parseBlock(value)
		if err != nil {
			return "", invalid(name, "not an address or a block")
		}
		return block.String(), nil
	case "string(uuid)":
		if !uuidForm.MatchString(value) {
			return "", invalid(name, "not of format uuid")
		}
		return strings.ToLower(value), nil
	}
	return value, nil
}

func (c *call) parseQuery(raw string) error {
	query, err := url.ParseQuery(raw)
	if err != nil {
		return badRequest("The query is malformed")
	}
	for name, values := range query {
		f, known := c.op.Query[name]
		if !known {
			return invalid(name, "not a known parameter")
		}
		if len(values) != 1 {
			return invalid(name, "given more than once")
		}
		if err := c.schema.checkQuery(name, f, values[0]); err != nil {
			return err
		}
	}
	c.query = query
	return nil
}

// checkQuery checks a filter's value, which is JSON where it is a map, as iamTags
// alone is, and plain text otherwise.
func (s *schema) checkQuery(name string, f field, value string) error {
	if strings.HasPrefix(f.Type, "map[") {
		return s.checkTags(name, value)
	}
	raw := json.RawMessage(value)
	base := f.Type
	if t := s.Types[f.Type]; t != nil {
		base = t.Base
	}
	if base != "integer" && base != "boolean" {
		quoted, err := json.Marshal(value)
		if err != nil {
			return invalid(name, "not a text")
		}
		raw = quoted
	}
	return s.checkValue(name, f.Type, raw)
}

func (c *call) parseBody(raw []byte) error {
	c.body, c.repeated = document{}, document{}
	if len(raw) > 0 {
		media, _, err := mime.ParseMediaType(c.request.Header.Get("Content-Type"))
		if err != nil || media != "application/json" {
			return &apiError{status: c.assume.WrongMediaType, class: "Client::BadRequest", message: "Content-Type is not application/json"}
		}
	}
	given := document{}
	if text := bytes.TrimSpace(raw); len(text) > 0 && !isNull(text) {
		if err := json.Unmarshal(text, &given); err != nil {
			return badRequest("The body is not a JSON object")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if err := c.acceptField(name, given[name]); err != nil {
			return err
		}
	}
	for _, name := range c.op.required {
		if _, ok := given[name]; !ok {
			return invalid(name, "is missing")
		}
	}
	return nil
}

func (c *call) acceptField(name string, raw json.RawMessage) error {
	if f, known := c.op.Body[name]; known {
		c.body[name] = raw
		return c.schema.checkField(name, f, raw)
	}
	if t := c.schema.Types[c.op.BodyType]; t != nil && t.Fields[name].ReadOnly {
		c.repeated[name] = raw
		return nil
	}
	return invalid(name, "not a known field")
}

// success sends a result.
func (c *call) success(body json.RawMessage) answer {
	if body == nil {
		return c.void()
	}
	c.header.Set("Content-Type", "application/json; charset=utf-8")
	return answer{status: http.StatusOK, header: c.header, body: body}
}

func (c *call) void() answer {
	switch c.assume.Void {
	case VoidEmpty:
		return answer{status: http.StatusOK, header: c.header}
	case VoidNoContent:
		return answer{status: http.StatusNoContent, header: c.header}
	case VoidNull:
	}
	c.header.Set("Content-Type", "application/json; charset=utf-8")
	return answer{status: http.StatusOK, header: c.header, body: []byte("null")}
}

func (s *Server) refusal(header http.Header, err error) answer {
	var refused *apiError
	if !errors.As(err, &refused) {
		panic("ovhtest: " + err.Error())
	}
	header.Set("Content-Type", "application/json; charset=utf-8")
	return answer{status: refused.status, header: header, body: refused.body()}
}
