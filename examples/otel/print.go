package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
)

// printSpans prints the spans in the order in which they began, each below its parent.
func printSpans(out io.Writer, spans tracetest.SpanStubs) {
	slices.SortStableFunc(spans, func(a, b tracetest.SpanStub) int {
		return cmp.Or(a.StartTime.Compare(b.StartTime), cmp.Compare(a.Name, b.Name))
	})
	var below func(parent trace.SpanID, indent string)
	below = func(parent trace.SpanID, indent string) {
		for _, span := range spans {
			if span.Parent.SpanID() != parent {
				continue
			}
			fmt.Fprintf(out, "%s%s%s\n", indent, span.Name, outcome(span))
			below(span.SpanContext.SpanID(), indent+"  ")
		}
	}
	below(trace.SpanID{}, "")
}

// outcome is how an attempt ended: " 503, retried".
func outcome(span tracetest.SpanStub) string {
	attributes := attribute.NewSet(span.Attributes...)
	text := ""
	if status, ok := attributes.Value("http.response.status_code"); ok {
		text = fmt.Sprintf(" %d", status.AsInt64())
	}
	if retry, ok := attributes.Value("lb.will_retry"); ok && retry.AsBool() {
		return text + ", retried"
	}
	if span.Status.Code == codes.Error {
		text += ", failed"
	}
	return text
}

// printMetrics prints how many attempts there were of each kind.
func printMetrics(ctx context.Context, out io.Writer, reader *metric.ManualReader) error {
	var all metricdata.ResourceMetrics
	if err := reader.Collect(ctx, &all); err != nil {
		return err
	}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			histogram, ok := m.Data.(metricdata.Histogram[float64])
			if !ok {
				continue
			}
			fmt.Fprintf(out, "\n%s (%s)\n", m.Name, m.Unit)
			points := histogram.DataPoints
			slices.SortFunc(points, func(a, b metricdata.HistogramDataPoint[float64]) int {
				return cmp.Compare(kind(a), kind(b))
			})
			for _, point := range points {
				fmt.Fprintf(out, "  %s: %d\n", kind(point), point.Count)
			}
		}
	}
	return nil
}

// kind is what a measurement is told apart by: "backends.list GET 200".
func kind(point metricdata.HistogramDataPoint[float64]) string {
	value := func(key attribute.Key) string {
		v, _ := point.Attributes.Value(key)
		return v.String()
	}
	return value("lb.operation") + " " + value("http.request.method") + " " + value("http.response.status_code")
}
