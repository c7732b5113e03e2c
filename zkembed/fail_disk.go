package zkembed

import "sync/atomic"

// disk is what the log writes to, as far as it can be made to fail.
type disk struct{ broken atomic.Pointer[error] }

// FailDisk makes the next write of the log fail, as on a full or a dying disk: the
// server acknowledges nothing any more, and Run ends with err in the chain of its
// error. It means nothing to a server that keeps everything in memory. Undo lets a
// later Run write again.
func (s *Server) FailDisk(err error) (undo func()) {
	s.disk.broken.Store(&err)
	return func() { s.disk.broken.CompareAndSwap(&err, nil) }
}

func (d *disk) fault() error {
	if err := d.broken.Load(); err != nil {
		return *err
	}
	return nil
}
