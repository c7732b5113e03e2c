package zkembed

import (
	"strings"

	"oakmoot/internal/zkwire"
)

// serveGetChildren answers getChildren (8) and getChildren2 (12).
//
// Request: path, watch. Reply: names in no order; getChildren2 adds the Stat.
// Errors, in this order: NoNode, NoAuth (READ).
func serveGetChildren(s *state, r *request) {
	d := zkwire.NewDecoder(r.body)
	path, watch := d.String(), d.Bool()
	if d.Err() != nil {
		s.replyError(r, zkwire.MarshallingError)
		return
	}
	n, code := s.readable(path, zkwire.PermRead, r.conn.ids)
	if code != zkwire.OK {
		s.replyError(r, code)
		return
	}
	if watch {
		s.children.add(rooted(path), r.conn, watchOnce)
	}
	out, mark := s.startReply(r, zkwire.OK)
	encodeNames(out, n)
	if r.op == zkwire.OpGetChildren2 {
		stat := n.wireStat()
		out.Stat(&stat)
	}
	out.EndFrame(mark)
}

func encodeNames(out *zkwire.Encoder, n *znode) {
	out.Int(int32(len(n.children)))
	for name := range n.children {
		out.String(name)
	}
}

// serveGetEphemerals answers getEphemerals (103): the session's own, whose paths
// begin with the prefix. Request: prefix, null or blank for all. Reply: paths.
func serveGetEphemerals(s *state, r *request) {
	d := zkwire.NewDecoder(r.body)
	prefix, _ := d.NullString()
	if d.Err() != nil {
		s.replyError(r, zkwire.MarshallingError)
		return
	}
	if strings.TrimSpace(prefix) == "" {
		prefix = "/"
	}
	var paths []string
	for path := range s.tree.ephemerals[int64(r.conn.sess.id)] {
		if strings.HasPrefix(path, prefix) {
			paths = append(paths, path)
		}
	}
	out, mark := s.startReply(r, zkwire.OK)
	out.Strings(paths)
	out.EndFrame(mark)
}

// serveAllChildren answers getAllChildrenNumber (104): all descendants.
// Request: path. Reply: their number. Errors, in this order: NoNode, NoAuth (READ).
func serveAllChildren(s *state, r *request) {
	d := zkwire.NewDecoder(r.body)
	path := d.String()
	if d.Err() != nil {
		s.replyError(r, zkwire.MarshallingError)
		return
	}
	if _, code := s.readable(path, zkwire.PermRead, r.conn.ids); code != zkwire.OK {
		s.replyError(r, code)
		return
	}
	out, mark := s.startReply(r, zkwire.OK)
	out.Int(int32(s.tree.descendants(path)))
	out.EndFrame(mark)
}
