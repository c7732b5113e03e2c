package cluster

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"oakmoot/internal/stage/scenario"
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
	Fault
	verb  string
	undo  func(context.Context) error
	timer *time.Timer // nil when it lasts until healed
}

func newArmory(seed int64) *armory {
	return &armory{rng: rand.New(rand.NewPCG(uint64(seed), 1))}
}

// add gives a fault its id and remembers it; over, if set, is called at its end.
func (a *armory) add(f *armedFault, over func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.next++
	f.ID = fmt.Sprintf("f%d", a.next)
	if over != nil {
		f.timer = time.AfterFunc(time.Until(f.Until), over)
	}
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
		if f.timer != nil {
			f.timer.Stop()
		}
		return true
	})
	return taken
}

// list copies what is armed.
func (a *armory) list() []Fault {
	a.mu.Lock()
	defer a.mu.Unlock()
	faults := make([]Fault, len(a.armed))
	for i, f := range a.armed {
		faults[i] = f.Fault
	}
	return faults
}

// disarm ends every timer, for the end of the run: nothing is undone any more.
func (a *armory) disarm() {
	a.take(func(*armedFault) bool { return true })
}

// Do carries out an action such as "kill coordinator@leader for 20s", and returns
// the fault: with an id when it lasts until it is healed.
func (c *Cluster) Do(ctx context.Context, expression string) (Fault, error) {
	action, err := scenario.ParseAction(expression)
	if err == nil {
		err = action.Check(c.universe())
	}
	if err != nil {
		return Fault{}, fmt.Errorf("%w: %w", ErrBadExpression, err)
	}
	return c.act(ctx, action)
}

// act carries out an action that has been checked.
func (c *Cluster) act(ctx context.Context, a scenario.Action) (Fault, error) {
	f := &armedFault{verb: a.Verb.Name, Fault: Fault{Do: a.String(), Since: time.Now()}}
	targets, err := c.pick(ctx, a.Target)
	if err != nil {
		return f.Fault, err
	}
	f.Nodes = names(targets)
	if a.Verb.Name == "heal" {
		f.Nodes, err = c.heal(ctx, a, f.Nodes)
		return f.Fault, err
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

// arm remembers a lasting fault, and undoes it after its time, which counts from when
// it was asked for.
func (c *Cluster) arm(ctx context.Context, f *armedFault, span scenario.Span) {
	if !span.Set {
		c.armed.add(f, nil)
		return
	}
	f.Until = f.Since.Add(span.In(c.topo.ZooKeeper.SessionTimeout.Duration))
	ctx = context.WithoutCancel(ctx)
	c.armed.add(f, func() {
		if err := c.undo(ctx, func(g *armedFault) bool { return g == f }); err != nil {
			c.log.Warn("fault not undone", "do", f.Do, "error", err)
		}
	})
}

// heal undoes armed faults: the one named, those that touch the nodes picked, or all. It
// returns the nodes that are healed by it.
func (c *Cluster) heal(ctx context.Context, a scenario.Action, nodes []string) (healed []string, err error) {
	healed = []string{}
	err = c.undo(ctx, func(f *armedFault) bool {
		match := a.ID == "" && a.Target.Empty() || a.ID == f.ID ||
			slices.ContainsFunc(f.Nodes, func(name string) bool { return slices.Contains(nodes, name) })
		if match {
			healed = append(healed, f.Nodes...)
		}
		return match
	})
	if a.ID != "" && len(healed) == 0 {
		return healed, fmt.Errorf("%w: no fault %s is armed", ErrBadExpression, a.ID)
	}
	slices.Sort(healed)
	return slices.Compact(healed), err
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
		if err := f.undo(ctx); err != nil && firstErr == nil {
			firstErr = fmt.Errorf("undo %s: %w", f.Do, err)
		}
		c.log.Info("healed", "do", f.Do, "nodes", strings.Join(f.Nodes, ","))
	}
	c.changes.raise()
	return firstErr
}

// pick resolves a selector now. ZooKeeper is asked only for one that asks who leads.
// Nobody is an error, unless ZooKeeper itself is meant.
func (c *Cluster) pick(ctx context.Context, s scenario.Selector) ([]*node, error) {
	if s.Empty() {
		return nil, nil
	}
	var from scenario.Source
	if s.Elects() {
		from = scenario.FromZooKeeper
	}
	m, err := c.moment(ctx, from)
	if err != nil {
		return nil, err
	}
	c.armed.mu.Lock() // the seeded source is drawn from by one caller at a time
	picked := s.Select(m.candidates(), c.armed.rng)
	c.armed.mu.Unlock()
	var nodes []*node
	for _, n := range c.nodes {
		if slices.Contains(picked, n.name) {
			nodes = append(nodes, n)
		}
	}
	if len(nodes) == 0 && !s.ZooKeeper() {
		return nil, fmt.Errorf("%s picks no node now%s", s, m.whyNobody(s))
	}
	return nodes, nil
}

// whyNobody tells of the kinds whose leader a selector asks for that nobody leads them,
// and whom ZooKeeper still shows as leader.
func (m *moment) whyNobody(s scenario.Selector) string {
	var why strings.Builder
	for _, kind := range s.LeaderOf() {
		if len(m.leaders(kind)) > 0 {
			continue
		}
		fmt.Fprintf(&why, "; no %s leads", kind)
		for _, f := range m.nodes {
			if f.kind == kind && m.shownLeading(f) {
				fmt.Fprintf(&why, ": %s is %s; %s", f.name, f.state, m.note(f))
			}
		}
	}
	return why.String()
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
