package document_test

import (
	"context"
	"fmt"
	"iter"
	"net/netip"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/dialect"
	"github.com/lbkit/lbkit/lb/document"
)

// single is a store of one load balancer, which nobody else changes.
type single struct{ is lb.LoadBalancer }

func (s *single) Read(_ context.Context, key string) (*document.Document, error) {
	if key != string(s.is.ID) {
		return nil, lb.ErrNotFound
	}
	b := s.is
	return &document.Document{Version: b.Name, Tree: lb.Tree{LoadBalancer: &b}}, nil
}

func (s *single) List(ctx context.Context) iter.Seq2[*document.Document, error] {
	return func(yield func(*document.Document, error) bool) { yield(s.Read(ctx, string(s.is.ID))) }
}

func (s *single) Write(ctx context.Context, d *document.Document) (*document.Document, error) {
	s.is = *d.LoadBalancer
	return s.Read(ctx, string(s.is.ID))
}

// A provider of load balancers that have a name, and nothing else.
func ExampleNew() {
	yes := lb.Support{Supported: true}
	rules := dialect.Rules{Capabilities: lb.Capabilities{Provider: "tiny", Features: map[lb.Feature]lb.Support{
		"loadbalancers.list": yes, "loadbalancers.get": yes, "loadbalancers.update": yes,
		"loadbalancer.name": yes, "loadbalancer.name.update": yes,
	}}}
	p := document.New(rules, &single{lb.LoadBalancer{ID: "b1", LoadBalancerSpec: lb.LoadBalancerSpec{Name: "shop"}}})

	ctx := context.Background()
	for b, err := range p.LoadBalancers().List(ctx, lb.LoadBalancerListOptions{}) {
		fmt.Println(b.ID, b.Name, err)
	}
	b, err := p.LoadBalancers().Update(ctx, "tiny/b1", func(s *lb.LoadBalancerSpec) error {
		s.Name = "store"
		return nil
	})
	fmt.Println(b.ID, b.Name, err)
	_, err = p.LoadBalancers().Update(ctx, "tiny/b1", func(s *lb.LoadBalancerSpec) error {
		s.Tags = []string{"blue"}
		return nil
	})
	fmt.Println(err)
	// Output:
	// tiny/b1 shop <nil>
	// tiny/b1 store <nil>
	// tiny: tags: [blue] is unsupported: this provider has no such setting (feature loadbalancer.tags)
}

func ExampleServerKey() {
	address := netip.MustParseAddr("10.0.0.4")
	fmt.Println(document.ServerKey(lb.ServerSpec{Address: address}))
	fmt.Println(document.ServerKey(lb.ServerSpec{Address: address, Port: 8080}))
	// Output:
	// 10.0.0.4
	// 10.0.0.4:8080
}
