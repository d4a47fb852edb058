package ovh

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// The answers of facts 3.3, and those that fit no table.
func TestErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		status int
		body   string
		code   error
		want   Error // less Status, QueryID and Body
	}{
		{"invalid signature", 400, `{"errorCode":"INVALID_SIGNATURE","httpCode":"400 Bad Request","message":"Invalid signature"}`, lb.ErrUnauthorized, Error{Code: "INVALID_SIGNATURE", Message: "Invalid signature"}},
		{"bad parameter", 400, `{"class":"Client::BadRequest::InvalidInput","message":"[port] out of range"}`, lb.ErrInvalid, Error{Class: "Client::BadRequest::InvalidInput", Message: "[port] out of range"}},
		{"not logged in", 401, `{"class":"Client::Unauthorized","message":"You must login first"}`, lb.ErrUnauthorized, Error{Class: "Client::Unauthorized", Message: "You must login first"}},
		{"credential not valid", 403, `{"errorCode":"INVALID_CREDENTIAL","httpCode":"403 Forbidden","message":"This credential is not valid"}`, lb.ErrUnauthorized, Error{Code: "INVALID_CREDENTIAL", Message: "This credential is not valid"}},
		{"credential not validated", 403, `{"errorCode":"NOT_CREDENTIAL"}`, lb.ErrUnauthorized, Error{Code: "NOT_CREDENTIAL"}},
		{"unknown key", 403, `{"errorCode":"INVALID_KEY","message":"Invalid key"}`, lb.ErrUnauthorized, Error{Code: "INVALID_KEY", Message: "Invalid key"}},
		{"unknown application", 403, `{"class":"Client::Forbidden","message":"This application key is invalid"}`, lb.ErrUnauthorized, Error{Class: "Client::Forbidden", Message: "This application key is invalid"}},
		{"call not granted", 403, `{"errorCode":"NOT_GRANTED_CALL","message":"This call has not been granted"}`, lb.ErrForbidden, Error{Code: "NOT_GRANTED_CALL", Message: "This call has not been granted"}},
		{"call not granted, newer form", 403, `{"class":"Client::Forbidden","message":"This call has not been granted"}`, lb.ErrForbidden, Error{Class: "Client::Forbidden", Message: "This call has not been granted"}},
		{
			"IAM", 403, `{"class":"Client::Forbidden","message":"User not granted for this request","details":{"unauthorizedActionsByAuthentication":"","unauthorizedActionsByIAM":"loadbalancer:apiovh:get,loadbalancer:apiovh:edit"}}`, lb.ErrForbidden,
			Error{Class: "Client::Forbidden", Message: "User not granted for this request", Details: map[string]any{"unauthorizedActionsByAuthentication": "", "unauthorizedActionsByIAM": "loadbalancer:apiovh:get,loadbalancer:apiovh:edit"}},
		},
		{"not found", 404, `{"class":"Client::NotFound","message":"This service does not exist"}`, lb.ErrNotFound, Error{Class: "Client::NotFound", Message: "This service does not exist"}},
		{"duplicate", 409, `{"class":"Client::Conflict::AlreadyExists","message":"twice"}`, lb.ErrExists, Error{Class: "Client::Conflict::AlreadyExists", Message: "twice"}},
		{"duplicate, product's class", 409, `{"class":"CartAlreadyExists","message":"twice"}`, lb.ErrExists, Error{Class: "CartAlreadyExists", Message: "twice"}},
		{"conflict", 409, `{"class":"Client::Conflict","message":"not now"}`, lb.ErrConflict, Error{Class: "Client::Conflict", Message: "not now"}},
		{"too many", 429, `{"message":"slow down"}`, lb.ErrRateLimited, Error{Message: "slow down"}},
		{"expired service", 460, `{"message":"This service is expired"}`, lb.ErrExpired, Error{Message: "This service is expired"}},
		{"server", 500, `{"class":"Server::InternalServerError","message":"Internal error"}`, lb.ErrUnavailable, Error{Class: "Server::InternalServerError", Message: "Internal error"}},
		{"unknown 4xx", 418, `{}`, lb.ErrInvalid, Error{}},
		{"HTML", 503, "<html>\n<h1>Down</h1>\r\n</html>", lb.ErrUnavailable, Error{Message: "<html> <h1>Down</h1> </html>"}},
		{"empty", 502, "", lb.ErrUnavailable, Error{}},
		{"null", 404, "null", lb.ErrNotFound, Error{}},
		{"text", 404, `"no such thing"`, lb.ErrNotFound, Error{Message: "no such thing"}},
		{"list", 400, `["a","b"]`, lb.ErrInvalid, Error{Message: `["a","b"]`}},
		{"truncated", 404, `{"message":"half`, lb.ErrNotFound, Error{Message: `{"message":"half`}},
		{"numbers", 404, `{"message":12,"class":null,"errorCode":{"a":1},"details":{"taskId":7}}`, lb.ErrNotFound, Error{Message: "12", Code: `{"a":1}`, Details: map[string]any{"taskId": 7.0}}},
		{"details that are no object", 400, `{"message":"m","details":["port"]}`, lb.ErrInvalid, Error{Message: "m", Details: map[string]any{"details": []any{"port"}}}},
		{"line breaks", 400, `{"message":"a\nb\u0000c"}`, lb.ErrInvalid, Error{Message: "a bc"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			client := unsigned(t, func(*http.Request, []byte) answerTo {
				return answerTo{status: test.status, header: http.Header{queryIDHeader: {"EU.ext-3.1"}}, body: test.body}
			}, WithRetry(lb.RetryPolicy{MaxAttempts: 1}))
			err := client.UDP.Farms.Delete(t.Context(), "lb-1", 7)
			var e *lb.Error
			var own *Error
			if !errors.Is(err, test.code) || !errors.As(err, &e) || !errors.As(err, &own) {
				t.Fatalf("err = %v, want %v", err, test.code)
			}
			want := test.want
			want.Status, want.QueryID, want.Body = test.status, "EU.ext-3.1", []byte(test.body)
			if diff := cmp.Diff(want, *own); diff != "" {
				t.Errorf("the API's error (-want +got):\n%s", diff)
			}
			if e.Op != "udp.farms.delete" || e.Kind != lb.KindBackend || e.ID != "lb-1/udp/farm/7" || e.RequestID != "EU.ext-3.1" || e.Status != test.status {
				t.Errorf("where it happened: %+v", e)
			}
			for _, part := range []string{test.want.Message, test.want.Code, test.want.Class, "EU.ext-3.1"} {
				if strings.Count(err.Error(), part) < 1 || strings.Contains(err.Error(), "\n") {
					t.Errorf("%q does not say %q in one line", err, part)
				}
			}
		})
	}
}

