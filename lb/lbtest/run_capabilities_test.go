package lbtest

import (
	"maps"
	"strings"
	"testing"

	"github.com/lbkit/lbkit/lb"
)

// sharing is a provider whose callers get the capabilities that it keeps.
type sharing struct {
	lb.UnimplementedProvider
	give func() lb.Capabilities
}

func (p sharing) Capabilities() lb.Capabilities { return p.give() }

func TestSharedCapabilities(t *testing.T) {
	t.Parallel()
	kept := func() lb.Capabilities { return NewMemory().Capabilities() }
	for name, tc := range map[string]struct {
		give func(lb.Capabilities) lb.Capabilities
		want string
	}{
		"clones":    {func(c lb.Capabilities) lb.Capabilities { return c.Clone() }, ""},
		"none":      {func(lb.Capabilities) lb.Capabilities { return lb.Capabilities{} }, ""},
		"one map":   {func(c lb.Capabilities) lb.Capabilities { return c }, "share the map"},
		"one slice": {func(c lb.Capabilities) lb.Capabilities { return shallow(c) }, "share the values of"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := kept()
			got := sharedCapabilities(sharing{give: func() lb.Capabilities { return tc.give(c) }})
			if (got == "") != (tc.want == "") || !strings.Contains(got, tc.want) {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

// shallow copies the map, and not what is in it.
func shallow(c lb.Capabilities) lb.Capabilities {
	c.Features = maps.Clone(c.Features)
	return c
}
