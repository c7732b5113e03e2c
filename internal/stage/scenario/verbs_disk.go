package scenario

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"oakmoot/internal/run/disk"
	"oakmoot/internal/run/fault/diskfault"
	"oakmoot/internal/run/fault/quota"
)

// diskVerbs are those that a node's disk carries out. Paths are below the cluster's data
// directory, or whole.
var diskVerbs = []Verb{
	{Name: "disk_full", Clauses: files, Reach: ReachDisk, Prompt: true, Do: onDisks(func(Stage, Action) diskfault.Effect { return diskfault.Full{} }),
		Does: "leaves no room on the node's disk: what it writes fails"},
	{Name: "disk_slow", Clauses: with(files, "by", "jitter"), Needs: []string{"by"}, Reach: ReachDisk, Prompt: true, Do: onDisks(slow()),
		Does: "makes each operation on the node's files late"},
	{Name: "disk_readonly", Clauses: files, Reach: ReachDisk, Prompt: true, Do: onDisks(func(Stage, Action) diskfault.Effect { return diskfault.ReadOnly{} }),
		Does: "lets the node read its files, but write none"},
	{Name: "corrupt", Clauses: files, Needs: []string{"path"}, Reach: ReachDisk, Prompt: true, Once: true,
		Do:   onDisks(func(Stage, Action) diskfault.Effect { return diskfault.Corrupt{} }),
		Does: "changes a byte of a file when the node next opens it to read; the damage stays"},
	{Name: "vanish", Clauses: files, Needs: []string{"path"}, Reach: ReachDisk, Prompt: true, Once: true,
		Do:   onDisks(func(Stage, Action) diskfault.Effect { return diskfault.Vanish{} }),
		Does: "removes a file when the node next looks at it or opens it to read"},
	{Name: "zk_disk_full", Clauses: lasting, On: OnNothing, Embedded: true, Prompt: true,
		Do:   onZooKeeperDisk(func(Stage, Action) diskfault.Effect { return diskfault.Full{} }),
		Does: "leaves no room for ZooKeeper's log: the server ends, and comes back from what it has logged once there is room"},
	{Name: "zk_slow_sync", Clauses: []string{"by", "jitter", "for"}, Needs: []string{"by"}, On: OnNothing, Embedded: true, Prompt: true,
		Do: onZooKeeperDisk(slow(disk.OpSync)), Does: "makes each sync of ZooKeeper's log late, and with it every answer to a write"},
}

// slow makes some operations late; none are all.
func slow(ops ...disk.Op) func(Stage, Action) diskfault.Effect {
	return func(s Stage, a Action) diskfault.Effect {
		return diskfault.Slow{By: a.Span("by").In(s.SessionTimeout()), Jitter: a.Span("jitter").In(s.SessionTimeout()), Ops: ops}
	}
}

// onDisks arms an effect on the disks of the nodes.
func onDisks(effect func(Stage, Action) diskfault.Effect) Doer {
	return func(_ context.Context, s Stage, a Action, nodes []Actor) (Done, error) {
		var paths []string
		if pattern := a.Word("path"); pattern != "" {
			paths = []string{s.DataDir() + pattern, pattern}
		}
		return armDisks(s, a, effect(s, a), func(n Actor) place { return place{n.Name(), n.Disk(), paths} }, nodes...)
	}
}

// onZooKeeperDisk arms an effect on the disk of the embedded ZooKeeper.
func onZooKeeperDisk(effect func(Stage, Action) diskfault.Effect) Doer {
	return func(_ context.Context, s Stage, a Action, _ []Actor) (Done, error) {
		d := s.ZooKeeper().Disk()
		if d == nil {
			return Done{}, errors.New("this ZooKeeper keeps everything in memory, and nothing on a disk: give the cluster a data directory")
		}
		return armDisks(s, a, effect(s, a), func(Actor) place { return place{"zookeeper", d, nil} }, nil)
	}
}

// place is a disk and which of its paths are meant; none are all.
type place struct {
	name  string
	disk  *diskfault.Disk
	paths []string
}

