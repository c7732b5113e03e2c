package zkembed

import "oakmoot/internal/zk/zkwire"

// serveAddWatch answers addWatch (106).
//
// Request: path, mode (0 persistent, 1 persistent and recursive). Reply: an int, 0.
// Errors: MarshallingError for another mode. The path is not looked at.
func serveAddWatch(s *state, r *request) {
	var q zkwire.AddWatchRequest
	q.Decode(&r.body)
	if q.Mode != zkwire.WatchPersistent && q.Mode != zkwire.WatchPersistentRecursive {
		r.body.Fail()
	}
	if s.refuseUndecodable(r) {
		return
	}
	s.addWatch(watchedPath(r, q.Path), r.conn, q.Mode)
	out, mark := s.startReply(r, zkwire.OK)
	out.Int(0)
	out.EndFrame(mark)
}

// watchedPath is the path that a request has decoded; watches may be set on a null one,
// which is no node's.
func watchedPath(r *request, path string) string {
	if r.body.Err() == zkwire.ErrNull {
		return "\x00"
	}
	return path
}

func (s *state) addWatch(path string, c *conn, mode int32) {
	if mode == zkwire.WatchPersistentRecursive {
		s.data.add(path, c, watchRecursive)
		return
	}
	s.data.add(path, c, watchPersistent)
	s.children.add(path, c, watchPersistent)
}

// watcherTypes are the types of checkWatches and removeWatches: which modes they
// mean in the data and in the children manager.
var watcherTypes = map[zkwire.WatcherType]struct{ data, children watchMode }{
	zkwire.WatcherChildren:            {0, watchOnce},
	zkwire.WatcherData:                {watchOnce, 0},
	zkwire.WatcherAny:                 {watchAny, watchAny},
	zkwire.WatcherPersistent:          {watchPersistent, watchPersistent},
	zkwire.WatcherPersistentRecursive: {watchRecursive, watchRecursive},
}

// serveCheckWatches answers checkWatches (17): whether the connection holds such a
// watch.
//
// Request: path, type. Reply: nothing.
// Errors, in this order: MarshallingError (type), NoWatcher.
func serveCheckWatches(s *state, r *request) {
	s.serveWatcherType(r, func(path string, data, children watchMode) bool {
		return s.data.has(path, r.conn, data) || s.children.has(path, r.conn, children)
	})
}

// serveRemoveWatches answers removeWatches (18). Request, reply and errors are
// those of checkWatches.
func serveRemoveWatches(s *state, r *request) {
	s.serveWatcherType(r, func(path string, data, children watchMode) bool {
		fromData := s.data.remove(path, r.conn, data)
		fromChildren := s.children.remove(path, r.conn, children)
		return fromData || fromChildren
	})
}

func (s *state) serveWatcherType(r *request, found func(path string, data, children watchMode) bool) {
	var q zkwire.WatcherRequest
	q.Decode(&r.body)
	modes, known := watcherTypes[q.Type]
	if !known {
		r.body.Fail()
	}
	switch {
	case s.refuseUndecodable(r):
	case !found(watchedPath(r, q.Path), modes.data, modes.children):
		s.reply(r, zkwire.NoWatcher)
	default:
		s.reply(r, zkwire.OK)
	}
}

// serveSetWatches answers setWatches (101) and setWatches2 (105): DataTree.setWatches.
// A client that has reconnected tells its watches and the last zxid it saw; what
// has happened since is told at once, before the reply, the rest is watched. No ACL
// is looked at.
//
// Request: zxid, data, exist and child watches; setWatches2 also persistent and
// recursive ones, which are told nothing. Reply: nothing.
func serveSetWatches(s *state, r *request) {
	var q zkwire.SetWatches2Request
	if r.op == zkwire.OpSetWatches2 {
		q.Decode(&r.body)
	} else {
		q.SetWatchesRequest.Decode(&r.body)
	}
	if s.malformed(r) {
		return
	}
	s.effort += len(q.Data) + len(q.Exist) + len(q.Child) + len(q.Persistent) + len(q.Recursive)
	for _, path := range q.Data {
		s.catchUp(r.conn, s.data, path, zkwire.EventDataChanged, q.Since)
	}
	for _, path := range q.Exist {
		if s.tree.lookup(path) != nil {
			s.notify(r.conn, zkwire.EventCreated, path, noZxid)
		} else {
			s.data.add(path, r.conn, watchOnce)
		}
	}
	for _, path := range q.Child {
		s.catchUp(r.conn, s.children, path, zkwire.EventChildrenChanged, q.Since)
	}
	for _, path := range q.Persistent {
		s.addWatch(path, r.conn, zkwire.WatchPersistent)
	}
	for _, path := range q.Recursive {
		s.addWatch(path, r.conn, zkwire.WatchPersistentRecursive)
	}
	s.reply(r, zkwire.OK)
}

// noZxid is the zxid of an event that no transaction under way has caused.
const noZxid zkwire.Zxid = -1

// catchUp tells what has happened to a watched node since a zxid, or watches on.
func (s *state) catchUp(c *conn, w *watches, path string, changed zkwire.EventType, since zkwire.Zxid) {
	n := s.tree.lookup(path)
	if n == nil {
		s.notify(c, zkwire.EventDeleted, path, noZxid)
		return
	}
	latest := n.mzxid
	if changed == zkwire.EventChildrenChanged {
		latest = n.pzxid()
	}
	if latest > since {
		s.notify(c, changed, path, noZxid)
		return
	}
	w.add(path, c, watchOnce)
}