func TestMissingRightsAreNamed(t *testing.T) {
	t.Parallel()
	err := &Error{Status: 403, Message: "no", Details: map[string]any{"unauthorizedActionsByIAM": "a:b,c:d", "unauthorizedActionsByAuthentication": "", "other": "x"}}
	if got, want := err.Error(), "no; missing rights: a:b,c:d"; got != want {
		t.Errorf("Error = %q, want %q", got, want)
	}
}

func TestErrorBodyIsBounded(t *testing.T) {
	t.Parallel()
	body := bytes.Repeat([]byte("x"), 3*rest.KeptBody)
	f := decodeError(http.StatusBadGateway, http.Header{}, body)
	var own *Error
	if !errors.As(f.Err, &own) || len(own.Body) != rest.KeptBody || len(own.Message) > 512 {
		t.Errorf("kept %d bytes and a message of %d", len(own.Body), len(own.Message))
	}
	body[0] = 'y'
	if own.Body[0] != 'x' {
		t.Error("the error shares memory with the answer")
	}
}

func FuzzDecodeError(f *testing.F) {
	for _, body := range []string{"", "null", `{"message":"m","details":1}`, "<html>", "[1]", "\xff\xfe", `{"message":`} {
		f.Add(403, []byte(body))
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		failure := decodeError(status, http.Header{}, body)
		var own *Error
		if !errors.As(failure.Err, &own) || own.Status != status || failure.Status != status || own.Error() == "" {
			t.Errorf("status %d, body %q: %+v", status, body, failure)
		}
	})
}

// TestErrorsSayWhatTheyAreAbout: of a list, and of what was to be made in it, that which the
// list is of, with the kind that its ID has.
func TestErrorsSayWhatTheyAreAbout(t *testing.T) {
	t.Parallel()
	c := unsigned(t, func(*http.Request, []byte) answerTo {
		return answerTo{status: http.StatusForbidden, body: `{"message":"no"}`}
	})
	const service = "loadbalancer-1"
	_, farm := c.HTTP.Farms.Create(t.Context(), service, HTTPFarmCreate{})
	_, farms := lb.Collect(c.TCP.Farms.List(t.Context(), service, FarmListOptions{}))
	_, servers := lb.Collect(c.UDP.Farms.Servers.List(t.Context(), service, 2, ServerListOptions{}))
	_, server := c.HTTP.Farms.Servers.Get(t.Context(), service, 2, 3)
	_, rules := lb.Collect(c.HTTP.Routes.Rules.List(t.Context(), service, 4, lb.PageOptions{}))
	_, services := lb.Collect(c.LoadBalancers.List(t.Context(), LoadBalancerListOptions{}))
	for want, err := range map[string]error{
		`ovh: http.farms.create: load balancer "loadbalancer-1": forbidden`:              farm,
		`ovh: tcp.farms.list: load balancer "loadbalancer-1": forbidden`:                 farms,
		`ovh: udp.farms.servers.list: backend "loadbalancer-1/udp/farm/2": forbidden`:    servers,
		`ovh: http.farms.servers.get: server "loadbalancer-1/http/farm/2/server/3": for`: server,
		`ovh: http.routes.rules.list: route "loadbalancer-1/http/route/4": forbidden`:    rules,
		`ovh: loadBalancers.list: load balancer: forbidden`:                              services,
	} {
		if !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v\nwant %s", err, want)
		}
	}
}
