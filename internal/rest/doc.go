// Package rest is the one HTTP stack under the provider packages. A call goes,
// from the caller inwards, through retry (go-retryablehttp), the hold and the
// limiter, the signature, and the wire; its answer is read whole, bounded and
// decoded inside the attempt, so that what cannot be read is decided on like
// any other failure.
//
// A provider package supplies a [Config]: how its API says errors, how a
// request is signed, what its request ID is called. It gets [Client.Do] for one
// call, [List] for the lists of both APIs, and [Shared] for a value that many calls
// need and one of them fetches.
package rest
