package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/topology"
)

// roundFor bounds one round: what hangs is tried again in the next.
const roundFor = 10 * time.Minute

// longest is the longest pause after rounds that have failed.
const longest = 5 * time.Minute

// controller keeps a load balancer as it is to be.
type controller struct {
	lb.Provider
	id    lb.LoadBalancerID
	want  *topology.Spec
	plan  []topology.PlanOption
	every time.Duration
	log   *slog.Logger
	dry   bool // says what it would do

	// settled is called, where it is set, after each round that finds nothing to do, with
	// how many those are. It says whether to go on.
	settled func(ctx context.Context, rounds int) (more bool, err error)
}

// loop goes from round to round until ctx ends, which is no error.
func (c *controller) loop(ctx context.Context) error {
	pause, quiet := c.every, 0
	for ctx.Err() == nil {
		changed, err := c.round(ctx)
		switch {
		case ctx.Err() != nil: // however far the round has come, the next start goes on
		case err != nil && !passes(err):
			return err
		case err != nil:
			pause = max(min(2*pause, max(longest, c.every)), askedFor(err))
			c.log.Warn("round failed", "err", err, "againIn", pause.String())
		case !changed && c.settled != nil:
			quiet++
			if more, err := c.settled(ctx, quiet); err != nil || !more {
				return err
			}
			fallthrough
		default:
			pause = c.every
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
	c.log.Info("stopping")
	return nil
}

// passes reports whether trying again may help: not with what the provider refuses, nor
// with credentials that it does not take.
func passes(err error) bool {
	for _, final := range []error{lb.ErrInvalid, lb.ErrUnsupported, lb.ErrAmbiguous, lb.ErrUnauthorized, lb.ErrForbidden, lb.ErrExpired} {
		if errors.Is(err, final) {
			return false
		}
	}
	return true
}

// askedFor is the pause that the provider asks for.
func askedFor(err error) time.Duration {
	var known *lb.Error
	if errors.As(err, &known) {
		return known.RetryAfter
	}
	return 0
}

// round plans, and applies what there is to do. Each round starts from what is there: a
// round that was interrupted, or came too late, needs no tidying up.
func (c *controller) round(ctx context.Context) (changed bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, roundFor)
	defer cancel()
	plan, err := topology.NewPlan(ctx, c, c.id, c.want, c.plan...)
	if err != nil {
		return false, err
	}
	if plan.Empty() {
		c.log.Info("nothing to do")
		// Nothing to write, but what an interrupted round has written may not be live yet.
		_, err := lb.Publish(ctx, c, c.id)
		return false, err
	}
	for _, step := range plan.Steps {
		for _, change := range step.Changes {
			c.log.Info("planned", "action", step.Action, "kind", step.Kind, "name", step.Name, "change", change)
		}
	}
	if c.dry {
		return true, nil
	}
	result, err := plan.Apply(ctx, c, topology.WithStepProgress(func(s topology.StepProgress) {
		if s.Err == nil {
			c.log.Info("done", "action", s.Current.Action, "kind", s.Current.Kind, "name", s.Current.Name, "step", s.Step, "of", s.Steps)
		}
	}))
	if err != nil {
		return true, err
	}
	c.log.Info("applied", "steps", len(result.Applied), "published", result.Published.Status)
	return true, nil
}
