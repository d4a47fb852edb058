package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/schollz/progressbar/v3"

	"github.com/lbkit/lbkit/examples/internal/terminal"
	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/topology"
)

// carryOut applies a plan, shows how far it is, and says what to do if it fails.
func carryOut(ctx context.Context, out io.Writer, p lb.Provider, plan *topology.Plan) error {
	report := lines(out)
	if terminal.IsTerminal(out) {
		report = bar(out, len(plan.Steps))
	}
	result, err := plan.Apply(ctx, p, topology.WithStepProgress(report))
	if errors.Is(err, lb.ErrConflict) {
		return fmt.Errorf("somebody else has changed the load balancer meanwhile, run this again: %w", err)
	}
	if err != nil {
		if result == nil || len(result.Applied) == 0 {
			return err
		}
		// Nothing that was written is live where the provider stages it; a second run does
		// the rest, and makes nothing twice.
		return fmt.Errorf("%d of %d steps are done, run this again for the rest: %w", len(result.Applied), len(plan.Steps), err)
	}
	fmt.Fprintf(out, "Done: %d steps, all of it live\n", len(result.Applied))
	return nil
}

// publishing follows the last step: Apply returns when all of it is live.
const publishing = "Publishing"

// lines reports by a line for each step.
func lines(out io.Writer) func(topology.StepProgress) {
	return func(s topology.StepProgress) {
		if s.Err != nil {
			return // Apply returns it, too
		}
		fmt.Fprintf(out, "%d/%d %s\n", s.Step, s.Steps, title(s.Current))
		if s.Step == s.Steps {
			fmt.Fprintln(out, publishing)
		}
	}
}

// bar reports by a progress bar with the latest step beside it.
func bar(out io.Writer, steps int) func(topology.StepProgress) {
	b := progressbar.NewOptions(steps, progressbar.OptionSetWriter(out), progressbar.OptionShowCount(),
		progressbar.OptionSetWidth(30), progressbar.OptionOnCompletion(func() { fmt.Fprint(out, "\n", publishing, "\n") }))
	return func(s topology.StepProgress) {
		b.Describe(title(s.Current))
		if s.Err != nil {
			_ = b.Exit() // leaves the bar as it stands; what it is drawn on is out's concern
			return
		}
		_ = b.Set(s.Step)
	}
}

// title is a step in a few words: "create backend images", "set servers of blue".
func title(s topology.Step) string {
	name := s.Name
	if name == "" {
		name = s.ID
	}
	if s.Action == topology.ActionSet {
		return fmt.Sprintf("set %ss of %s", s.Kind, name)
	}
	return fmt.Sprintf("%s %s %s", s.Action, s.Kind, name)
}
