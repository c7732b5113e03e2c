package zkembed

import "oakmoot/internal/zk/zkwire"

// serveAddWatch answers addWatch (106).
//
// Request: path, mode (0 persistent, 1 persistent and recursive). Reply: an int, 0.
// Errors: MarshallingError for any other mode. The path is not checked.
func serveAddWatch(s *state, r *request) zkwire.Code {
	var q zkwire.AddWatchRequest
	q.Decode(&r.body)
	if q.Mode != zkwire.WatchPersistent && q.Mode != zkwire.WatchPersistentRecursive {
		r.body.Fail()
	}
	if undecodable(&r.body) {
		return zkwire.MarshallingError
	}
	s.watches.add(watchedPath(r, q.Path), r.conn, q.Mode)
	out, mark := r.startReply()
	out.Int(0)
	out.EndFrame(mark)
	return zkwire.OK
}

// watchedPath is the path that a request has decoded. Watches may be set on a null one,
// which no node has.
func watchedPath(r *request, path string) string {
	if r.body.Err() == zkwire.ErrNull {
		return "\x00"
	}
	return path
}

// watcherTypes are the types of checkWatches and removeWatches: which modes they
// mean in the data and in the children manager.
var watcherTypes = map[zkwire.WatcherType]watchModes{
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
func serveCheckWatches(s *state, r *request) zkwire.Code {
	return r.serveWatcher(s.watches.has)
}

// serveRemoveWatches answers removeWatches (18). Request, reply and errors are
// those of checkWatches.
func serveRemoveWatches(s *state, r *request) zkwire.Code {
	return r.serveWatcher(s.watches.remove)
}

// serveWatcher answers a request for watches of a type, which are found or not.
func (r *request) serveWatcher(found func(path string, c *conn, modes watchModes) bool) zkwire.Code {
	var q zkwire.WatcherRequest
	q.Decode(&r.body)
	modes, known := watcherTypes[q.Type]
	if !known {
		r.body.Fail()
	}
	switch {
	case undecodable(&r.body):
		return zkwire.MarshallingError
	case !found(watchedPath(r, q.Path), r.conn, modes):
		return zkwire.NoWatcher
	}
	r.reply(zkwire.OK)
	return zkwire.OK
}

// serveSetWatches answers setWatches (101) and setWatches2 (105): DataTree.setWatches.
// A client that has reconnected names its watches and the last zxid it saw: for what has
// happened since it gets an event at once, before the reply, and the rest is watched. No
// ACL is checked.
//
// Request: zxid, data, exist and child watches; setWatches2 also persistent and
// recursive ones, which get no event. Reply: nothing.
func serveSetWatches(s *state, r *request) zkwire.Code {
	var q zkwire.SetWatches2Request
	if r.code == zkwire.OpSetWatches2 {
		q.Decode(&r.body)
	} else {
		q.SetWatchesRequest.Decode(&r.body)
	}
	if r.body.Err() != nil {
		return zkwire.MarshallingError
	}
	s.queue.effort += len(q.Data) + len(q.Exist) + len(q.Child) + len(q.Persistent) + len(q.Recursive)
	for _, path := range q.Data {
		r.catchUp(s.watches.data, path, zkwire.EventDataChanged, q.Since)
	}
	for _, path := range q.Exist {
		if s.tree.Lookup(path) != nil {
			s.out.notify(r.conn, zkwire.EventCreated, path, noZxid)
		} else {
			s.watches.data.add(path, r.conn, watchOnce)
		}
	}
	for _, path := range q.Child {
		r.catchUp(s.watches.children, path, zkwire.EventChildrenChanged, q.Since)
	}
	for _, path := range q.Persistent {
		s.watches.add(path, r.conn, zkwire.WatchPersistent)
	}
	for _, path := range q.Recursive {
		s.watches.add(path, r.conn, zkwire.WatchPersistentRecursive)
	}
	r.reply(zkwire.OK)
	return zkwire.OK
}

// noZxid is the zxid of an event that no transaction under way has caused.
const noZxid zkwire.Zxid = -1

// catchUp sends what has happened to a watched node since a zxid; if nothing has, the
// node is watched.
func (r *request) catchUp(w *watchManager, path string, changed zkwire.EventType, since zkwire.Zxid) {
	s, c := r.state, r.conn
	n := s.tree.Lookup(path)
	if n == nil {
		s.out.notify(c, zkwire.EventDeleted, path, noZxid)
		return
	}
	latest := n.Mzxid()
	if changed == zkwire.EventChildrenChanged {
		latest = n.Pzxid()
	}
	if latest > since {
		s.out.notify(c, changed, path, noZxid)
		return
	}
	w.add(path, c, watchOnce)
}
