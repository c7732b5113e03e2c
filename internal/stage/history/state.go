package history

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"oakmoot/internal/stage/observe"
	"oakmoot/internal/stage/record"
	"oakmoot/internal/stage/scenario"
	"oakmoot/internal/stage/trace"
	"oakmoot/internal/zk/zkpath"
)

// held is a znode; what is held under a path is replaced, never changed.
type held struct {
	text         *text
	means        *observe.Meaning // what it says, once somebody has looked at it; guarded by History.reading
	owner        int64
	czxid, mzxid int64
	version      int32
}

// state is what the steps so far have come to, without what that means in Druid's words.
type state struct {
	session  time.Duration // the session timeout
	zxid     int64
	time     time.Time
	znodes   map[string]*held
	sessions map[int64]bool // that live
	cast     *record.Cast
	since    map[string]time.Time // when nodes came into their states
	starts   map[string]int       // how often nodes were started again
	faults   []observe.Fault      // armed
	lasting  int                  // how many of those there have been that last
}

func newState(session time.Duration) *state {
	return &state{session: session, znodes: map[string]*held{}, sessions: map[int64]bool{}, cast: record.NewCast(), since: map[string]time.Time{}, starts: map[string]int{}}
}

func (s *state) clone() *state {
	c := *s
	c.znodes, c.sessions, c.cast, c.since = maps.Clone(s.znodes), maps.Clone(s.sessions), s.cast.Clone(), maps.Clone(s.since)
	c.starts = maps.Clone(s.starts)
	c.faults = slices.Clone(s.faults)
	return &c
}

// forget forgets what a look has found that steps from a zxid on are going to tell.
func (s *state) forget(zxid int64) {
	maps.DeleteFunc(s.znodes, func(_ string, h *held) bool { return h.czxid >= zxid })
}

// size is how many things there are in it.
func (s *state) size() int { return len(s.znodes) + len(s.sessions) + len(s.since) + len(s.faults) }

// effect is what a step does to a model.
type effect func(*observe.Model)

// take takes a step, and returns what it does to a model: nil when it says nothing that a model holds. The content of
// a created or changed znode is t; when that is nil, it is read from the step.
func (s *state) take(step trace.Step, t *text) (of *text, change observe.Change, does effect) {
	if s.time = step.Time; step.Zxid > 0 {
		s.zxid = step.Zxid // lower than before when ZooKeeper has come back with an earlier history
	}
	switch step.Protocol {
	case observe.Supervision:
		n, known := s.cast.Live(step)
		if !known {
			return nil, change, nil
		}
		s.since[n.Name] = step.Time
		if n.State == observe.Starting {
			s.starts[n.Name]++
		}
		return nil, change, func(m *observe.Model) { m.HearAt(n, step.Time) }
	case observe.Disturbance:
		return nil, change, s.disturb(step)
	}
	before := s.znodes[step.Path]
	change = record.ChangeOf(step, before != nil)
	if n, news := s.cast.Request(step, change); news {
		does = func(m *observe.Model) { m.HearAt(n, step.Time) }
	}
	switch change.Op {
	case observe.OpOpenSession:
		s.sessions[change.Session] = true
	case observe.OpCloseSession:
		delete(s.sessions, change.Session)
	case observe.OpCreate, observe.OpSet:
		of = s.put(step, before, change, t)
	case observe.OpDelete:
		if delete(s.znodes, step.Path); before != nil {
			of = before.text
		}
	}
	return of, change, does
}

func (s *state) put(step trace.Step, before *held, change observe.Change, t *text) *text {
	now := &held{text: t, owner: change.Owner, czxid: step.Zxid, mzxid: step.Zxid}
	if before != nil && change.Op == observe.OpSet {
		now.owner, now.czxid, now.version = before.owner, before.czxid, before.version+1
	}
	if now.text == nil {
		var was *text
		if before != nil {
			was = before.text
		}
		now.text = changed(was, step.Payload)
	}
	s.znodes[step.Path] = now
	return now.text
}

