package fault_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"oakmoot/internal/run/fault"
	"oakmoot/internal/run/memnet"
	"oakmoot/internal/zk/zkwire"
)

// zkRig is a link with an open ZooKeeper connection, whose server is the test.
type zkRig struct {
	t            *testing.T
	link         *fault.Link
	client       net.Conn
	server       net.Conn
	ln           net.Listener
	nextXid, nth int
}

// zkBubble runs f with a connection that has just been greeted.
func zkBubble(t *testing.T, f func(r *zkRig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New()
		ln, err := n.Listen("127.0.0.1:1")
		if err != nil {
			t.Fatal(err)
		}
		r := &zkRig{t: t, ln: ln, link: fault.NewLink(n.DialContext, rand.New(rand.NewPCG(1, 1)))}
		r.connect()
		f(r)
		r.link.Cut()
		r.server.Close()
		ln.Close()
	})
}

// connect dials, and exchanges the greeting.
func (r *zkRig) connect() {
	r.t.Helper()
	var err error
	if r.client, err = r.link.DialZK(r.t.Context(), "tcp", "127.0.0.1:1"); err != nil {
		r.t.Fatal(err)
	}
	if r.server, err = r.ln.Accept(); err != nil {
		r.t.Fatal(err)
	}
	r.write(r.client, framed(&zkwire.ConnectRequest{Password: make([]byte, 16)}))
	r.read(r.server)
	r.write(r.server, framed(&zkwire.ConnectResponse{Session: 7, Password: make([]byte, 16)}))
	r.read(r.client)
}

func framed(records ...zkwire.Record) []byte {
	var e zkwire.Encoder
	mark := e.StartFrame()
	for _, record := range records {
		record.Encode(&e)
	}
	e.EndFrame(mark)
	return e.Buf
}

func (r *zkRig) write(c net.Conn, p []byte) {
	r.t.Helper()
	if _, err := c.Write(p); err != nil {
		r.t.Fatal(err)
	}
}

// read is the next frame, without its length.
func (r *zkRig) read(c net.Conn) []byte {
	r.t.Helper()
	f, err := readFrame(c)
	if err != nil {
		r.t.Fatal(err)
	}
	return f
}

func readFrame(c net.Conn) ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(c, head[:]); err != nil {
		return nil, err
	}
	f := make([]byte, binary.BigEndian.Uint32(head[:]))
	_, err := io.ReadFull(c, f)
	return f, err
}

// getData and create send a request, as the client does, and return its xid.
func (r *zkRig) getData(path string) zkwire.Xid {
	return r.ask(zkwire.OpGetData, &zkwire.ReadRequest{Path: path})
}

func (r *zkRig) create(path string) zkwire.Xid {
	return r.ask(zkwire.OpCreate, &zkwire.CreateRequest{Path: path})
}

func (r *zkRig) ask(op zkwire.Op, record zkwire.Record) zkwire.Xid {
	r.t.Helper()
	r.nextXid++
	xid := zkwire.Xid(r.nextXid)
	r.write(r.client, framed(&zkwire.RequestHeader{Xid: xid, Op: op}, record))
	return xid
}

// serve takes the next request and answers it; it returns its xid.
func (r *zkRig) serve() zkwire.Xid {
	r.t.Helper()
	xid := r.take()
	r.answer(xid)
	return xid
}

func (r *zkRig) take() zkwire.Xid {
	r.t.Helper()
	return zkwire.Xid(binary.BigEndian.Uint32(r.read(r.server)))
}

func (r *zkRig) answer(xid zkwire.Xid) {
	r.t.Helper()
	r.nth++
	r.write(r.server, framed(&zkwire.ReplyHeader{Xid: xid, Zxid: zkwire.Zxid(100 + r.nth)}))
}

// reply is what the client gets next.
func (r *zkRig) reply() zkwire.ReplyHeader {
	r.t.Helper()
	var h zkwire.ReplyHeader
	h.Decode(zkwire.NewDecoder(r.read(r.client)))
	return h
}

