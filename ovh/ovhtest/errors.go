package ovhtest

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// apiError is a refusal as the API words it (facts 3.2).
type apiError struct {
	status    int
	class     string // e.g. "Client::NotFound"
	errorCode string // of authentication errors
	message   string
	details   map[string]string // of IAM refusals
}

func (e *apiError) Error() string { return fmt.Sprintf("%d %s", e.status, e.message) }

// body is the JSON that goes out. httpCode accompanies errorCode and is a text.
func (e *apiError) body() []byte {
	wire := struct {
		Class    string            `json:"class,omitzero"`
		Code     string            `json:"errorCode,omitzero"`
		HTTPCode string            `json:"httpCode,omitzero"`
		Message  string            `json:"message"`
		Details  map[string]string `json:"details,omitzero"`
	}{Class: e.class, Code: e.errorCode, Message: e.message, Details: e.details}
	if e.errorCode != "" {
		wire.HTTPCode = fmt.Sprintf("%d %s", e.status, http.StatusText(e.status))
	}
	b, err := json.Marshal(wire)
	if err != nil {
		panic("ovhtest: error body: " + err.Error())
	}
	return b
}

func badRequest(message string) error {
	return &apiError{status: http.StatusBadRequest, class: "Client::BadRequest", message: message}
}

// invalid refuses the value of one field. It never repeats the value, which may
// be a private key.
func invalid(at, problem string) error { return badRequest("[" + at + "] " + problem) }

func conflict(message string) error {
	return &apiError{status: http.StatusConflict, class: "Client::Conflict", message: message}
}

func notFound(message string) error {
	return &apiError{status: http.StatusNotFound, class: "Client::NotFound", message: message}
}

func noSuchObject(name, value string) error {
	return notFound(fmt.Sprintf("The requested object (%s = %s) does not exist", name, value))
}

// refusedKey is a 403 for credentials that are not, or not yet, good.
func refusedKey(code, message string) error {
	return &apiError{status: http.StatusForbidden, class: "Client::Forbidden", errorCode: code, message: message}
}

// refusedSignature is a 400 for a request that was not signed as it arrived.
func refusedSignature(code, message string) error {
	return &apiError{status: http.StatusBadRequest, class: "Client::BadRequest", errorCode: code, message: message}
}

func unauthorized(message string) error {
	return &apiError{status: http.StatusUnauthorized, class: "Client::Unauthorized", message: message}
}
