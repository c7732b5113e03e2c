package zkembed

import "oakmoot/internal/zkwire"

// serveAddWatch answers addWatch (106).
//
// Request: path, mode (0 persistent, 1 persistent and recursive). Reply: an int, 0.
// Errors: MarshallingError for another mode. The path is not looked at.
func serveAddWatch(s *state, r *request) {
	d := zkwire.NewDecoder(r.body)
	path, mode := d.String(), d.Int()
	if d.Err() != nil || mode != 0 && mode != 1 {
		s.replyError(r, zkwire.MarshallingError)
		return
	}
	if mode == 0 {
		s.data.add(path, r.conn, watchPersistent)
		s.children.add(path, r.conn, watchPersistent)
	} else {
		s.data.add(path, r.conn, watchRecursive)
	}
	out, mark := s.startReply(r, zkwire.OK)
	out.Int(0)
	out.EndFrame(mark)
}

// watcherKinds are the types of checkWatches and removeWatches: which modes they
// mean in the data and in the children manager. Watcher.WatcherType.
var watcherKinds = map[int32]struct{ data, children watchMode }{
	1: {0, watchOnce},
	2: {watchOnce, 0},
	3: {watchOnce | watchPersistent | watchRecursive, watchOnce | watchPersistent | watchRecursive},
	4: {watchPersistent, watchPersistent},
	5: {watchRecursive, 0},
}

// serveCheckWatches answers checkWatches (17): whether the connection holds such a
// watch. Request: path, type. Reply: nothing. Errors, in this order:
// MarshallingError (type), NoWatcher.
func serveCheckWatches(s *state, r *request) {
	s.serveWatcherKind(r, func(path string, data, children watchMode) bool {
		return s.data.has(path, r.conn, data) || s.children.has(path, r.conn, children)
	})
}

// serveRemoveWatches answers removeWatches (18). Request, reply and errors are
// those of checkWatches.
func serveRemoveWatches(s *state, r *request) {
	s.serveWatcherKind(r, func(path string, data, children watchMode) bool {
		fromData := s.data.remove(path, r.conn, data)
		fromChildren := s.children.remove(path, r.conn, children)
		return fromData || fromChildren
	})
}

func (s *state) serveWatcherKind(r *request, found func(path string, data, children watchMode) bool) {
	d := zkwire.NewDecoder(r.body)
	path, number := d.String(), d.Int()
	kind, known := watcherKinds[number]
	switch {
	case d.Err() != nil || !known:
		s.replyError(r, zkwire.MarshallingError)
	case !found(path, kind.data, kind.children):
		s.replyError(r, zkwire.NoWatcher)
	default:
		s.replyError(r, zkwire.OK)
	}
}

// serveSetWatches answers setWatches (101) and setWatches2 (105): DataTree.setWatches.
// A client that has reconnected tells its watches and the last zxid it saw; what
// has happened since is told at once, before the reply, the rest is watched.
//
// Request: zxid, data, exist and child watches; setWatches2 also persistent and
// recursive ones, which are told nothing. Reply: nothing.
func serveSetWatches(s *state, r *request) {
	d := zkwire.NewDecoder(r.body)
	since := zkwire.Zxid(d.Long())
	data, exist, child := d.Strings(), d.Strings(), d.Strings()
	var persistent, recursive []string
	if r.op == zkwire.OpSetWatches2 {
		persistent, recursive = d.Strings(), d.Strings()
	}
	if d.Err() != nil {
		s.replyError(r, zkwire.MarshallingError)
		return
	}
	for _, path := range data {
		s.catchUpData(r.conn, path, since)
	}
	for _, path := range exist {
		if s.tree.lookup(path) != nil {
			s.sendEvent(r.conn, zkwire.EventCreated, path, -1)
		} else {
			s.data.add(path, r.conn, watchOnce)
		}
	}
	for _, path := range child {
		s.catchUpChildren(r.conn, path, since)
	}
	for _, path := range persistent {
		s.data.add(path, r.conn, watchPersistent)
		s.children.add(path, r.conn, watchPersistent)
	}
	for _, path := range recursive {
		s.data.add(path, r.conn, watchRecursive)
	}
	s.replyError(r, zkwire.OK)
}

func (s *state) catchUpData(c *conn, path string, since zkwire.Zxid) {
	n := s.tree.lookup(path)
	switch {
	case n == nil:
		s.sendEvent(c, zkwire.EventDeleted, path, -1)
	case n.stat.mzxid > since:
		s.sendEvent(c, zkwire.EventDataChanged, path, -1)
	default:
		s.data.add(path, c, watchOnce)
	}
}

func (s *state) catchUpChildren(c *conn, path string, since zkwire.Zxid) {
	n := s.tree.lookup(path)
	switch {
	case n == nil:
		s.sendEvent(c, zkwire.EventDeleted, path, -1)
	case n.stat.pzxid > since:
		s.sendEvent(c, zkwire.EventChildrenChanged, path, -1)
	default:
		s.children.add(path, c, watchOnce)
	}
}
