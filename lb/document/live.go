package document

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/lbkit/lbkit/internal/codes"
	"github.com/lbkit/lbkit/internal/fit"
	"github.com/lbkit/lbkit/lb"
)

// What is there already passes as it is, whatever the rules think of it: it may be older than
// they are, or made by somebody else.

// fits refuses settings of a frontend that do not go with its filters and routes, or with
// what else there is, where those that it had before did.
func (c call) fits(d *Document, f *lb.FrontendTree, before lb.FrontendSpec) error {
	had := misfits(&d.Tree, f, before)
	for _, now := range misfits(&d.Tree, f, f.FrontendSpec) {
		if !slices.Contains(had, now) {
			return c.misfit(&now)
		}
	}
	others := slices.DeleteFunc(slices.Clone(d.Frontends), func(other lb.FrontendTree) bool { return other.ID == f.ID })
	added := f.FrontendSpec
	added.DefaultBackend, added.Certificates, added.Ports = "", nil, without(added.Ports, before.Ports)
	if err := c.misfit(fit.Frontend(&lb.Tree{Frontends: others}, f.ID, added)); err != nil {
		return err // another port of a frontend that it has met before
	}
	filters := func(spec lb.FrontendSpec) error { return second(c.p.rules.Filters(spec, specs(f.Filters, filterSpec))) }
	if err := codes.Fresh(filters(before), filters(f.FrontendSpec), nil).Err(); err != nil {
		return err
	}
	routes := func(spec lb.FrontendSpec) error { return second(c.p.rules.Routes(spec, specs(f.Routes, routeSpec))) }
	return codes.Fresh(routes(before), routes(f.FrontendSpec), nil).Err()
}

func second[T any](_ T, err error) error { return err }

// misfits are all that fit.Frontend, which tells the first, says of a frontend with these
// settings: it is asked about each thing alone.
func misfits(t *lb.Tree, f *lb.FrontendTree, spec lb.FrontendSpec) []lb.FieldError {
	var all []lb.FieldError
	look := func(spec lb.FrontendSpec, frontends ...lb.FrontendTree) {
		tree := &lb.Tree{Backends: t.Backends, Certificates: t.Certificates, Frontends: frontends}
		if field := fit.Frontend(tree, f.ID, spec); field != nil {
			all = append(all, *field)
		}
	}
	look(lb.FrontendSpec{Protocol: spec.Protocol, DefaultBackend: spec.DefaultBackend})
	for _, id := range spec.Certificates {
		look(lb.FrontendSpec{Certificates: []lb.CertificateID{id}})
	}
	spec.DefaultBackend, spec.Certificates = "", nil
	for _, route := range f.Routes {
		look(spec, lb.FrontendTree{Frontend: f.Frontend, Routes: []*lb.Route{route}})
	}
	for _, other := range t.Frontends {
		if other.ID != f.ID {
			look(spec, other)
		}
	}
	return all
}

// without are the ports that are not among others.
func without(ports, others []lb.PortRange) []lb.PortRange {
	for _, other := range others {
		var left []lb.PortRange
		for _, p := range ports {
			if p.From < other.From {
				left = append(left, lb.PortRange{From: p.From, To: min(p.To, other.From-1)})
			}
			if p.To > other.To {
				left = append(left, lb.PortRange{From: max(p.From, other.To+1), To: p.To})
			}
		}
		ports = left
	}
	return ports
}

// settled is the canonical form of the rules that are wanted of a frontend, but for those
// that are there already: each of these lets one pass that is wanted just so, with what was
// wrong with it before.
func (r rules[S, T]) settled(frontend lb.FrontendSpec, live, wanted []S) ([]S, error) {
	at := r.claim(live, wanted)
	if len(live) == len(wanted) && slices.IsSorted(at) && !slices.Contains(at, -1) {
		return live, nil
	}
	canonical, err := r.canonical(frontend, wanted)
	if err == nil {
		return canonical, nil
	}
	_, known := r.canonical(frontend, live)
	left := slices.DeleteFunc(codes.Problems(err), func(problem error) bool {
		path, passes := r.before(codes.Path(problem), at)
		return passes && slices.ContainsFunc(codes.Problems(known), func(p error) bool { return codes.Path(p) == path })
	})
	if err := left.Err(); err != nil {
		return nil, err
	}
	var made []S
	for i, spec := range wanted {
		if at[i] < 0 {
			made = append(made, spec)
		}
	}
	if made, err = r.canonical(frontend, made); err != nil {
		return nil, err
	}
	out := make([]S, len(wanted))
	for i := range out {
		if at[i] >= 0 {
			out[i] = live[at[i]]
		} else {
			out[i], made = made[0], made[1:]
		}
	}
	return out, nil
}

// claim finds for each of the wanted rules the one that is there just so, or -1; none is
// found twice.
func (r rules[S, T]) claim(live, wanted []S) []int {
	at, free := make([]int, len(wanted)), make([]bool, len(live))
	for i, spec := range wanted {
		at[i] = -1
		for j, has := range live {
			if !free[j] && lb.Equal(r.own(has), r.own(spec)) {
				at[i], free[j] = j, true
				break
			}
		}
	}
	return at
}

// before is the path of a problem with one of the wanted rules, "filters[1].status", as it
// is of the rule that is there, and whether there is one. What is wrong with all together
// was so where all of them are there.
func (r rules[S, T]) before(path string, at []int) (string, bool) {
	rest, ok := strings.CutPrefix(path, r.word+"[")
	number, rest, _ := strings.Cut(rest, "]")
	i, err := strconv.Atoi(number)
	if !ok || err != nil || i >= len(at) {
		return path, !slices.Contains(at, -1)
	}
	return fmt.Sprintf("%s[%d]%s", r.word, at[i], rest), at[i] >= 0
}

// own leaves out extensions of other providers, which have no part in what is kept.
func (p *Provider) own(all lb.Extensions) lb.Extensions {
	for _, provider := range all.Providers() {
		if provider != p.Name() {
			all = all.Without(provider)
		}
	}
	return all
}
