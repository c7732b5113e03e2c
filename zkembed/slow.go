package zkembed

import (
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/zk/zkwire"
)

// slowLog logs requests that took long. It is owned by the state.
type slowLog struct {
	threshold time.Duration // 0 logs none
	log       hclog.Logger

	second time.Time // the one under way
	logged int       // in it
	missed int
}

// slowPerSecond is how many slow requests are logged in a second; the others are counted.
const slowPerSecond = 10

func (l *slowLog) wanted() bool { return l.threshold > 0 }

// report logs a line for each of the requests that were answered together.
func (l *slowLog) report(m measured, took time.Duration, now time.Time) {
	if now.Sub(l.second) >= time.Second {
		if l.missed > 0 {
			l.log.Warn("slow requests that were not told of", "number", l.missed)
		}
		l.second, l.logged, l.missed = now, 0, 0
	}
	frames := m.frames
	for i := range m.n {
		if l.logged == slowPerSecond {
			l.missed += m.n - i
			return
		}
		l.logged++
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
	return fmt.Sprintf("%s %s (xid %d)", op, strings.Join(ops[op].pathsIn(frame[8:]), " "), int32(binary.BigEndian.Uint32(frame)))
}

func sessionText(c *conn) string {
	if c.sess == nil {
		return "none"
	}
	return fmt.Sprintf("0x%x", int64(c.sess.id))
}
