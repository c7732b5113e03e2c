package cluster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/stage/scenario"
)

// director carries actions out on the nodes and remembers the faults that last. It is
// the scenario.Stage of this cluster.
type director struct {
	pick    func(context.Context, scenario.Selector) ([]*node, error) // whom a selector means now
	pickNow func(context.Context, scenario.Selector) ([]*node, error) // the same by what the model knows, without waiting for ZooKeeper
	session time.Duration                                             // the session timeout
	zk      *ensemble
	dir     string             // the data directory
	storage func(*node) string // where a node finds segments
	play    *operator
	armed   *armory
	changes *signal
	damage  *damage
	log     hclog.Logger
}

// act carries out an action that has been checked. It returns the fault: with an id when
// it lasts until it is undone.
func (d *director) act(ctx context.Context, a scenario.Action, by cause) (Fault, error) {
	f := &armedFault{verb: a.Verb.Name, Fault: Fault{Do: a.String(), Since: time.Now()}}
	targets, err := d.Pick(ctx, a.Target)
	if err != nil {
		return f.Fault, err
	}
	f.Nodes = names(targets)
	if err := d.refuseExternal(a, targets); err != nil {
		return f.Fault, err
	}
	if a.Verb.Embedded && d.zk.server == nil {
		return f.Fault, fmt.Errorf("%s takes the embedded ZooKeeper: this one is external", a.Verb.Name)
	}
	if a.Verb.On == scenario.OnAny { // it ends faults and is none
		done, err := a.Verb.Do(ctx, d, a, targets)
		f.Nodes = done.Healed
		return f.Fault, badExpression(err)
	}
	f.past = d.damage.begin(f.Fault, a, by) // what it does to the nodes follows
	done, err := a.Verb.Do(ctx, d, a, targets)
	if err != nil {
		d.damage.failed(f.past, err)
		return f.Fault, err
	}
	f.Made = done.Made
	d.damage.begun(f.past, done)
	d.log.Info("fault", "do", f.Do, "nodes", strings.Join(f.Nodes, ","))
	d.changes.raise()
	if done.Undo == nil {
		return f.Fault, nil
	}
	f.undo = done.Undo
	d.arm(f, a.For())
	d.damage.named(f.past, f.ID)
	if done.Spent != nil {
		d.endSpent(f, done)
	}
	return f.Fault, nil
}

// badExpression marks an error that the words of an action have brought about.
func badExpression(err error) error {
	if _, is := errors.AsType[scenario.NoFaultError](err); is {
		return fmt.Errorf("%w: %w", ErrBadExpression, err)
	}
	return err
}

// arm remembers a lasting fault, and undoes it after its time, which counts from when
// it was asked for.
func (d *director) arm(f *armedFault, span scenario.Span) {
	if !span.Set {
		d.armed.add(f, nil)
		return
	}
	f.Until = f.Since.Add(span.In(d.session))
	d.armed.add(f, func() { d.end(f) })
}

// endSpent ends a fault once it has met all that it was to meet.
func (d *director) endSpent(f *armedFault, done scenario.Done) {
	d.armed.watch(f, done.Spent, func() {
		if done.Lag > 0 {
			lag := time.NewTimer(done.Lag)
			defer lag.Stop()
			select {
			case <-lag.C:
			case <-f.over:
				return
			}
		}
		d.end(f)
	})
}

// end undoes a fault whose time has come, unless the run is over.
func (d *director) end(f *armedFault) {
	err := d.undo(d.armed.life, func(g *armedFault) bool { return g == f })
	if err != nil && d.armed.life.Err() == nil {
		d.log.Warn("fault not undone", "do", f.Do, "error", err)
	}
}

// undoLimit bounds how long undoing a fault may take.
const undoLimit = 30 * time.Second

// undo undoes the armed faults that match, the latest first.
func (d *director) undo(ctx context.Context, match func(*armedFault) bool) error {
	ctx, cancel := context.WithTimeout(ctx, undoLimit)
	defer cancel()
	taken := d.armed.take(match)
	d.over(taken)
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

// over tells of the ends of faults.
func (d *director) over(ended []*armedFault) {
	for _, f := range ended {
		d.damage.end(f.past)
	}
}

// undoAll ends whatever is disturbed.
func (d *director) undoAll(ctx context.Context) error {
	return d.undo(ctx, func(*armedFault) bool { return true })
}

// refuseExternal is the error for an action that cannot be done to one of the nodes, because
// that is a process of its own. Nothing has been done then.
func (d *director) refuseExternal(a scenario.Action, targets []scenario.Actor) error {
	v := a.Verb
	for _, n := range targets {
		if !n.External() {
			continue
		}
		why := v.Refuses(scenario.Outsider{ExternalZooKeeper: d.zk.server == nil, Signalled: n.Signalled()})
		if why == "" && v.Outlasts() && a.Has("for") {
			why = scenario.NotStarted
		}
		if why != "" {
			return fmt.Errorf("%s is a process of its own: %s", n.Name(), why)
		}
		if v.Reach == scenario.ReachSession && n.Session() == 0 {
			return fmt.Errorf("%s has no session now: nobody is in the seat", n.Name())
		}
	}
	return nil
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
	return d.act(ctx, action, cause{})
}
