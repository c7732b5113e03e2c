package zkconn

import (
	"encoding/binary"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/zk/zkwire"
)

// sent is a connection that records the requests it is given, and when.
type sent struct {
	net.Conn
	since time.Time
	all   []sentAt
}

type sentAt struct {
	Op zkwire.Op
	At time.Duration
}

func (s *sent) Write(frame []byte) (int, error) {
	s.all = append(s.all, sentAt{opcode(frame), time.Since(s.since)})
	return len(frame), nil
}

func requestFrame(op zkwire.Op) []byte {
	frame := make([]byte, 12)
	binary.BigEndian.PutUint32(frame[8:], uint32(op))
	return frame
}

// The real client's loop may be slow to set its watches again; patience does not help
// against a busy machine.
func TestRequestsWaitForTheWatchesHoweverSlowTheClientIs(t *testing.T) {
	for name, test := range map[string]struct {
		request  zkwire.Op
		setAfter time.Duration // 0 is never
		gone     time.Duration // when no watch is outstanding any more; 0 is never
		want     []sentAt
	}{
		"set late":  {request: zkwire.OpExists, setAfter: 500 * time.Millisecond, want: []sentAt{{zkwire.OpSetWatches, 500 * time.Millisecond}, {zkwire.OpExists, 500 * time.Millisecond}}},
		"gone":      {request: zkwire.OpExists, gone: 15 * time.Millisecond, want: []sentAt{{zkwire.OpExists, 20 * time.Millisecond}}},
		"forgotten": {request: zkwire.OpExists, want: []sentAt{{zkwire.OpExists, time.Second}}},
		"goodbye":   {request: zkwire.OpCloseSession, want: []sentAt{{zkwire.OpCloseSession, 10 * time.Millisecond}}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				to := &sent{since: time.Now()}
				w := newWire(to, true, time.Time{}, func() bool { return test.gone == 0 || time.Since(to.since) < test.gone })
				w.first = false
				if _, err := w.Write(requestFrame(test.request)); err != nil {
					t.Fatal(err)
				}
				if test.setAfter > 0 {
					time.Sleep(test.setAfter)
					if _, err := w.Write(requestFrame(zkwire.OpSetWatches)); err != nil {
						t.Fatal(err)
					}
				}
				time.Sleep(time.Minute)
				synctest.Wait()
				if diff := cmp.Diff(test.want, to.all); diff != "" {
					t.Errorf("sent (-want +got):\n%s", diff)
				}
			})
		})
	}
}