// arm arms a fault that the rule allows.
func (r *zkRig) arm(e fault.Effect, rule fault.Rule) *fault.Armed {
	r.t.Helper()
	a, err := r.link.Arm(e, rule)
	if err != nil {
		r.t.Fatal(err)
	}
	return a
}

// silent checks that nothing arrives for an hour.
func silent(t *testing.T, what string, c net.Conn) {
	t.Helper()
	c.SetReadDeadline(time.Now().Add(time.Hour))
	defer c.SetReadDeadline(time.Time{})
	if n, err := c.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%s: read %d bytes, %v; want nothing for an hour", what, n, err)
	}
}

// ended checks that the connection has ended on both sides, for the client by a reset.
func (r *zkRig) ended() {
	r.t.Helper()
	if _, err := r.client.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		r.t.Errorf("client: got %v, want a reset", err)
	}
	if n, err := r.server.Read(make([]byte, 1)); err != io.EOF {
		r.t.Errorf("server: read %d bytes, %v; want the end", n, err)
	}
}

func creates(path string) fault.Rule {
	return fault.Rule{ZK: &fault.Frames{Ops: []string{"create"}, Path: path}}
}

func TestLostRequestNeverReachesTheServer(t *testing.T) {
	zkBubble(t, func(r *zkRig) {
		rule := creates("/a/*")
		rule.Part = fault.Request
		lost := r.arm(fault.Lose{}, rule)
		r.create("/other")
		if r.serve() != r.reply().Xid {
			t.Error("a request that is not meant was touched")
		}
		r.create("/a/b")
		r.ended()
		if c := lost.Touched(); c.Messages != 1 || c.Connections != 1 || !slices.Equal(c.Last, []string{"create /a/b"}) {
			t.Errorf("touched %+v", c)
		}
	})
}

func TestLostReplyBreaksTheConnectionAfterTheRequestTookEffect(t *testing.T) {
	zkBubble(t, func(r *zkRig) {
		rule := creates("/a/**")
		rule.Part = fault.Reply
		lost := r.arm(fault.Lose{}, rule)
		first, second := r.getData("/a"), r.create("/a/b/c")
		if r.serve() != first || r.take() != second {
			t.Fatal("the server did not get both requests")
		}
		if r.reply().Xid != first {
			t.Error("the reply before the lost one did not arrive")
		}
		silent(t, "before the reply", r.client)
		r.answer(second)
		r.ended()
		if c := lost.Touched(); c.Messages != 1 || !slices.Equal(c.Last, []string{"create /a/b/c"}) {
			t.Errorf("touched %+v", c)
		}
	})
}

func TestSilenceHoldsUpWhatIsBehindTheLoss(t *testing.T) {
	zkBubble(t, func(r *zkRig) {
		rule := creates("/a")
		rule.Part = fault.Request
		r.arm(fault.Lose{Silence: 2 * time.Hour}, rule)
		start := time.Now()
		r.create("/a")
		r.getData("/b")
		silent(t, "server", r.server)
		r.ended()
		if d := time.Since(start); d != 2*time.Hour {
			t.Errorf("the connection broke after %v, want 2h", d)
		}
	})
}

func TestSilenceEndsWithTheFault(t *testing.T) {
	zkBubble(t, func(r *zkRig) {
		lost := r.arm(fault.Lose{Silence: 24 * time.Hour}, creates("/a"))
		start := time.Now()
		r.create("/a")
		silent(t, "client", r.client)
		lost.Undo()
		r.ended()
		if d := time.Since(start); d != time.Hour {
			t.Errorf("the connection broke after %v, want 1h", d)
		}
	})
}

func TestAnswerComesInItsTurnWithTheLatestZxid(t *testing.T) {
	zkBubble(t, func(r *zkRig) {
		before := r.getData("/a")
		armed := r.arm(fault.Answer{Code: zkwire.NoAuth}, creates("/a"))
		faked, after := r.create("/a"), r.getData("/b")
		if r.take() != before || r.take() != after {
			t.Error("the server got a request that it should not have seen")
		}
		silent(t, "client, whose first request is not answered", r.client)
		r.answer(before)
		r.answer(after)
		for i, want := range []zkwire.ReplyHeader{{Xid: before, Zxid: 101}, {Xid: faked, Zxid: 101, Code: zkwire.NoAuth}, {Xid: after, Zxid: 102}} {
			if got := r.reply(); got != want {
				t.Errorf("reply %d: got %+v, want %+v", i, got, want)
			}
		}
		armed.Undo()
		if r.create("/a"); r.serve() != r.reply().Xid {
			t.Error("a request after the fault was touched")
		}
	})
}

