package cluster

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"oakmoot/internal/control"
	"oakmoot/internal/scenario"
)

// armory holds the faults that are armed.
type armory struct {
	mu    sync.Mutex // guards the fields below
	next  int
	armed []*armedFault
	rng   *rand.Rand
}

// armedFault is a fault that lasts until it is undone.
type armedFault struct {
	control.Fault
	verb  string
	undo  func(context.Context) error
	timer *time.Timer // nil when it lasts until healed
}

func newArmory(seed int64) *armory {
	return &armory{rng: rand.New(rand.NewPCG(uint64(seed), 1))}
}

// add gives a fault its id and remembers it.
func (a *armory) add(f *armedFault) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.next++
	f.ID = fmt.Sprintf("f%d", a.next)
	a.armed = append(a.armed, f)
}

// take removes and returns the armed faults that match.
func (a *armory) take(match func(*armedFault) bool) []*armedFault {
	a.mu.Lock()
	defer a.mu.Unlock()
	var taken []*armedFault
	a.armed = slices.DeleteFunc(a.armed, func(f *armedFault) bool {
		if !match(f) {
			return false
		}
		taken = append(taken, f)
		return true
	})
	return taken
}

// list copies what is armed.
func (a *armory) list() []control.Fault {
	a.mu.Lock()
	defer a.mu.Unlock()
	faults := make([]control.Fault, len(a.armed))
	for i, f := range a.armed {
		faults[i] = f.Fault
	}
	return faults
}

// disarm ends every timer, for the end of the run: nothing is undone any more.
func (a *armory) disarm() {
	for _, f := range a.take(func(*armedFault) bool { return true }) {
		if f.timer != nil {
			f.timer.Stop()
		}
	}
}

// Do carries out an action such as "kill coordinator@leader for 20s", and returns
// the fault: with an id when it lasts until it is healed.
func (c *Cluster) Do(ctx context.Context, expression string) (control.Fault, error) {
	action, err := scenario.ParseAction(expression)
	if err == nil {
		err = action.Check(c.universe())
	}
	if err != nil {
		return control.Fault{}, fmt.Errorf("%w: %w", control.ErrBadExpression, err)
	}
	return c.act(ctx, action)
}

// act carries out an action that has been checked.
func (c *Cluster) act(ctx context.Context, a scenario.Action) (control.Fault, error) {
	targets, err := c.pick(ctx, a.Target)
	if err != nil {
		return control.Fault{}, err
	}
	f := &armedFault{verb: a.Verb.Name, Fault: control.Fault{Do: a.String(), Nodes: names(targets), Since: time.Now()}}
	if a.Verb.Name == "heal" {
		return f.Fault, c.heal(ctx, a, f.Nodes)
	}
	if len(targets) == 0 {
		return f.Fault, fmt.Errorf("%s picks no node now", a.Target)
	}
	if err := c.refuseExternal(ctx, a, targets); err != nil {
		return f.Fault, err
	}
	undo, err := doers[a.Verb.Name](ctx, c, a, targets)
	if err != nil {
		return f.Fault, err
	}
	c.log.Info("fault", "do", f.Do, "nodes", strings.Join(f.Nodes, ","))
	c.changes.raise()
	if undo == nil {
		return f.Fault, nil
	}
	f.undo = undo
	c.arm(ctx, f, a.For)
	return f.Fault, nil
}

// arm remembers a lasting fault, and undoes it after its time.
func (c *Cluster) arm(ctx context.Context, f *armedFault, span scenario.Span) {
	length := span.In(c.topo.ZooKeeper.SessionTimeout.Duration)
	if span.Set {
		f.Until = f.Since.Add(length)
	}
	c.armed.add(f)
	if !span.Set {
		return
	}
	ctx = context.WithoutCancel(ctx)
	timer := time.AfterFunc(length, func() {
		if err := c.undo(ctx, func(g *armedFault) bool { return g == f }); err != nil {
			c.log.Warn("fault not undone", "do", f.Do, "error", err)
		}
	})
	c.armed.setTimer(f, timer)
}

func (a *armory) setTimer(f *armedFault, t *time.Timer) {
	a.mu.Lock()
	defer a.mu.Unlock()
	f.timer = t
}

// heal undoes armed faults: the one named, those that touch the nodes picked, or all.
func (c *Cluster) heal(ctx context.Context, a scenario.Action, nodes []string) error {
	found := false
	err := c.undo(ctx, func(f *armedFault) bool {
		match := a.ID == "" && a.Target.Empty() || a.ID == f.ID ||
			slices.ContainsFunc(f.Nodes, func(name string) bool { return slices.Contains(nodes, name) })
		found = found || match
		return match
	})
	if a.ID != "" && !found {
		return fmt.Errorf("%w: no fault %s is armed", control.ErrBadExpression, a.ID)
	}
	return err
}

// undoLimit bounds how long undoing a fault may take.
const undoLimit = 30 * time.Second

// undo undoes the armed faults that match, the latest first.
func (c *Cluster) undo(ctx context.Context, match func(*armedFault) bool) error {
	ctx, cancel := context.WithTimeout(ctx, undoLimit)
	defer cancel()
	taken := c.armed.take(match)
	slices.Reverse(taken)
	var firstErr error
	for _, f := range taken {
		if f.timer != nil {
			f.timer.Stop()
		}
		if err := f.undo(ctx); err != nil && firstErr == nil {
			firstErr = fmt.Errorf("undo %s: %w", f.Do, err)
		}
		c.log.Info("healed", "do", f.Do, "nodes", strings.Join(f.Nodes, ","))
	}
	c.changes.raise()
	return firstErr
}

// pick resolves a selector now; a leader is whom ZooKeeper shows as leading.
func (c *Cluster) pick(ctx context.Context, s scenario.Selector) ([]*node, error) {
	if s.Empty() {
		return nil, nil
	}
	v, err := c.view(ctx)
	if err != nil {
		return nil, err
	}
	candidates := make([]scenario.Node, len(c.nodes))
	for i, n := range c.nodes {
		candidates[i] = scenario.Node{Name: n.name, Kind: n.kind, Leader: slices.Contains(v.leading(n.kind), n.host())}
	}
	c.armed.mu.Lock() // the seeded source is drawn from by one caller at a time
	picked := s.Select(candidates, c.armed.rng)
	c.armed.mu.Unlock()
	var nodes []*node
	for _, n := range c.nodes {
		if slices.Contains(picked, n.name) {
			nodes = append(nodes, n)
		}
	}
	return nodes, nil
}

// universe is what names mean in this cluster.
func (c *Cluster) universe() scenario.Universe { return c.topo.universe() }

func names(nodes []*node) []string {
	all := make([]string, len(nodes))
	for i, n := range nodes {
		all[i] = n.name
	}
	return all
}
