// Package interop has the clients that the vendors themselves publish talk to
// the loopback servers of this project, unmodified: what those servers answer is
// then read by code that knows nothing of it. It holds tests alone.
package interop
