package scaleway

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// TestErrorCodes: every recorded and every documented error of facts 5.
func TestErrorCodes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		status int
		body   string
		want   error
	}{
		{"a load balancer that is gone", 404, `{"message":"lbs not Found"}`, lb.ErrNotFound},
		{"a route that is gone", 404, `{"message":"privateNetwork not Found"}`, lb.ErrNotFound},
		{"not found in the standard form", 404, `{"type":"not_found","resource":"lb","resource_id":"x","message":"resource is not found"}`, lb.ErrNotFound},
		{"not found without a body", 404, ``, lb.ErrNotFound},
		{"not found with another type", 404, `{"type":"locked","message":"m"}`, lb.ErrNotFound},
		{"an address in use", 400, `{"message":"operation was rejected because the ip_id is used on a lb"}`, lb.ErrInUse},
		{"another refusal without a type", 400, `{"message":"port 80 frontend must be associated to an HTTP backend"}`, lb.ErrInvalid},
		{"an invalid field", 400, `{"type":"invalid_field","message":"m"}`, lb.ErrInvalid},
		{"invalid arguments", 400, `{"type":"invalid_arguments","message":"m"}`, lb.ErrInvalid},
		{"refused credentials", 401, `{"type":"denied_authentication","method":"api_key","reason":"not_found","message":"m"}`, lb.ErrUnauthorized},
		{"a refused right", 403, `{"type":"permissions_denied","message":"m","details":[{"resource":"lb","action":"write"}]}`, lb.ErrForbidden},
		{"forbidden without a type", 403, `{"message":"m"}`, lb.ErrForbidden},
		{"a quota", 403, `{"type":"quotas_exceeded","message":"m"}`, lb.ErrQuota},
		{"a transient state", 409, `{"type":"transient_state","message":"m","resource":"lb","current_state":"creating"}`, lb.ErrBusy},
		{"a twin", 409, `{"type":"already_exists","message":"m"}`, lb.ErrExists},
		{"a conflict without a type", 409, `{"message":"m"}`, lb.ErrConflict},
		{"an expired resource", 410, `{"type":"resource_expired","message":"m"}`, lb.ErrExpired},
		{"an expired resource, the other word", 400, `{"type":"expired","message":"m"}`, lb.ErrExpired},
		{"still in use", 412, `{"type":"precondition_failed","precondition":"resource_still_in_use","message":"m"}`, lb.ErrInUse},
		{"a missing attribute", 412, `{"type":"precondition_failed","precondition":"attribute_must_be_set","message":"m"}`, lb.ErrInvalid},
		{"another precondition", 412, `{"type":"precondition_failed","precondition":"unknown_precondition","message":"m"}`, lb.ErrConflict},
		{"a lock", 423, `{"type":"locked","message":"m"}`, lb.ErrBusy},
		{"a lock of another status", 403, `{"type":"locked","message":"m"}`, lb.ErrBusy},
		{"too many requests", 429, `{"type":"too_many_requests","message":"m"}`, lb.ErrRateLimited},
		{"out of stock", 403, `{"type":"out_of_stock","message":"m"}`, lb.ErrUnavailable},
		{"out of stock, as a server's error", 503, `{"type":"out_of_stock","message":"m"}`, lb.ErrUnavailable},
		{"a server in trouble", 503, `{"message":"dial tcp: connection refused"}`, lb.ErrUnavailable},
		{"a gateway's page", 502, `<html><body>Bad Gateway</body></html>`, lb.ErrUnavailable},
		{"an unknown refusal", 418, `{"type":"teapot","message":"m"}`, lb.ErrInvalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			client, _ := newWire(t, always(tt.status, tt.body))
			_, err := client.Zone(testZone).LBs.Get(t.Context(), testLB)
			e := failed(t, err)
			if !errors.Is(e.Code, tt.want) || e.Status != tt.status {
				t.Errorf("code %v, status %d; want %v, %d", e.Code, e.Status, tt.want, tt.status)
			}
			if e.Op != "lbs.get" || e.Kind != lb.KindLoadBalancer || e.ID != "fr-par-1/"+testLB || e.Provider != "scaleway" {
				t.Errorf("the error is of %s %s %s %s", e.Provider, e.Op, e.Kind, e.ID)
			}
			var native *Error
			if !errors.As(err, &native) || string(native.Body) != tt.body || native.Status != tt.status {
				t.Errorf("native error %+v; want status and body", native)
			}
		})
	}
}

