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
func (c *Cluster) universe() scenario.Universe {
	nodes := []scenario.Node{}
	for _, p := range c.topo.Places() {
		nodes = append(nodes, scenario.Node{Name: p.Name, Kind: p.Role.Kind})
	}
	return kinds.Universe(nodes)
}

func names(nodes []*node) []string {
	all := make([]string, len(nodes))
	for i, n := range nodes {
		all[i] = n.name
	}
	return all
}
