package zkembed

import "sync/atomic"

// disk is what the log writes to, as far as it can be made to fail.
type disk struct{ write, sync breakable }

// breakable is something that fails when it is told to.
type breakable struct{ broken atomic.Pointer[error] }

func (b *breakable) fail(err error) (undo func()) {
	b.broken.Store(&err)
	return func() { b.broken.CompareAndSwap(&err, nil) }
}

func (b *breakable) fault() error {
	if err := b.broken.Load(); err != nil {
		return *err
	}
	return nil
}

// FailDisk makes the next write of the log fail, as on a full or a dying disk: the
// server acknowledges nothing any more, and Run ends with err in the chain of its
// error. It means nothing to a server that keeps everything in memory. Undo lets a
// later Run write again.
func (s *Server) FailDisk(err error) (undo func()) { return s.disk.write.fail(err) }

// FailSync is FailDisk for the next fsync: what was written before it may be on the
// disk or not, and is not acknowledged. It means nothing with FsyncNever.
func (s *Server) FailSync(err error) (undo func()) { return s.disk.sync.fail(err) }
