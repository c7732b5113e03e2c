package zkembed

import (
	"bytes"
	"fmt"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/zk/zkwire"
)

// A request that waits for others, or for the disk, is logged with what it was; a quick
// one is not.
func TestSlowRequestsAreLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		st := stats{slow: slowLog{threshold: 50 * time.Millisecond, log: hclog.New(&hclog.LoggerOptions{Output: &out, DisableTime: true})}}
		c := connFor(t)
		var frames zkwire.Encoder
		for i, path := range []string{"/a", "/b"} {
			mark := frames.StartFrame()
			(&zkwire.RequestHeader{Xid: zkwire.Xid(i + 1), Op: zkwire.OpGetData}).Encode(&frames)
			(&zkwire.ReadRequest{Path: path}).Encode(&frames)
			frames.EndFrame(mark)
		}
		st.measure(measured{conn: c, at: time.Now(), n: 2, frames: frames.Buf})
		time.Sleep(49 * time.Millisecond)
		st.flushed(0)
		if out.Len() > 0 {
			t.Errorf("in time: got %s, want nothing", out.String())
		}
		st.measure(measured{conn: c, at: time.Now(), n: 2, frames: frames.Buf})
		time.Sleep(50 * time.Millisecond)
		st.flushed(0)
		for _, want := range []string{`slow request: took=50ms request="getData /a (xid 1)"`, `request="getData /b (xid 2)"`} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("got %s, want %s in it", out.String(), want)
			}
		}
		st.measure(measured{conn: c, at: time.Now(), n: 1})
		time.Sleep(time.Second)
		st.flushed(0)
		if !strings.Contains(out.String(), "request=connect") {
			t.Errorf("got %s, want the connect request in it", out.String())
		}
	})
}

func TestSlowRequestsPastALimitAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		l := slowLog{threshold: 1, log: hclog.New(&hclog.LoggerOptions{Output: &out, DisableTime: true})}
		m := measured{conn: connFor(t), n: slowPerSecond + 7}
		l.report(m, time.Second, time.Now())
		l.report(m, time.Second, time.Now())
		if got := strings.Count(out.String(), "slow request:"); got != slowPerSecond {
			t.Errorf("got %d lines, want %d", got, slowPerSecond)
		}
		time.Sleep(time.Second)
		out.Reset()
		l.report(measured{conn: m.conn, n: 1}, time.Second, time.Now())
		if want := fmt.Sprintf("not told of: number=%d", 2*m.n-slowPerSecond); !strings.Contains(out.String(), want) {
			t.Errorf("got %s, want %q in it", out.String(), want)
		}
	})
}

// connFor is a connection that nobody serves.
func connFor(t *testing.T) *conn {
	t.Helper()
	ours, theirs := net.Pipe()
	t.Cleanup(func() { ours.Close(); theirs.Close() })
	return newConn(New(Options{}).ensemble.endpoints[0], newLifetime(nil), ours)
}
