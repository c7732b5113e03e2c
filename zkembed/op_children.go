package zkembed

import (
	"strings"

	"oakmoot/internal/zk/zkwire"
)

// serveGetChildren answers getChildren (8) and getChildren2 (12).
//
// Request: path, watch. Reply: names in no order; getChildren2 adds the Stat.
// Errors, in this order: NoNode, NoAuth (READ).
func serveGetChildren(s *state, r *request) {
	var q zkwire.ReadRequest
	if q.Decode(&r.body); s.malformed(r) {
		return
	}
	n, code := s.readable(q.Path, zkwire.PermRead, r.conn.ids)
	if code != zkwire.OK {
		s.reply(r, code)
		return
	}
	if q.Watch {
		s.children.add(q.Path, r.conn, watchOnce)
	}
	out, mark := s.startReply(r, zkwire.OK)
	n.children().encode(out)
	if r.op == zkwire.OpGetChildren2 {
		stat := n.wireStat()
		out.Stat(&stat)
	}
	out.EndFrame(mark)
}

// serveGetEphemerals answers getEphemerals (103): the session's own, whose paths
// begin with the prefix. No ACL is looked at.
//
// Request: prefix, null or blank for all. Reply: paths in no order.
func serveGetEphemerals(s *state, r *request) {
	var q zkwire.PrefixRequest
	if q.Decode(&r.body); s.malformed(r) {
		return
	}
	prefix := q.Prefix
	if strings.TrimSpace(prefix) == "" {
		prefix = "/"
	}
	var paths []string
	for path := range s.tree.ephemerals[int64(r.conn.sess.id)] {
		if strings.HasPrefix(path, prefix) {
			paths = append(paths, path)
		}
	}
	s.effort += len(s.tree.ephemerals[int64(r.conn.sess.id)])
	out, mark := s.startReply(r, zkwire.OK)
	out.Strings(paths)
	out.EndFrame(mark)
}

// serveAllChildren answers getAllChildrenNumber (104): all descendants.
//
// Request: path. Reply: their number. Errors, in this order: NoNode, NoAuth (READ).
// Surprise: of the root under its empty name, which is a prefix of "/", the root is
// counted too.
func serveAllChildren(s *state, r *request) {
	var q zkwire.PathRequest
	if q.Decode(&r.body); s.malformed(r) {
		return
	}
	n, code := s.readable(q.Path, zkwire.PermRead, r.conn.ids)
	if code != zkwire.OK {
		s.reply(r, code)
		return
	}
	out, mark := s.startReply(r, zkwire.OK)
	number := descendants(n)
	s.effort += number
	if q.Path == "" {
		number++
	}
	out.Int(int32(number))
	out.EndFrame(mark)
}
