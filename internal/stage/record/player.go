package record

import (
	"strconv"
	"strings"
	"time"

	"oakmoot/internal/stage/observe"
	"oakmoot/internal/stage/trace"
	"oakmoot/internal/zk/zkpath"
)

// Player replays a record into a model, transaction by transaction.
type Player struct {
	Model *observe.Model
	Held  map[string][]byte // the content of each znode, by path
	Cut   int               // contents that the record holds only in part

	cast  *Cast
	clock *Invariants     // nil when nobody watches
	lasts map[string]bool // faults that have an end in the record
}

// NewPlayer is a player of a record, in the layout that its first line names; that of a record without one is Druid's
// own.
func NewPlayer(rec Record) (*Player, error) {
	var properties map[string]string
	if rec.Header != nil {
		properties = rec.Header.Paths
	}
	paths, err := zkpath.New(properties)
	if err != nil {
		return nil, err
	}
	p := &Player{Model: observe.New(paths), Held: map[string][]byte{}, cast: NewCast(), lasts: map[string]bool{}}
	for _, s := range rec.Steps {
		if verb, ends := strings.CutSuffix(s.Verb, observe.FaultEnds); ends && s.Protocol == observe.Disturbance {
			p.lasts[verb+" "+s.Subject+" "+s.Node] = true
		}
	}
	p.Model.Sync(nil, []int64{}) // no session lives yet, and all that come are told
	if rec.Header == nil {
		return p, nil
	}
	for _, n := range rec.Header.Nodes {
		p.hear(p.cast.Join(n), rec.begin())
	}
	return p, nil
}

func (p *Player) hear(n observe.Node, at time.Time) { p.Model.HearAt(n, at) }

// Play replays steps, and calls each after every transaction and every act, with the place of its last step.
func (p *Player) Play(steps []trace.Step, each func(at int)) {
	for i := 0; i < len(steps); i++ {
		p.clock.reach(steps[i].Time)
		switch s := steps[i]; {
		case s.Protocol == observe.Supervision:
			p.live(s)
		case s.Protocol == observe.Disturbance:
			p.disturb(s)
		default:
			n := Transaction(steps[i:])
			changes := make([]observe.Change, n)
			for j, of := range steps[i : i+n] {
				changes[j] = p.change(of)
			}
			p.Model.Apply(changes...)
			i += n - 1
		}
		each(i)
	}
}

// Transaction is how many of the steps, from the first on, belong together: those of a transaction, or one act.
func Transaction(steps []trace.Step) int {
	n := 1
	for n < len(steps) && IsChange(steps[0]) && IsChange(steps[n]) && steps[n].Zxid == steps[0].Zxid {
		n++
	}
	return n
}

// IsChange reports whether a step is one of ZooKeeper's.
func IsChange(s trace.Step) bool {
	return s.Protocol != observe.Supervision && s.Protocol != observe.Disturbance
}

// live takes what a supervisor said.
func (p *Player) live(s trace.Step) {
	if n, known := p.cast.Live(s); known {
		p.hear(n, s.Time)
	}
}

// disturb takes the beginning or the end of a fault.
func (p *Player) disturb(s trace.Step) {
	verb, ends := strings.CutSuffix(s.Verb, observe.FaultEnds)
	id := verb + " " + s.Subject + " " + s.Node
	switch {
	case ends:
		p.Model.End(id)
	case strings.HasSuffix(verb, observe.FaultFailed):
		p.Model.End(strings.TrimSuffix(verb, observe.FaultFailed) + " " + s.Subject + " " + s.Node)
	case p.lasts[id]:
		p.Model.Begin(observe.Fault{ID: id, Do: verb + " " + s.Subject, Nodes: []string{s.Node}, Since: s.Time})
	}
}

// change is a step as the change that it was.
func (p *Player) change(s trace.Step) observe.Change {
	if strings.HasSuffix(s.Payload, " bytes)") && strings.Contains(s.Payload, "… (") {
		p.Cut++
	}
	held, there := p.Held[s.Path]
	c := ChangeOf(s, there)
	if n, changed := p.cast.Request(s, c); changed {
		p.hear(n, s.Time)
	}
	switch c.Op {
	case observe.OpCreate, observe.OpSet:
		c.Before, c.After = held, []byte(s.Payload)
		p.Held[s.Path] = c.After
	case observe.OpDelete:
		c.Before = held
		delete(p.Held, s.Path)
	}
	return c
}

// ChangeOf is the change that a step was, without the contents of its znode; there is whether that was there before.
// In records of older versions what was done is guessed from the words.
func ChangeOf(s trace.Step, there bool) observe.Change {
	c := observe.Change{
		Zxid: s.Zxid, Time: s.Time, Op: s.Op, Path: s.Path, Session: number(s.Session), Owner: number(s.Owner), Lapsed: s.Lapsed, Expired: s.Expired,
	}
	if c.Op == "" {
		c.Op = guess(s, there)
	}
	return c
}

func number(session string) int64 {
	n, _ := strconv.ParseInt(session, 0, 64)
	return n
}

// deletions are how the words of a step end that deletes its znode.
var deletions = []string{
	" gone", " leaves the election", " no longer leads", " withdrawn", " request done", " request lapsed", "task taken", "assignment lapsed",
	"task status removed", " no longer served", "delete",
}

// guess is what a step did, by its words and by whether its znode was there.
func guess(s trace.Step, there bool) observe.Op {
	switch s.Verb {
	case string(observe.OpOpenSession):
		return observe.OpOpenSession
	case string(observe.OpCloseSession), observe.SessionExpired:
		return observe.OpCloseSession
	}
	for _, end := range deletions {
		if strings.HasSuffix(s.Verb, end) {
			return observe.OpDelete
		}
	}
	if there {
		return observe.OpSet
	}
	return observe.OpCreate
}

// Now is the moment after what has been played.
func (p *Player) Now(rec Record, at time.Time) *observe.Moment {
	m := p.Model.Look(0, at, nil)
	if rec.Header != nil {
		m.Seed, m.Session = rec.Header.Seed, rec.Header.Session
	}
	return m
}
