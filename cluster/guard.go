package cluster

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"

	process "oakmoot/internal/run/node"
	"oakmoot/internal/stage/invariant"
	"oakmoot/internal/stage/observe"
)

// guard has the invariants checked for as long as the cluster runs. The model tells them
// of every change by itself; the guard moves their bounds, and asks for them what cannot be
// seen in ZooKeeper.
type guard struct {
	set      *invariant.Set // guarded by the observer, as the model is
	observer *observer
	asks     []ask           // in this order
	told     map[string]bool // by the invariants' names: it has been logged
	log      hclog.Logger
}

// ask is something that is asked for the invariants at quiet moments.
type ask func(context.Context)

// guardPeriod is how often the bounds are looked at, and how often something is asked at
// most.
const guardPeriod = time.Second

// newInvariants are those of a topology, without what cannot be seen in it.
func newInvariants(topo Topology) *invariant.Set {
	set := invariant.New(boundsOf(topo), topo.Invariants.Off...)
	if topo.ZooKeeper.Mode == "external" {
		for name, why := range unseenFromOutside {
			set.Unseen(name, why)
		}
	}
	for _, need := range []struct{ invariant, kind, why string }{
		{invariant.Replicas, "coordinator", "a coordinator is a process of its own, whose periods are not known"},
		{invariant.Disk, "historical", "the historicals are processes of their own, whose disks cannot be seen"},
		{invariant.BrokerView, "broker", "the brokers are processes of their own"},
		{invariant.RowsOnce, "broker", "the brokers are processes of their own"},
	} {
		ours, theirs := 0, 0
		for _, r := range topo.Roles {
			if r.Kind == need.kind && r.External {
				theirs++
			} else if r.Kind == need.kind {
				ours++
			}
		}
		if theirs > 0 && (ours == 0 || need.kind == "coordinator") {
			set.Unseen(need.invariant, need.why)
		}
	}
	return set
}

// unseenFromOutside are the invariants that an external ZooKeeper does not show enough of,
// and why. What is left needs to know only what is there, and for how long.
var unseenFromOutside = map[string]string{
	invariant.OneLeader:        "an external ZooKeeper shows changes without their order, so that two leaders at once and one after the other look the same",
	invariant.OneWorker:        "an external ZooKeeper shows changes without their order, so that a task on two workers at once and one that moves look the same",
	invariant.AnnouncementsEnd: "an external ZooKeeper does not say when sessions end",
	invariant.ZooKeeperHistory: "an external ZooKeeper does not show its transactions",
}

// boundsOf are the times of a topology that the bounds of the invariants are made of: of
// several coordinators the longest.
func boundsOf(topo Topology) invariant.Bounds {
	b := invariant.Bounds{Session: topo.ZooKeeper.SessionTimeout.Duration, Tick: topo.ZooKeeper.Tick.Duration}
	for _, r := range topo.Roles {
		if r.Kind != "coordinator" {
			continue
		}
		p := process.Properties(maps.Clone(localProperties))
		maps.Copy(p, topo.Defaults.Properties)
		maps.Copy(p, r.Properties)
		b.StartDelay = max(b.StartDelay, p.Duration("druid.coordinator.startDelay", 300*time.Second))
		b.LoadTimeout = max(b.LoadTimeout, p.Duration("druid.coordinator.load.timeout", 15*time.Minute))
		for _, period := range []string{"druid.coordinator.period", "druid.manager.segments.pollDuration", "druid.manager.rules.pollDuration"} {
			b.Period = max(b.Period, p.Every(period, time.Minute))
		}
	}
	return b
}

func (c *Cluster) newGuard(s *site) *guard {
	g := &guard{set: c.observer.invariants, observer: c.observer, told: map[string]bool{}, log: c.log}
	a := &asker{guard: g, store: c.store, requests: c.requests, nodes: c.roster.all, intakes: c.intakes, topo: c.topo, props: s.properties, states: map[string]uint64{}, counted: map[string]time.Time{}}
	g.asks = []ask{a.wants, a.tasks, a.disks, a.brokers, a.rows}
	return g
}

// watch has the bounds looked at until ctx ends, and once the cluster is ready asks what
// has to be asked, as long as no fault is armed: what a fault is about to hit is not asked
// by anybody else.
func (g *guard) watch(ctx context.Context, ready <-chan struct{}) error {
	tick := time.NewTicker(guardPeriod)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
		if !g.current(ctx) {
			continue
		}
		calm := false
		g.with(func(s *invariant.Set) {
			s.Tick()
			calm = s.Calm()
		})
		for _, ask := range g.asks {
			if calm && closed(ready) {
				ask(ctx)
			}
		}
		g.tell()
	}
}

// current reports whether the model is up to date. From an external ZooKeeper it is only
// when somebody looks: with an older model, what has ended would seem to last.
func (g *guard) current(ctx context.Context) bool {
	if _, streams := g.observer.feed.(*commitFeed); streams {
		return true
	}
	return g.observer.feed.catchUp(ctx, g.observer) == nil
}

// with does something with the invariants while nothing changes.
func (g *guard) with(f func(*invariant.Set)) {
	g.observer.change(func(*observe.Model) { f(g.set) })
}

// tell logs what is broken, once.
func (g *guard) tell() {
	for _, r := range g.results() {
		if r.State == invariant.Broken && !g.told[r.Name] {
			g.told[r.Name] = true
			g.log.Error("invariant broken", "invariant", r.Name, "why", r.Why+atZxid(r.Zxid))
		}
	}
}

func (g *guard) results() (results []invariant.Result) {
	g.with(func(s *invariant.Set) { results = s.Results() })
	return results
}

// list is what became of the invariants.
func (g *guard) list() []Invariant {
	list := []Invariant{}
	for _, r := range g.results() {
		list = append(list, Invariant{
			Name: r.Name, State: r.State, Exercised: r.Exercised, Why: r.Why, Zxid: r.Zxid, Time: r.Time, Nodes: r.Nodes, Notes: r.Notes,
		})
	}
	return list
}

// verdict is an error with ErrBroken in its chain when an invariant was broken. It names
// all of those.
func (g *guard) verdict() error {
	var broken []error
	for _, r := range g.results() {
		if r.State == invariant.Broken {
			broken = append(broken, brokenf("invariant %s: %s%s", r.Name, r.Why, atZxid(r.Zxid)))
		}
	}
	return errors.Join(broken...)
}

// atZxid names a commit, if there is one.
func atZxid(zxid int64) string {
	if zxid == 0 {
		return ""
	}
	return fmt.Sprintf(" (zxid 0x%x)", zxid)
}

// String is the invariant as a person reads it.
func (i Invariant) String() string {
	text := i.Name
	switch {
	case i.State == invariant.NotExercised:
		text += ": nothing happened that could have broken it"
	case i.Why != "":
		text += ": " + i.Why + atZxid(i.Zxid)
	case i.Exercised > 0:
		text += fmt.Sprintf(", exercised %s times", thousands(int64(i.Exercised)))
	}
	return strings.Join(append([]string{text}, i.Notes...), "; ")
}

// ours are our own nodes of a kind that can be asked.
func ours(all nodes, kind string) nodes {
	return slices.DeleteFunc(slices.Clone(all), func(n *node) bool {
		return n.kind != kind || n.role.External || !n.serves()
	})
}
