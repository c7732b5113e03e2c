package fault_test

import (
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"oakmoot/internal/run/fault"
	"oakmoot/internal/zk/zkwire"
)

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
