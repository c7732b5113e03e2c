// Package election elects one leader among the nodes of a kind: LeaderLatch of
// Curator and CuratorDruidLeaderSelector of Druid.
package election

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/zkconn"
	"oakmoot/internal/zkpath"
)

// Options are the settings of a candidate.
type Options struct {
	Path   string // the latch directory
	ID     string // payload of the latch node: the node's URI
	Joined func() // called, if set, each time the candidate has a latch node
	Log    hclog.Logger
}

// Lead is what a leader does: it returns once it has given up all that belongs to
// leadership, which it does when ctx ends. An error while ctx lasts means that it
// cannot lead.
type Lead func(ctx context.Context, term int) error

// A leader that cannot lead stays out for a random time between these.
const (
	stayOutLeast = time.Second
	stayOutMost  = 5 * time.Second
)

// goodbye bounds the deletion of the candidate's own node at the end.
const goodbye = time.Second

// candidate is one who takes part; it is owned by Run.
type candidate struct {
	zc     zkconn.Conn
	opts   Options
	lead   Lead
	states <-chan zkconn.State

	node  string // path of the own latch node, "" without one
	term  int
	stale []string // own nodes of which it is not known that they are gone
}

// Run takes part in the election until ctx ends, and leads when it is its turn.
//
// Leadership is given up the moment the connection is suspended, though the latch
// node is still there; after a reconnection the candidate queues up anew, behind
// the others. Lead is waited for before that, and when ctx ends: then the node is
// deleted only after the leader has given everything up.
func Run(ctx context.Context, zc zkconn.Conn, o Options, lead Lead) error {
	states, stop := zc.Listen()
	defer stop()
	c := &candidate{zc: zc, opts: o, lead: lead, states: states}
	defer c.leave(ctx)
	for ctx.Err() == nil {
		err := c.takePart(ctx)
		if errors.Is(err, zkconn.ErrClosed) {
			return fmt.Errorf("election at %s: %w", o.Path, err)
		}
		if err != nil && ctx.Err() == nil {
			c.opts.Log.Warn("election", "path", o.Path, "error", err)
		}
		c.withdraw(ctx)
	}
	return nil
}

// takePart joins the queue, waits for its turn, and leads. It returns when the
// candidate has to join anew.
func (c *candidate) takePart(ctx context.Context) error {
	if err := c.join(ctx); err != nil {
		return err
	}
	if c.opts.Joined != nil {
		c.opts.Joined()
	}
	for {
		before, err := c.predecessor(ctx)
		if err != nil {
			return err
		}
		if before == "" {
			return c.reign(ctx)
		}
		again, err := c.watch(ctx, before)
		if err != nil || !again {
			return err
		}
	}
}

// join creates the latch node, protected: its name holds a UUID by which it is
// found again when the answer to its creation was lost.
func (c *candidate) join(ctx context.Context) error {
	protection := "_c_" + uuid.NewString() + "-"
	path, err := c.create(ctx, protection)
	if err != nil {
		return err
	}
	c.node = path
	return nil
}

func (c *candidate) create(ctx context.Context, protection string) (string, error) {
	created, err := c.zc.CreateParents(ctx, zkpath.Join(c.opts.Path, protection+"latch-"), []byte(c.opts.ID), zkconn.EphemeralSequential)
	if err != nil {
		return "", err
	}
	// The connection tries again over a loss of its own: two nodes may bear the
	// protection. The first is ours, the others are taken away.
	mine, err := c.protected(ctx, protection)
	if err != nil {
		c.stale = append(c.stale, created)
		return "", err
	}
	if len(mine) == 0 {
		return "", fmt.Errorf("latch node %s is gone already", created)
	}
	c.stale = append(c.stale, mine[1:]...)
	return mine[0], nil
}

// protected lists the nodes that bear a protection, first in the queue first.
func (c *candidate) protected(ctx context.Context, protection string) ([]string, error) {
	names, err := c.queue(ctx)
	if err != nil {
		return nil, err
	}
	var mine []string
	for _, name := range names {
		if strings.HasPrefix(name, protection) {
			mine = append(mine, zkpath.Join(c.opts.Path, name))
		}
	}
	return mine, nil
}

// queue lists the latch nodes, first in the queue first.
func (c *candidate) queue(ctx context.Context) ([]string, error) {
	names, err := c.zc.Children(ctx, c.opts.Path)
	if err != nil {
		return nil, err
	}
	return sorted(names), nil
}

// sorted orders latch nodes by what stands behind the last "latch-", as text: the
// numbers are padded with zeros.
func sorted(names []string) []string {
	slices.SortFunc(names, func(a, b string) int { return cmp.Compare(number(a), number(b)) })
	return names
}

