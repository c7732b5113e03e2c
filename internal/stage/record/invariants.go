package record

import (
	"time"

	"oakmoot/internal/stage/invariant"
	"oakmoot/internal/stage/observe"
)

// defaultLoadTimeout is druid.coordinator.load.timeout when nobody says otherwise; defaultSession is the session timeout
// of a cluster whose record does not say.
const (
	defaultLoadTimeout = 15 * time.Minute
	defaultSession     = 30 * time.Second
)

// unseen are the invariants that a record cannot show, and why.
var unseen = map[string]string{
	invariant.Replicas:         "a record does not say which segments are used and what their rules ask",
	invariant.OneFinalStatus:   "a record does not say what the metadata store and the API say of a task",
	invariant.Disk:             "a record does not say what is on a disk",
	invariant.BrokerView:       "a record does not say what a broker sees",
	invariant.RowsOnce:         "a record does not say what a broker answers",
	invariant.ZooKeeperHistory: "a record does not hold the versions of znodes",
}

// unseenBefore are those that a record of an older version cannot show: it does not say whose session is whose.
var unseenBefore = []string{invariant.OneLeader, invariant.AnnouncementsEnd, invariant.LoadQueueEnds, invariant.OneWorker}

// Invariants are today's, to be checked as a record is played.
type Invariants struct {
	set *invariant.Set
	now time.Time
}

// Watch has the invariants told of all that is played.
func (p *Player) Watch(rec Record) *Invariants {
	bounds, off := invariant.Bounds{Session: defaultSession, LoadTimeout: defaultLoadTimeout}, []string(nil)
	if rec.Header != nil {
		bounds, off = invariant.Bounds{Session: rec.Header.Session, Tick: rec.Header.Tick, LoadTimeout: rec.Header.Load}, rec.Header.Off
	}
	i := &Invariants{set: invariant.New(bounds, off...)}
	for _, name := range invariant.Names() {
		if why, is := unseen[name]; is {
			i.set.Unseen(name, why)
		}
	}
	if rec.Header == nil {
		for _, name := range unseenBefore {
			i.set.Unseen(name, "the record is of an older version and does not say whose session is whose")
		}
	}
	if rec.Header != nil {
		for _, n := range rec.Header.Nodes { // which the model has heard of
			i.set.Heard(observe.Node{}, p.cast.nodes[n.Name])
		}
	}
	p.Model.Listen(i.set)
	p.clock = i
	return i
}

// longestStill is how often the bounds are looked at while nothing happens, as in a run.
const longestStill = time.Second

// reach moves the clock to the time of the next step. Nothing has happened until then.
func (i *Invariants) reach(t time.Time) {
	if i == nil {
		return
	}
	for !i.now.IsZero() && t.Sub(i.now) > longestStill && t.Sub(i.now) < longestGap {
		i.now = i.now.Add(longestStill)
		i.set.At(i.now)
		i.set.Tick()
	}
	if t.After(i.now) {
		i.now = t
	}
	i.set.At(i.now)
	i.set.Tick()
}

// longestGap is the longest time between two steps in which anything is looked at.
const longestGap = 24 * time.Hour

// Results are what became of them.
func (i *Invariants) Results() []invariant.Result { return i.set.Results() }
