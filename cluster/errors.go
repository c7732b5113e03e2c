package cluster

import "errors"

// ErrUnavailable is in the chain of the error for something that the machine
// would not give: a port, a directory, a ZooKeeper that answers.
var ErrUnavailable = errors.New("unavailable")

// ErrBroken is in the chain of Run's error when an expectation was broken.
var ErrBroken = errors.New("expectation broken")

// ErrMissing is in the chain of Run's error when an external seat was not taken in
// time.
var ErrMissing = errors.New("an external process is missing")

// unavailable marks err as something that the machine would not give, without
// adding words of its own.
type unavailable struct{ err error }

func (e *unavailable) Error() string   { return e.err.Error() }
func (e *unavailable) Unwrap() []error { return []error{e.err, ErrUnavailable} }
