package zkembed

import (
	"sync/atomic"

	"oakmoot/internal/zk/zkwire"
)

// plant replaces how an operation is served, until undone.
func plant(code zkwire.Op, serve func(s *state, r *request, honest func(*state, *request))) (undo func()) {
	honest := ops[code]
	ops[code] = op{code, func(s *state, r *request) { serve(s, r, honest.serve) }}
	return func() { ops[code] = honest }
}

// everyNth counts requests.
func everyNth(n int64) func() bool {
	var count atomic.Int64
	return func() bool { return count.Add(1)%n == 0 }
}

func pathOf(r *request) string { return zkwire.Paths(r.op, r.raw)[0] }

// PlantLostWrite makes the server forget every so many setData that it acknowledges.
func PlantLostWrite(n int64) (undo func()) {
	now := everyNth(n)
	return plant(zkwire.OpSetData, func(s *state, r *request, honest func(*state, *request)) {
		node := s.tree.lookup(pathOf(r))
		if node == nil || !now() {
			honest(s, r)
			return
		}
		before := *node
		honest(s, r)
		*node = before
	})
}

// PlantStaleRead makes every so many getData answer what was there a write before.
func PlantStaleRead(n int64) (undo func()) {
	now, before := everyNth(n), map[string]znode{}
	undoSet := plant(zkwire.OpSetData, func(s *state, r *request, honest func(*state, *request)) {
		if node := s.tree.lookup(pathOf(r)); node != nil {
			before[pathOf(r)] = *node
		}
		honest(s, r)
	})
	undoGet := plant(zkwire.OpGetData, func(s *state, r *request, honest func(*state, *request)) {
		node := s.tree.lookup(pathOf(r))
		old, ok := before[pathOf(r)]
		if node == nil || !ok || !now() {
			honest(s, r)
			return
		}
		present := *node
		*node = old
		honest(s, r)
		*node = present
	})
	return func() { undoSet(); undoGet() }
}

// PlantLateEvent makes a change's event come after the read that shows the change.
func PlantLateEvent() (undo func()) {
	late := map[*conn]bool{}
	undoSet := plant(zkwire.OpSetData, func(s *state, r *request, honest func(*state, *request)) {
		for _, c := range s.data.fire(pathOf(r), zkwire.EventDataChanged) {
			late[c] = true
		}
		honest(s, r)
	})
	undoGet := plant(zkwire.OpGetData, func(s *state, r *request, honest func(*state, *request)) {
		honest(s, r)
		if late[r.conn] {
			delete(late, r.conn)
			s.notify(r.conn, zkwire.EventDataChanged, pathOf(r), s.zxid)
		}
	})
	return func() { undoSet(); undoGet() }
}

// SubjectName is how a certificate's owner is known.
var SubjectName = subjectName
