package topology

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/lbkit/lbkit/internal/codes"
	"github.com/lbkit/lbkit/lb"
)

// live is a load balancer as one Read brought it, in a stable order.
type live struct {
	*lb.Tree
	missing lb.Problems // the resources that there are and Read could not bring
}

// readTree reads a load balancer. That Read names things that it has no words for, beside
// what it could read, is no error here.
func readTree(ctx context.Context, p lb.Provider, id lb.LoadBalancerID) (tree *lb.Tree, missing lb.Problems, err error) {
	tree, err = p.LoadBalancers().Read(ctx, id)
	if tree == nil {
		return nil, nil, cmp.Or(err, error(&lb.Error{
			Code: lb.ErrUnavailable, Provider: p.Name(), Op: "loadbalancers.read", Kind: lb.KindLoadBalancer, ID: string(id), Message: "there is no answer",
		}))
	}
	missing = codes.Problems(err)
	for _, problem := range missing {
		if !errors.Is(problem, lb.ErrUnsupported) {
			return nil, nil, err
		}
	}
	return tree, missing, nil
}

// readLive reads a load balancer, and sorts what is in it.
func readLive(ctx context.Context, p lb.Provider, id lb.LoadBalancerID) (*live, error) {
	tree, missing, err := readTree(ctx, p, id)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(missing, func(a, b error) int { return cmp.Compare(a.Error(), b.Error()) })
	sorted := *tree
	sorted.Certificates, sorted.Backends, sorted.Frontends = slices.Clone(tree.Certificates), slices.Clone(tree.Backends), slices.Clone(tree.Frontends)
	slices.SortStableFunc(sorted.Certificates, func(a, b *lb.Certificate) int {
		return compareObjects(a.Name, b.Name, time.Time{}, time.Time{}, a.ID, b.ID)
	})
	slices.SortStableFunc(sorted.Backends, func(a, b *lb.Backend) int { return compareObjects(a.Name, b.Name, a.Created, b.Created, a.ID, b.ID) })
	slices.SortStableFunc(sorted.Frontends, func(a, b lb.FrontendTree) int {
		return compareObjects(a.Name, b.Name, a.Created, b.Created, a.ID, b.ID)
	})
	return &live{Tree: &sorted, missing: missing}, nil
}

// unread is what there is that a topology does not say, since it was not read.
func (l *live) unread() lb.Problems { return slices.Concat(l.missing, l.Unread) }

// compareObjects sorts by name, and what has the same one by age: as the provider says
// it, or as far as IDs tell, where those that end in a number count.
func compareObjects[ID ~string](aName, bName string, aCreated, bCreated time.Time, a, b ID) int {
	return cmp.Or(cmp.Compare(aName, bName), aCreated.Compare(bCreated), cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
}

// servers are the specs of a backend's servers, by endpoint.
func servers(b *lb.Backend) []lb.ServerSpec {
	specs := make([]lb.ServerSpec, len(b.Servers))
	for i, server := range b.Servers {
		specs[i] = server.ServerSpec
	}
	slices.SortStableFunc(specs, func(a, c lb.ServerSpec) int {
		x, y := endpointOf(a, b.Port), endpointOf(c, b.Port)
		return cmp.Or(x.address.Compare(y.address), cmp.Compare(x.port, y.port))
	})
	return specs
}

func filterSpecs(f lb.FrontendTree) []lb.FilterSpec {
	specs := make([]lb.FilterSpec, len(f.Filters))
	for i, filter := range f.Filters {
		specs[i] = filter.FilterSpec
	}
	return specs
}

func routeSpecs(f lb.FrontendTree) []lb.RouteSpec {
	specs := make([]lb.RouteSpec, len(f.Routes))
	for i, route := range f.Routes {
		specs[i] = route.RouteSpec
	}
	return specs
}

// digest is what tells two states of a load balancer apart: all that a topology can
// say, with the IDs. What changes by itself has no part in it: states, times, and what is
// in a certificate, which providers tell late and renew. One that was ordered comes by
// itself too: among those that are not known, only certificates of one's own count.
func (l *live) digest(known []*lb.Certificate) string {
	sum := sha256.New()
	encoder := json.NewEncoder(sum)
	put := func(values ...any) {
		for _, value := range values {
			if err := encoder.Encode(value); err != nil { // an extension that cannot be written
				_, _ = fmt.Fprintf(sum, "%T: %v\n", value, err)
			}
		}
	}
	put(l.LoadBalancer.LoadBalancerSpec)
	for _, c := range l.Certificates {
		if c.Source == lb.CertificateManaged && !slices.ContainsFunc(known, func(k *lb.Certificate) bool { return k.ID == c.ID }) {
			continue
		}
		put("certificate", c.ID, c.Name, c.Source)
	}
	for _, b := range l.Backends {
		put("backend", b.ID, b.BackendSpec, servers(b))
	}
	for _, f := range l.Frontends {
		put("frontend", f.ID, f.FrontendSpec, filterSpecs(f), routeSpecs(f))
	}
	for _, problem := range l.unread() {
		_, _ = io.WriteString(sum, problem.Error())
	}
	return fmt.Sprintf("%x", sum.Sum(nil))
}
