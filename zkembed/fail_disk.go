package zkembed

import "sync/atomic"

// disk makes the log's disk fail.
type disk struct{ write, sync breakable }

// breakable is an operation that can be made to fail. Tests break it while a log asks.
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

// FailDisk makes the next write of the log fail, as on a full or a dying disk: the
// server acknowledges nothing from then on, and Run ends with err in the chain of its
// error. It has no effect on a server that keeps everything in memory. Undo lets a
// later Run write again.
func (s *Server) FailDisk(err error) (undo func()) { return s.disk.write.fail(err) }

// FailSync is FailDisk for the next fsync: what was written before it may be on the
// disk or not, and is not acknowledged. It has no effect with FsyncNever.
func (s *Server) FailSync(err error) (undo func()) { return s.disk.sync.fail(err) }
