package invariant

import (
	"maps"
	"slices"
	"time"

	"oakmoot/internal/stage/observe"
)

// announcementsEnd checks that no announcement outlives the process that made it by more
// than a session timeout and a tick. It is checked for our own nodes: when a process of its
// own has died only the process knows.
type announcementsEnd struct {
	finding
	owns map[int64]int     // ephemerals by session
	over map[int64]theLate // sessions whose node is gone
}

// theLate is a node that is gone and whose session has not ended yet.
type theLate struct {
	node  string
	since time.Duration
}

func newAnnouncementsEnd() *announcementsEnd {
	return &announcementsEnd{finding: finding{name: AnnouncementsEnd}, owns: map[int64]int{}, over: map[int64]theLate{}}
}

func (a *announcementsEnd) turned(s *scene, t observe.Turn) {
	if t.Owner == 0 {
		return
	}
	if t.Comes {
		a.owns[t.Owner]++
		return
	}
	if a.owns[t.Owner]--; a.owns[t.Owner] > 0 || t.Changes() {
		return
	}
	delete(a.owns, t.Owner)
	if _, late := a.over[t.Owner]; late {
		a.exercised++
		delete(a.over, t.Owner)
	}
}

func (a *announcementsEnd) heard(s *scene, before, after observe.Node) {
	if before.Session == 0 || before.External || after.Runs() && after.Session == before.Session {
		return
	}
	if a.owns[before.Session] > 0 {
		a.over[before.Session] = theLate{node: after.Name, since: s.clock}
	}
}

func (a *announcementsEnd) tick(s *scene) {
	for _, session := range slices.Sorted(maps.Keys(a.over)) {
		if late := a.over[session]; s.serverOver(late.since, s.bounds.session()) && a.owns[session] > 0 {
			a.violation(s, 0, []string{late.node}, "what %s announced is still there %v after it was gone: session 0x%x has not ended and owns %d znodes",
				late.node, (s.clock - late.since).Round(time.Second), session, a.owns[session])
		}
	}
}
