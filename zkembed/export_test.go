package zkembed

import (
	"sync/atomic"

	"oakmoot/internal/zk/zkwire"
	"oakmoot/zkembed/internal/tree"
)

// plant replaces an operation's handler, until undone.
func plant(code zkwire.Op, serve func(s *state, r *request, honest serve) zkwire.Code) (undo func()) {
	honest := ops[code]
	planted := *honest
	planted.serve = func(s *state, r *request) zkwire.Code { return serve(s, r, honest.serve) }
	ops[code] = &planted
	return func() { ops[code] = honest }
}

// everyNth is true for every nth request.
func everyNth(n int64) func() bool {
	var count atomic.Int64
	return func() bool { return count.Add(1)%n == 0 }
}

func pathOf(r *request) string { return r.op.pathsIn(r.raw)[0] }

// PlantLostWrite makes the server forget every nth setData that it acknowledges.
func PlantLostWrite(n int64) (undo func()) {
	now := everyNth(n)
	return plant(zkwire.OpSetData, func(s *state, r *request, honest serve) zkwire.Code {
		node := s.tree.Lookup(pathOf(r))
		if node == nil || !now() {
			return honest(s, r)
		}
		before := *node
		defer func() { *node = before }()
		return honest(s, r)
	})
}

// PlantStaleRead makes every nth getData answer what was there one write earlier.
func PlantStaleRead(n int64) (undo func()) {
	now, before := everyNth(n), map[string]tree.Node{}
	undoSet := plant(zkwire.OpSetData, func(s *state, r *request, honest serve) zkwire.Code {
		if node := s.tree.Lookup(pathOf(r)); node != nil {
			before[pathOf(r)] = *node
		}
		return honest(s, r)
	})
	undoGet := plant(zkwire.OpGetData, func(s *state, r *request, honest serve) zkwire.Code {
		node := s.tree.Lookup(pathOf(r))
		old, ok := before[pathOf(r)]
		if node == nil || !ok || !now() {
			return honest(s, r)
		}
		present := *node
		*node = old
		defer func() { *node = present }()
		return honest(s, r)
	})
	return func() { undoSet(); undoGet() }
}

// PlantLateEvent makes the event of a change come after the read that shows the change.
func PlantLateEvent() (undo func()) {
	late := map[*conn]bool{}
	undoSet := plant(zkwire.OpSetData, func(s *state, r *request, honest serve) zkwire.Code {
		for _, c := range s.watches.data.fire(pathOf(r), zkwire.EventDataChanged) {
			late[c] = true
		}
		return honest(s, r)
	})
	undoGet := plant(zkwire.OpGetData, func(s *state, r *request, honest serve) zkwire.Code {
		code := honest(s, r)
		if late[r.conn] {
			delete(late, r.conn)
			s.out.notify(r.conn, zkwire.EventDataChanged, pathOf(r), s.zxid)
		}
		return code
	})
	return func() { undoSet(); undoGet() }
}

// SubjectName is how a certificate's owner is known.
var SubjectName = subjectName
