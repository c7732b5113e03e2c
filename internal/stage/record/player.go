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

	nodes map[string]observe.Node
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
	p := &Player{Model: observe.New(paths), Held: map[string][]byte{}, nodes: map[string]observe.Node{}, lasts: map[string]bool{}}
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
		state := observe.Starting
		if n.External {
			state = observe.Absent
		}
		p.hear(observe.Node{Name: n.Name, Kind: n.Kind, Host: n.Host, State: state, External: n.External})
	}
	return p, nil
}

func (p *Player) hear(n observe.Node) {
	p.nodes[n.Name] = n
	p.Model.Hear(n)
}

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
			changes := []observe.Change{p.change(s)}
			for i+1 < len(steps) && steps[i+1].Zxid == s.Zxid && isChange(steps[i+1]) {
				i++
				changes = append(changes, p.change(steps[i]))
			}
			p.Model.Apply(changes...)
		}
		each(i)
	}
}

func isChange(s trace.Step) bool {
	return s.Protocol != observe.Supervision && s.Protocol != observe.Disturbance
}

// live takes what a supervisor said.
func (p *Player) live(s trace.Step) {
	state, known := observe.StateOf(s.Verb)
	if !known {
		return
	}
	n := p.nodes[s.Node]
	n.Name, n.Kind, n.Host, n.State = s.Node, s.Detail, s.Subject, state
	if !n.Runs() || state == observe.Starting {
		n.Session, n.Reaches = 0, false
	}
	p.hear(n)
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

// change is a step as the change that it was. In records of older versions what was done is guessed from the words.
func (p *Player) change(s trace.Step) observe.Change {
	c := observe.Change{
		Zxid: s.Zxid, Time: s.Time, Op: s.Op, Path: s.Path, Session: number(s.Session), Owner: number(s.Owner), Lapsed: s.Lapsed, Expired: s.Expired,
	}
	if strings.HasSuffix(s.Payload, " bytes)") && strings.Contains(s.Payload, "… (") {
		p.Cut++
	}
	held, there := p.Held[s.Path]
	if c.Op == "" {
		c.Op = guess(s, there)
	}
	p.session(s, c)
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

// session notes whose a session is: a request is its node's own word.
func (p *Player) session(s trace.Step, c observe.Change) {
	n, known := p.nodes[s.Node]
	switch {
	case !known || c.Session == 0 || !n.Runs():
	case c.Op == observe.OpCloseSession:
		if n.Session == c.Session {
			n.Session, n.Reaches = 0, false
			p.hear(n)
		}
	case !c.Lapsed && (n.Session != c.Session || !n.Reaches):
		n.Session, n.Reaches = c.Session, true
		p.hear(n)
	}
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
