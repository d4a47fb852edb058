// Package lbtest gives programs that use an [lb.Provider] something to test
// against. [Faults] breaks the wire under a client on command: put it under the
// HTTP client that a provider is made with, or take the one of an API server on
// loopback (packages ovhtest and scalewaytest), and say which requests fail.
//
// [lb.Provider]: https://pkg.go.dev/github.com/lbkit/lbkit/lb#Provider
package lbtest
