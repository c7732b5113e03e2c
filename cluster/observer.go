package cluster

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"oakmoot/internal/stage/invariant"
	"oakmoot/internal/stage/observe"
	"oakmoot/internal/stage/scenario"
	"oakmoot/internal/zk/zkpath"
)

// observer keeps the one model of the cluster, and holds it still while somebody asks.
// It is wide because it holds the ways to everything that a model is told of and asked about.
type observer struct {
	paths   zkpath.Paths
	seed    int64
	changed *signal                                                                           // raised after each change
	words   func() []observe.Node                                                             // the supervisors', as they are now
	count   func(context.Context) (observe.Store, error)                                      // what the metadata store holds now
	ask     func(context.Context, []scenario.Question) (map[scenario.Question]float64, error) // a broker
	session time.Duration                                                                     // the session timeout
	steps   func(name string) int                                                             // how often a step was carried out; set before anybody asks
	told    *told                                                                             // learns what supervisors say; nil in a test of the observer alone
	feed    feed                                                                              // of ZooKeeper's changes; set before anybody asks

	mu         sync.Mutex // guards the fields below, for the length of a change or a question
	model      *observe.Model
	watching   []*watching
	attending  []*attendant
	invariants *invariant.Set // which listen to the model; nil in a test of the observer alone
}

// feed brings a model up to what ZooKeeper has committed.
type feed interface {
	// catchUp returns once the model holds everything that had been committed when it was called.
	catchUp(ctx context.Context, o *observer) error
	// follow feeds the model until ctx ends, and hands each change on, in order, and the
	// error of a gap between them.
	follow(ctx context.Context, o *observer, each func(observe.Change, error) error) error
	// ends are when sessions end unless their clients are heard from; nil when that is not known.
	ends(ctx context.Context) (map[int64]time.Time, error)
	// close ends what the feed has opened.
	close()
}

// asked is what a look has to bring up to date before it answers.
type asked struct {
	scenario.Source
	ends      bool // when the sessions end, too
	questions []scenario.Question
}

// lookTries is how often a look is tried while something keeps changing; the last one
// counts, as a cluster may never rest.
const lookTries = 3

// look brings the model up to date and answers questions from it, all about one moment.
// The answer must not wait for anything: the model stands still until it returns.
func (o *observer) look(ctx context.Context, what asked, answer func(*observe.Moment)) error {
	var answers map[scenario.Question]float64
	if len(what.questions) > 0 { // before all else: a broker answers in its own time
		var err error
		if answers, err = o.ask(ctx, what.questions); err != nil {
			return err
		}
	}
	for try := 1; ; try++ {
		before := o.words()
		ends, err := o.bringUp(ctx, what)
		if err != nil {
			return err
		}
		zxid := o.zxid()
		if what.Source&scenario.FromStore != 0 {
			counted, err := o.count(ctx)
			if err != nil {
				return err
			}
			o.change(func(m *observe.Model) { m.Count(counted) })
		}
		after := o.words()
		rests := slices.Equal(before, after)
		o.change(func(m *observe.Model) {
			o.hear(m, after)
			if rests = rests && m.Zxid() == zxid; rests || try == lookTries {
				moment := o.moment(m, ends)
				moment.Answers = answers
				answer(moment)
			}
		})
		if rests || try == lookTries {
			return nil
		}
	}
}

// moment is the model as it is now; the caller holds mu.
func (o *observer) moment(m *observe.Model, ends map[int64]time.Time) *observe.Moment {
	moment := m.Look(o.seed, time.Now(), ends)
	moment.Session, moment.Steps = o.session, o.steps
	return moment
}

// bringUp brings what comes from ZooKeeper up to date.
func (o *observer) bringUp(ctx context.Context, what asked) (ends map[int64]time.Time, err error) {
	if what.Source&scenario.FromZooKeeper == 0 {
		return nil, nil
	}
	if err := o.feed.catchUp(ctx, o); err != nil {
		return nil, err
	}
	if what.ends {
		return o.feed.ends(ctx)
	}
	return nil, nil
}

// blind answers without ZooKeeper, which is away.
func (o *observer) blind(ctx context.Context, answer func(*observe.Moment)) error {
	counted, err := o.count(ctx)
	if err != nil {
		return err
	}
	words := o.words()
	o.change(func(m *observe.Model) {
		m.Count(counted)
		o.hear(m, words)
		answer(m.Blind(o.seed, time.Now()))
	})
	return nil
}

// change does something to the model, or with it.
func (o *observer) change(f func(*observe.Model)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.invariants != nil {
		o.invariants.At(time.Now())
	}
	f(o.model)
}

// heard takes a supervisor's word and, if it is new, wakes those who wait for a change. A
// look asks all supervisors again, as a node does not say by itself that its connection has
// changed or its link is paused.
func (o *observer) heard(word observe.Node) {
	var changed bool
	o.change(func(m *observe.Model) {
		if changed = o.hearOne(m, word); changed {
			o.heed(m, nil)
		}
	})
	if changed {
		o.changed.raise()
	}
}

// hear takes the supervisors' words; the caller holds mu.
func (o *observer) hear(m *observe.Model, words []observe.Node) {
	changed := false
	for _, word := range words {
		changed = o.hearOne(m, word) || changed
	}
	if changed {
		o.heed(m, nil)
	}
}

// hearOne takes a supervisor's word, and tells what is new in it; the caller holds mu.
func (o *observer) hearOne(m *observe.Model, word observe.Node) (changed bool) {
	before, _ := m.NodeOf(word.Name)
	if changed = m.Hear(word); changed && o.told != nil {
		if event, told := observe.TellNode(before, word, time.Now()); told {
			o.told.tell(event)
		}
	}
	return changed
}

// calm reports whether no fault is armed.
func (o *observer) calm() (calm bool) {
	o.change(func(m *observe.Model) { calm = len(m.Faults()) == 0 })
	return calm
}

// zxid is that of the latest change that the model holds.
func (o *observer) zxid() (zxid int64) {
	o.change(func(m *observe.Model) { zxid = m.Zxid() })
	return zxid
}

// nodeOf is the name of the node that has, or had, the session; "" for anybody else's. The
// nodes are asked only if its owner is not known.
func (o *observer) nodeOf(session int64) (name string) {
	if session == 0 {
		return ""
	}
	if o.change(func(m *observe.Model) { name = m.Who(session) }); name != "" {
		return name
	}
	words := o.words()
	o.change(func(m *observe.Model) {
		o.hear(m, words)
		name = m.Who(session)
	})
	return name
}

// known is the name of the node that has, or had, the session, as far as the model knows.
func (o *observer) known(session int64) (name string) {
	o.change(func(m *observe.Model) { name = m.Who(session) })
	return name
}

// owner names the node that a session belongs to, or the session itself.
func (o *observer) owner(session int64) string {
	if session == 0 {
		return ""
	}
	if name := o.nodeOf(session); name != "" {
		return name
	}
	return fmt.Sprintf("0x%x", session)
}

// close ends what the feed has opened, if there is one; nobody asks any more.
func (o *observer) close() {
	if o.feed != nil {
		o.feed.close()
	}
}
