package main

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/lbkit/lbkit/lb"
)

// scope names who measures.
const scope = "github.com/lbkit/lbkit/examples/otel"

// observer turns attempts on the wire into spans and measurements, by OpenTelemetry's
// conventions for HTTP clients.
type observer struct {
	tracer   trace.Tracer
	duration metric.Float64Histogram
}

func newObserver(traces trace.TracerProvider, meters metric.MeterProvider) (*observer, error) {
	duration, err := meters.Meter(scope).Float64Histogram("http.client.request.duration",
		metric.WithUnit("s"), metric.WithDescription("How long each attempt of a call took."))
	if err != nil {
		return nil, err
	}
	return &observer{tracer: traces.Tracer(scope), duration: duration}, nil
}

// attempt is an observer of ovh.WithObserver and scaleway.WithObserver. It is called when
// an attempt has ended, with the context of the call, which leads to the span around it.
func (o *observer) attempt(ctx context.Context, e lb.CallEvent) {
	end := time.Now()
	// What metrics are told apart by has few values: the route's template, and no IDs.
	attributes := []attribute.KeyValue{
		attribute.String("lb.provider", e.Provider),
		attribute.String("lb.operation", e.Op),
		semconv.HTTPRequestMethodKey.String(e.Method),
		semconv.URLTemplate(e.Route),
	}
	if e.Status != 0 {
		attributes = append(attributes, semconv.HTTPResponseStatusCode(e.Status))
	}
	o.duration.Record(ctx, e.Duration.Seconds(), metric.WithAttributes(attributes...))

	_, span := o.tracer.Start(ctx, e.Method+" "+e.Route,
		trace.WithSpanKind(trace.SpanKindClient), trace.WithTimestamp(end.Add(-e.Duration)), trace.WithAttributes(attributes...))
	span.SetAttributes(semconv.HTTPRequestResendCount(e.Attempt-1), attribute.Bool("lb.will_retry", e.WillRetry))
	if e.RequestID != "" {
		span.SetAttributes(attribute.String("lb.request_id", e.RequestID)) // what support asks for
	}
	if e.Err != nil {
		span.SetStatus(codes.Error, e.Err.Error())
	}
	span.End(trace.WithTimestamp(end))
}
