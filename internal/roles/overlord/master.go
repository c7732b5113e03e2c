package overlord

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"oakmoot/internal/run/loop"
	"oakmoot/internal/zk/discovery"
	"oakmoot/internal/zk/election"
	"oakmoot/internal/zk/zkconn"
)

// taskMaster is the way to the leader, be it this overlord or another: TaskMaster of Druid.
type taskMaster struct {
	cfg  Config
	zc   zkconn.Conn
	term atomic.Pointer[term] // while leading and initialised
}

// lead is one term of leadership: TaskMaster.becomeLeader and stopBeingLeader.
func (m *taskMaster) lead(ctx context.Context, number int) error {
	life, stop := context.WithCancel(ctx)
	t := newTerm(life, m.cfg, m.zc)
	end := sync.OnceFunc(func() { stop(); t.end() })
	defer end()
	if err := t.begin(life); err != nil {
		return fmt.Errorf("begin term %d: %w", number, err)
	}
	withdraw, err := discovery.AnnounceService(ctx, m.zc, m.cfg.Paths, m.cfg.Self, m.cfg.Self.Service, m.cfg.Clock.Now())
	if err != nil {
		return err
	}
	m.cfg.Log.Info("leading", "term", number)
	m.term.Store(t)
	t.run(life)
	m.term.Store(nil)
	end()
	farewell, cancel := loop.Goodbye(ctx, loop.GoodbyeSession)
	defer cancel()
	if err := withdraw(farewell); err != nil {
		m.cfg.Log.Debug("service not withdrawn", "error", err)
	}
	m.cfg.Log.Info("no longer leading", "term", number)
	return nil
}

// isLeader is TaskMaster.isLeader: elected, and initialised.
func (m *taskMaster) isLeader() bool { return m.term.Load() != nil }

// do runs f on the leading term's goroutine. false means that this overlord is not
// leading, or stopped leading before f was run.
func (m *taskMaster) do(ctx context.Context, f func(*term)) bool {
	t := m.term.Load()
	return t != nil && t.loop.Do(ctx, func() { f(t) }) == nil
}

// leading is do for an HTTP handler: an overlord that is not leading answers 503.
func (m *taskMaster) leading(w http.ResponseWriter, r *http.Request, f func(*term)) bool {
	if !m.do(r.Context(), f) {
		w.WriteHeader(http.StatusServiceUnavailable)
		return false
	}
	return true
}

// lookUp bounds how long a request waits for a ZooKeeper that does not answer.
const lookUp = 5 * time.Second

// elected is the address of the first candidate, initialised or not.
func (m *taskMaster) elected(ctx context.Context) (string, error) {
	ctx, cancel := m.cfg.Clock.WithTimeout(ctx, lookUp)
	defer cancel()
	return election.Leader(ctx, m.zc, m.cfg.Paths.OverlordLatch())
}

// redirectTo is where an overlord that is not leading sends its callers. One that is
// elected but not initialised yet does not send them to itself: it answers 503.
func (m *taskMaster) redirectTo(ctx context.Context) (string, error) {
	uri, err := m.elected(ctx)
	if uri == m.cfg.Self.URI() {
		return "", nil
	}
	return uri, err
}
