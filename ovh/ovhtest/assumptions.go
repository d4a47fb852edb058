package ovhtest

import (
	"net/http"
	"time"
)

// Assumptions are the answers of the API that nobody has recorded. Each field
// names the fact that leaves it open; [WithAssumptions] chooses another of the
// plausible answers than the one that the server gives by itself.
type Assumptions struct {
	BusyRefresh      Busy          // facts 6.2, 8.1: a refresh asked for while one runs
	UnmetRefresh     Unmet         // facts 6.3, 8.2: a refresh whose preconditions do not hold
	EmptyRefresh     Refusal       // facts 6.2: a refresh with nothing staged is accepted
	RefreshSnapshot  Snapshot      // facts 6.2: which writes a refresh carries
	PendingUntil     Pending       // facts 6.1: until when pendingChanges counts what a refresh carries
	DisabledExempt   bool          // facts 6.3, 8.33: a refresh asks no target of a disabled frontend
	FarmInUse        Refusal       // facts 6.6, 8.4: deleting a farm that is in use; accepted, the reference dangles
	FarmWithServers  Refusal       // facts 6.6: deleting a farm that has servers; accepted, it deletes them too
	FrontendInUse    Refusal       // facts 6.6: deleting a frontend that has routes; accepted, it detaches them
	SSLInUse         Refusal       // facts 6.6, 8.4: deleting a default certificate; accepted, the reference dangles
	BuiltSSLDelete   Refusal       // facts 6.6: deleting a certificate that OVH issued is accepted
	DedicatedIPFO    Refusal       // facts 5.3: a frontend with an address it cannot have; accepted, a refresh is unmet
	DanglingID       int           // facts 6.4: HTTP status of a write that refers to what does not exist
	ReadOnlyChange   Refusal       // facts 6.4: a PUT with another value of a read-only field; accepted, it is ignored
	NetworkInUse     Refusal       // facts 6.6: deleting a vRack network that has farms; accepted, it takes them out
	NoVRack          int           // no fact: HTTP status of a call about networks where the service is in no vRack
	TooManyRoutes    int           // facts 6.13: HTTP status of a 51st route, a 6th rule, a network beyond the limit
	BusyMove         Refusal       // facts 6.8: moving or parking an address on the move; accepted, it is done after
	SameGoal         Refusal       // facts 6.8: moving an address to where it is; accepted, a task does nothing
	MovePending      MovePending   // facts 6.8: whether pendingChanges counts an address that came or went
	ZoneState        Refusal       // facts 6.10: ending a zone twice, or keeping one that stays; accepted, no change
	LastZone         Refusal       // facts 6.6: terminating the last zone
	Termination      Termination   // facts 6.12: when a confirmed termination ends the service
	SameStream       Refusal       // facts 5.8: forwarding the same logs to a stream twice
	Void             Void          // facts 3.1, 8.25: the body of an answer without a result
	Defaults         Defaults      // facts 6.4: how a field that was never set reads back
	NoCheck          NoCheck       // facts 5.5, 8.23: serverState of a live server that is not checked
	IDs              IDs           // facts 5.1, 8.5: whether two protocols may use the same ID
	LateRequest      LateRequest   // facts 3.3, 8.18: a timestamp outside the skew
	Skew             time.Duration // facts 2.4, 8.17: how far a timestamp may be off, either way
	Unvalidated      Unvalidated   // facts 2.5: the error code of a consumer key that waits for its validation
	UnvalidatedShown bool          // facts 2.5: currentCredential answers for a key that is not validated
	TokenRefused     TokenRefused  // facts 2.6: status of a token that is not given
	TokenLife        time.Duration // facts 2.6: how long a token of OAuth2 works
	RetryAfter       RetryAfter    // facts 3.4, 8.16: what a 429 says of when to come back
	BatchLimit       int           // facts 4.3, 8.13: IDs of a batch; 0: any number
	TLSPolicy        Staging       // facts 6.1: whether sslConfiguration needs a refresh
	WrongMethod      int           // no fact: HTTP status of a method that a known path does not have
	WrongMediaType   int           // no fact: HTTP status of a body whose Content-Type is not application/json
	PageSize         int           // facts 4.2, 8.14: how many elements a page has where the request names no size
	PageSizeLimit    int           // facts 4.2: how many elements the largest page has, whatever is asked for
	RefreshQueued    time.Duration // facts 6.2: how long a refresh task is todo
	RefreshRuns      time.Duration // facts 6.2: and then doing
	OrderQueued      time.Duration // facts 6.7: how long the order of a free certificate is todo
	OrderRuns        time.Duration // facts 6.7: and then doing
	MoveQueued       time.Duration // facts 6.8: how long the move of an address is init and todo, half of it each
	MoveRuns         time.Duration // facts 6.8: and then doing
	VRackQueued      time.Duration // facts 6.11: how long attaching to a vRack is todo
	VRackRuns        time.Duration // facts 6.11: and then doing
	CacheAge         time.Duration // facts 4.2: how old an expanded page may be under WithStaleCache
}

