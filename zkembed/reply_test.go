package zkembed

import (
	"slices"
	"testing"
	"time"

	"oakmoot/internal/zk/zkwire"
)

// A client that watches a node hears of a change before the client that made it gets its
// reply.
func TestEventsGoOutBeforeTheReply(t *testing.T) {
	st, err := load(New(Options{}), nil)
	if err != nil {
		t.Fatal(err)
	}
	st.begins(newLifetime(st))
	maker, watcher := connFor(t), connFor(t)
	for _, c := range []*conn{maker, watcher} {
		st.connect(c, &zkwire.ConnectRequest{Timeout: 10 * time.Second, Password: make([]byte, zkwire.PasswordLength)})
	}
	if st.flush(); st.pace.ending != nil {
		t.Fatal(st.pace.ending)
	}
	st.watches.data.add("/", watcher, watchOnce)
	st.serveFrames(maker, frame(encoded(&zkwire.RequestHeader{Xid: 1, Op: zkwire.OpSetData}, &zkwire.SetDataRequest{Path: "/", Version: -1})), time.Now())
	if want := []*conn{watcher, maker}; !slices.Equal(st.out.touched, want) {
		t.Errorf("output goes to %p, want %p", st.out.touched, want)
	}
}
