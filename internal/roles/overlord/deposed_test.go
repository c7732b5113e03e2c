package overlord

import (
	"context"
	"strings"
	"testing"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/fault"
	"oakmoot/internal/worldtest"
	"oakmoot/internal/zk/zkconn"
)

// tardy is a connection that breaks when task "a" is assigned, before the request has
// gone out, and on which nobody hears of that until the request waits for the next
// connection.
type tardy struct {
	zkconn.Conn
	link  *fault.Link
	waits chan struct{} // closed once the request waits
}

func (c tardy) CreateParents(ctx context.Context, path string, data []byte, mode zkconn.Mode) (string, error) {
	if strings.HasSuffix(path, "/a") {
		c.link.Cut()
		time.Sleep(10 * time.Millisecond) // the client has noticed
		time.AfterFunc(10*time.Millisecond, func() { close(c.waits) })
	}
	return c.Conn.CreateParents(ctx, path, data, mode)
}

func (c tardy) Listen() (<-chan zkconn.State, func()) {
	states, stop := c.Conn.Listen()
	late := make(chan zkconn.State, 64)
	go func() {
		defer close(late)
		for s := range states {
			if s == zkconn.Suspended {
				<-c.waits
			}
			late <- s
		}
	}()
	return late, stop
}

func TestAssignmentOfADeposedLeaderDoesNotComeLate(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		record := w.Record()
		m := w.middlemanager(8091)
		waits := make(chan struct{})
		link := w.Link()
		open := w.Opener(link.DialZK)
		var first zkconn.Conn
		overlord := w.leader(8090, func(cfg *Config) {
			cfg.Open = func(ctx context.Context) (_ zkconn.Conn, err error) {
				first, err = open(ctx)
				return tardy{first, link, waits}, err
			}
		})
		second := w.start(8190)
		session := first.SessionID()
		w.submit(overlord, worldtest.Noop("a"))
		<-waits
		w.Expire(first)
		w.leads(second)
		w.becomes(second, "a", isRunning)
		link.Heal()
		w.Until("the first has another session", func() bool { id := first.SessionID(); return id != 0 && id != session })
		time.Sleep(time.Minute)
		m.ends("a", druid.TaskSuccess)
		w.becomes(second, "a", succeeded)
		assignments := 0
		for _, line := range record.Lines() {
			if line == "create "+w.Paths.Task(m.info.Host, "a") {
				assignments++
			}
		}
		if taken := m.tasks(); assignments != 1 || len(taken) != 1 {
			t.Errorf("got %d assignments, and %v taken; want the second leader's alone", assignments, taken)
		}
	})
}
