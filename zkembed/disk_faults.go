package zkembed

import "sync/atomic"

// disk makes the log's disk fail.
type disk struct{ write, sync breakable }

// breakable is an operation that can be made to fail, while others use it.
type breakable struct{ broken atomic.Pointer[error] }

func (b *breakable) fail(err error) (undo func()) {
	b.broken.Store(&err)
	return func() { b.broken.CompareAndSwap(&err, nil) }
}

func (b *breakable) fault() (err error) {
	if broken := b.broken.Load(); broken != nil {
		err = *broken
	}
	return err
}