// armDisks arms an effect on the disks of some nodes.
func armDisks(s Stage, a Action, effect diskfault.Effect, of func(Actor) place, nodes ...Actor) (Done, error) {
	rule := diskfault.Rule{Skip: a.Count("skip", 0), Times: a.Times(), Share: a.Share(), Quota: quota.New()}
	var all []*diskfault.Armed
	undo := func(context.Context) error {
		for _, armed := range slices.Backward(all) {
			armed.Undo()
		}
		return nil
	}
	for _, n := range nodes {
		p := of(n)
		rule.Paths = p.paths
		armed, err := p.disk.Arm(effect, rule)
		if err != nil {
			return Done{}, errors.Join(fmt.Errorf("%s: %w", p.name, err), undo(context.Background()))
		}
		all = append(all, armed)
	}
	done := Done{Undo: undo, Lag: lagOf(s, a), Touched: func() (sum Touched) {
		for _, armed := range all {
			c := armed.Touched()
			sum.add(Touched{Requests: int64(c.Operations), Last: c.Last})
		}
		return sum
	}}
	if rule.Times > 0 {
		done.Spent = rule.Quota.Spent()
	}
	return done, nil
}

// workVerbs are those that meet loads of segments and tasks.
var workVerbs = []Verb{
	{Name: "slow_load", Of: "historical", Clauses: with(files, "by", "jitter"), Needs: []string{"by"}, Reach: ReachDisk, Prompt: true, Do: onLoads(slow(disk.OpOpen)),
		Does: "makes the node's loads slow: it waits before it reads a segment from deep storage, where path names segments"},
	{Name: "fail_load", Of: "historical", Clauses: files, Reach: ReachDisk, Prompt: true, Once: true, Do: onLoads(func(Stage, Action) diskfault.Effect { return diskfault.Unreadable{} }),
		Does: "makes the node's loads fail: it cannot read a segment from deep storage, where path names segments"},
	{Name: "slow_task", Of: "middlemanager", Clauses: with(ofTasks, "by", "jitter"), Needs: []string{"by"}, Reach: ReachDisk, Prompt: true,
		Do: onTasks(false), Does: "makes the middle manager's tasks slow: each waits before it begins"},
	{Name: "fail_task", Of: "middlemanager", Clauses: ofTasks, Reach: ReachDisk, Prompt: true, Once: true, Do: onTasks(true),
		Does: "makes the middle manager's tasks fail as they begin"},
}

var ofTasks = []string{"skip", "times", "share", "for"}

// onLoads arms an effect on what the nodes read from deep storage: below it path is a
// pattern, such as /wiki/**.
func onLoads(effect func(Stage, Action) diskfault.Effect) Doer {
	return func(_ context.Context, s Stage, a Action, nodes []Actor) (Done, error) {
		pattern := a.Word("path")
		switch {
		case pattern == "":
			pattern = "/**/index.zip"
		case strings.HasSuffix(pattern, "/**"):
			pattern += "/index.zip"
		}
		return armDisks(s, a, effect(s, a), func(n Actor) place { return place{n.Name(), n.Disk(), []string{n.DeepStorage() + pattern}} }, nodes...)
	}
}

// onTasks makes tasks slow, or fail.
func onTasks(fail bool) Doer {
	return func(_ context.Context, s Stage, a Action, nodes []Actor) (Done, error) {
		f := TaskFault{
			Fail: fail, By: a.Span("by").In(s.SessionTimeout()), Jitter: a.Span("jitter").In(s.SessionTimeout()),
			Choice: quota.Choice{Skip: a.Count("skip", 0), Times: a.Times(), Share: a.Share()}, Quota: quota.New(),
		}
		var undos []func()
		undo := func(context.Context) error {
			for _, undo := range undos {
				undo()
			}
			return nil
		}
		for _, n := range nodes {
			one, err := n.MeetTasks(f)
			if err != nil {
				return Done{}, errors.Join(err, undo(context.Background()))
			}
			undos = append(undos, one)
		}
		done := Done{Undo: undo, Lag: lagOf(s, a), Touched: func() Touched { return Touched{Requests: int64(f.Quota.Picked())} }}
		if f.Choice.Times > 0 {
			done.Spent = f.Quota.Spent()
		}
		return done, nil
	}
}
