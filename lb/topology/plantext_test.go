package topology_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/topology"
)

// What names and values hold cannot take over a terminal, fake a line, or turn text
// around; a long value is cut.
func TestPlanTextIsHarmless(t *testing.T) {
	t.Parallel()
	hostile := "a\x1b[31m\n+ backend \"fake\"\u202e"
	plan := &topology.Plan{
		Provider: "memory", LoadBalancer: lb.LoadBalancerID(hostile), Notes: []string{hostile},
		Steps: []topology.Step{
			{Action: topology.ActionUpdate, Kind: lb.KindBackend, Name: hostile, Reason: hostile, Changes: []topology.Change{
				{Path: hostile, Before: hostile, After: lb.Port(80)}, {Path: "long", After: strings.Repeat("x", 1000)},
			}},
			{Action: topology.ActionSet, Kind: lb.KindServer, ID: hostile},
		},
	}
	text := plan.String()
	if strings.ContainsAny(text, "\x1b\u202e") || strings.Contains(text, "\n+ backend") {
		t.Errorf("%q", text)
	}
	for line := range strings.SplitSeq(text, "\n") {
		if len(line) > 300 {
			t.Errorf("a line of %d bytes", len(line))
		}
	}
	if !strings.Contains(text, `-> 80`) && !strings.Contains(text, `-> "80"`) {
		t.Errorf("%s", text)
	}
}

// A plan is the same text and the same JSON each time, and says in JSON all that it says
// in text.
func TestPlanIsStable(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, c *cloud) {
		c.furnish(t, "a", "b", "c")
		first := c.plan(t, onlineShop(), topology.Prune())
		text, err := json.Marshal(first)
		fatal(t, err)
		for range 3 {
			again := c.plan(t, onlineShop(), topology.Prune())
			same(t, "text", first.String(), again.String())
			other, err := json.Marshal(again)
			fatal(t, err)
			same(t, "JSON", string(text), string(other))
		}
		var read topology.Plan
		fatal(t, json.Unmarshal(text, &read))
		if read.String() == "" || read.Provider != c.Name() || read.LoadBalancer != c.id || len(read.Steps) != len(first.Steps) || read.Requests < len(read.Steps) {
			t.Errorf("%s", text)
		}
		for _, key := range []string{`"provider":`, `"loadBalancer":`, `"steps":`, `"action":"create"`, `"kind":"backend"`, `"changes":`, `"path":`, `"after":`} {
			if !strings.Contains(string(text), key) {
				t.Errorf("no %s in %s", key, text)
			}
		}
		if strings.Contains(string(text), "PRIVATE KEY") || strings.Contains(first.String(), "PRIVATE KEY") {
			t.Error("it shows a key")
		}
	})
}

// A plan shows no private key that got into a server or a filter, as it shows none of a
// setting.
func TestPlanHidesKeysInWholes(t *testing.T) {
	t.Parallel()
	c := newMemory(t)
	spec := main()
	spec.Backends = []topology.Backend{webBackend("web", "10.0.0.1")}
	spec.Backends[0].Servers[0].Name = pastedKey
	spec.Frontends = []topology.Frontend{webFrontend("site", 80, "web")}
	spec.Frontends[0].Filters = []lb.FilterSpec{{Name: pastedKey, Action: lb.FilterDeny, Match: lb.Match{{Field: lb.FieldSource, Values: []string{"192.0.2.0/24"}}}}}
	plan := c.plan(t, spec)
	text, err := json.Marshal(plan)
	fatal(t, err)
	if strings.Contains(plan.String()+string(text), canary) || strings.Count(plan.String(), "[secret]") != 2 {
		t.Errorf("%v\n%s", plan, text)
	}
}

// What a server's field comes to be is no server that comes.
func TestPlanTextOfAServersField(t *testing.T) {
	t.Parallel()
	plan := &topology.Plan{Steps: []topology.Step{{Action: topology.ActionSet, Kind: lb.KindServer, Name: "web", Changes: []topology.Change{
		{Path: "10.0.0.1:80 extensions.ovh", After: "{}"}, {Path: "10.0.0.2:80", After: "b"},
	}}}}
	if want := "    10.0.0.1:80 extensions.ovh: none -> \"{}\"\n    + 10.0.0.2:80: \"b\"\n"; !strings.HasSuffix(plan.String(), want) {
		t.Errorf("%s, want %s", plan, want)
	}
}

// Every action is known, and nothing else is.
func TestActionKnown(t *testing.T) {
	t.Parallel()
	for _, a := range []topology.Action{topology.ActionCreate, topology.ActionUpdate, topology.ActionReplace, topology.ActionDelete, topology.ActionSet} {
		if !a.Known() {
			t.Errorf("%s", a)
		}
	}
	if topology.Action("destroy").Known() || topology.Action("").Known() {
		t.Error("what is no action is known")
	}
}
