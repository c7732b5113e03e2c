package middlemanager

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/druid"
	"oakmoot/internal/zk/discovery"
	"oakmoot/internal/zk/zkcache"
	"oakmoot/internal/zk/zkconn"
)

// maxKnownTasks bounds what one overlord can pile up on a worker; an assignment
// above it stays where it is.
const maxKnownTasks = 10_000

// monitor is the worker's knowledge of its tasks, and the loop that owns it:
// WorkerTaskManager, WorkerTaskMonitor and ForkingTaskRunner of Druid in one.
type monitor struct {
	cfg           Config
	zc            zkconn.Conn
	log           hclog.Logger
	store         store
	worker        druid.Worker // as configured, that is enabled
	overlord      *discovery.LeaderClient
	maxZnodeBytes int

	calls   chan func()   // run by the loop: what HTTP asks
	reports chan func()   // run by the loop: what helpers have to say; one per helper is its last
	ended   chan struct{} // closed when the loop has returned

	// The loop goroutine owns everything below. Before it starts, prepare does.
	assigned  map[string]druid.Task             // accepted, their notice not yet handled
	running   map[string]*running               // handed to a peon, or waiting for a slot
	completed map[string]druid.TaskAnnouncement // ended, and the overlord may not know
	waiting   []string                          // running ones without a slot, in order
	slots     int                               // free ones
	notices   []notice                          // handled one after the other
	writing   bool                              // the writes of the last notice are under way
	disabled  bool
	purging   bool
	helpers   int // goroutines that have not sent their last report
	history   history
}

// running is a task between its assignment and its end.
type running struct {
	task     druid.Task
	status   druid.TaskStatus
	location druid.TaskLocation
	started  time.Time
	stop     context.CancelCauseFunc // nil while it waits for a slot
	logFile  string                  // likewise empty
}

// notice changes the state and says what is to be written to ZooKeeper before
// the next notice is looked at.
type notice func() []write

func newMonitor(cfg Config, zc zkconn.Conn, w druid.Worker) (*monitor, error) {
	s, err := openStore(filepath.Join(cfg.Dir, "task"))
	if err != nil {
		return nil, err
	}
	return &monitor{
		cfg: cfg, zc: zc, log: cfg.Log, store: s, worker: w,
		overlord:      discovery.NewLeaderClient(zc, cfg.Paths, cfg.Client, druid.Overlord, cfg.Props.String("druid.selectors.indexing.serviceName", "druid/overlord")),
		maxZnodeBytes: cfg.Props.Int("druid.indexer.runner.maxZnodeBytes", 524288),
		calls:         make(chan func()),
		reports:       make(chan func()),
		ended:         make(chan struct{}),
		assigned:      make(map[string]druid.Task),
		running:       make(map[string]*running),
		completed:     make(map[string]druid.TaskAnnouncement),
		slots:         w.Capacity,
		history:       newHistory(),
	}, nil
}

// loop runs tasks until ctx ends, and returns when the last peon is gone.
func (m *monitor) loop(ctx context.Context) error {
	defer close(m.ended)
	work, cancel := context.WithCancelCause(context.WithoutCancel(ctx)) // so that its cause says why
	cache := zkcache.Start(ctx, m.zc, m.cfg.Paths.TasksOf(m.worker.Host), zkcache.Options{Log: m.log})
	defer cache.Stop()
	m.help(func() (last func()) { m.assignments(ctx, cache); return nil })
	own := zkcache.Start(ctx, m.zc, m.cfg.Paths.StatusesOf(m.worker.Host), zkcache.Options{Log: m.log})
	defer own.Stop()
	m.help(func() (last func()) { m.ownStatuses(ctx, own); return nil })
	purge := time.NewTimer(purgeDelay)
	defer purge.Stop()
	for {
		m.startPeons(work)
		m.handleNotices(work)
		select {
		case call := <-m.calls:
			call()
		case report := <-m.reports:
			report()
		case <-purge.C:
			purge.Reset(purgePeriod)
			m.purge(work)
		case <-ctx.Done():
			cancel(errStopping)
			m.drain()
			return nil
		}
	}
}

// drain waits for every helper. Nothing more is written: what ran stays RUNNING
// in ZooKeeper.
func (m *monitor) drain() {
	for m.helpers > 0 {
		(<-m.reports)()
	}
}

// help runs f beside the loop; the function that it returns, if any, is run by
// the loop.
func (m *monitor) help(f func() (last func())) {
	m.helpers++
	go func() {
		last := f()
		m.reports <- func() {
			m.helpers--
			if last != nil {
				last()
			}
		}
	}()
}

// ask has the loop run f and waits for it, or fails when the loop has ended.
func (m *monitor) ask(ctx context.Context, f func()) error {
	done := make(chan struct{})
	select {
	case m.calls <- func() { f(); close(done) }:
		<-done
		return nil
	case <-m.ended:
		return fmt.Errorf("worker %s has stopped", m.worker.Host)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// handleNotices handles what is queued until there is something to write.
func (m *monitor) handleNotices(ctx context.Context) {
	for len(m.notices) > 0 && !m.writing {
		next := m.notices[0]
		m.notices = m.notices[1:]
		writes := next()
		if len(writes) == 0 {
			continue
		}
		m.writing = true
		m.help(func() func() {
			var outcomes []func()
			for _, w := range writes {
				err := m.carryOut(ctx, w)
				if err != nil && w.done == nil && ctx.Err() == nil {
					m.log.Error("status not written", "task", w.id, "error", err)
				}
				if w.done != nil {
					outcomes = append(outcomes, func() { w.done(err) })
				}
			}
			return func() {
				m.writing = false
				for _, told := range outcomes {
					told()
				}
			}
		})
	}
}
