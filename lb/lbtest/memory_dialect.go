package lbtest

import (
	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/dialect"
)

// MemorySettings is the extension of the provider in memory. It goes into the Extensions
// of any spec, is kept and read back, and changes nothing.
type MemorySettings struct {
	Note string `json:"note,omitzero"`
}

// ExtensionProvider returns "memory".
func (MemorySettings) ExtensionProvider() string { return memoryName }

// memoryDialectOf are the rules of a provider with capabilities. The extensions of another
// provider are kept as they are.
func memoryDialectOf(capabilities lb.Capabilities) dialect.Rules {
	rules := dialect.Rules{Capabilities: capabilities, Lenient: true}
	if capabilities.Provider == memoryName {
		rules.Extensions = func(own lb.Extensions) (lb.Extensions, error) {
			settings, _, err := lb.ExtensionOf[MemorySettings](own)
			return lb.Extend(settings), err
		}
	}
	return rules
}

// narrowed reports whether the capabilities take a feature away.
func (m *Memory) narrowed(feature lb.Feature) bool {
	s, listed := m.options.capabilities.Features[feature]
	return listed && !s.Supported
}

// memoryTo is the change that makes a spec another one.
func memoryTo[S lb.Spec](desired S) func(*S) error {
	return func(spec *S) error {
		*spec = desired
		return nil
	}
}
