package invariant

import (
	"maps"
	"slices"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/stage/observe"
	"oakmoot/internal/zk/zkpath"
)

// loadQueueEnds checks that a load queue entry ends: deleted by its server, or gone with
// its coordinator's session (CuratorLoadQueuePeon makes ephemerals). A server that is
// announced has to get on with its queue within the load timeout. The queue of one that is
// gone waits for the coordinator's session, as in Druid.
type loadQueueEnds struct {
	finding
	queues map[string]*loadQueue // by server
	served map[string]bool       // servers that are announced
}

// loadQueue is the entries of one server.
type loadQueue struct {
	entries map[string]entry // by name
	moved   time.Duration    // when an entry came into the empty queue, or ended, or the server came
}

// entry is a load queue entry.
type entry struct {
	action string
	zxid   int64
}

func newLoadQueueEnds() *loadQueueEnds {
	return &loadQueueEnds{finding: finding{name: LoadQueueEnds}, queues: map[string]*loadQueue{}, served: map[string]bool{}}
}

func (l *loadQueueEnds) turned(s *scene, t observe.Turn) {
	switch t.Kind {
	case zkpath.KindAnnouncement:
		if l.served[t.Server] = t.Comes; !t.Comes {
			delete(l.served, t.Server)
		} else if q := l.queues[t.Server]; q != nil && !t.Changes() {
			q.moved = s.clock
		}
	case zkpath.KindLoadRequest:
		if t.Comes {
			l.come(s, t)
		} else {
			l.end(s, t)
		}
	}
}

func (l *loadQueueEnds) come(s *scene, t observe.Turn) {
	q := l.queues[t.Server]
	if q == nil {
		q = &loadQueue{entries: map[string]entry{}, moved: s.clock}
		l.queues[t.Server] = q
	}
	action := ""
	if request, ok := t.Says.(*druid.ChangeRequest); ok {
		action = request.Action
	}
	q.entries[t.Name] = entry{action, t.Mzxid}
}

func (l *loadQueueEnds) end(s *scene, t observe.Turn) {
	q := l.queues[t.Server]
	if q == nil {
		return
	}
	delete(q.entries, t.Name)
	if q.moved = s.clock; t.Cause.Op == observe.OpDelete {
		l.exercised++
	}
	if len(q.entries) == 0 {
		delete(l.queues, t.Server)
	}
}

func (l *loadQueueEnds) tick(s *scene) {
	for _, server := range slices.Sorted(maps.Keys(l.queues)) {
		q := l.queues[server]
		if !l.served[server] || !s.over(q.moved, s.bounds.LoadTimeout+s.bounds.session()) {
			continue
		}
		name := slices.Min(slices.Collect(maps.Keys(q.entries)))
		l.violation(s, q.entries[name].zxid, []string{s.name(server)}, "the load queue of %s has not moved for %v: %s of %s is neither done nor gone with its coordinator's session",
			s.name(server), (s.clock - q.moved).Round(time.Second), q.entries[name].action, name)
	}
}