// defaultAssumptions are the likely answers and, where none is likelier, the
// stricter ones. An enum that is not named here has its first value.
func defaultAssumptions() Assumptions {
	return Assumptions{
		EmptyRefresh: Accepted, BuiltSSLDelete: Accepted, ReadOnlyChange: RefusedBadRequest, DedicatedIPFO: RefusedBadRequest,
		FarmInUse: RefusedConflict, FarmWithServers: RefusedConflict, FrontendInUse: RefusedConflict, SSLInUse: RefusedConflict,
		DanglingID: http.StatusBadRequest, TooManyRoutes: http.StatusBadRequest, WrongMethod: http.StatusMethodNotAllowed,
		WrongMediaType: http.StatusUnsupportedMediaType, NoVRack: http.StatusBadRequest, SameGoal: RefusedBadRequest,
		TokenLife: 3599 * time.Second, BatchLimit: 50,
		Skew: 180 * time.Second, PageSize: 1000, PageSizeLimit: 50_000, CacheAge: 5 * time.Minute,
		RefreshQueued: time.Second, RefreshRuns: 2 * time.Second, OrderQueued: time.Second, OrderRuns: 10 * time.Second,
		MoveQueued: 2 * time.Second, MoveRuns: time.Minute, VRackQueued: time.Second, VRackRuns: 10 * time.Second,
	}
}

// Refusal is whether and how the API refuses a call.
type Refusal int

// What a refusal may be.
const (
	RefusedConflict   Refusal = iota // refused with 409
	RefusedBadRequest                // refused with 400
	Accepted                         // done
)

// refuse is the refusal, or nil where the call is accepted.
func (r Refusal) refuse(message string) error {
	switch r {
	case RefusedConflict:
		return conflict(message)
	case RefusedBadRequest:
		return badRequest(message)
	case Accepted:
	}
	return nil
}

// Busy is the answer to a refresh while another one runs.
type Busy int

// Answers to a second refresh.
const (
	BusyConflict   Busy = iota // 409
	BusyBadRequest             // 400
	BusyIgnored                // 200 and the task that runs: no second one is made
)

// Unmet is the answer to a refresh that cannot be carried out.
type Unmet int

// Answers to a refresh whose preconditions do not hold.
const (
	UnmetBadRequest Unmet = iota // 400, no task
	UnmetError                   // a task that ends in error
	UnmetBlocked                 // a task that ends in blocked
)

// Snapshot is the moment whose draft a refresh makes live.
type Snapshot int

// Moments of a snapshot.
const (
	SnapshotAtRequest Snapshot = iota // when the refresh is asked for
	SnapshotAtStart                   // when its task goes from todo to doing
)

// Pending is until when staged changes count as pending.
type Pending int

// Ends of being pending.
const (
	PendingUntilDone    Pending = iota // until they are live
	PendingUntilRequest                // until a refresh carries them; again when it fails
)

// Void is the body of a successful answer that has no result.
type Void int

// Forms of an empty answer.
const (
	VoidNull      Void = iota // 200 and the word null
	VoidEmpty                 // 200 and no body
	VoidNoContent             // 204
)

// Defaults is how fields that were never set read back.
type Defaults int

// Forms of a field that was never set.
const (
	DefaultsNull  Defaults = iota // as null
	DefaultsShown                 // as the value that null stands for: roundrobin, weight 1
)

// NoCheck is the serverState of a live server that is not checked.
type NoCheck int

// Forms of the state of a server that is not checked.
const (
	NoCheckWord  NoCheck = iota // an entry per instance with status "no check"
	NoCheckEmpty                // []
	NoCheckNull                 // null
)

// IDs is how objects are numbered.
type IDs int

// Ways of numbering.
const (
	IDsUnique        IDs = iota // no two objects of the server share an ID
	IDsPerCollection            // each collection of each service counts from 1: http farm 1 and tcp farm 1 exist
)

// LateRequest is the error code of a timestamp outside the skew.
type LateRequest int

// Error codes for a late request.
const (
	LateQueryTimeOut     LateRequest = iota // QUERY_TIME_OUT
	LateInvalidSignature                    // INVALID_SIGNATURE
)

// Staging is whether sslConfiguration waits for a refresh.
type Staging int

// Ways of a setting to become live.
const (
	TLSPolicyStaged Staging = iota // live after a refresh, counted in pendingChanges
	TLSPolicyLive                  // live at once
)

// MovePending is whether an address that came or went is a pending change.
type MovePending int

// Ways of counting a moved address.
const (
	MoveCounted    MovePending = iota // until a refresh, as other changes are
	MoveNotCounted                    // never, though it takes a refresh all the same
)

// Termination is when a confirmed termination ends a service.
type Termination int

// Ends of a service.
const (
	TerminationAtExpiration Termination = iota // at the end of what has been paid for
	TerminationAtOnce                          // with the confirmation
)

// Unvalidated is the error code of a consumer key that is not yet validated.
type Unvalidated int

// Error codes of such a key.
const (
	UnvalidatedInvalid       Unvalidated = iota // INVALID_CREDENTIAL
	UnvalidatedNotCredential                    // NOT_CREDENTIAL
)

// TokenRefused is the status with which the token endpoint refuses.
type TokenRefused int

// Statuses of a refusal.
const (
	TokenRefusedBadRequest   TokenRefused = iota // 400
	TokenRefusedUnauthorized                     // 401
	TokenRefusedOK                               // 200, and the error in the body
)

func (r TokenRefused) status() int {
	switch r {
	case TokenRefusedUnauthorized:
		return http.StatusUnauthorized
	case TokenRefusedOK:
		return http.StatusOK
	case TokenRefusedBadRequest:
	}
	return http.StatusBadRequest
}

// RetryAfter is the header of that name in a 429.
type RetryAfter int

// Forms of Retry-After.
const (
	RetryAfterAbsent  RetryAfter = iota // none
	RetryAfterSeconds                   // a number of seconds, rounded up
	RetryAfterDate                      // a date of the server's time, rounded up
)
