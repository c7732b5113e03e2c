package middlemanager

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/clock"
	"oakmoot/internal/run/museum"
	"oakmoot/internal/zk/zkconn"
	"oakmoot/internal/zk/zkpath"
)

// tree is the worker's part of ZooKeeper's tree: WorkerCuratorCoordinator of Druid. None of
// its fields changes once it is made.
type tree struct {
	zc      zkconn.Conn
	log     hclog.Logger
	paths   zkpath.Paths
	release druid.Release
	host    string      // names the worker
	limit   int         // druid.indexer.runner.maxZnodeBytes
	mode    zkconn.Mode // of the statuses
	clock   *clock.Clock
}

func newTree(cfg Config, zc zkconn.Conn) *tree {
	mode := zkconn.Persistent
	if cfg.Museum.Has(museum.KeepsStatusesInItsSession) {
		mode = zkconn.Ephemeral
	}
	return &tree{
		mode: mode, clock: cfg.Clock, zc: zc, log: cfg.Log, paths: cfg.Paths, release: cfg.Release, host: cfg.Self.HostAndPort(),
		limit: cfg.Props.Int("druid.indexer.runner.maxZnodeBytes", 524288),
	}
}

func (t *tree) task(id string) string   { return t.paths.Task(t.host, id) }
func (t *tree) status(id string) string { return t.paths.Status(t.host, id) }

// createDirs makes the worker's two persistent directories; existing ones stay
// as they are. They must be there before the worker is announced: an overlord
// that loses the worker lists them.
func (t *tree) createDirs(ctx context.Context) error {
	for _, path := range []string{t.paths.TasksOf(t.host), t.paths.StatusesOf(t.host)} {
		data, err := druid.Marshal(map[string]string{"created": druid.At(t.clock.Now()).String()})
		if err != nil {
			return fmt.Errorf("create %s: %w", path, err)
		}
		if err := t.createIfMissing(ctx, path, data); err != nil {
			return err
		}
	}
	return nil
}

// createIfMissing is CuratorUtils.createIfNotExists of Druid.
func (t *tree) createIfMissing(ctx context.Context, path string, data []byte) error {
	if len(data) > t.limit {
		return fmt.Errorf("create %s: %w", path, oversizeError{len(data), t.limit})
	}
	stat, err := t.zc.Exists(ctx, path)
	if err != nil || stat != nil {
		return err
	}
	if _, err := t.zc.CreateParents(ctx, path, data, zkconn.Persistent); err != nil && !errors.Is(err, zkconn.ErrNodeExists) {
		return err
	}
	return nil
}

// oversizeError is a payload above druid.indexer.runner.maxZnodeBytes.
type oversizeError struct{ size, limit int }

func (e oversizeError) Error() string {
	return fmt.Sprintf("length of raw bytes %d too large (> %d)", e.size, e.limit)
}

// write is one change of the worker's part of the tree.
type write struct {
	what writeKind
	id   string // of the task
	data []byte
	done func(error) // run by the loop, if set, with what became of it
}

type writeKind int

const (
	setStatus  writeKind = iota // create the task's status, or set it
	deleteTask                  // remove the assignment
	takeTask                    // both at once, or neither
)

// writeAgain is how long a write waits after the connection has given it up.
const writeAgain = time.Second

// carryOut is do until ZooKeeper has answered, or ctx ends. Druid tries once: a status
// that is not written holds its slot forever.
func (t *tree) carryOut(ctx context.Context, w write) error {
	for {
		err := t.do(ctx, w)
		if err == nil || ctx.Err() != nil || answered(err) {
			return err
		}
		t.log.Warn("not written yet", "task", w.id, "error", err)
		_ = t.clock.Sleep(ctx, writeAgain) // the next try looks at ctx
	}
}

// answered reports whether another try would meet the same error again.
func answered(err error) bool {
	for _, refusal := range []error{errWithdrawn, zkconn.ErrNoNode, zkconn.ErrNodeExists, zkconn.ErrNotEmpty, zkconn.ErrBadVersion, zkconn.ErrNoAuth, zkconn.ErrClosed} {
		if errors.Is(err, refusal) {
			return true
		}
	}
	var oversize oversizeError
	return errors.As(err, &oversize)
}

// do carries a write out.
func (t *tree) do(ctx context.Context, w write) error {
	if w.what == deleteTask {
		err := t.zc.Delete(ctx, t.task(w.id), -1)
		if errors.Is(err, zkconn.ErrNoNode) {
			return nil // an overlord that assigns over HTTP makes none
		}
		return err
	}
	path := t.status(w.id)
	if len(w.data) > t.limit {
		return fmt.Errorf("set %s: %w", path, oversizeError{len(w.data), t.limit})
	}
	if w.what == takeTask {
		return t.takeNode(ctx, path, t.task(w.id), w.data)
	}
	return t.createOrSet(ctx, path, w.data)
}

// errWithdrawn is an assignment that is gone: its overlord is gone, or has taken it back.
var errWithdrawn = errors.New("the assignment was taken back")

// takeNode writes a status and deletes the assignment that it answers, both or
// neither. What is refused may have been carried out by a try whose answer was lost:
// then the status is there exactly as it was to be written, and nobody else writes it.
func (t *tree) takeNode(ctx context.Context, status, assignment string, data []byte) error {
	if err := t.createIfMissing(ctx, zkpath.Parent(status), nil); err != nil {
		return err // an overlord has cleaned up after this worker
	}
	before, err := t.zc.Exists(ctx, status)
	if err != nil {
		return err
	}
	write := zkconn.Creation(status, data, t.mode)
	if before != nil {
		write = zkconn.Setting(status, data)
	}
	if err = t.zc.Transact(ctx, write, zkconn.Deletion(assignment)); !answered(err) {
		return err
	}
	found, _, err := t.zc.Get(ctx, status)
	if errors.Is(err, zkconn.ErrNoNode) || err == nil && !bytes.Equal(found, data) {
		return errWithdrawn
	}
	return err
}

// createOrSet is CuratorUtils.createOrSet of Druid: a node that vanishes while it
// is being set stays gone, because its overlord has seen what it wanted.
func (t *tree) createOrSet(ctx context.Context, path string, data []byte) error {
	stat, err := t.zc.Exists(ctx, path)
	if err != nil {
		return err
	}
	if stat == nil {
		_, err := t.zc.CreateParents(ctx, path, data, t.mode)
		if !errors.Is(err, zkconn.ErrNodeExists) {
			return err
		}
	}
	_, err = t.zc.Set(ctx, path, data, -1)
	if errors.Is(err, zkconn.ErrNoNode) {
		t.log.Warn("status vanished while it was set", "path", path)
		return nil
	}
	return err
}

// setStatus is the write of an announcement.
func (t *tree) setStatus(a druid.TaskAnnouncement) write {
	data, err := t.release.Marshal(a)
	if err != nil {
		panic("middlemanager: task announcement: " + err.Error()) // every value of the type marshals
	}
	return write{what: setStatus, id: a.Status.ID, data: data}
}
