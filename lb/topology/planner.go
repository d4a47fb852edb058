package topology

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/lbkit/lbkit/internal/codes"
	"github.com/lbkit/lbkit/internal/fit"
	"github.com/lbkit/lbkit/lb"
)

// planner makes a plan. It matches the entries of a topology with what is live,
// compares each pair, and sorts what is to be done by phase.
type planner struct {
	provider     lb.Provider
	name         string // the provider's
	capabilities lb.Capabilities
	dialect      lb.Dialect
	id           lb.LoadBalancerID
	want         *Spec
	live         *live
	exported     *Spec  // live
	unsaid       unsaid // of exported
	options      planOptions
	refs         references // of want
	shown        liveNames

	certificates []*certificateNode
	backends     []*backendNode
	frontends    []*frontendNode

	problems lb.Problems
	doubts   lb.Problems // what a Dialect refused
	unnamed  map[lb.Kind]int
	excused  map[string]bool // entries of want, by path, that pass as they are live
	changed  map[string]bool // those that a step is about
	tight    bool            // see isTight
	steps    []Step
	tasks    [phases][]task
	requests int
	notes    []string
}

// phase orders tasks: what comes to be before what refers to it, and what goes after
// what referred to it.
type phase int

const (
	phaseLoadBalancer phase = iota
	phaseCertificates
	phaseBackends
	phaseFrontends
	phaseRoom // what makes room for the filters and routes of others
	phaseFilters
	phaseRoutes
	phaseEnable
	phaseRemoveFrontends
	phaseRemoveBackends
	phaseRemoveCertificates
	phases
)

// task is a part of a step. A step without tasks left is done.
type task struct {
	step int // index into the steps; noStep: of none
	run  func(ctx context.Context, a *application) error
}

const noStep = -1

func newPlanner(p lb.Provider, id lb.LoadBalancerID, want *Spec, l *live, o planOptions) *planner {
	exported := l.export()
	return &planner{
		provider: p, name: p.Name(), capabilities: p.Capabilities(), dialect: p.Dialect(), id: id,
		want: want, live: l, exported: exported, unsaid: unsayable(p, exported), options: o,
		refs: want.references(), shown: l.references(), excused: map[string]bool{}, changed: map[string]bool{}, unnamed: map[lb.Kind]int{},
	}
}

func (b *planner) plan() {
	b.matchCertificates()
	b.matchBackends()
	b.matchFrontends()
	b.planLoadBalancer()
	b.planCertificates()
	b.planBackends()
	b.planFrontends()
	b.planRemovals()
	b.note()
}

// result is the finished plan.
func (b *planner) result() *Plan {
	steps, tasks := b.inOrder()
	plan := &Plan{
		Provider: b.name, LoadBalancer: b.id, Steps: slices.Clone(steps), Notes: b.notes,
		prepared: &preparation{certificates: b.live.Certificates, digest: b.live.digest(b.live.Certificates), steps: steps, tasks: tasks},
	}
	if len(steps) > 0 {
		plan.Requests = b.requests + 1 // to publish
		plan.prepared.dead = b.bare()
	}
	if dead := plan.prepared.dead; dead != nil {
		plan.Notes = append(plan.Notes, fmt.Sprintf("nothing of it can become live, and Apply refuses it but with WithoutPublish: %v", dead))
	}
	return plan
}

// bare is why what is written cannot be published, if so: no frontend is left. What could
// not be read may be one, and settings of the load balancer itself, such as OVHcloud's
// name, may be live without.
func (b *planner) bare() error {
	hint, refused := lacks(b.capabilities, featureBareCommit)
	within := func(s Step) bool { return s.Kind != lb.KindLoadBalancer }
	left := func(n *frontendNode) bool { return n.want != nil || !b.removable(n) }
	if !refused || len(b.live.missing) > 0 || !slices.ContainsFunc(b.steps, within) || slices.ContainsFunc(b.frontends, left) {
		return nil
	}
	return &lb.UnsupportedError{
		Provider: b.name, Feature: featureBareCommit, Path: "frontends", Reason: "the load balancer would have none", Hint: hint,
	}
}

// inOrder are the tasks, and the steps as they begin.
func (b *planner) inOrder() (steps []Step, tasks []task) {
	places := map[int]int{noStep: noStep}
	for _, t := range slices.Concat(b.tasks[:]...) {
		place, begun := places[t.step]
		if !begun {
			place = len(steps)
			places[t.step], steps = place, append(steps, b.steps[t.step])
		}
		tasks = append(tasks, task{step: place, run: t.run})
	}
	return steps, tasks
}

// refusal is why there is no plan: what Check says against entries that are not live
// as they are, and what was found besides. Where nothing is to be done, what is live
// passes, whatever it is.
func (b *planner) refusal() error {
	if len(b.steps)+len(b.problems)+len(b.doubts) == 0 {
		return nil
	}
	var staying []*lb.FrontendTree
	for _, n := range b.frontends {
		if n.want == nil && !b.removable(n) {
			staying = append(staying, n.live)
		}
	}
	c := b.want.check(b.provider, staying...)
	var problems lb.Problems
	for i, problem := range c.problems {
		if !b.excuses(problem, c.spans[i]) {
			problems = append(problems, problem)
		}
	}
	if len(problems) == 0 {
		problems = b.doubts
	}
	return append(problems, b.problems...).Err()
}

// excuses tells whether every path of a problem is of an entry that passes. One that
// several entries make together is live only where none of them changes.
func (b *planner) excuses(problem error, entries []string) bool {
	var lacks *lb.UnsupportedError
	if errors.As(problem, &lacks) && lacks.Feature == featureOrderedName {
		return true // it is renamed once it is there
	}
	if slices.ContainsFunc(entries, func(entry string) bool { return !b.excused[entry] || b.changed[entry] }) {
		return false
	}
	paths := problemPaths(problem)
	return len(paths) > 0 && !slices.ContainsFunc(paths, func(path string) bool { return !b.excused[pathPrefix(path)] })
}

