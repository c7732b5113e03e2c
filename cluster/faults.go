package cluster

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"oakmoot/internal/stage/kinds"
	"oakmoot/internal/stage/observe"
	"oakmoot/internal/stage/scenario"
)

// armory holds the faults that are armed.
type armory struct {
	mu    sync.Mutex // guards the fields below
	next  int
	armed []*armedFault
	rng   *rand.Rand
	ends  sync.WaitGroup // timers that end a fault, and those who wait for one to have met all that it was to meet
	model *observer      // is told of each fault's beginning and end

	life context.Context // over at the end of the run: nothing is undone any more
	stop context.CancelFunc
}

// armedFault is a fault that lasts until it is undone.
type armedFault struct {
	Fault
	verb  string
	undo  func(context.Context) error
	past  *pastFault
	timer *time.Timer   // nil when it lasts until healed
	over  chan struct{} // closed once it is no longer armed
}

func newArmory(seed int64, model *observer) *armory {
	life, stop := context.WithCancel(context.Background())
	return &armory{rng: rand.New(rand.NewPCG(uint64(seed), 1)), model: model, life: life, stop: stop}
}

// add gives a fault its id and remembers it; over, if set, is called at its end.
func (a *armory) add(f *armedFault, over func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.next++
	f.ID, f.over = fmt.Sprintf("f%d", a.next), make(chan struct{})
	if over != nil {
		a.ends.Add(1)
		f.timer = time.AfterFunc(time.Until(f.Until), func() { defer a.ends.Done(); over() })
	}
	a.armed = append(a.armed, f)
	a.model.change(func(m *observe.Model) {
		m.Begin(observe.Fault{ID: f.ID, Do: f.Do, Nodes: f.Nodes, Since: f.Since, Until: f.Until, Made: f.Made})
	})
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
		a.model.change(func(m *observe.Model) { m.End(f.ID) })
		if f.timer != nil && f.timer.Stop() {
			a.ends.Done() // it has not fired, and does not
		}
		close(f.over)
		return true
	})
	return taken
}

// watch calls end once a fault is spent, unless it is over before.
func (a *armory) watch(f *armedFault, spent <-chan struct{}, end func()) {
	a.ends.Go(func() {
		select {
		case <-spent:
			end()
		case <-f.over:
		}
	})
}

// awaitTimed waits for the armed faults that end at a time of their own.
func (a *armory) awaitTimed(ctx context.Context) {
	a.mu.Lock()
	armed := slices.Clone(a.armed)
	a.mu.Unlock()
	for _, f := range armed {
		if f.timer != nil && !either(ctx, f.over) {
			return
		}
	}
}

// disarm ends every timer, for the end of the run: nothing is undone any more, and what is
// being undone is given up.
func (a *armory) disarm() {
	a.stop()
	a.take(func(*armedFault) bool { return true })
	a.ends.Wait()
}

// pick resolves a selector now. ZooKeeper is asked only for one that asks who leads.
// Nobody is an error, unless ZooKeeper itself is meant.
func (c *Cluster) pick(ctx context.Context, s scenario.Selector) ([]*node, error) {
	if s.Elects() {
		return c.pickAt(ctx, s, asked{Source: scenario.FromZooKeeper, ends: true})
	}
	return c.pickAt(ctx, s, asked{})
}

// pickNow resolves a selector by what the model knows.
func (c *Cluster) pickNow(ctx context.Context, s scenario.Selector) ([]*node, error) {
	return c.pickAt(ctx, s, asked{})
}

func (c *Cluster) pickAt(ctx context.Context, s scenario.Selector, what asked) ([]*node, error) {
	if s.Empty() {
		return nil, nil
	}
	var cast []scenario.Node
	var nobody string
	err := c.observer.look(ctx, what, func(m *observe.Moment) { cast, nobody = m.Cast(), whyNobody(m, s) })
	if err != nil {
		return nil, err
	}
	c.director.armed.mu.Lock() // the seeded source is drawn from by one caller at a time
	picked := s.Select(cast, c.director.armed.rng)
	c.director.armed.mu.Unlock()
	meant := make(map[string]bool, len(picked))
	for _, name := range picked {
		meant[name] = true
	}
	var nodes []*node
	for _, n := range c.roster.all() {
		if meant[n.name] {
			nodes = append(nodes, n)
		}
	}
	if len(nodes) == 0 && !s.ZooKeeper() {
		return nil, fmt.Errorf("%s picks no node now%s", s, nobody)
	}
	return nodes, nil
}

// whyNobody names the kinds whose leader a selector asks for and that nobody leads, and
// whom ZooKeeper still shows as leader.
func whyNobody(m *observe.Moment, s scenario.Selector) string {
	var why strings.Builder
	for _, kind := range s.LeaderOf() {
		if len(m.Leaders(kind)) > 0 {
			continue
		}
		fmt.Fprintf(&why, "; no %s leads", kind)
		for _, n := range m.Nodes() {
			if n.Kind == kind && m.ShownLeading(n) {
				fmt.Fprintf(&why, ": %s is %s; %s", n.Name, n.State, m.Note(n))
			}
		}
	}
	return why.String()
}

// planned are the nodes that a topology names, and those that its steps scale it up to.
type planned struct {
	nodes []scenario.Node
	names map[string]bool
}

func newPlanned(topo Topology) planned {
	p := planned{names: map[string]bool{}}
	for _, place := range slices.Concat(topo.Places(), topo.ScaledPlaces()) {
		p.nodes = append(p.nodes, scenario.Node{Name: place.Name, Kind: place.Role.Kind})
		p.names[place.Name] = true
	}
	return p
}

// universe is what names mean in this cluster.
func (c *Cluster) universe() scenario.Universe {
	nodes := slices.Clone(c.planned.nodes)
	for _, n := range c.roster.all() {
		if !c.planned.names[n.name] {
			nodes = append(nodes, scenario.Node{Name: n.name, Kind: n.kind})
		}
	}
	return kinds.Universe(nodes)
}
