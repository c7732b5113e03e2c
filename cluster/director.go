package cluster

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/stage/scenario"
	"oakmoot/zkembed"
)

// director carries actions out on the nodes and remembers the faults that last.
type director struct {
	pick    func(context.Context, scenario.Selector) ([]*node, error) // whom a selector means now
	session time.Duration                                             // the session timeout
	zk      *zkembed.Server                                           // nil with an external ZooKeeper
	armed   *armory
	changes *signal
	log     hclog.Logger
}

// act carries out an action that has been checked. It returns the fault: with an id when
// it lasts until it is undone.
func (d *director) act(ctx context.Context, a scenario.Action) (Fault, error) {
	f := &armedFault{verb: a.Verb.Name, Fault: Fault{Do: a.String(), Since: time.Now()}}
	targets, err := d.pick(ctx, a.Target)
	if err != nil {
		return f.Fault, err
	}
	f.Nodes = names(targets)
	doer := doers[a.Verb.Name]
	if err := d.refuseExternal(a.Verb.Name, doer.reach, targets); err != nil {
		return f.Fault, err
	}
	done, err := doer.do(ctx, d, a, targets)
	if a.Verb.ByID { // it ends faults and is none
		f.Nodes = done.healed
		return f.Fault, err
	}
	if err != nil {
		return f.Fault, err
	}
	d.log.Info("fault", "do", f.Do, "nodes", strings.Join(f.Nodes, ","))
	d.changes.raise()
	if done.undo == nil {
		return f.Fault, nil
	}
	f.undo = done.undo
	d.arm(ctx, f, a.For)
	return f.Fault, nil
}

// arm remembers a lasting fault, and undoes it after its time, which counts from when
// it was asked for.
func (d *director) arm(ctx context.Context, f *armedFault, span scenario.Span) {
	if !span.Set {
		d.armed.add(f, nil)
		return
	}
	f.Until = f.Since.Add(span.In(d.session))
	ctx = context.WithoutCancel(ctx)
	d.armed.add(f, func() {
		if err := d.undo(ctx, func(g *armedFault) bool { return g == f }); err != nil {
			d.log.Warn("fault not undone", "do", f.Do, "error", err)
		}
	})
}

// undoLimit bounds how long undoing a fault may take.
const undoLimit = 30 * time.Second

// undo undoes the armed faults that match, the latest first.
func (d *director) undo(ctx context.Context, match func(*armedFault) bool) error {
	ctx, cancel := context.WithTimeout(ctx, undoLimit)
	defer cancel()
	taken := d.armed.take(match)
	slices.Reverse(taken)
	var firstErr error
	for _, f := range taken {
		if err := f.undo(ctx); err != nil && firstErr == nil {
			firstErr = fmt.Errorf("undo %s: %w", f.Do, err)
		}
		d.log.Info("healed", "do", f.Do, "nodes", strings.Join(f.Nodes, ","))
	}
	d.changes.raise()
	return firstErr
}

// undoAll ends whatever is disturbed.
func (d *director) undoAll(ctx context.Context) error {
	return d.undo(ctx, func(*armedFault) bool { return true })
}

// forget forgets the faults of the verbs that met these nodes only: they are over. One
// that met more still holds the others.
func (d *director) forget(nodes []*node, verbs ...string) {
	over := names(nodes)
	d.armed.take(func(f *armedFault) bool {
		return slices.Contains(verbs, f.verb) && !slices.ContainsFunc(f.Nodes, func(name string) bool { return !slices.Contains(over, name) })
	})
}

// reach is what has to be ours of a node for a verb to be done to it. A process in an
// external seat has only its session, and that only in the embedded ZooKeeper.
type reach int

const (
	reachLife    reach = iota + 1 // its supervisor starts and ends it
	reachTraffic                  // its connections pass through a link
	reachSession                  // ZooKeeper ends its session or connection
	reachNothing                  // it is about faults, whoever has them
)

// refuseExternal is the error for a verb that cannot be done to one of the nodes, because
// that is a process of its own. Nothing has been done then.
func (d *director) refuseExternal(verb string, needs reach, targets []*node) error {
	for _, n := range targets {
		if !n.role.External {
			continue
		}
		switch {
		case needs == reachLife:
			return fmt.Errorf("%s is a process of its own: it is neither started nor ended from here", n.name)
		case needs == reachTraffic:
			return fmt.Errorf("%s is a process of its own: its traffic does not pass through here; what can be done to it is %s",
				n.name, strings.Join(throughZooKeeper(), ", "))
		case needs == reachSession && d.zk == nil:
			return fmt.Errorf("%s is a process of its own: only the embedded ZooKeeper can end its session or connection", n.name)
		case needs == reachSession && n.sessionID() == 0:
			return fmt.Errorf("%s has no session now: nobody is in the seat", n.name)
		}
	}
	return nil
}

// throughZooKeeper are the verbs that the embedded ZooKeeper carries out on the session
// of any process.
func throughZooKeeper() []string {
	return slices.DeleteFunc(scenario.VerbNames(), func(name string) bool { return doers[name].reach != reachSession })
}

// do reads an expression among the nodes of a universe, and carries it out.
func (d *director) do(ctx context.Context, expression string, u scenario.Universe) (Fault, error) {
	action, err := scenario.ParseAction(expression)
	if err == nil {
		err = action.Check(u)
	}
	if err != nil {
		return Fault{}, fmt.Errorf("%w: %w", ErrBadExpression, err)
	}
	return d.act(ctx, action)
}