// pathPrefix is the entry that a path is in: "backends[3]", "loadBalancer".
func pathPrefix(path string) string {
	if i := strings.IndexByte(path, ']'); i >= 0 {
		return path[:i+1]
	}
	prefix, _, _ := strings.Cut(path, ".")
	return prefix
}

// invalid is a problem that no Dialect sees.
func (b *planner) invalid(code error, kind lb.Kind, id, path, format string, args ...any) {
	b.problems = append(b.problems, &lb.Error{
		Code: code, Provider: b.name, Op: "topology.plan", Kind: kind, ID: id,
		Fields: []lb.FieldError{{Path: path, Reason: fmt.Sprintf(format, args...)}},
	})
}

// needs tells whether the provider has a feature, which is a problem where it does not.
func (b *planner) needs(feature lb.Feature, path, format string, args ...any) bool {
	support := b.capabilities.Features[feature]
	if !support.Supported {
		b.problems = append(b.problems, &lb.UnsupportedError{
			Provider: b.name, Feature: feature, Path: path, Reason: fmt.Sprintf(format, args...), Hint: support.Hint,
		})
	}
	return support.Supported
}

// refused takes a Dialect's problems with the entry at a path. Check has them too, but
// for what it lets pass.
func (b *planner) refused(at string, err error) {
	for _, problem := range codes.Problems(err) {
		b.doubts = append(b.doubts, withPath(at, problem))
	}
}

// step adds a step to the plan and returns its index for tasks.
func (b *planner) step(s Step) int {
	b.steps = append(b.steps, s)
	return len(b.steps) - 1
}

// stepOf adds a step about the entry at a path.
func (b *planner) stepOf(path string, s Step) int {
	b.changed[path] = true
	return b.step(s)
}

func (b *planner) do(p phase, step int, run func(ctx context.Context, a *application) error) {
	b.tasks[p] = append(b.tasks[p], task{step: step, run: run})
}

// updatable tells whether changes can be made in place, and if not, why.
func (b *planner) updatable(kind string, changes []lb.Change) (reason string, ok bool) {
	path, fixed := fixedChange(b.capabilities, kind, changes)
	if !fixed {
		return "", true
	}
	return fmt.Sprintf("%s cannot change a %s's %s in place", b.name, kind, path), false
}

// replacedSuffix marks the name of what is being replaced.
const replacedSuffix = " (replaced by lbkit)"

// replacedName is what an object is called while it is being replaced. It is cut to what
// the provider takes.
func (b *planner) replacedName(name string) string {
	limit := b.capabilities.Limits.MaxNameLength
	if runes := []rune(name); limit > 0 && len(runes)+len(replacedSuffix) > limit {
		name = string(runes[:max(0, limit-len(replacedSuffix))])
	}
	return name + replacedSuffix
}

// The ends of features: see withKept.
const (
	unset  = ".unset"
	update = ".update"
)

// handle stands for the ID of what is not there yet.
func handle(path string) string { return "\x00new " + path }

func isHandle(id string) bool { return strings.HasPrefix(id, "\x00new ") }

// planLoadBalancer compares the load balancer's own settings.
func (b *planner) planLoadBalancer() {
	const path, kind = "loadBalancer", "loadbalancer"
	is := b.live.LoadBalancer.LoadBalancerSpec
	want := b.asItIs(is, b.want.LoadBalancer)
	c, err := compare(b.name, b.dialect.LoadBalancer, is, want)
	if err != nil {
		b.refused(path, err)
		return
	}
	b.excused[path] = c.excused || len(c.changes) == 0
	if len(c.changes) == 0 {
		return
	}
	if leaf, fixed := fixedChange(b.capabilities, kind, c.changes); fixed {
		b.needs(lb.Feature(kind+"."+leaf+update), under(path, leaf), "it cannot change any more")
		return
	}
	b.requests++
	step := b.stepOf(path, Step{Action: ActionUpdate, Kind: lb.KindLoadBalancer, Name: is.Name, ID: string(b.id), Changes: c.changes})
	moves := slices.ContainsFunc(c.changes, func(change lb.Change) bool { return change.Path == "plan" })
	b.do(phaseLoadBalancer, step, func(ctx context.Context, a *application) error {
		_, err := a.provider.LoadBalancers().Update(ctx, b.id, func(spec *lb.LoadBalancerSpec) error {
			*spec = lb.Clone(want)
			return nil
		})
		if err == nil && moves {
			_, err = lb.WaitReady(ctx, a.provider, b.id, a.wait...)
		}
		return err
	})
}

// asItIs is want with what it leaves out and cannot be left to a default: the plan,
// which costs money, and what cannot change.
func (b *planner) asItIs(is, want lb.LoadBalancerSpec) lb.LoadBalancerSpec {
	out := lb.Clone(want)
	if out.Plan == "" {
		out.Plan = is.Plan
	}
	if out.Zone == "" {
		out.Zone = is.Zone
	}
	fixed := func(leaf string) bool { return !fit.Updates(b.capabilities, lb.Feature("loadbalancer."+leaf)) }
	if out.Name == "" && fixed("name") {
		out.Name = is.Name
	}
	if len(out.Tags) == 0 && fixed("tags") {
		out.Tags = slices.Clone(is.Tags)
	}
	if out.TLSPolicy == "" && fixed("tlsPolicy") {
		out.TLSPolicy = is.TLSPolicy
	}
	out.Extensions = b.withKept("loadbalancer", is.Extensions, out.Extensions, unset, update)
	return out
}