func TestAnswerWakesAClientThatWaits(t *testing.T) {
	zkBubble(t, func(r *zkRig) {
		got := make(chan zkwire.ReplyHeader)
		go func() { got <- r.reply() }()
		synctest.Wait()
		r.arm(fault.Answer{Code: zkwire.NodeExists}, creates("/a"))
		xid := r.create("/a")
		if h := <-got; h.Xid != xid || h.Code != zkwire.NodeExists {
			t.Errorf("got %+v", h)
		}
		silent(t, "server", r.server)
	})
}

func TestLateMessagesStayInOrder(t *testing.T) {
	for _, part := range []fault.Part{fault.Request, fault.Reply} {
		t.Run(fmt.Sprint(part), func(t *testing.T) {
			zkBubble(t, func(r *zkRig) {
				rule := creates("/a")
				rule.Part = part
				r.arm(fault.Late{By: time.Minute}, rule)
				start := time.Now()
				early, late, behind := r.getData("/x"), r.create("/a"), r.getData("/y")
				go func() {
					for range 3 {
						r.serve()
					}
				}()
				for i, want := range []struct {
					xid   zkwire.Xid
					after time.Duration
				}{{early, 0}, {late, time.Minute}, {behind, time.Minute}} {
					if got := r.reply(); got.Xid != want.xid || time.Since(start) != want.after {
						t.Errorf("reply %d: got xid %d after %v, want %d after %v", i, got.Xid, time.Since(start), want.xid, want.after)
					}
				}
			})
		})
	}
}

func TestLateMessageArrivesWhenTheFaultIsGone(t *testing.T) {
	zkBubble(t, func(r *zkRig) {
		late := r.arm(fault.Late{By: 24 * time.Hour}, creates("/a"))
		xid := r.create("/a")
		silent(t, "server", r.server)
		late.Undo()
		if r.serve() != xid || r.reply().Xid != xid {
			t.Error("the late request was lost")
		}
	})
}

func TestSkipAndTimesCount(t *testing.T) {
	zkBubble(t, func(r *zkRig) {
		rule := creates("/**")
		rule.Skip, rule.Times = 2, 3
		armed := r.arm(fault.Answer{Code: zkwire.NoNode}, rule)
		var got []bool
		for i := range 7 {
			r.create(fmt.Sprintf("/%d", i))
			if touched := i >= 2 && i < 5; !touched {
				r.serve()
			}
			got = append(got, r.reply().Code == zkwire.NoNode)
		}
		if want := []bool{false, false, true, true, true, false, false}; !slices.Equal(got, want) {
			t.Errorf("touched %v, want %v", got, want)
		}
		if c := armed.Touched(); c.Messages != 3 || !slices.Equal(c.Last, []string{"create /2", "create /3", "create /4"}) {
			t.Errorf("touched %+v", c)
		}
	})
}

func TestShareIsDrawnFromTheLinksRandomNumbers(t *testing.T) {
	draw := func() (drawn string) {
		zkBubble(t, func(r *zkRig) {
			rule := creates("/**")
			rule.Share = 0.3
			armed := r.arm(fault.Answer{Code: zkwire.NoNode}, rule)
			for range 200 {
				before := armed.Touched().Messages
				if r.create("/a"); armed.Touched().Messages == before {
					r.serve()
				}
				drawn += fmt.Sprint(int(r.reply().Code), " ")
			}
			if n := armed.Touched().Messages; n < 40 || n > 80 {
				t.Errorf("%d of 200 were touched, want some 60", n)
			}
		})
		return drawn
	}
	if draw() != draw() {
		t.Error("the same link draws differently")
	}
}

