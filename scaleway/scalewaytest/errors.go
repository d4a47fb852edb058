package scalewaytest

import (
	"fmt"
	"net/http"
	"strings"
)

// apiError is an answer that is not a success. Most of what the load-balancer
// service says has a message alone; the standard shapes, which all Scaleway APIs
// share, have a type too (facts 5).
type apiError struct {
	status int

	Message      string        `json:"message"`
	Type         string        `json:"type,omitempty"`
	Details      []errorDetail `json:"details,omitempty"`
	Method       string        `json:"method,omitempty"`
	Reason       string        `json:"reason,omitempty"`
	Resource     string        `json:"resource,omitempty"`
	ResourceID   string        `json:"resource_id,omitempty"`
	CurrentState string        `json:"current_state,omitempty"`
	Precondition string        `json:"precondition,omitempty"`
	HelpMessage  string        `json:"help_message,omitempty"`
}

// errorDetail is the union of what the shapes list.
type errorDetail struct {
	ArgumentName string `json:"argument_name,omitempty"`
	Field        string `json:"field,omitempty"`
	Reason       string `json:"reason,omitempty"`
	HelpMessage  string `json:"help_message,omitempty"`
	Message      string `json:"message,omitempty"`
	Resource     string `json:"resource,omitempty"`
	Quota        int    `json:"quota,omitempty"`
	Current      int    `json:"current,omitempty"`
	ProjectID    string `json:"project_id,omitempty"`
}

func (e *apiError) Error() string { return fmt.Sprintf("%d %s", e.status, e.Message) }

// problems collects what is wrong with the arguments of one request.
type problems []errorDetail

func (p *problems) add(argument, reason, help string) {
	*p = append(*p, errorDetail{ArgumentName: argument, Reason: reason, HelpMessage: help})
}

// between demands low <= value <= high.
func (p *problems) between(argument string, value, low, high int64) {
	if value < low || value > high {
		p.add(argument, "constraint", fmt.Sprintf("must be between %d and %d", low, high))
	}
}

// err is the answer to all problems at once, or nil where there are none.
func (p *problems) err() error {
	if len(*p) == 0 {
		return nil
	}
	return &apiError{
		status: http.StatusBadRequest, Message: "invalid argument(s)", Type: "invalid_arguments", Details: *p,
	}
}

// invalid is the answer to one wrong argument.
func invalid(argument, reason, help string) error {
	var p problems
	p.add(argument, reason, help)
	return p.err()
}

// dangling is the answer to an argument that names what is not there.
func dangling(argument, id string) error {
	return invalid(argument, "constraint", id+" does not exist here")
}

// notFound answers with the word that recordings have for the kind of object:
// the LB service's 404 has no type (facts 5).
func notFound(word string) error {
	return &apiError{status: http.StatusNotFound, Message: word + " not Found"}
}

// plain is an answer without a type, which is how the service says most things.
func plain(status int, message string) error { return &apiError{status: status, Message: message} }

func errDenied() error {
	return &apiError{
		status: http.StatusUnauthorized, Message: "authentication is denied",
		Type: "denied_authentication", Method: "api_key", Reason: "not_found",
	}
}

// inUse refuses to delete what users refer to.
func (s *Server) inUse(situation Situation, resource string, users []string) error {
	status, refuses := s.options.status(situation)
	if len(users) == 0 || !refuses {
		return nil
	}
	message := fmt.Sprintf("operation was rejected because the %s is used by %s", resource, strings.Join(users, ", "))
	if status != http.StatusPreconditionFailed {
		return plain(status, message)
	}
	return &apiError{
		status: status, Message: "precondition failed", Type: "precondition_failed",
		Precondition: "resource_still_in_use", HelpMessage: message,
	}
}

// unavailable refuses a write to an object that is in a state for none.
func (s *Server) unavailable(situation Situation, resource, id, state string) error {
	status, refuses := s.options.status(situation)
	if !refuses {
		return nil
	}
	e := &apiError{status: status, Message: "resource is in a transient state"}
	switch status {
	case http.StatusConflict:
		e.Type, e.Resource, e.ResourceID, e.CurrentState = "transient_state", resource, id, state
	case http.StatusLocked:
		e.Message, e.Type, e.Resource, e.ResourceID = "resource is locked", "locked", resource, id
	case http.StatusNotFound:
		return notFound("lbs")
	}
	return e
}

// overQuota refuses so many more of kind where there are current already.
func (s *Server) overQuota(kind string, current, more int) error {
	limit, limited := s.options.quota(kind)
	if !limited || current+more <= limit {
		return nil
	}
	status, _ := s.options.status(QuotaExceeded)
	if status == http.StatusBadRequest {
		return plain(status, "too many "+kind)
	}
	return &apiError{
		status: status, Message: "quota exceeded", Type: "quotas_exceeded",
		Details: []errorDetail{{Resource: kind, Quota: limit, Current: current, ProjectID: s.project}},
	}
}
