package zkembed

import (
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/zk/zkwire"
)

// slowLog tells of requests that took long. It is owned by the state.
type slowLog struct {
	threshold time.Duration // 0 tells of none
	log       hclog.Logger

	second time.Time // the one under way
	told   int       // in it
	untold int
}

// slowPerSecond is how many slow requests are told of in a second; the others are
// counted.
const slowPerSecond = 10

func (l *slowLog) wanted() bool { return l.threshold > 0 }

// tell logs a line for each of the requests that were answered together.
func (l *slowLog) tell(m measured, took time.Duration, now time.Time) {
	if now.Sub(l.second) >= time.Second {
		if l.untold > 0 {
			l.log.Warn("slow requests that were not told of", "number", l.untold)
		}
		l.second, l.told, l.untold = now, 0, 0
	}
	frames := m.frames
	for i := range m.n {
		if l.told == slowPerSecond {
			l.untold += m.n - i
			return
		}
		l.told++
		what := "connect"
		if len(frames) > 0 {
			var frame []byte
			frame, frames = cutFrame(frames)
			what = described(frame)
		}
		l.log.Warn("slow request", "took", took.Round(time.Microsecond), "request", what, "remote", m.conn.net.RemoteAddr(), "session", sessionText(m.conn))
	}
}

// described is a request's xid, operation and paths.
func described(frame []byte) string {
	op := zkwire.Op(binary.BigEndian.Uint32(frame[4:]))
	return fmt.Sprintf("%s %s (xid %d)", op, strings.Join(zkwire.Paths(op, frame[8:]), " "), int32(binary.BigEndian.Uint32(frame)))
}

func sessionText(c *conn) string {
	if c.sess == nil {
		return "none"
	}
	return fmt.Sprintf("0x%x", int64(c.sess.id))
}
