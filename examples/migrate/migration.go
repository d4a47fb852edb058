package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/lbkit/lbkit/examples/internal/account"
	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/topology"
)

// migration takes load balancers from one cloud to another.
type migration struct {
	out      io.Writer
	material func(c *topology.Certificate) error // sets PEM and Key: keys never come back
	agreed   func() bool
}

// move makes one load balancer what another one is, as far as its cloud can. It returns what
// the one is, and what became of the other where that was agreed.
func (m *migration) move(ctx context.Context, from, to *account.Account) (source, moved *topology.Spec, err error) {
	fmt.Fprintf(m.out, "== From %s to %s ==\n", from.Name(), to.Name())
	source, err = topology.Export(ctx, from, from.LoadBalancer)
	if source == nil {
		return nil, nil, err
	}
	if err != nil { // of what a topology cannot say
		fmt.Fprintf(m.out, "Not carried over, since there are no words for it:\n%v\n", err)
	}
	want := source.Portable()
	m.names(source, want)
	if err := m.fit(want, to); err != nil {
		return nil, nil, err
	}
	for i := range want.Certificates {
		if err := m.material(&want.Certificates[i]); err != nil {
			return nil, nil, fmt.Errorf("certificate %s: %w", want.Certificates[i].Name, err)
		}
	}

	plan, err := topology.NewPlan(ctx, to, to.LoadBalancer, want, topology.Prune())
	if err != nil {
		return nil, nil, err
	}
	fmt.Fprintf(m.out, "Plan: %d steps, about %d requests\n", len(plan.Steps), plan.Requests)
	for _, step := range plan.Steps {
		fmt.Fprintf(m.out, "  %s %s %q\n", step.Action, step.Kind, cmp.Or(step.Name, step.ID))
	}
	for _, note := range plan.Notes { // what is left out without being refused, and what costs money
		fmt.Fprintf(m.out, "  note: %s\n", note)
	}
	if !m.agreed() {
		return source, nil, nil
	}
	if _, err := plan.Apply(ctx, to); err != nil {
		return nil, nil, err
	}
	fmt.Fprintln(m.out, "Applied, and live")
	moved, err = topology.Export(ctx, to, to.LoadBalancer)
	if err != nil {
		return nil, nil, err
	}
	return source, moved, m.decidesAlike(source, moved)
}

// names says what Portable has called the things that had no name of their own.
func (m *migration) names(before, after *topology.Spec) {
	say := func(kind lb.Kind, was, is string) {
		if was != is {
			fmt.Fprintf(m.out, "A %s that was called %q is %q from here on\n", kind, was, is)
		}
	}
	for i := range before.Backends {
		say(lb.KindBackend, before.Backends[i].Name, after.Backends[i].Name)
	}
	for i := range before.Frontends {
		say(lb.KindFrontend, before.Frontends[i].Name, after.Frontends[i].Name)
	}
	for i := range before.Certificates {
		say(lb.KindCertificate, before.Certificates[i].Name, after.Certificates[i].Name)
	}
}

// fit changes want until its new home takes it, and says each change. What no decision
// covers is for a person to decide.
func (m *migration) fit(want *topology.Spec, to lb.Provider) error {
	m.within(want, to.Capabilities().Limits)
	for {
		err := want.Check(to)
		if err == nil {
			return nil
		}
		decided := false
		for _, lack := range lacking(err) {
			fmt.Fprintf(m.out, "%s, %d times: %s\n", lack.Feature, lack.times, lack.Reason)
			decision, known := decisions[lack.Feature]
			if !known {
				fmt.Fprintf(m.out, "  nobody has decided about that; the cloud's hint: %s\n", lack.Hint)
				continue
			}
			fmt.Fprintf(m.out, "  %s\n", decision.says)
			decision.change(want)
			decided = true
		}
		if !decided {
			return fmt.Errorf("%s cannot be what %s was:\n%w", to.Name(), want.LoadBalancer.Name, err)
		}
	}
}

// within keeps the interval of checks within the limits of the new home.
func (m *migration) within(want *topology.Spec, limits lb.Limits) {
	for _, b := range want.Backends {
		if b.HealthCheck != nil && b.HealthCheck.Interval != 0 && b.HealthCheck.Interval < limits.MinCheckInterval {
			fmt.Fprintf(m.out, "Backend %s is checked every %v, no more every %v\n", b.Name, limits.MinCheckInterval, b.HealthCheck.Interval)
			b.HealthCheck.Interval = limits.MinCheckInterval
		}
	}
}

// lack is a feature that the new home lacks.
type lack struct {
	*lb.UnsupportedError     // at the first place
	times                int // that it is asked for
}

// lacking are the features that a Check found lacking, in the order of the topology.
func lacking(err error) []*lack {
	var problems lb.Problems
	errors.As(err, &problems)
	var all []*lack
	seen := map[lb.Feature]*lack{}
	for _, problem := range problems {
		var lacks *lb.UnsupportedError
		if !errors.As(problem, &lacks) {
			continue
		}
		if seen[lacks.Feature] == nil {
			seen[lacks.Feature] = &lack{UnsupportedError: lacks}
			all = append(all, seen[lacks.Feature])
		}
		seen[lacks.Feature].times++
	}
	return all
}

// fromFolder reads the material of certificates by their names.
func fromFolder(folder string) func(*topology.Certificate) error {
	return func(c *topology.Certificate) error {
		files, err := os.OpenRoot(folder)
		if err != nil {
			return err
		}
		defer func() { _ = files.Close() }()
		with := topology.Certificate{PEMFile: c.Name + ".pem", KeyFile: c.Name + ".key"}
		one := &topology.Spec{Certificates: []topology.Certificate{with}}
		if err := one.ReadFiles(files.FS()); err != nil {
			return err
		}
		upload(c, one.Certificates[0].PEM, one.Certificates[0].Key)
		return nil
	}
}

// selfSigned makes material, for loopback.
func selfSigned(c *topology.Certificate) error {
	chain, key, err := account.SelfSigned(90*24*time.Hour, "shop.example", "www.shop.example")
	if err != nil {
		return err
	}
	upload(c, chain, key)
	return nil
}

// upload has a certificate uploaded in the place of one that was found by its fingerprint,
// or ordered: an order succeeds where the domains lead already, and they do not yet.
func upload(c *topology.Certificate, chain string, key lb.Secret) {
	c.Fingerprint, c.Domains, c.PEM, c.Key = "", nil, chain, key
}
