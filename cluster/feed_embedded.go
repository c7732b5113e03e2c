package cluster

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"oakmoot/internal/run/loop"
	"oakmoot/internal/stage/observe"
	"oakmoot/zkembed"
)

// commitFeed feeds the model from the embedded server's stream of commits: what happened,
// in order. The model begins with a look at the tree, and looks again whenever it was too
// slow and the stream has a gap.
type commitFeed struct {
	srv   *zkembed.Server
	begun chan struct{} // closed once the model holds the first look
	ended chan struct{} // closed when nothing follows any more
	moved *signal       // raised after each transaction that the model has taken, and each gap
	gaps  atomic.Int64  // that the model has got over
}

func newCommitFeed(srv *zkembed.Server) *commitFeed {
	return &commitFeed{srv: srv, begun: make(chan struct{}), ended: make(chan struct{}), moved: newSignal()}
}

// errEnded is the error for a look after the end of the run.
var errEnded = errors.New("the run has ended")

// wentBack is the zxid of the latest transaction that stands, if a gap says that the server came back with an earlier
// history.
func wentBack(gap error) (zxid int64, back bool) {
	e, is := errors.AsType[*zkembed.GapError](gap)
	if !is || !e.Reverted {
		return 0, false
	}
	return int64(e.Zxid), true
}

// catchUp waits until the model has taken the latest transaction. If the server knows less than the model does, it came
// back with an earlier history, and the model has to get over that first.
func (f *commitFeed) catchUp(ctx context.Context, o *observer) error {
	gaps, before := f.gaps.Load(), o.zxid()
	last, err := f.srv.LastCommit(ctx)
	if err != nil {
		return readError(o, err)
	}
	if !f.until(ctx, func() bool { return int64(last) >= before || f.gaps.Load() > gaps }) || !f.reached(ctx, o, int64(last)) {
		return readError(o, cmp.Or(ctx.Err(), errEnded))
	}
	return nil
}

// reached waits until the model has taken the transaction of a zxid; false when ctx or
// the run ends first.
func (f *commitFeed) reached(ctx context.Context, o *observer, zxid int64) bool {
	return f.until(ctx, func() bool { return closed(f.begun) && o.zxid() >= zxid })
}

// until waits until something holds that depends on what the model has taken; false when ctx or the run ends first.
func (f *commitFeed) until(ctx context.Context, holds func() bool) bool {
	begun := f.begun
	for {
		moved := f.moved.next()
		if holds() {
			return true
		}
		select {
		case <-begun:
			begun = nil
		case <-moved:
		case <-f.ended:
			return false
		case <-ctx.Done():
			return false
		}
	}
}

func readError(o *observer, err error) error {
	return fmt.Errorf("read %s: %w", strings.Join(o.paths.Roots(), " and "), err)
}

func (f *commitFeed) ends(ctx context.Context) (map[int64]time.Time, error) {
	sessions, err := f.srv.Sessions(ctx)
	if err != nil {
		return nil, err
	}
	ends := map[int64]time.Time{}
	for _, s := range sessions {
		ends[int64(s.ID)] = s.Expires
	}
	return ends, nil
}

func (f *commitFeed) follow(ctx context.Context, o *observer, each func(observe.Change, error) error) error {
	defer close(f.ended)
	f.lookAnew(ctx, o)
	close(f.begun)
	var transaction []observe.Change
	for commit, err := range f.srv.Commits(ctx, 0) {
		change := changeOf(commit)
		if err := each(change, err); err != nil { // before anybody acts upon it
			return err
		}
		if err != nil {
			transaction = nil
			f.lookAnew(ctx, o)
			if zxid, back := wentBack(err); back { // not before, or what had been held would pass for the present
				o.change(func(m *observe.Model) { m.Back(zxid) })
			}
			f.gaps.Add(1)
			f.moved.raise()
		} else if transaction = append(transaction, change); !commit.More {
			o.change(func(m *observe.Model) {
				m.Apply(transaction...)
				o.heed(m, transaction)
			})
			transaction = transaction[:0]
			o.confirm()
			f.moved.raise()
			o.changed.raise()
		}
	}
	return nil
}

// lookAnew makes the model hold what the tree holds. That may include some of the commits
// that follow: applied again they come to the same in the end, and nobody is answered
// before.
func (f *commitFeed) lookAnew(ctx context.Context, o *observer) {
	for ctx.Err() == nil {
		nodes, sessions, err := f.srv.Look(ctx, o.paths.Roots()...)
		if err != nil {
			_ = loop.Sleep(ctx, settle) // the server restarts
			continue
		}
		listed := make([]observe.Znode, len(nodes))
		for i, n := range nodes {
			listed[i] = znodeOf(n)
		}
		live := make([]int64, len(sessions))
		for i, s := range sessions {
			live[i] = int64(s.ID)
		}
		o.change(func(m *observe.Model) {
			m.Sync(listed, live)
			o.heed(m, nil)
		})
		o.told.found(listed, live)
		return
	}
}

// close has nothing to end: follow owns everything.
func (f *commitFeed) close() {}

func znodeOf(n zkembed.Node) observe.Znode {
	return observe.Znode{
		Path: n.Path, Data: n.Data, Owner: int64(n.Stat.EphemeralOwner), Version: int32(n.Stat.Version), Czxid: int64(n.Stat.Czxid), Mzxid: int64(n.Stat.Mzxid),
		Children: int(n.Stat.NumChildren),
	}
}

// changeOf is a commit as the model takes it.
func changeOf(c zkembed.Commit) observe.Change {
	return observe.Change{
		Zxid: int64(c.Zxid), Time: c.Time, Session: int64(c.Session), Op: ops[c.Kind], Path: c.Path, Before: c.Before, After: c.After,
		Owner: int64(c.Owner), Lapsed: c.Kind == zkembed.CommitDelete && c.Op == "closeSession", Expired: c.Expired,
		Stat: observe.Stat{Czxid: int64(c.Stat.Czxid), Mzxid: int64(c.Stat.Mzxid), Pzxid: int64(c.Stat.Pzxid), Version: int32(c.Stat.Version)},
		More: c.More,
	}
}

// ops are what commits do. A change of an ACL is left out: nobody looks at it.
var ops = map[zkembed.CommitKind]observe.Op{
	zkembed.CommitCreate: observe.OpCreate, zkembed.CommitSetData: observe.OpSet, zkembed.CommitDelete: observe.OpDelete,
	zkembed.CommitOpenSession: observe.OpOpenSession, zkembed.CommitCloseSession: observe.OpCloseSession,
}
