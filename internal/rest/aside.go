package rest

import (
	"errors"
	"fmt"
	"runtime/debug"
)

// aside runs do in the goroutine that it is called in, one that was made for it,
// and then tells done how do ended. A panic of what belongs to the caller, such
// as a transport or an observer, would end the process in a goroutine that
// nobody can recover in: it is handed on to whoever waits.
func aside(do func(), done func(ending)) {
	returned := false
	defer func() {
		switch value := recover(); {
		case returned:
			done(ending{})
		case value == nil:
			done(ending{err: errExited})
		default:
			done(ending{panicked: &panicked{value: value, stack: debug.Stack()}})
		}
	}()
	do()
	returned = true
}

// ending is how a function that ran aside ended; zero: it returned.
type ending struct {
	panicked *panicked
	err      error
}

// resume is called in the goroutine that waited. It panics as the function did.
func (e ending) resume() error {
	if e.panicked != nil {
		panic(e.panicked)
	}
	return e.err
}

// errExited: runtime.Goexit, which t.FailNow in a test's transport calls.
var errExited = errors.New("the goroutine of the call was ended")

// panicked is a panic of another goroutine, with its stack.
type panicked struct {
	value any
	stack []byte
}

func (p *panicked) Error() string { return fmt.Sprintf("%v\n\n%s", p.value, p.stack) }

// Unwrap gives the value, where it is an error.
func (p *panicked) Unwrap() error {
	err, _ := p.value.(error) //nolint:errcheck // nil where it is none
	return err
}