func TestErrorDetails(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		body    string
		message string
		fields  []lb.FieldError
	}{
		{
			"arguments",
			`{"type":"invalid_arguments","message":"invalid argument(s)","details":[
				{"argument_name":"CheckMaxRetries","reason":"constraint","help_message":"must be 1 or more"},{"argument_name":"Port","reason":"required"}]}`,
			"invalid argument(s)",
			[]lb.FieldError{{Path: "CheckMaxRetries", Reason: "constraint: must be 1 or more"}, {Path: "Port", Reason: "required"}},
		},
		{
			"the recorded shape",
			`{"type":"invalid_field","message":"m","details":[{"field":"dns_name","reason":"constraint","message":"does not resolve"}]}`,
			"m",
			[]lb.FieldError{{Path: "dns_name", Reason: "constraint: does not resolve"}},
		},
		{
			"quotas",
			`{"type":"quotas_exceeded","message":"m","details":[{"resource":"LbLbs","quota":5,"current":"5"}]}`,
			"m",
			[]lb.FieldError{{Path: "LbLbs", Reason: "quota 5, in use 5"}},
		},
		{
			"permissions",
			`{"type":"permissions_denied","message":"m","details":[{"resource":"lb","action":"write"}]}`,
			"m",
			[]lb.FieldError{{Path: "lb", Reason: "write"}},
		},
		{
			"a state",
			`{"type":"transient_state","message":"m","resource":"lb","resource_id":"x","current_state":"creating"}`,
			"m",
			[]lb.FieldError{{Path: "lb", Reason: "creating"}},
		},
		{
			"help",
			`{"type":"precondition_failed","message":"m","help_message":"detach it first","precondition":"resource_still_in_use"}`,
			"m: detach it first",
			nil,
		},
		{"shapes that nobody announced", `{"message":{"a":1},"type":7,"details":{"x":1}}`, "", nil},
		{"details of other shapes", `{"message":"m","details":["a",null,{},{"reason":[1]}]}`, "m", nil},
		{"a list", `["m"]`, `["m"]`, nil},
		{"a text", `"m"`, `"m"`, nil},
		{"null", `null`, "", nil},
		{"HTML", "<html>\n<b>Bad\tGateway</b>", "<html> <b>Bad Gateway</b>", nil},
		{"broken JSON", `{"message":"m"`, `{"message":"m"`, nil},
		{"nothing", "", "", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			failure := decodeError(http.StatusBadRequest, http.Header{}, []byte(tt.body))
			if failure.Message != tt.message {
				t.Errorf("message %q; want %q", failure.Message, tt.message)
			}
			if diff := cmp.Diff(tt.fields, failure.Fields); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestErrorText(t *testing.T) {
	t.Parallel()
	const id = "922f22cf-17e3-4f48-936c-893b91431b3d"
	client, _ := newWire(t, func(sentRequest) reply {
		return reply{status: 404, body: `{"message":"lbs not Found"}`, header: http.Header{"X-Request-Id": {id}}}
	})
	_, err := client.Zone(testZone).LBs.Get(t.Context(), testLB)
	want := `scaleway: lbs.get: load balancer "fr-par-1/` + testLB + `": not found: lbs not Found (HTTP 404, request ` + id + `)`
	if err.Error() != want {
		t.Errorf("error is\n%s; want\n%s", err, want)
	}
	var native *Error
	if !errors.As(err, &native) || native.RequestID != id || native.Error() != "lbs not Found (HTTP 404)" {
		t.Errorf("native error is %v, request %s", native, native.RequestID)
	}
	if got := (&Error{Status: 503, Type: "out_of_stock"}).Error(); got != "out_of_stock: Service Unavailable (HTTP 503)" {
		t.Errorf("an error without words is %q", got)
	}
}

func TestErrorKeepsPartOfABody(t *testing.T) {
	t.Parallel()
	body := strings.Repeat("x", 1<<16)
	failure := decodeError(500, http.Header{}, []byte(body))
	var native *Error
	if !errors.As(failure.Err, &native) || len(native.Body) != rest.KeptBody || len(failure.Message) > 512 {
		t.Errorf("keeps %d bytes and a message of %d", len(native.Body), len(failure.Message))
	}
	// Nor do the words of one that is JSON fill a log, or break its lines.
	long, detail := strings.Repeat(`é\n`, 1<<15), `{"argument_name":"a","reason":"`+body+`"}`
	failure = decodeError(400, http.Header{}, []byte(`{"type":"`+body+`","message":"`+long+`","details":[`+strings.Repeat(detail+",", 100)+detail+`]}`))
	if text := failure.Err.Error(); len(text) > 2<<10 || strings.Contains(text, "\n") || len(failure.Message) > 1<<10 {
		t.Errorf("an error of %d bytes, a message of %d", len(text), len(failure.Message))
	}
	if len(failure.Fields) != mostDetails || len(failure.Fields[0].Reason) > 512 {
		t.Errorf("%d fields, the first of %d bytes", len(failure.Fields), len(failure.Fields[0].Reason))
	}
}

// TestRateLimitSaysHowLong: a 429 may say in its body when to go on (facts 18.5); a
// header counts before it.
func TestRateLimitSaysHowLong(t *testing.T) {
	t.Parallel()
	const date = "Thu, 01 Jan 2026 00:00:00 GMT"
	tests := []struct {
		name   string
		says   string // in the body
		header http.Header
		want   time.Duration
	}{
		{"seconds", `"reset_seconds":30`, nil, 30 * time.Second},
		{"seconds, as text", `"reset_seconds":"1.5"`, nil, 1500 * time.Millisecond},
		{"a time", `"reset_at":"2026-01-01T00:00:45Z"`, http.Header{"Date": {date}}, 45 * time.Second},
		{"no seconds, but a time", `"reset_seconds":0,"reset_at":"2026-01-01T00:00:45Z"`, http.Header{"Date": {date}}, 45 * time.Second},
		{"both", `"reset_seconds":30,"reset_at":"2026-01-01T00:00:45Z"`, http.Header{"Date": {date}}, 30 * time.Second},
		{"a header as well", `"reset_seconds":30`, http.Header{"Retry-After": {"7"}}, 7 * time.Second},
		{"the past", `"reset_seconds":-1,"reset_at":"2025-01-01T00:00:00Z"`, http.Header{"Date": {date}}, 0},
		{"other shapes", `"reset_seconds":{},"reset_at":[1]`, nil, 0},
		{"nothing", `"reset_seconds":null`, nil, 0},
	}
	for _, tt := range tests {
		client, _ := newWire(t, func(sentRequest) reply {
			return reply{status: 429, body: `{"type":"too_many_requests","message":"slow down",` + tt.says + `}`, header: tt.header}
		})
		_, err := client.Zone(testZone).LBs.Get(t.Context(), testLB)
		if e := failed(t, err); !errors.Is(err, lb.ErrRateLimited) || e.RetryAfter != tt.want {
			t.Errorf("%s: retry after %s, want %s: %v", tt.name, e.RetryAfter, tt.want, err)
		}
	}
	if failure := decodeError(429, nil, []byte(`{"reset_seconds":1e300}`)); failure.RetryAfter < 365*24*time.Hour {
		t.Errorf("1e300 s is %s", failure.RetryAfter)
	}
	if failure := decodeError(429, nil, []byte(`{"reset_at":"`+time.Now().Add(time.Hour).UTC().Format(time.RFC3339)+`"}`)); failure.RetryAfter < 59*time.Minute || failure.RetryAfter > time.Hour {
		t.Errorf("in an hour, without a Date header: %s", failure.RetryAfter)
	}
	if failure := decodeError(503, nil, []byte(`{"message":"m","reset_seconds":30}`)); failure.RetryAfter != 0 {
		t.Errorf("what is no refusal for its rate asks to wait %s", failure.RetryAfter)
	}
}

// TestRateLimitIsWaitedOut: as long as the body says, and not at all where that is
// longer than the policy allows.
func TestRateLimitIsWaitedOut(t *testing.T) {
	t.Parallel()
	for seconds, want := range map[string]int{"30": 2, "61": 1} {
		synctest.Test(t, func(t *testing.T) {
			attempts := 0
			client, _ := newWire(t, func(sentRequest) reply {
				if attempts++; attempts == 2 {
					return reply{status: 200, body: anything}
				}
				return reply{status: 429, body: `{"type":"too_many_requests","message":"slow down","reset_seconds":` + seconds + `}`}
			}, WithRetry(lb.RetryPolicy{}))
			begin := time.Now()
			_, err := client.Zone(testZone).LBs.Get(t.Context(), testLB)
			if took := time.Since(begin); attempts != want || (err == nil) != (want == 2) || took != time.Duration(want-1)*30*time.Second {
				t.Errorf("%s s: %d attempts in %s, %v", seconds, attempts, took, err)
			}
		})
	}
}

// TestTransientStateIsWaitedOut: the API says that it passes, so the call goes
// out again by itself, a POST too, for it was not carried out.
func TestTransientStateIsWaitedOut(t *testing.T) {
	t.Parallel()
	for _, typ := range []string{"transient_state", "already_exists"} {
		t.Run(typ, func(t *testing.T) {
			t.Parallel()
			first := true
			client, w := newWire(t, func(sentRequest) reply {
				if !first {
					return reply{status: 200, body: anything}
				}
				first = false
				return reply{status: 409, body: `{"type":"` + typ + `","message":"m"}`}
			}, WithRetry(lb.RetryPolicy{MaxAttempts: 2, MinWait: time.Millisecond, MaxWait: time.Millisecond}))
			_, err := client.Zone(testZone).LBs.Migrate(t.Context(), testLB, "lb-gp-m")
			if waited := typ == "transient_state"; (err == nil) != waited || (len(w.all()) == 2) != waited {
				t.Errorf("%v after %d requests", err, len(w.all()))
			}
		})
	}
}

// TestHollowAnswers: JSON that is not what was asked for is an error, not an
// object with nothing set or an empty list.
func TestHollowAnswers(t *testing.T) {
	t.Parallel()
	client, _ := newWire(t, always(200, `{}`))
	zone, ctx := client.Zone(testZone), t.Context()
	if _, err := zone.LBs.Get(ctx, testLB); !errors.Is(err, lb.ErrUnavailable) {
		t.Errorf("get: %v", err)
	}
	if _, err := zone.LBs.Create(ctx, LBCreate{Name: "x"}); !errors.Is(err, lb.ErrUncertain) {
		t.Errorf("create: %v; want its outcome unknown", err)
	}
	if items, err := lb.Collect(zone.LBs.List(ctx, LBListOptions{})); !errors.Is(err, lb.ErrUnavailable) || len(items) > 0 {
		t.Errorf("list: %v, %v", items, err)
	}
	if _, err := zone.LBs.Stats(ctx, testLB, ""); !errors.Is(err, lb.ErrUnavailable) { //nolint:staticcheck // it is still there
		t.Errorf("stats: %v", err)
	}
	if _, err := zone.ACLs.Set(ctx, testFrontend, nil); !errors.Is(err, lb.ErrUncertain) {
		t.Errorf("set ACLs: %v; want its outcome unknown", err)
	}
}

func FuzzDecodeError(f *testing.F) {
	for _, body := range []string{
		``, `null`, `{}`, `{"message":"lbs not Found"}`, `<html>`, `{"details":[{"argument_name":"a"}]}`, `{"message":1,"details":[[{}]]}`,
	} {
		f.Add(404, []byte(body))
		f.Add(409, []byte(body))
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		failure := decodeError(status, http.Header{}, body)
		var native *Error
		if !errors.As(failure.Err, &native) || native.Status != status || len(native.Body) > rest.KeptBody {
			t.Fatalf("decoded to %+v", native)
		}
		if status == http.StatusNotFound && !errors.Is(failure.Code, lb.ErrNotFound) {
			t.Fatalf("a 404 is %v", failure.Code)
		}
	})
}
