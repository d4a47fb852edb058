// Package codes finds out about errors of others' making: the code of one that is not an
// lb.Error, such as that of a store or of a test, the fields that a dialect's are about, and
// which of them are new.
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
