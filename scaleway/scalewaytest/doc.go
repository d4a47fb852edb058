// Package scalewaytest is a Scaleway Load Balancer API on loopback, for tests
// and demonstrations: it checks tokens, keeps state, changes it at the recorded
// pace and answers in the recorded words.
//
//	server := scalewaytest.NewServer()
//	defer server.Close()
//	client, err := server.Client()
//
// # What it answers
//
// It is strict. Unknown paths, methods, query parameters and body keys, missing
// or malformed values and dangling references are refused, so that a program
// that passes here does not depend on the real API's leniency.
//
// Both forms of the API are served: /lb/v1/zones/{zone} and the older
// /lb/v1/regions/{region}, whose objects live in the region's first zone. Any
// project may be named in a request. The package shares no types with the
// client that it tests, so that one mistake cannot pass on both sides.
//
// # Time
//
// What changes by itself takes as long as in recorded traffic: a new load
// balancer is ready after three seconds, its instances follow a write half a
// second behind, a Let's Encrypt certificate takes ten. [WithSpeed] makes that
// faster, [WithManualClock] leaves it to [Server.Advance], [WithTimings] sets
// each.
//
// # A program as it is
//
// A program that makes its client by [scaleway.NewClientFromEnv] reaches the server with
// SCW_API_URL set to [Server.URL], SCW_SECRET_KEY to what [Server.SecretKey] reveals and
// SCW_DEFAULT_PROJECT_ID to [Server.ProjectID].
//
// # What nobody has seen
//
// Where nobody has recorded an answer the server guesses. [Situation] lists
// those guesses and [WithAnswer] chooses another of the plausible ones. What is
// known is cited by the section of this project's notes on the API: "facts 11".
package scalewaytest
