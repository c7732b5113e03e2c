package fault_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"oakmoot/internal/run/fault"
	"oakmoot/internal/zk/zkwire"
)

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
