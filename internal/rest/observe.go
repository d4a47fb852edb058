package rest

import (
	"context"
	"log/slog"
	"time"

	"github.com/lbkit/lbkit/lb"
)

// observe tells the outlets of the attempt that has just been decided on.
func (s *state) observe() {
	config := &s.client.config
	took := time.Since(s.start)
	if config.Dump != nil && s.wire != nil {
		config.Dump(s, took)
	}
	if config.Observer == nil && config.Logger == nil {
		return
	}
	number := s.attempts
	if s.wire == nil {
		number++ // that of the attempt that did not go out
	}
	event := lb.CallEvent{
		Provider:  config.Provider,
		Op:        s.call.Op,
		Method:    s.call.Method,
		Route:     s.route(),
		Attempt:   number,
		Status:    s.status,
		RequestID: s.requestID(),
		Duration:  took,
		WillRetry: s.verdict.Retry,
	}
	if !s.verdict.Gone && (s.outcome != answered || !s.success()) {
		event.Err = s.failure()
	}
	if config.Observer != nil {
		config.Observer(s.ctx, event)
	}
	if config.Logger != nil {
		config.Logger(s.ctx, event)
	}
}

// newLog logs each attempt. It is a func, so that a program without WithLogger is linked
// without it.
func newLog(l *slog.Logger) func(context.Context, lb.CallEvent) {
	return func(ctx context.Context, e lb.CallEvent) {
		level := slog.LevelDebug
		if e.Err != nil {
			level = slog.LevelWarn
		}
		attrs := []slog.Attr{
			slog.String("provider", e.Provider), slog.String("op", e.Op), slog.String("method", e.Method), slog.String("route", e.Route),
			slog.Int("attempt", e.Attempt), slog.Int("status", e.Status), slog.String("request_id", e.RequestID), slog.Duration("duration", e.Duration),
		}
		if e.Err != nil {
			attrs = append(attrs, slog.Bool("will_retry", e.WillRetry), slog.Any("error", e.Err))
		}
		l.LogAttrs(ctx, level, "api call", attrs...)
	}
}

// route is the template: of a path that a user spelled out there is none.
func (s *state) route() string {
	if s.call.Path != "" {
		return "(path)"
	}
	return s.call.Route
}
