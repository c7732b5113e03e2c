package zkembed

// queue is the connections whose requests wait until their clients have read what they
// asked for, or until others have had their turn. It is owned by the state.
type queue struct {
	limit  int     // of effort
	effort int     // of the parcel under way, in nodes looked at
	kept   []*conn // whose requests wait, since this batch
	ready  []*conn // whose requests can go on
}

// tired reports whether it is others' turn.
func (q *queue) tired() bool { return q.effort >= q.limit }

// keep puts requests aside. Those that were already on their way go behind.
func (q *queue) keep(c *conn, frames []byte) {
	if len(c.rest) == 0 {
		q.kept = append(q.kept, c)
		c.setBehind(true)
	}
	c.rest = append(c.rest, frames...)
}

// settle finds out which connections can go on at once, now that the output of the
// batch is on its way; the others' writers post a parcel when there is room.
func (q *queue) settle(out *outbox) {
	for _, c := range q.kept {
		if c.wantRoom(out.allowance()) {
			q.ready = append(q.ready, c)
		}
	}
	clear(q.kept)
	q.kept = q.kept[:0]
}

// more can be received from while some connection can go on.
func (q *queue) more() <-chan struct{} {
	if len(q.ready) == 0 {
		return nil
	}
	return always
}

// next takes the connection that has waited longest; nil when nobody waits.
func (q *queue) next() *conn {
	if len(q.ready) == 0 {
		return nil
	}
	c := q.ready[0]
	q.ready[0] = nil
	if q.ready = q.ready[1:]; len(q.ready) == 0 {
		q.ready = nil
	}
	return c
}
