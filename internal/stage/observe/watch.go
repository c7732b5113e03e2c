package observe

import (
	"path"
	"slices"
	"strings"

	"oakmoot/internal/druid"
	"oakmoot/internal/stage/scenario"
	"oakmoot/internal/zk/zkpath"
)

// Watch looks at each change of a model for the one event that a trigger names.
type Watch struct {
	look func(m *Moment, changes []Change) (times int)
}

// NewWatch begins to watch for a trigger's event, from a moment on. A condition that
// holds already has come to hold.
func NewWatch(t scenario.Trigger, m *Moment) *Watch {
	begin := watches[t.Source.Name]
	if begin == nil {
		return &Watch{func(*Moment, []Change) int { return 0 }} // what it waits for is not in the model
	}
	return &Watch{begin(t, m)}
}

// Look is how often the event has happened with the latest changes, which the model has
// taken already; there are none when something else than ZooKeeper has changed.
func (w *Watch) Look(m *Moment, changes []Change) (times int) { return w.look(m, changes) }

// looker looks at the model after each change.
type looker func(m *Moment, changes []Change) (times int)

// watches begin to look for the events of a source, by its name in scenario.Triggers. The
// steps of a topology are not in the model: who plays them knows when they are done.
var watches = map[string]func(scenario.Trigger, *Moment) looker{
	"":        watchCondition,
	"leader":  watchLeader,
	"role":    watchRole,
	"segment": watchSegment,
	"task":    watchTask,
	"session": watchSession,
	"zk":      watchZnodes,
}

// watchCondition waits for a condition to come to hold.
func watchCondition(t scenario.Trigger, _ *Moment) looker {
	held := false
	return func(m *Moment, _ []Change) int {
		before := held
		held, _ = t.Condition.Eval(m)
		return oneIf(held && !before)
	}
}

// watchLeader compares who leads with who did.
func watchLeader(t scenario.Trigger, m *Moment) looker {
	leads := func(m *Moment) string { return strings.Join(m.Leaders(t.Subject), ",") }
	now := leads(m)
	last := now // who led when somebody did
	return func(m *Moment, _ []Change) int {
		before := now
		now = leads(m)
		changed := now != "" && last != "" && now != last
		if now != "" {
			last = now
		}
		switch t.Event {
		case "changed":
			return oneIf(changed)
		case "lost":
			return oneIf(before != "" && now == "")
		}
		return oneIf(now != "" && now != before)
	}
}

// watchNodes compares what is known of nodes with what was.
func watchNodes(t scenario.Trigger, m *Moment, happens func(before, now Node) bool) looker {
	meant := func(n Node) bool { return t.Subject == "*" || n.Name == t.Subject }
	before := slices.Clone(m.Nodes())
	return func(m *Moment, _ []Change) (times int) {
		for i, now := range m.Nodes() {
			if i < len(before) && meant(now) && happens(before[i], now) {
				times++
			}
		}
		before = append(before[:0], m.Nodes()...)
		return times
	}
}

func watchRole(t scenario.Trigger, m *Moment) looker {
	return watchNodes(t, m, func(before, now Node) bool {
		if t.Event == "up" {
			return now.Serves() && !before.Serves()
		}
		return before.Runs() && !now.Runs()
	})
}

// watchSession looks at the ends of sessions and at the nodes' connections. An external
// ZooKeeper says nothing of sessions: there a node's next session shows that the one
// before has expired.
func watchSession(t scenario.Trigger, m *Moment) looker {
	if t.Event == "reconnected" {
		return watchConnections(t, m)
	}
	renewed := watchNodes(t, m, func(before, now Node) bool {
		return before.Session != 0 && now.Session != 0 && now.Session != before.Session
	})
	return func(m *Moment, changes []Change) (times int) {
		if m.model.owners.lives == nil {
			return renewed(m, changes)
		}
		for _, c := range changes {
			if c.Op == OpCloseSession && c.Expired && (t.Subject == "*" || m.model.Who(c.Session) == t.Subject) {
				times++
			}
		}
		return times
	}
}

// watchConnections waits for a node that had a connection to have one again. One that is
// quickly back under another session is never seen without.
func watchConnections(t scenario.Trigger, m *Moment) looker {
	had := map[string]int64{} // the last session of each node that was seen with a connection
	for _, n := range m.Nodes() {
		if n.Reaches {
			had[n.Name] = n.Session
		}
	}
	return watchNodes(t, m, func(before, now Node) bool {
		if !now.Runs() || !now.Reaches || now.Session == 0 {
			return false
		}
		last := had[now.Name]
		had[now.Name] = now.Session
		return last != 0 && (!before.Reaches || now.Session != last)
	})
}

// watchZnodes looks at the paths of the changes themselves.
func watchZnodes(t scenario.Trigger, _ *Moment) looker {
	return func(_ *Moment, changes []Change) (times int) {
		for _, c := range changes {
			times += oneIf((t.Subject == "*" && c.Path != "" || t.Subject == string(c.Op)) && scenario.MatchPath(t.Event, c.Path))
		}
		return times
	}
}

// watchSegment looks at announcements and load queues; what is published is in the
// metadata store.
func watchSegment(t scenario.Trigger, m *Moment) looker {
	name := t.DataSource()
	if t.Event == "published" {
		used := sum(m.Store().Used, name)
		return func(m *Moment, _ []Change) int {
			before := used
			used = sum(m.Store().Used, name)
			return max(0, used-before)
		}
	}
	meant := func(id string) bool {
		_, err := druid.ParseSegmentID(name, id)
		return name == "*" || err == nil
	}
	action := map[string]string{"loaded": druid.ActionLoad, "dropped": druid.ActionDrop}[t.Event]
	return func(m *Moment, changes []Change) (times int) {
		for _, c := range changes {
			parsed := m.model.paths.Parse(c.Path)
			switch {
			case t.Event == "announced":
				for _, id := range announcedBy(parsed, c) {
					times += oneIf(meant(id))
				}
			case parsed.Kind == zkpath.KindLoadRequest && c.Op == OpDelete && !c.Lapsed:
				says, _ := Decode(parsed, c.Before)
				times += oneIf(requestOf(says).Action == action && meant(parsed.Name))
			}
		}
		return times
	}
}

// announcedBy are the segments that a change announces, by their ids.
func announcedBy(p zkpath.Parsed, c Change) []string {
	switch {
	case c.Op == OpDelete:
		return nil
	case p.Kind == zkpath.KindSegmentBatch:
		added, _ := turnedIn(batchOf(c.Before), batchOf(c.After))
		return added
	case p.Kind == zkpath.KindServedSegment && c.Op == OpCreate:
		return []string{p.Name}
	}
	return nil
}

func watchTask(t scenario.Trigger, _ *Moment) looker {
	return func(m *Moment, changes []Change) (times int) {
		for _, c := range changes {
			parsed := m.model.paths.Parse(c.Path)
			if parsed.Kind != zkpath.KindStatus || c.Op == OpDelete {
				continue
			}
			if meant, _ := path.Match(t.Subject, parsed.Name); !meant {
				continue
			}
			before, after := statusOf(parsed, c.Before), statusOf(parsed, c.After)
			times += oneIf(after != before && strings.EqualFold(after, t.Event))
		}
		return times
	}
}

func statusOf(p zkpath.Parsed, content []byte) string {
	says, _ := Decode(p, content)
	announcement, _ := says.(druid.TaskAnnouncement)
	return announcement.Status.Status
}