func number(name string) string {
	const mark = "latch-"
	if i := strings.LastIndex(name, mark); i >= 0 {
		return name[i+len(mark):]
	}
	return name
}

// predecessor is who stands in front of the candidate, "" when nobody does.
func (c *candidate) predecessor(ctx context.Context) (string, error) {
	names, err := c.queue(ctx)
	if err != nil {
		return "", err
	}
	i := slices.Index(names, zkpath.Name(c.node))
	switch {
	case i < 0:
		return "", fmt.Errorf("latch node %s is gone", c.node)
	case i == 0:
		return "", nil
	}
	return zkpath.Join(c.opts.Path, names[i-1]), nil
}

// watch waits until the predecessor has gone: then again is true. When the
// connection suffers, or the predecessor went before the watch was set, the
// candidate joins anew.
func (c *candidate) watch(ctx context.Context, predecessor string) (again bool, err error) {
	_, _, gone, err := c.zc.GetW(ctx, predecessor)
	if errors.Is(err, zkconn.ErrNoNode) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	for {
		select {
		case e, ok := <-gone:
			if !ok {
				gone = nil // ended with its session: the state change follows
				continue
			}
			if e.Type == zkconn.NodeDeleted {
				return true, nil
			}
			if _, _, gone, err = c.zc.GetW(ctx, predecessor); errors.Is(err, zkconn.ErrNoNode) {
				return true, nil
			} else if err != nil {
				return false, err
			}
		case state, ok := <-c.states:
			if !ok {
				return false, zkconn.ErrClosed
			}
			if state == zkconn.Reconnected {
				return false, nil
			}
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
}

// reign leads until leadership is lost, or ctx ends, and waits for the leader to
// have given everything up.
func (c *candidate) reign(ctx context.Context) error {
	c.term++
	leading, dethrone := context.WithCancel(ctx)
	defer dethrone()
	ended := make(chan error, 1)
	go func() { ended <- c.lead(leading, c.term) }()
	for {
		select {
		case err := <-ended:
			if ctx.Err() == nil && leading.Err() == nil {
				c.withdraw(ctx)
				c.stayOut(ctx)
				return fmt.Errorf("leader of term %d: %w", c.term, cmp.Or(err, errResigned))
			}
			return err
		case state, ok := <-c.states:
			if !ok {
				dethrone()
				<-ended
				return zkconn.ErrClosed
			}
			if state == zkconn.Suspended || state == zkconn.Lost {
				dethrone()
				err := <-ended
				c.awaitReconnection(ctx)
				return err
			}
			if state == zkconn.Reconnected {
				dethrone()
				return <-ended
			}
		}
	}
}

var errResigned = errors.New("leader returned while it was leading")

// awaitReconnection returns when there is a connection again.
func (c *candidate) awaitReconnection(ctx context.Context) {
	for {
		select {
		case state, ok := <-c.states:
			if !ok || state == zkconn.Reconnected {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

func (c *candidate) stayOut(ctx context.Context) {
	select {
	case <-time.After(stayOutLeast + rand.N(stayOutMost-stayOutLeast)):
	case <-ctx.Done():
	}
}

// withdraw deletes the own node, and whatever earlier ones may still be there. What
// cannot be deleted now is tried again the next time.
func (c *candidate) withdraw(ctx context.Context) {
	if c.node != "" {
		c.stale = append(c.stale, c.node)
		c.node = ""
	}
	c.stale = slices.DeleteFunc(c.stale, func(path string) bool {
		err := c.zc.Delete(ctx, path, -1)
		return err == nil || errors.Is(err, zkconn.ErrNoNode)
	})
}

// leave is withdraw for the end of Run, with a little time of its own.
func (c *candidate) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
	defer cancel()
	c.withdraw(ctx)
}

// Leader is the payload of the first candidate in the queue, "" when there is none:
// CuratorDruidLeaderSelector.getCurrentLeader. The candidate may not have begun to
// lead yet.
func Leader(ctx context.Context, zc zkconn.Conn, path string) (string, error) {
	names, err := zc.Children(ctx, path)
	if errors.Is(err, zkconn.ErrNoNode) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("leader at %s: %w", path, err)
	}
	for _, name := range sorted(names) {
		data, _, err := zc.Get(ctx, zkpath.Join(path, name))
		if errors.Is(err, zkconn.ErrNoNode) {
			continue
		}
		if err != nil {
			return "", fmt.Errorf("leader at %s: %w", path, err)
		}
		return string(data), nil
	}
	return "", nil
}