func TestFaultArmedInTheMiddleOfFramesFindsTheNext(t *testing.T) {
	zkBubble(t, func(r *zkRig) {
		first := framed(&zkwire.RequestHeader{Xid: 1, Op: zkwire.OpCreate}, &zkwire.CreateRequest{Path: "/a"})
		second := framed(&zkwire.RequestHeader{Xid: 2, Op: zkwire.OpCreate}, &zkwire.CreateRequest{Path: "/a"})
		for cut := range first {
			r.write(r.client, first[:cut])
			armed := r.arm(fault.Answer{Code: zkwire.NoAuth}, creates("/a"))
			r.write(r.client, append(slices.Clone(first[cut:]), second...))
			if cut > 0 && r.take() != 1 {
				t.Fatalf("cut at %d: the request that had begun was not the one that passed", cut)
			}
			if cut > 0 {
				r.answer(1)
			}
			for range 2 {
				if got := r.reply(); (got.Code == 0) != (cut > 0 && got.Xid == 1) {
					t.Fatalf("cut at %d: got %+v", cut, got)
				}
			}
			armed.Undo()
			r.client.Close()
			r.server.Close()
			r.connect()
		}
	})
}

func TestMultiIsMeantByWhatIsInIt(t *testing.T) {
	zkBubble(t, func(r *zkRig) {
		armed := r.arm(fault.Answer{Code: zkwire.NoAuth}, creates("/a/*"))
		for _, path := range []string{"/b", "/a/b"} {
			r.nextXid++
			r.write(r.client, framed(&zkwire.RequestHeader{Xid: zkwire.Xid(r.nextXid), Op: zkwire.OpMulti},
				&zkwire.MultiHeader{Op: zkwire.OpDelete, Code: -1}, &zkwire.VersionRequest{Path: "/a/b"},
				&zkwire.MultiHeader{Op: zkwire.OpCreate, Code: -1}, &zkwire.CreateRequest{Path: path}, &zkwire.MultiEnd))
		}
		if r.serve(); r.reply().Code != 0 || r.reply().Code != zkwire.NoAuth {
			t.Error("want the first multi served and the second refused")
		}
		if c := armed.Touched(); !slices.Equal(c.Last, []string{"multi [delete /a/b, …]"}) {
			t.Errorf("touched %+v", c)
		}
	})
}

func TestNotificationIsLateAndKeepsItsPlace(t *testing.T) {
	zkBubble(t, func(r *zkRig) {
		r.arm(fault.Late{By: time.Minute}, fault.Rule{ZK: &fault.Frames{Ops: []string{"notification"}, Path: "/a"}})
		start := time.Now()
		r.getData("/x")
		xid := r.take()
		r.write(r.server, framed(&zkwire.ReplyHeader{Xid: zkwire.XidNotification, Zxid: -1}, &zkwire.WatcherEvent{Path: "/a"}))
		r.answer(xid)
		if got := r.reply(); got.Xid != zkwire.XidNotification || time.Since(start) != time.Minute {
			t.Errorf("got %+v after %v, want the notification after 1m", got, time.Since(start))
		}
		if got := r.reply(); got.Xid != xid {
			t.Errorf("got %+v, want the reply behind it", got)
		}
	})
}

func TestConnectRequestAndPingAreMeantByName(t *testing.T) {
	zkBubble(t, func(r *zkRig) {
		ping := r.arm(fault.Lose{}, fault.Rule{ZK: &fault.Frames{Ops: []string{"ping"}}, Part: fault.Request})
		r.write(r.client, framed(&zkwire.RequestHeader{Xid: zkwire.XidPing, Op: zkwire.OpPing}))
		r.ended()
		ping.Undo()
		greeting := r.arm(fault.Lose{}, fault.Rule{ZK: &fault.Frames{Ops: []string{"connect"}}, Part: fault.Reply})
		client, err := r.link.DialZK(t.Context(), "tcp", "127.0.0.1:1")
		if err != nil {
			t.Fatal(err)
		}
		r.client = client
		if r.server, err = r.ln.Accept(); err != nil {
			t.Fatal(err)
		}
		r.write(r.client, framed(&zkwire.ConnectRequest{}))
		r.read(r.server)
		r.write(r.server, framed(&zkwire.ConnectResponse{Session: 9, Password: make([]byte, 16)}))
		r.ended()
		if c := greeting.Touched(); !slices.Equal(c.Last, []string{"createSession"}) {
			t.Errorf("touched %+v", c)
		}
	})
}

