// Package codes finds out about errors of others' making: the code of one that is not an
// lb.Error, such as that of a store or of a test, and the field that a dialect's is about.
package codes

import (
	"errors"

	"github.com/lbkit/lbkit/lb"
)

// all are the sentinels of package lb.
var all = []error{
	lb.ErrNotFound, lb.ErrExists, lb.ErrInvalid, lb.ErrInUse, lb.ErrBusy, lb.ErrQuota, lb.ErrRateLimited, lb.ErrUnauthorized,
	lb.ErrForbidden, lb.ErrExpired, lb.ErrUnavailable, lb.ErrUncertain, lb.ErrAmbiguous, lb.ErrFailed, lb.ErrConflict, lb.ErrUnsupported,
}

// Of is the sentinel of package lb in the chain of err, or otherwise.
func Of(err, otherwise error) error {
	for _, code := range all {
		if errors.Is(err, code) {
			return code
		}
	}
	return otherwise
}

// Path is the field that a problem of a dialect is about, the first where it names several;
// empty: it names none.
func Path(problem error) string {
	if lacks, ok := errors.AsType[*lb.UnsupportedError](problem); ok {
		return lacks.Path
	}
	if e, ok := errors.AsType[*lb.Error](problem); ok && len(e.Fields) > 0 {
		return e.Fields[0].Path
	}
	return ""
}
