package cluster

import (
	"sync/atomic"

	"oakmoot/internal/zk/zkconn"
)

// session is the ZooKeeper session of a node of ours, by the connection that it opened last.
type session struct{ conn atomic.Pointer[zkconn.Conn] }

func (s *session) hold(zc zkconn.Conn) { s.conn.Store(&zc) }
func (s *session) drop()               { s.conn.Store(nil) }

// id is the session's id, 0 when there is none.
func (s *session) id() int64 {
	if zc := s.conn.Load(); zc != nil {
		return (*zc).SessionID()
	}
	return 0
}

// connected reports whether there is a connection, as far as its client knows.
func (s *session) connected() bool {
	zc := s.conn.Load()
	if zc == nil {
		return false
	}
	state := (*zc).State()
	return state == zkconn.Connected || state == zkconn.Reconnected
}
