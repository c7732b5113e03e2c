package zkembed

import (
	"strings"

	"oakmoot/internal/zk/zkwire"
)

// serveGetChildren answers getChildren (8) and getChildren2 (12).
//
// Request: path, watch. Reply: names in no order; getChildren2 adds the Stat.
// Errors, in this order: NoNode, NoAuth (READ).
func serveGetChildren(s *state, r *request) zkwire.Code {
	n, code := r.read(s.watches.children)
	if code != zkwire.OK {
		return code
	}
	out, mark := r.startReply()
	n.EncodeChildren(out)
	if r.code == zkwire.OpGetChildren2 {
		stat := n.Stat()
		out.Stat(&stat)
	}
	out.EndFrame(mark)
	return zkwire.OK
}

// serveGetEphemerals answers getEphemerals (103): the session's own, whose paths
// begin with the prefix. No ACL is checked.
//
// Request: prefix, null or blank for all. Reply: paths in no order.
func serveGetEphemerals(s *state, r *request) zkwire.Code {
	var q zkwire.PrefixRequest
	if q.Decode(&r.body); r.body.Err() != nil {
		return zkwire.MarshallingError
	}
	prefix := q.Prefix
	if strings.TrimSpace(prefix) == "" {
		prefix = "/"
	}
	var paths []string
	for path := range s.tree.Owners.Of(r.conn.sess.id) {
		if strings.HasPrefix(path, prefix) {
			paths = append(paths, path)
		}
	}
	s.queue.effort += s.tree.Owners.NumberOf(r.conn.sess.id)
	out, mark := r.startReply()
	out.Strings(paths)
	out.EndFrame(mark)
	return zkwire.OK
}

// serveAllChildren answers getAllChildrenNumber (104): all descendants.
//
// Request: path. Reply: their number. Errors, in this order: NoNode, NoAuth (READ).
// Surprise: under the root's empty name, which is a prefix of "/", the root itself is
// counted too.
func serveAllChildren(s *state, r *request) zkwire.Code {
	n, path, code := r.named(zkwire.PermRead)
	if code != zkwire.OK {
		return code
	}
	out, mark := r.startReply()
	number := n.Descendants()
	s.queue.effort += number
	if path == "" {
		number++
	}
	out.Int(int32(number))
	out.EndFrame(mark)
	return zkwire.OK
}
