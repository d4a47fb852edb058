package lb_test

import (
	"errors"
	"testing"

	"github.com/lbkit/lbkit/lb"
)

// capable is a provider that has capabilities and nothing else.
type capable struct {
	lb.UnimplementedProvider
	capabilities lb.Capabilities
}

func (c capable) Capabilities() lb.Capabilities { return c.capabilities }

func newCapable() capable {
	return capable{
		UnimplementedProvider: lb.UnimplementedProvider{ProviderName: "cloud"},
		capabilities: lb.Capabilities{Provider: "cloud", Features: map[lb.Feature]lb.Support{
			"a":  {Supported: true},
			"b":  {Supported: true, Emulated: true},
			"no": {Hint: "use a"},
		}},
	}
}

func TestCapabilitiesHas(t *testing.T) {
	t.Parallel()
	c := newCapable().Capabilities()
	if !c.Has() || !c.Has("a") || !c.Has("a", "b") {
		t.Error("Has denies what is supported")
	}
	if c.Has("no") || c.Has("absent") || c.Has("a", "no") || (lb.Capabilities{}).Has("a") {
		t.Error("Has grants what is not supported")
	}
}

func TestRequireNamesEveryFeatureThatIsLacking(t *testing.T) {
	t.Parallel()
	p := newCapable()
	if err := lb.Require(p, "a", "b"); err != nil {
		t.Errorf("Require = %v, want nil", err)
	}
	if err := lb.Require(p); err != nil {
		t.Errorf("Require nothing = %v, want nil", err)
	}
	err := lb.Require(p, "absent", "a", "no", "absent")
	if !errors.Is(err, lb.ErrUnsupported) {
		t.Fatalf("Require = %v, want ErrUnsupported", err)
	}
	want := "cloud: absent: unsupported\ncloud: no: unsupported (hint: use a)"
	if err.Error() != want {
		t.Errorf("Require = %q, want %q", err, want)
	}
	problems, ok := errors.AsType[lb.Problems](err)
	if !ok || len(problems) != 2 {
		t.Errorf("Require = %#v, want two Problems", err)
	}
}

func TestCloneOfCapabilitiesSharesNothing(t *testing.T) {
	t.Parallel()
	kept := lb.Capabilities{Provider: "cloud", Features: map[lb.Feature]lb.Support{"a": {Supported: true, Values: []string{"x"}}}}
	clone := kept.Clone()
	clone.Features["a"].Values[0] = "y"
	clone.Features["b"] = lb.Support{}
	if len(kept.Features) != 1 || kept.Features["a"].Values[0] != "x" {
		t.Errorf("a clone's change shows in %+v", kept)
	}
	if clone.Provider != "cloud" {
		t.Errorf("the clone is of %q", clone.Provider)
	}
}
