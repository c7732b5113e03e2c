package cluster

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"oakmoot/internal/run/fault"
	"oakmoot/internal/run/fault/clockfault"
	"oakmoot/internal/run/fault/diskfault"
	"oakmoot/internal/stage/scenario"
)

// Pick implements scenario.Stage.
func (d *director) Pick(ctx context.Context, s scenario.Selector) ([]scenario.Actor, error) {
	nodes, err := d.pick(ctx, s)
	actors := make([]scenario.Actor, len(nodes))
	for i, n := range nodes {
		actors[i] = actor{n, d}
	}
	return actors, err
}

// SessionTimeout implements scenario.Stage.
func (d *director) SessionTimeout() time.Duration { return d.session }

// ZooKeeper implements scenario.Stage.
func (d *director) ZooKeeper() scenario.ZooKeeper { return serverSide{d.zk} }

// DataDir implements scenario.Stage.
func (d *director) DataDir() string { return filepath.ToSlash(d.dir) }

// Play implements scenario.Stage.
func (d *director) Play() scenario.Play { return d.play }

// Heal implements scenario.Stage.
func (d *director) Heal(ctx context.Context, match func(scenario.Armed) bool) (nodes []string, err error) {
	nodes = []string{}
	err = d.undo(ctx, func(f *armedFault) bool {
		matches := match(scenario.Armed{ID: f.ID, Verb: f.verb, Nodes: f.Nodes})
		if matches {
			nodes = append(nodes, f.Nodes...)
		}
		return matches
	})
	slices.Sort(nodes)
	return slices.Compact(nodes), err
}

// Over implements scenario.Stage. A fault that met more nodes still holds the others.
func (d *director) Over(nodes []scenario.Actor, verbs ...string) {
	over := names(nodes)
	d.over(d.armed.take(func(f *armedFault) bool {
		return slices.Contains(verbs, f.verb) && !slices.ContainsFunc(f.Nodes, func(name string) bool { return !slices.Contains(over, name) })
	}))
}

// actor is a node as verbs see it.
type actor struct {
	node *node
	d    *director // a pointer: actors are compared
}

func (a actor) Name() string      { return a.node.name }
func (a actor) Host() string      { return a.node.host() }
func (a actor) External() bool    { return a.node.role.External }
func (a actor) Signalled() bool   { return a.node.signals.file != "" }
func (a actor) Session() int64    { return a.node.sessionID() }
func (a actor) Link() *fault.Link { return a.node.link }

func (a actor) Disk() *diskfault.Disk { return a.node.disk }

func (a actor) Clock() *clockfault.Clock { return a.node.clock }

func (a actor) DeepStorage() string { return filepath.ToSlash(a.d.storage(a.node)) }

func (a actor) MeetTasks(f scenario.TaskFault) (undo func(), err error) {
	if a.node.kind != "middlemanager" {
		return nil, fmt.Errorf("%s runs no tasks: middle managers do", a.node.name)
	}
	return a.node.tasks.arm(f), nil
}

func (a actor) Live(ctx context.Context, c scenario.Cue) error {
	if a.External() {
		if err := a.node.signals.send(c); err != nil {
			return fmt.Errorf("%s: %w", a.node.name, err)
		}
		return nil
	}
	return a.node.tell(ctx, cues[c])
}

// cues are what supervisors are asked for.
var cues = map[scenario.Cue]verb{
	scenario.CueKill: verbKill, scenario.CueStop: verbStop, scenario.CueStart: verbStart, scenario.CueRestart: verbRestart,
}

func names(nodes []scenario.Actor) []string {
	all := make([]string, len(nodes))
	for i, n := range nodes {
		all[i] = n.Name()
	}
	return all
}
