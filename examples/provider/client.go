package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/lbkit/lbkit/lb"
)

// The API's objects. A PATCH has the fields that are to change, and the version that they were
// read in: with another one it is refused as a conflict.
type (
	balancer struct {
		ID        string     `json:"id,omitempty"`
		Version   int        `json:"version,omitempty"`
		Name      string     `json:"name"`
		State     string     `json:"state,omitempty"`     // in lb.Provisioning's words
		Listeners []listener `json:"listeners,omitempty"` // in no list
		Pools     []pool     `json:"pools,omitempty"`     // in no list
	}
	listener struct {
		ID      string `json:"id,omitempty"`
		Version int    `json:"version,omitempty"`
		Name    string `json:"name"`
		Port    uint16 `json:"port"`
		Pool    string `json:"pool"`
	}
	pool struct {
		ID      string   `json:"id,omitempty"`
		Version int      `json:"version,omitempty"`
		Name    string   `json:"name"`
		Port    uint16   `json:"port"`
		Balance string   `json:"balance"`          // roundrobin or leastconn
		Check   int      `json:"check"`            // seconds between checks of whether a connection can be made; 0: none
		Members []member `json:"members,omitzero"` // in the order of their addresses
	}
	member struct {
		Address string `json:"address"`         // IPv4, once in a pool
		Weight  int    `json:"weight"`          // 0 to 100
		State   string `json:"state,omitempty"` // in lb.Health's words; read only
	}
)

// APIError is a refusal in the API's words. It is behind the *lb.Error that is made of it.
type APIError struct {
	Status  int    `json:"-"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

func (e *APIError) Error() string { return fmt.Sprintf("tinylb: %d %s", e.Status, e.Code) }

// codes are the API's codes, each of which means that nothing was done, in those of lb.
var codes = map[string]error{
	"invalid": lb.ErrInvalid, "not_found": lb.ErrNotFound, "exists": lb.ErrExists, "conflict": lb.ErrConflict, "in_use": lb.ErrInUse,
	"busy": lb.ErrBusy, "quota": lb.ErrQuota, "rate_limited": lb.ErrRateLimited,
	"unauthorized": lb.ErrUnauthorized, "forbidden": lb.ErrForbidden, "unavailable": lb.ErrUnavailable,
}

// words are the codes of statuses that say enough without one.
var words = map[int]string{401: "unauthorized", 403: "forbidden", 404: "not_found", 429: "rate_limited"}

// Client speaks the API.
type Client struct {
	base  string
	token lb.Secret
	http  http.Client
}

// NewClient makes a client of the API at base. It copies hc, and follows no redirects: the
// token is for that host alone.
func NewClient(base string, token lb.Secret, hc *http.Client) *Client {
	c := &Client{base: base, token: token, http: *hc}
	c.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return c
}

// call is what a request is for, in the words of lb.Error.
type call struct {
	op   string
	kind lb.Kind
	id   string
}

// fail is the error of the call, with the rest of it in e.
func (c call) fail(e lb.Error) error {
	e.Provider, e.Op, e.Kind, e.ID = providerName, c.op, c.kind, c.id
	return &e
}

// do sends one request, once, and reads its answer. Without an answer that can be read, a
// write that may have been sent is uncertain.
func do[T any](ctx context.Context, c *Client, what call, method, path string, body any) (answer T, err error) {
	failed := lb.Error{Code: lb.ErrUnavailable, Attempts: 1}
	var connected atomic.Bool
	lost := func(err error) (T, error) {
		if failed.Err = err; method != http.MethodGet && connected.Load() {
			failed.Code = lb.ErrUncertain
		}
		return *new(T), what.fail(failed)
	}
	content, err := json.Marshal(body)
	if err != nil {
		return lost(err)
	}
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }})
	req, err := http.NewRequestWithContext(ctx, method, c.base+"/"+path, bytes.NewReader(content))
	if err != nil {
		return lost(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.token.Reveal())
	resp, err := c.http.Do(req)
	if err != nil {
		return lost(err)
	}
	defer func() { _ = resp.Body.Close() }() // what is lost of it shows when it is read
	failed.Status, failed.RequestID = resp.StatusCode, resp.Header.Get("X-Request-Id")
	if content, err = io.ReadAll(io.LimitReader(resp.Body, 16<<20)); err != nil {
		return lost(err)
	}
	if resp.StatusCode == http.StatusOK {
		if err := json.Unmarshal(content, &answer); err != nil {
			return lost(err)
		}
		return answer, nil
	}
	own := &APIError{Status: resp.StatusCode}
	if err := json.Unmarshal(content, own); err != nil || codes[own.Code] == nil {
		own.Code = words[own.Status] // from a proxy in front of the API
	}
	if codes[own.Code] == nil {
		return lost(own)
	}
	failed.Code, failed.Message, failed.Err = codes[own.Code], own.Message, own
	if seconds, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil {
		failed.RetryAfter = time.Duration(seconds) * time.Second
	}
	return answer, what.fail(failed)
}