func TestResetAfterSomeMessages(t *testing.T) {
	zkBubble(t, func(r *zkRig) {
		armed := r.arm(fault.Reset{Messages: 3}, fault.Rule{Way: fault.To})
		for range 2 { // each connection counts anew
			for range 3 {
				if r.getData("/a"); r.serve() != r.reply().Xid {
					t.Error("a message before the limit was touched")
				}
			}
			r.getData("/a")
			r.ended()
			armed.Undo()
			r.connect()
			armed = r.arm(fault.Reset{Messages: 3}, fault.Rule{Way: fault.To})
		}
	})
}

func TestTruncatedReplyBreaksOff(t *testing.T) {
	zkBubble(t, func(r *zkRig) {
		rule := creates("/a")
		rule.Part = fault.Reply
		r.arm(fault.Reset{Bytes: 10}, rule)
		r.create("/a")
		r.serve()
		if got, err := io.ReadAll(r.client); len(got) != 10 || !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("got %d bytes, %v; want 10 and a reset", len(got), err)
		}
	})
}

func TestFirstFaultThatTakesAMessageIsTheOnlyOne(t *testing.T) {
	zkBubble(t, func(r *zkRig) {
		late := r.arm(fault.Late{By: time.Minute}, creates("/a"))
		first := r.arm(fault.Answer{Code: zkwire.NoAuth}, creates("/a"))
		second := r.arm(fault.Answer{Code: zkwire.NoNode}, creates("/**"))
		r.create("/a")
		if got := r.reply(); got.Code != zkwire.NoAuth {
			t.Errorf("got %+v", got)
		}
		if late.Touched().Messages != 1 || first.Touched().Messages != 1 || second.Touched().Messages != 0 {
			t.Errorf("touched %+v, %+v, %+v", late.Touched(), first.Touched(), second.Touched())
		}
	})
}

func TestMessagesBehindALossAreNotCounted(t *testing.T) {
	zkBubble(t, func(r *zkRig) {
		lost := r.arm(fault.Lose{Silence: time.Hour}, fault.Rule{ZK: &fault.Frames{}, Part: fault.Request})
		for range 5 {
			r.create("/a")
		}
		r.ended()
		if c := lost.Touched(); c.Messages != 1 {
			t.Errorf("touched %+v, want one message: the others never had a chance", c)
		}
	})
}

func TestWithoutAMatchNoByteIsChanged(t *testing.T) {
	zkBubble(t, func(r *zkRig) {
		rng := rand.New(rand.NewPCG(3, 4))
		never := &fault.Frames{Path: "/never"}
		for round := range 60 {
			if round%3 != 0 {
				defer r.arm(fault.Lose{}, fault.Rule{ZK: never}).Undo()
			}
			there, back := randomFrames(rng), randomFrames(rng)
			go sendInPieces(r.client, there, rng.Uint64())
			go sendInPieces(r.server, back, rng.Uint64())
			receive(t, r.server, string(there))
			receive(t, r.client, string(back))
			synctest.Wait()
		}
	})
}

func randomFrames(rng *rand.Rand) []byte {
	var all []byte
	for range 1 + rng.IntN(8) {
		n := rng.IntN(200)
		all = binary.BigEndian.AppendUint32(all, uint32(n))
		for range n {
			all = append(all, byte(rng.Uint32()))
		}
	}
	return all
}

func sendInPieces(c net.Conn, p []byte, seed uint64) {
	rng := rand.New(rand.NewPCG(seed, 0))
	for len(p) > 0 {
		n := 1 + rng.IntN(len(p))
		if _, err := c.Write(p[:n]); err != nil {
			return
		}
		p = p[n:]
	}
}
