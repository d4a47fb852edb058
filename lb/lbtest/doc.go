// Package lbtest gives programs that use an lb.Provider something to test
// against, and providers something to be tested by.
//
// # A fake
//
// [NewMemory] is a provider that keeps everything in memory. It is the reference
// implementation of the contract and a fake for tests that need no wire: with every
// feature, or with those of another provider ([WithCapabilities]); live at once, or
// staged ([WithStaging]). [Memory.Fail] makes its calls fail.
//
//	provider := lbtest.NewMemory()
//	balancer := provider.AddLoadBalancer(lb.LoadBalancerSpec{Name: "edge"})
//	provider.Fail("servers.set", lb.ErrQuota, 1)
//	err := yourProgram(ctx, provider, balancer)
//
// # Faults of a wire
//
// [Faults] breaks the wire under a client on command: put it under the HTTP client
// that a provider is made with, or take the one of an API server on loopback (packages
// ovhtest and scalewaytest), and say which requests fail.
//
// # Conformance
//
// [Run] is the conformance suite: what the contract promises, asked of any
// [lb.Provider], your own too. A [Harness] is what it has to be told of one.
package lbtest
