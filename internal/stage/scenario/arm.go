package scenario

import (
	"context"
	"fmt"
	"slices"

	"oakmoot/internal/run/fault"
	"oakmoot/internal/run/fault/quota"
)

// armLinks arms an effect on the links of the nodes that an action is done to, and on
// those of their peers when it names some: a link does not know who has dialled it, so
// what the peers dial is met at theirs. The rule is as the nodes see it; whom it means,
// which way and how often are the action's.
func armLinks(ctx context.Context, s Stage, a Action, nodes []Actor, effect fault.Effect, rule fault.Rule) (Done, error) {
	others, err := s.Pick(ctx, a.Peer())
	if err != nil {
		return Done{}, err
	}
	way := direction(a.Word("direction"))
	for _, n := range others {
		if n.External() && way != fault.To {
			return Done{}, fmt.Errorf("%s is a process of its own: what it sends cannot be held up from here, only what is sent to it (direction to)", n.Name())
		}
	}
	peers, err := peersOf(nodes, a.Peer(), others)
	if err != nil {
		return Done{}, err
	}
	rule.Skip, rule.Times, rule.Share, rule.Quota = a.Count("skip", 0), a.Times(), a.Share(), quota.New()
	if !a.Has("share") {
		rule.Share = 0
	}
	l := &onLinksArmed{effect: effect, rule: rule}
	for _, n := range nodes {
		l.arm(n, peers, way)
	}
	if !a.Peer().Empty() {
		hosts, met := hostsOf(nodes), hostsOf(others)
		for _, n := range others {
			twice := has(nodes, n) // what it dials among the others is met already
			l.arm(n, func(p fault.Peer) bool { return !p.ZooKeeper && hosts[p.Addr] && !(twice && met[p.Addr]) }, opposite(way))
		}
	}
	if l.err != nil {
		l.undo()
		return Done{}, l.err
	}
	return l.done(), nil
}

// has reports whether a node is among some.
func has(nodes []Actor, n Actor) bool {
	return slices.ContainsFunc(nodes, func(other Actor) bool { return other.Name() == n.Name() })
}

// onLinksArmed is one action's fault on all the links where it is armed.
type onLinksArmed struct {
	effect fault.Effect
	rule   fault.Rule
	all    []*fault.Armed
	err    error // the first
}

// arm arms it on a node's link, for the peers; way is that of requests. A reply goes the
// other way. The link of a process of its own carries nothing.
func (l *onLinksArmed) arm(n Actor, peers fault.Peers, way fault.Direction) {
	if n.External() || l.err != nil {
		return
	}
	rule := l.rule
	rule.Peers, rule.Way = peers, way
	if rule.Part == fault.Reply {
		rule.Way = opposite(way)
	}
	armed, err := n.Link().Arm(l.effect, rule)
	if err != nil {
		l.err = fmt.Errorf("%s: %w", n.Name(), err)
		return
	}
	l.all = append(l.all, armed)
}

func (l *onLinksArmed) undo() {
	for _, armed := range slices.Backward(l.all) {
		armed.Undo()
	}
}

func (l *onLinksArmed) done() Done {
	done := Done{Undo: func(context.Context) error { l.undo(); return nil }, Touched: l.touched}
	if l.rule.Times > 0 {
		done.Spent = l.rule.Quota.Spent()
	}
	return done
}

// touched is what it has met on all links together.
func (l *onLinksArmed) touched() (all Touched) {
	for _, armed := range l.all {
		c := armed.Touched()
		all.add(Touched{Requests: int64(c.Messages), Connections: int64(c.Connections), Missed: int64(c.Missed), Bytes: c.Bytes, Last: c.Last})
	}
	return all
}

// touches adds up what several faults of one action have met.
func touches(all ...func() Touched) func() Touched {
	return func() (sum Touched) {
		for _, one := range all {
			sum.add(one())
		}
		return sum
	}
}

// peersOf is whom a selector means, who are the others, as the links of nodes see them;
// no selector means everybody.
func peersOf(nodes []Actor, s Selector, others []Actor) (fault.Peers, error) {
	if s.Empty() {
		return nil, nil
	}
	zookeeper := s.ZooKeeper()
	if !zookeeper && len(nodes) == 1 && len(others) == 1 && has(nodes, others[0]) {
		return nil, fmt.Errorf("%s has no connection to itself", nodes[0].Name())
	}
	hosts := hostsOf(others)
	return func(p fault.Peer) bool { return p.ZooKeeper && zookeeper || !p.ZooKeeper && hosts[p.Addr] }, nil
}

func hostsOf(nodes []Actor) map[string]bool {
	hosts := map[string]bool{}
	for _, n := range nodes {
		hosts[n.Host()] = true
	}
	return hosts
}

func direction(word string) fault.Direction {
	switch word {
	case "to":
		return fault.To
	case "from":
		return fault.From
	}
	return fault.Both
}

// opposite is a direction as the other end sees it.
func opposite(d fault.Direction) fault.Direction {
	switch d {
	case fault.To:
		return fault.From
	case fault.From:
		return fault.To
	}
	return fault.Both
}
