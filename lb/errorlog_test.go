package lb_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
)

func logged(t *testing.T, err error) map[string]any {
	t.Helper()
	var b bytes.Buffer
	slog.New(slog.NewJSONHandler(&b, nil)).Error("msg", "err", err)
	var record struct {
		Err map[string]any `json:"err"`
	}
	if err := json.Unmarshal(b.Bytes(), &record); err != nil {
		t.Fatalf("%v: %s", err, b.Bytes())
	}
	return record.Err
}

func TestErrorLogsAsAGroup(t *testing.T) {
	t.Parallel()
	got := logged(t, &lb.Error{
		Code: lb.ErrInvalid, Provider: "ovh", Op: "backends.create", Kind: lb.KindBackend, ID: "lb-1/http/farm/2",
		Status: 400, RequestID: "EU.ext-1", Message: "bad", Fields: []lb.FieldError{{Path: "port", Reason: "too big"}},
		RetryAfter: 2 * time.Second, Attempts: 3, Err: context.Canceled,
	})
	want := map[string]any{
		"code": "invalid", "provider": "ovh", "op": "backends.create", "kind": "backend", "id": "lb-1/http/farm/2",
		"status": 400.0, "requestId": "EU.ext-1", "message": "bad", "fields": map[string]any{"port": "too big"},
		"retryAfter": 2e9, "attempts": 3.0, "cause": "context canceled",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestErrorLogsOnlyWhatIsSet(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff(map[string]any{"code": "failed"}, logged(t, &lb.Error{})); diff != "" {
		t.Error(diff)
	}
}

func TestErrorAsJSON(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]*lb.Error{
		`{"code":"failed"}`: {},
		`{"code":"invalid","provider":"ovh","op":"backends.create","kind":"backend","id":"lb-1/http/farm/2","status":400,"requestId":"EU.ext-1",` +
			`"message":"bad","fields":[{"path":"port","reason":"too big"}],"retryAfter":"2s","attempts":3,"cause":"context canceled"}`: {
			Code: lb.ErrInvalid, Provider: "ovh", Op: "backends.create", Kind: lb.KindBackend, ID: "lb-1/http/farm/2",
			Status: 400, RequestID: "EU.ext-1", Message: "bad", Fields: []lb.FieldError{{Path: "port", Reason: "too big"}},
			RetryAfter: 2 * time.Second, Attempts: 3, Err: context.Canceled,
		},
	} {
		got, failed := json.Marshal(err)
		if failed != nil || string(got) != want {
			t.Errorf("got %s, %v\nwant %s", got, failed, want)
		}
	}
}
