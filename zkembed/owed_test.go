package zkembed

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"oakmoot/internal/zk/zkwire"
	"oakmoot/zkembed/internal/tree"
)

// asker is a client that sends and reads only what the test wants.
type asker struct {
	t    *testing.T
	conn net.Conn
}

// dialRaw opens a session.
func dialRaw(t *testing.T, srv *Server) *asker {
	t.Helper()
	conn, err := srv.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	a := &asker{t, conn}
	var e zkwire.Encoder
	mark := e.StartFrame()
	connect := zkwire.ConnectRequest{Timeout: time.Hour, Password: make([]byte, zkwire.PasswordLength)}
	connect.Encode(&e)
	e.EndFrame(mark)
	a.say(e.Buf)
	if _, err := a.read(); err != nil {
		t.Fatal(err)
	}
	return a
}

func (a *asker) say(b []byte) {
	a.t.Helper()
	if _, err := a.conn.Write(b); err != nil {
		a.t.Fatal(err)
	}
}

// read reads a frame.
func (a *asker) read() ([]byte, error) {
	head := make([]byte, lengthSize)
	if _, err := readFull(a.conn, head); err != nil {
		return nil, err
	}
	frame := make([]byte, binary.BigEndian.Uint32(head))
	_, err := readFull(a.conn, frame)
	return frame, err
}

func readFull(c net.Conn, b []byte) (n int, err error) {
	for n < len(b) && err == nil {
		var m int
		m, err = c.Read(b[n:])
		n += m
	}
	return n, err
}

// asks is a request as a frame.
func asks(xid int32, op zkwire.Op, body func(*zkwire.Encoder)) []byte {
	var e zkwire.Encoder
	mark := e.StartFrame()
	e.Int(xid)
	e.Int(int32(op))
	body(&e)
	e.EndFrame(mark)
	return e.Buf
}

func reads(path string) func(*zkwire.Encoder) {
	return func(e *zkwire.Encoder) { e.String(path); e.Bool(false) }
}

func names(path string) func(*zkwire.Encoder) { return func(e *zkwire.Encoder) { e.String(path) } }

func creates(path string, data []byte) func(*zkwire.Encoder) {
	return func(e *zkwire.Encoder) {
		r := zkwire.CreateRequest{Path: path, Data: data, ACL: []zkwire.ACL{{Perms: zkwire.PermAll, ID: zkwire.ID{Scheme: "world", ID: "anyone"}}}}
		r.Encode(e)
	}
}

// manyReads is a multiRead that reads a node n times.
func manyReads(path string, n int) func(*zkwire.Encoder) {
	return func(e *zkwire.Encoder) {
		for range n {
			(&zkwire.MultiHeader{Op: zkwire.OpGetData, Code: -1}).Encode(e)
			reads(path)(e)
		}
		zkwire.MultiEnd.Encode(e)
	}
}

// withMegabyte runs a test in a bubble, with a node of a megabyte at /m and the client
// that has made it. The server may owe 16 MB to all clients together.
func withMegabyte(t *testing.T, f func(t *testing.T, srv *Server, good *asker)) {
	synctest.Test(t, func(t *testing.T) {
		srv := New(Options{Network: InMemory(), MaxSessionTimeout: time.Hour})
		srv.limits.enoughOfAll, srv.limits.mostOfAll, srv.limits.most = 16<<20, 64<<20, 32<<20
		runServer(t, srv)
		good := dialRaw(t, srv)
		good.say(asks(1, zkwire.OpCreate, creates("/m", make([]byte, 1<<20-200))))
		if _, err := good.read(); err != nil {
			t.Fatal(err)
		}
		f(t, srv, good)
	})
}

// runServer runs a server for the length of a test.
func runServer(t *testing.T, srv *Server) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- srv.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	<-srv.Ready()
}

// answers fails the test unless the client gets an answer.
func (a *asker) answers(what string) {
	a.t.Helper()
	a.say(asks(7, zkwire.OpExists, reads("/m")))
	frame, err := a.read()
	if err != nil || binary.BigEndian.Uint32(frame) != 7 {
		a.t.Fatalf("%s: got %v and %d bytes, want an answer", what, err, len(frame))
	}
}

func (s *Server) owedToAll() int64 { return s.lives.present().owed.Load() }

func TestReadsWhoseAnswersPileUpAreNotMade(t *testing.T) {
	withMegabyte(t, func(t *testing.T, srv *Server, good *asker) {
		bad := dialRaw(t, srv)
		const n = 300
		var all []byte
		for i := range n {
			all = append(all, asks(int32(i+1), zkwire.OpGetData, reads("/m"))...)
		}
		go func() { _, _ = bad.conn.Write(all) }()
		synctest.Wait()
		if owed := srv.owedToAll(); owed > 4<<20 {
			t.Errorf("got %d bytes owed, want at most two answers and what is enough", owed)
		}
		good.answers("while nobody takes the others")
		for i := range n { // they still come, in order, once they are read
			frame, err := bad.read()
			if err != nil || binary.BigEndian.Uint32(frame) != uint32(i+1) {
				t.Fatalf("answer %d: got %v", i+1, err)
			}
		}
		bad.answers("afterwards")
		synctest.Wait()
		if owed := srv.owedToAll(); owed != 0 {
			t.Errorf("got %d bytes owed, want none", owed)
		}
	})
}

