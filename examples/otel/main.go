// Otel sends what the SDK does to OpenTelemetry: a span for each attempt on the wire,
// inside of the program's own spans, and a histogram of how long attempts take.
//
// It shows ovh.WithObserver and scaleway.WithObserver, whose lb.CallEvent holds what is
// safe to measure by: the route's template instead of the path, no header and no body.
// It is a module of its own, so that the SDK does not need OpenTelemetry:
//
//	cd examples/otel
//	go run . -provider ovh
//
// On loopback a request fails on purpose, to show a retry. With an account, whose
// credentials are in the environment (see NewClientFromEnv in packages ovh and scaleway),
// it only reads:
//
//	go run . -provider ovh -live -lb loadbalancer-0123456789abcdef
//
// Spans and metrics are kept in memory and printed at the end. A program that runs for
// longer has exporters instead, such as otlptracehttp and otlpmetrichttp.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	apitrace "go.opentelemetry.io/otel/trace"

	"github.com/lbkit/lbkit/examples/internal/account"
	"github.com/lbkit/lbkit/lb"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Stdout, os.Args[1:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "otel:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, args []string) (err error) {
	set := flag.NewFlagSet("otel", flag.ContinueOnError)
	flags := account.Register(set)
	if err := set.Parse(args); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()

	exporter, reader := tracetest.NewInMemoryExporter(), metric.NewManualReader()
	traces := trace.NewTracerProvider(trace.WithSyncer(exporter))
	meters := metric.NewMeterProvider(metric.WithReader(reader))
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second) // an exporter may be out of reach
		defer cancel()
		err = errors.Join(err, traces.Shutdown(ctx), meters.Shutdown(ctx))
	}()
	observer, err := newObserver(traces, meters)
	if err != nil {
		return err
	}

	flags.Observe = observer.attempt // ovh.NewClient(…, ovh.WithObserver(observer.attempt))
	a, err := account.Open(ctx, flags)
	if err != nil {
		return err
	}
	defer a.Close()
	a.FailOnce(http.MethodGet)
	if err := work(ctx, traces.Tracer("shop"), a, a.LoadBalancer); err != nil {
		return err
	}
	printSpans(out, exporter.GetSpans())
	return printMetrics(ctx, out, reader)
}

// work is the program: a span of its own around what it does with the load balancer.
func work(ctx context.Context, tracer apitrace.Tracer, p lb.Provider, id lb.LoadBalancerID) error {
	ctx, span := tracer.Start(ctx, "inventory")
	defer span.End()
	for backend, err := range p.Backends().List(ctx, id, lb.ListOptions{}) {
		if err != nil {
			return err
		}
		if _, err := lb.Collect(p.Servers().List(ctx, backend.ID, lb.ListOptions{})); err != nil {
			return err
		}
	}
	return nil
}
