package lb

import "errors"

// The codes of errors: errors.Is(err, lb.ErrNotFound) holds whatever provider and call
// err came from.
var (
	// ErrNotFound is a resource that is not there, or not any more.
	ErrNotFound = errors.New("not found")

	// ErrExists is a resource that is there already.
	ErrExists = errors.New("already exists")

	// ErrInvalid is what is wrong in itself: a malformed ID, a value out of range.
	ErrInvalid = errors.New("invalid")

	// ErrInUse is a resource that something else still refers to.
	ErrInUse = errors.New("in use")

	// ErrBusy is a resource that is in a transient state or locked: try again.
	ErrBusy = errors.New("busy")

	// ErrQuota is a limit of the account that has been reached.
	ErrQuota = errors.New("quota exceeded")

	// ErrRateLimited is too many calls; the error's RetryAfter says when to go on.
	ErrRateLimited = errors.New("rate limited")

	// ErrUnauthorized is credentials that the provider does not take.
	ErrUnauthorized = errors.New("unauthorized")

	// ErrForbidden is credentials that are good, but not for this.
	ErrForbidden = errors.New("forbidden")

	// ErrExpired is a service that is not paid for any more.
	ErrExpired = errors.New("expired")

	// ErrUnavailable is a provider that cannot be reached or does not work.
	ErrUnavailable = errors.New("unavailable")

	// ErrUncertain is a write that may or may not have happened: look before trying
	// again.
	ErrUncertain = errors.New("outcome unknown")

	// ErrAmbiguous is a name that several resources have.
	ErrAmbiguous = errors.New("ambiguous name")

	// ErrFailed is a state from which what was waited for will never come: a
	// StateError.
	ErrFailed = errors.New("reached a failure state")

	// ErrConflict is what somebody else has changed meanwhile.
	ErrConflict = errors.New("changed meanwhile")
)

// ErrUnsupported is what a provider cannot do: an UnsupportedError. It also matches
// errors.ErrUnsupported, but what matches that one (an errno, http.ErrNotSupported)
// does not match ErrUnsupported.
var ErrUnsupported error = unsupported{}

type unsupported struct{}

func (unsupported) Error() string { return "unsupported" }

func (unsupported) Is(target error) bool { return target == errors.ErrUnsupported }

// sentinels are the codes in order.
var sentinels = []error{
	ErrNotFound, ErrExists, ErrInvalid, ErrInUse, ErrBusy, ErrQuota, ErrRateLimited, ErrUnauthorized,
	ErrForbidden, ErrExpired, ErrUnavailable, ErrUncertain, ErrAmbiguous, ErrFailed, ErrConflict, ErrUnsupported,
}

// CodeOf is the one code of err: for metrics, exit statuses and answers of one's own,
// which errors.Is would ask for one code after the other. It is that of the first *Error
// in err; where that has none, or there is no *Error (UnsupportedError, StateError), the
// first of the codes above that err matches. It is nil where err is nil or has no code,
// such as the end of a context.
func CodeOf(err error) error {
	var e *Error
	if errors.As(err, &e) && e.Code != nil {
		return e.Code
	}
	for _, code := range sentinels {
		if errors.Is(err, code) {
			return code
		}
	}
	return nil
}