// disturb takes the beginning or the end of a fault, of which there is a step for each node that it meets. Its id is that
// which a run gives: those that last are counted.
func (s *state) disturb(step trace.Step) effect {
	name, ends := strings.CutSuffix(step.Verb, observe.FaultEnds)
	name, failed := strings.CutSuffix(name, observe.FaultFailed)
	do := strings.TrimSpace(name + " " + step.Subject)
	if ends || failed {
		return s.heal(do, step.Node)
	}
	if verb, known := scenario.FindVerb(name); !known || !verb.Takes("for") || len(s.faults) >= faultsKept {
		return nil
	}
	if last := len(s.faults) - 1; last >= 0 && s.faults[last].Do == do && s.faults[last].Since.Equal(step.Time) {
		return s.change(last, append(slices.Clone(s.faults[last].Nodes), step.Node))
	}
	s.lasting++
	f := observe.Fault{ID: fmt.Sprintf("f%d", s.lasting), Do: do, Nodes: []string{step.Node}, Since: step.Time}
	if action, err := scenario.ParseAction(f.Do); err == nil && action.For().Set {
		f.Until = step.Time.Add(action.For().In(s.session))
	}
	s.faults = append(slices.Clone(s.faults), f)
	return func(m *observe.Model) { m.Begin(f) }
}

// heal ends a fault of a node.
func (s *state) heal(do, node string) effect {
	i := slices.IndexFunc(s.faults, func(f observe.Fault) bool { return f.Do == do && slices.Contains(f.Nodes, node) })
	if i < 0 {
		return nil
	}
	return s.change(i, slices.DeleteFunc(slices.Clone(s.faults[i].Nodes), func(other string) bool { return other == node }))
}

// change has a fault meet other nodes; without any it is over.
func (s *state) change(i int, nodes []string) effect {
	f := s.faults[i]
	f.Nodes = nodes
	s.faults = slices.Clone(s.faults)
	if s.faults[i] = f; len(nodes) == 0 {
		s.faults = slices.Delete(s.faults, i, i+1)
	}
	return func(m *observe.Model) {
		if m.End(f.ID); len(nodes) > 0 {
			m.Begin(f)
		}
	}
}

// faultsKept bounds the faults of which nobody says that they end.
const faultsKept = 1000

// znode is a znode as a model takes it.
func (h *held) znode(path string) observe.Znode {
	return observe.Znode{Path: path, Data: []byte(h.text.String()), Owner: h.owner, Version: h.version, Czxid: h.czxid, Mzxid: h.mzxid}
}

// tell has an empty model hold the state.
func (s *state) tell(m *observe.Model, paths zkpath.Paths) {
	for _, n := range s.cast.All() {
		m.HearAt(n, s.since[n.Name])
	}
	listed := make([]observe.Znode, 0, len(s.znodes))
	for path, h := range s.znodes {
		if h.means == nil {
			h.means = observe.MeaningOf(paths, h.znode(path))
		}
		listed = append(listed, observe.Znode{Path: path, Owner: h.owner, Mzxid: h.mzxid, Means: h.means})
	}
	slices.SortFunc(listed, func(a, b observe.Znode) int { return cmp.Compare(a.Path, b.Path) })
	m.Sync(listed, slices.Sorted(maps.Keys(s.sessions)))
	for _, f := range s.faults {
		m.Begin(f)
	}
}

// find takes what a look has found. What has not changed since a step told of it stays, so that its content is held once.
func (s *state) find(znodes []observe.Znode, sessions []int64) {
	found := map[string]bool{}
	for _, n := range znodes {
		found[n.Path] = true
		if before := s.znodes[n.Path]; before == nil || before.mzxid != n.Mzxid {
			s.znodes[n.Path] = &held{text: whole(string(n.Data)), owner: n.Owner, czxid: n.Czxid, mzxid: n.Mzxid, version: n.Version}
		}
	}
	maps.DeleteFunc(s.znodes, func(path string, _ *held) bool { return !found[path] })
	if sessions == nil {
		return
	}
	s.sessions = map[int64]bool{}
	for _, id := range sessions {
		s.sessions[id] = true
	}
}
