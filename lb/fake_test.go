package lb_test

import (
	"context"
	"errors"
	"iter"
	"testing"
	"time"

	"github.com/lbkit/lbkit/lb"
)

// script answers the calls of one method, one after the other; the last answer repeats.
type script[T any] struct {
	answers []answer[T]
	ids     []string    // that the calls were about
	at      []time.Time // when they came
}

type answer[T any] struct {
	value T
	err   error
	takes time.Duration // how long it is in coming, unless the context ends before
}

func (s *script[T]) next(ctx context.Context, id string) (T, error) {
	a := s.answers[min(len(s.ids), len(s.answers)-1)]
	s.ids, s.at = append(s.ids, id), append(s.at, time.Now())
	if a.takes > 0 {
		select {
		case <-ctx.Done():
			var none T
			return none, &lb.Error{Code: lb.ErrUnavailable, RequestID: "cut", Err: ctx.Err()}
		case <-time.After(a.takes):
		}
	}
	return a.value, a.err
}

// pauses are the times between the calls.
func (s *script[T]) pauses() []time.Duration {
	var pauses []time.Duration
	for i := 1; i < len(s.at); i++ {
		pauses = append(pauses, s.at[i].Sub(s.at[i-1]))
	}
	return pauses
}

// fake is a provider that answers as scripted, and ErrUnsupported to everything else.
type fake struct {
	lb.UnimplementedProvider
	balancers    script[*lb.LoadBalancer]
	commits      script[*lb.Operation]
	certificates script[*lb.Certificate]
	operations   script[*lb.Operation]
	health       script[[]*lb.ServerHealth]
}

func newFake() *fake {
	return &fake{UnimplementedProvider: lb.UnimplementedProvider{ProviderName: "fake"}}
}

func (f *fake) LoadBalancers() lb.LoadBalancers { return fakeLoadBalancers{fake: f} }
func (f *fake) Backends() lb.Backends           { return fakeBackends{fake: f} }
func (f *fake) Certificates() lb.Certificates   { return fakeCertificates{fake: f} }
func (f *fake) Operations() lb.Operations       { return fakeOperations{fake: f} }

type fakeLoadBalancers struct {
	lb.UnimplementedLoadBalancers
	fake *fake
}

func (f fakeLoadBalancers) Get(ctx context.Context, id lb.LoadBalancerID) (*lb.LoadBalancer, error) {
	return f.fake.balancers.next(ctx, string(id))
}

func (f fakeLoadBalancers) Commit(ctx context.Context, id lb.LoadBalancerID, opts lb.CommitOptions) (*lb.Operation, error) {
	return f.fake.commits.next(ctx, string(id)+opts.Zone)
}

type fakeBackends struct {
	lb.UnimplementedBackends
	fake *fake
}

func (f fakeBackends) Health(ctx context.Context, id lb.BackendID, _ lb.PageOptions) iter.Seq2[*lb.ServerHealth, error] {
	return func(yield func(*lb.ServerHealth, error) bool) {
		reports, err := f.fake.health.next(ctx, string(id))
		for _, report := range reports {
			if !yield(report, nil) {
				return
			}
		}
		if err != nil {
			yield(nil, err)
		}
	}
}

type fakeCertificates struct {
	lb.UnimplementedCertificates
	fake *fake
}

func (f fakeCertificates) Get(ctx context.Context, id lb.CertificateID) (*lb.Certificate, error) {
	return f.fake.certificates.next(ctx, string(id))
}

type fakeOperations struct {
	lb.UnimplementedOperations
	fake *fake
}

func (f fakeOperations) Get(ctx context.Context, id lb.OperationID) (*lb.Operation, error) {
	return f.fake.operations.next(ctx, string(id))
}

// balancers are answers with load balancers in these states.
func balancers(states ...lb.Provisioning) []answer[*lb.LoadBalancer] {
	var answers []answer[*lb.LoadBalancer]
	for _, state := range states {
		answers = append(answers, answer[*lb.LoadBalancer]{value: &lb.LoadBalancer{ID: "lb-1", Provisioning: state}})
	}
	return answers
}

// operations are answers with an operation in these states.
func operations(id lb.OperationID, states ...lb.OperationStatus) []answer[*lb.Operation] {
	var answers []answer[*lb.Operation]
	for _, state := range states {
		answers = append(answers, answer[*lb.Operation]{value: &lb.Operation{ID: id, Status: state, Progress: -1}})
	}
	return answers
}

// failing is an answer that is an error.
func failing[T any](err error) answer[T] { return answer[T]{err: err} }

// isVery tells whether err is want itself, not merely like it.
func isVery(err error, want *lb.Error) bool {
	got, ok := errors.AsType[*lb.Error](err)
	return ok && got == want && err.Error() == want.Error()
}

// every pauses exactly so long between polls.
func every(d time.Duration) lb.WaitOption { return lb.WithPoll(d, d) }

// progressOf collects what is reported.
func progressOf(reports *[]lb.Progress) lb.WaitOption {
	return lb.WithProgress(func(p lb.Progress) { *reports = append(*reports, p) })
}

// ending is a context that ends after d.
func ending(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}
