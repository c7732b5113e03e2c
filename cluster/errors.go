package cluster

import (
	"errors"
	"fmt"
)

// ErrUnavailable is in the chain of the error for something that could not be had: a
// port, a directory, an answer from ZooKeeper. While ZooKeeper is away, what only it
// knows is unavailable too.
var ErrUnavailable = errors.New("unavailable")

// ErrBadExpression is in the chain of an error in how a fault or a condition is written,
// as opposed to what came of it.
var ErrBadExpression = errors.New("bad expression")

// ErrOver is the error for what can only be done to a run that goes on.
var ErrOver = errors.New("this run is over")

// ErrBroken is in the chain of Run's error when an expectation or an invariant was
// broken, a step did not take place, or a datasource of the topology came out without a row.
var ErrBroken = errors.New("expectation broken")

// ErrMissing is in the chain of Run's error when an external seat was not taken in
// time.
var ErrMissing = errors.New("an external process is missing")

// unavailable marks err as something that could not be had, without adding words of its
// own.
type unavailable struct{ err error }

func (e *unavailable) Error() string   { return e.err.Error() }
func (e *unavailable) Unwrap() []error { return []error{e.err, ErrUnavailable} }

// brokenError is an error with ErrBroken in its chain and words of its own.
type brokenError struct{ text string }

func (e *brokenError) Error() string { return e.text }
func (e *brokenError) Unwrap() error { return ErrBroken }

func brokenf(format string, args ...any) error { return &brokenError{fmt.Sprintf(format, args...)} }