func TestManyConnectionsAreOwedAnAnswerEachWhenThereIsMuchForAll(t *testing.T) {
	withMegabyte(t, func(t *testing.T, srv *Server, good *asker) {
		var bad []*asker
		for range 40 {
			a := dialRaw(t, srv)
			bad = append(bad, a)
			for i := range 20 {
				a.say(asks(int32(i+1), zkwire.OpGetData, reads("/m")))
			}
		}
		synctest.Wait()
		if owed, most := srv.owedToAll(), srv.limits.enoughOfAll+2*40<<20; owed > most {
			t.Errorf("got %d bytes owed, want at most %d", owed, most)
		}
		good.answers("while nobody takes the others")
		for _, a := range bad {
			a.conn.Close()
		}
		synctest.Wait()
		if owed := srv.owedToAll(); owed != 0 {
			t.Errorf("after they have gone: got %d bytes owed, want none", owed)
		}
	})
}

func TestMultiReadThatBecomesTooLongIsHungUpOn(t *testing.T) {
	withMegabyte(t, func(t *testing.T, srv *Server, good *asker) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range 3 {
			bad := dialRaw(t, srv)
			bad.say(asks(1, zkwire.OpMultiRead, manyReads("/m", 1500)))
			if frame, err := bad.read(); err == nil {
				t.Errorf("got an answer of %d bytes, want the end of the connection", len(frame))
			}
			good.answers("afterwards")
		}
		runtime.ReadMemStats(&after)
		if made := after.TotalAlloc - before.TotalAlloc; made > uint64(defaultLimits.most)/2 {
			t.Errorf("made %d bytes of answers that are too long, want none", made)
		}
		good.say(asks(9, zkwire.OpMultiRead, manyReads("/m", 3)))
		if frame, err := good.read(); err != nil || len(frame) < 3<<20-1000 {
			t.Errorf("three of them: got %d bytes, %v; want 3 MB", len(frame), err)
		}
		synctest.Wait() // the writer has noted what it wrote
		if owed := srv.owedToAll(); owed != 0 {
			t.Errorf("got %d bytes owed, want none", owed)
		}
	})
}

// A client that watches everything and reads nothing is hung up on before the server runs
// full of its events.
func TestUnreadEventsEndTheirConnection(t *testing.T) {
	withMegabyte(t, func(t *testing.T, srv *Server, good *asker) {
		bad := dialRaw(t, srv)
		bad.say(asks(1, zkwire.OpAddWatch, func(e *zkwire.Encoder) { e.String("/"); e.Int(zkwire.WatchPersistentRecursive) }))
		if _, err := bad.read(); err != nil {
			t.Fatal(err)
		}
		long := strings.Repeat("x", 60_000)
		for i := range 700 { // 42 MB of events
			good.say(asks(1, zkwire.OpCreate, creates(fmt.Sprintf("/%d-%s", i, long), nil)))
			if _, err := good.read(); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(2 * lingerLimit)
		if owed := srv.owedToAll(); owed != 0 {
			t.Errorf("got %d bytes owed, want none to a connection that has ended", owed)
		}
		good.answers("afterwards")
	})
}

// Requests of a few bytes that mean much work take turns with those of others.
func TestWorkIsDoneInTurns(t *testing.T) {
	st, err := load(New(Options{}), nil)
	if err != nil {
		t.Fatal(err)
	}
	c := connFor(t)
	st.begins(c.life)
	st.queue.limit = 1000
	c.sess = st.openSession(time.Hour)
	c.sess.conn = c
	for i := range 300 {
		st.tree.Apply(&tree.Txn{Zxid: 1, Time: 1}, &tree.Effect{Kind: tree.Create, Path: fmt.Sprintf("/n%d", i)}, nil)
	}
	var frames []byte
	for range 50 {
		frames = append(frames, asks(1, zkwire.OpAllChildren, names("/"))...)
	}
	st.serveFrames(c, frames, time.Now())
	turns := 1
	for ; len(c.rest) > 0; turns++ {
		if st.queue.effort > 2000 {
			t.Fatalf("turn %d: got an effort of %d, want little more than 1000", turns, st.queue.effort)
		}
		st.queue.settle(&st.out)
		if !st.busy() || st.queue.more() == nil {
			t.Fatalf("turn %d: nobody goes on with what is left", turns)
		}
		st.goOn(st.queue.next())
	}
	if turns < 12 || turns > 15 || c.stats.received != 50 {
		t.Errorf("got %d requests in %d turns, want 50 in four a turn", c.stats.received, turns)
	}
	// What has arrived meanwhile stays behind.
	st.serveFrames(c, frames, time.Now())
	st.serveFrames(c, asks(99, zkwire.OpPing, func(*zkwire.Encoder) {}), time.Now())
	if rest := c.rest; binary.BigEndian.Uint32(rest[len(rest)-8:]) != 99 || !c.behind {
		t.Error("the ping does not wait behind the rest, or the reader reads on")
	}
}

func newQuestion(t *testing.T, srv *Server) *question {
	t.Helper()
	turns, err := srv.lives.turns(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return &question{turns: *turns, at: srv.ensemble.endpoints[0], to: &strings.Builder{}}
}
