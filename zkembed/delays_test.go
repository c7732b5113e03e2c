package zkembed

import (
	"testing"
	"time"

	"oakmoot/internal/zk/zkwire"
)

// Requests that a rule delays are kept in order, answered once they may go on, and counted
// when they arrive, not again when they go on.
func TestDelayedRequestsAreCountedOnce(t *testing.T) {
	st, err := load(New(Options{}), nil)
	if err != nil {
		t.Fatal(err)
	}
	st.begins(newLifetime(st))
	c := connFor(t)
	st.connect(c, &zkwire.ConnectRequest{Timeout: 10 * time.Second, Password: make([]byte, zkwire.PasswordLength)})
	st.faults.rules.arm(Rule{Op: "exists", Times: 1, Action: ActDelay, Delay: time.Hour})
	request := func(xid zkwire.Xid) []byte {
		return frame(encoded(&zkwire.RequestHeader{Xid: xid, Op: zkwire.OpExists}, &zkwire.ReadRequest{Path: "/"}))
	}
	first, second := append(request(1), request(2)...), request(3)
	st.handle(parcel{conn: c, frames: first})
	st.handle(parcel{conn: c, frames: second})
	if got, want := len(c.held.frames), len(first)+len(second); got != want || c.stats.received != 0 {
		t.Errorf("delayed: got %d bytes held and %d requests carried out, want %d and none", got, c.stats.received, want)
	}
	st.serveFrames(c, st.faults.delays.end(c), time.Now())
	if c.stats.received != 3 || c.stats.lastXid != 3 {
		t.Errorf("let go: got %d requests carried out, the last %d, want 3 in order", c.stats.received, c.stats.lastXid)
	}
	if got, want := st.stats.metrics.bytesIn, int64(len(first)+len(second)); got != want {
		t.Errorf("bytes received: got %d, want %d", got, want)
	}
}
