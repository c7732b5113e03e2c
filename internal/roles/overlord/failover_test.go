package overlord

import (
	"context"
	"database/sql"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/druid"
	"oakmoot/internal/worldtest"
	"oakmoot/internal/zk/zkconn"
)

func TestLeaderWhoseSessionExpiresLeadsAgain(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		m := w.middlemanager(8091)
		in := w.leader(8090)
		w.taken(in, m, "a")
		session := in.zc.SessionID()
		w.Expire(in.zc)
		w.Until("it has another session", func() bool { return in.zc.SessionID() != session })
		w.leads(in)
		w.becomes(in, "a", isRunning)
		m.ends("a", druid.TaskSuccess)
		w.becomes(in, "a", succeeded)
		if got := strings.Count(in.log.String(), ": leading: term"); got != 2 {
			t.Errorf("got %d terms, want 2", got)
		}
	})
}

func TestAssignmentThatNobodyTookIsMadeAgainByTheNextLeader(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		m := w.middlemanager(8091)
		m.set(func() { m.deaf = true })
		first := w.leader(8090)
		second := w.start(8190)
		w.submit(first, worldtest.Noop("a"))
		w.Until("it is assigned", func() bool { return w.Exists(w.Paths.Task(m.info.Host, "a")) })
		first.link.Cut()
		w.Until("it is assigned by the other", func() bool {
			_, stat, err := w.Conn.Get(t.Context(), w.Paths.Task(m.info.Host, "a"))
			return err == nil && stat.EphemeralOwner == second.zc.SessionID()
		})
		m.set(func() { m.deaf = false })
		w.Until("it is taken", func() bool { return m.has("a") })
	})
}

func TestLocksOutliveTheLeader(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.middlemanager(8091)
		first := w.leader(8090)
		second := w.start(8190)
		const kill = `{"type":"kill","id":"k","dataSource":"wiki","interval":"2019-01-01/2019-01-02"}`
		w.submit(first, kill)
		w.becomes(first, "k", isRunning)
		held := w.act(first, kill, `{"type":"lockList"}`)
		first.link.Cut()
		w.leads(second)
		if diff := cmp.Diff(held, w.act(second, kill, `{"type":"lockList"}`)); diff != "" {
			t.Error(diff)
		}
		w.submit(second, strings.Replace(kill, `"k"`, `"k2"`, 1))
		time.Sleep(time.Minute)
		if got := w.state(second, "k2"); got != isWaiting {
			t.Errorf("got %s, want the lock held", got)
		}
	})
}

// lossy is a connection whose creation of assignments is carried out and then
// reported as refused.
type lossy struct{ zkconn.Conn }

func (l lossy) CreateParents(ctx context.Context, path string, data []byte, mode zkconn.Mode) (string, error) {
	made, err := l.Conn.CreateParents(ctx, path, data, mode)
	if err == nil && strings.HasSuffix(path, "/a") {
		err = &zkconn.Error{Op: "create", Path: path, Err: zkconn.ErrNodeExists}
	}
	return made, err
}

func TestAssignmentThatExistsAlreadyCounts(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		m := w.middlemanager(8091)
		in := w.leader(8090, func(cfg *Config) {
			open := cfg.Open
			cfg.Open = func(ctx context.Context) (zkconn.Conn, error) { zc, err := open(ctx); return lossy{zc}, err }
		})
		w.taken(in, m, "a")
		if got := w.state(in, "a"); got != isRunning {
			t.Errorf("got %s, want it running", got)
		}
	})
}

func TestStatusThatCannotBeStoredIsKept(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		m := w.middlemanager(8091)
		in := w.leader(8090)
		w.taken(in, m, "a")
		w.sql("ALTER TABLE druid_tasks RENAME TO gone")
		m.ends("a", druid.TaskSuccess)
		w.Until("the failure is logged", func() bool { return strings.Contains(in.log.String(), "status not stored") })
		time.Sleep(time.Minute)
		if !w.Exists(w.Paths.Status(m.info.Host, "a")) {
			t.Error("the status node is gone, and with it how the task ended")
		}
		w.sql("ALTER TABLE gone RENAME TO druid_tasks")
		w.becomes(in, "a", succeeded)
		w.Until("the node is deleted then", func() bool { return !w.Exists(w.Paths.Status(m.info.Host, "a")) })
	})
}

// sql changes the metadata store behind everybody's back.
func (w *world) sql(statement string) {
	w.T.Helper()
	db, err := sql.Open("sqlite", filepath.Join(w.dir, "metadata.db"))
	if err != nil {
		w.T.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(w.T.Context(), statement); err != nil {
		w.T.Fatal(err)
	}
}

func TestTaskThatRunsOnTwoWorkersIsShutDownOnOne(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		one, two := w.middlemanager(8091), w.middlemanager(8092, func(m *middlemanager) { m.info.Capacity = 1 })
		in := w.leader(8090)
		w.taken(in, one, "a")
		two.runs("a", 8100)
		one.ends("a", druid.TaskSuccess)
		w.becomes(in, "a", succeeded)
		w.Until("the other is told to end it, and its status deleted", func() bool {
			return len(two.requests()) == 1 && !w.Exists(w.Paths.Status(two.info.Host, "a"))
		})
		if got := one.requests(); len(got) != 0 {
			t.Errorf("got %v asked of the worker that ended it", got)
		}
	})
}

func TestWorkerThatDoesNotCarryOutAShutdownIsAskedAgain(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		m := w.middlemanager(8091, func(m *middlemanager) { m.stubborn = true })
		m.runs("stray", 8100)
		w.leader(8090)
		w.Until("it is asked", func() bool { return len(m.requests()) == 1 })
		asked := time.Now()
		w.Until("it is asked again", func() bool { return len(m.requests()) == 2 })
		if waited := time.Since(asked); waited < 50*time.Second || waited > 70*time.Second {
			t.Errorf("got it asked again after %v, want a minute", waited)
		}
	})
}

func TestElectedOverlordThatIsNotReadySendsNobodyToItself(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		gate := make(chan struct{})
		in := w.start(8090, func(cfg *Config) {
			open := cfg.Open
			cfg.Open = func(ctx context.Context) (zkconn.Conn, error) { zc, err := open(ctx); return gated{zc, gate}, err }
		})
		time.Sleep(time.Second)
		if code, _ := w.Call(http.MethodPost, in.addr+api+"/task", worldtest.Noop("a")); code != http.StatusServiceUnavailable {
			t.Errorf("got %d, want 503", code)
		}
		if code, body := w.Get(in.addr + api + "/leader"); code != http.StatusOK || body != "http://"+in.addr {
			t.Errorf("got %d %s for the leader", code, body)
		}
		close(gate)
		w.leads(in)
	})
}

// gated is a connection that lists no workers before the gate is open.
type gated struct {
	zkconn.Conn
	open <-chan struct{}
}

func (g gated) ChildrenW(ctx context.Context, path string) ([]string, zkconn.Watch, error) {
	if strings.HasSuffix(path, "/announcements") {
		select {
		case <-g.open:
		case <-ctx.Done():
			return nil, zkconn.Watch{}, ctx.Err()
		}
	}
	return g.Conn.ChildrenW(ctx, path)
}
