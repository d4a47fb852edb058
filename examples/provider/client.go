package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"time"

	"github.com/lbkit/lbkit/lb"
)

// The API's objects. A balancer is read and written as a whole; state and health are not for clients to write.
type (
	balancer struct {
		ID        string          `json:"id"`
		Version   string          `json:"version"` // another one after each change
		Name      string          `json:"name"`
		State     lb.Provisioning `json:"state,omitzero"`
		Health    health          `json:"health,omitzero"`
		Listeners []listener      `json:"listeners"`
		Pools     []pool          `json:"pools"`
	}
	health struct {
		State     lb.Health         `json:"state"`
		Frontends map[lb.Health]int `json:"listeners"`
		Backends  map[lb.Health]int `json:"pools"`
		Servers   map[lb.Health]int `json:"members"`
	}
	listener struct {
		ID   lb.FrontendID `json:"id"` // whoever makes one chooses it
		Name string        `json:"name"`
		Port lb.PortRange  `json:"port"`
		Pool lb.BackendID  `json:"pool"`
	}
	pool struct {
		ID      lb.BackendID `json:"id"` // whoever makes one chooses it
		Name    string       `json:"name"`
		Port    uint16       `json:"port"`
		Balance lb.Algorithm `json:"balance"`
		Check   lb.Duration  `json:"check,omitzero"` // how often a connection is tried; zero: never
		Members []member     `json:"members"`
	}
	member struct {
		Address netip.Addr `json:"address"`
		Weight  *int       `json:"weight"`
		Health  lb.Health  `json:"health,omitzero"`
	}
)

// APIError is the API's own error.
type APIError struct {
	Status  int    `json:"-"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

func (e *APIError) Error() string { return fmt.Sprintf("%s (%d): %s", e.Code, e.Status, e.Message) }

// codes are what the API's words mean, and statuses what is meant where a proxy answers, which has no such words.
var (
	codes = map[string]error{
		"invalid": lb.ErrInvalid, "not_found": lb.ErrNotFound, "exists": lb.ErrExists, "in_use": lb.ErrInUse,
		"conflict": lb.ErrConflict, "busy": lb.ErrBusy, "quota": lb.ErrQuota, "rate_limited": lb.ErrRateLimited,
		"unauthorized": lb.ErrUnauthorized, "forbidden": lb.ErrForbidden, "unavailable": lb.ErrUnavailable,
	}
	statuses = map[int]error{400: lb.ErrInvalid, 401: lb.ErrUnauthorized, 403: lb.ErrForbidden, 429: lb.ErrRateLimited}
)

// client speaks HTTP with the API.
type client struct {
	url   string
	token lb.Secret
	http  http.Client
}

// balancer is one balancer, which is written first where write is not nil.
func (c *client) balancer(ctx context.Context, id string, write any) (b balancer, err error) {
	err = c.send(ctx, "balancers/"+url.PathEscape(id), write, &b)
	if known := new(lb.Error); errors.As(err, &known) && known.Status == http.StatusNotFound {
		known.Code = lb.ErrNotFound // whoever says so, in whichever words
	}
	if err == nil && b.ID != id {
		err = errors.New("the answer is not a balancer, or another one") // of a write: it may have happened
	}
	return b, err
}

// send sends one request, once: a PUT of what is to be written, or a GET where that is nil. What comes back is decoded
// into answer.
func (c *client) send(ctx context.Context, path string, write, answer any) error {
	method, body, failure := http.MethodGet, new(bytes.Buffer), &lb.Error{Code: lb.ErrUnavailable}
	if write != nil {
		method, failure.Code = http.MethodPut, lb.ErrUncertain // until more is known
		if err := json.NewEncoder(body).Encode(write); err != nil {
			return fmt.Errorf("%w: %w", lb.ErrInvalid, err)
		}
	}
	request, err := http.NewRequestWithContext(ctx, method, c.url+"/"+path, body)
	if err != nil {
		return fmt.Errorf("%w: %w", lb.ErrInvalid, err)
	}
	request.Header.Set("Authorization", "Bearer "+c.token.Reveal())
	response, err := c.http.Do(request)
	failure.Attempts, failure.Err = 1, err
	if err != nil {
		if dial := new(net.OpError); errors.As(err, &dial) && dial.Op == "dial" {
			failure.Code = lb.ErrUnavailable // nothing was sent
		}
		return failure
	}
	defer func() { _ = response.Body.Close() }()
	failure.Status, failure.RequestID = response.StatusCode, response.Header.Get("X-Request-Id")
	decoder := json.NewDecoder(io.LimitReader(response.Body, 16<<20))
	if response.StatusCode == http.StatusOK {
		if failure.Err = decoder.Decode(answer); failure.Err == nil {
			return nil
		}
		return failure
	}
	own := &APIError{Status: response.StatusCode}
	_ = decoder.Decode(own) // what does not decode comes from a proxy
	failure.Code, failure.Message, failure.Err = cmp.Or(codes[own.Code], statuses[own.Status], failure.Code), own.Message, own
	if seconds, err := strconv.ParseUint(response.Header.Get("Retry-After"), 10, 31); err == nil {
		failure.RetryAfter = time.Duration(seconds) * time.Second //nolint:gosec // 31 bits
	}
	return failure
}
