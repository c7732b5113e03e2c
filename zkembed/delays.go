package zkembed

// held is a connection's delayed request, and what waits behind it.
type held struct {
	active bool
	until  int64  // in the state's time
	frames []byte // the request and all behind it
	passed bool   // the first request has waited
}

// heldLimit is how many bytes of requests may wait behind one that a rule delays.
const heldLimit = 64 << 20

// keep adds requests that wait; false when there are too many.
func (h *held) keep(frames []byte) bool {
	if len(h.frames)+len(frames) > heldLimit {
		return false
	}
	h.frames = append(h.frames, frames...)
	return true
}

// faults are what the server gets wrong on purpose.
type faults struct {
	rules  *faultRules
	delays delays
}

// delays are the connections whose requests a rule delays. They are owned by the state.
type delays map[*conn]struct{}

// begin holds up a connection.
func (d delays) begin(c *conn, until int64) {
	c.held = held{active: true, until: until}
	d[c] = struct{}{}
}

// end lets a connection go on, and returns the requests that have waited.
func (d delays) end(c *conn) (frames []byte) {
	frames = c.held.frames
	c.held = held{passed: true}
	delete(d, c)
	return frames
}

// next is when the first of them may go on.
func (d delays) next() int64 {
	next := int64(never)
	for c := range d {
		next = min(next, c.held.until)
	}
	return next
}
