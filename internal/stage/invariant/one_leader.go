package invariant

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/stage/observe"
	"oakmoot/internal/zk/zkpath"
)

// oneLeader checks that one node of a kind leads at a time as far as ZooKeeper can tell:
// who announces the leader's service is the first candidate of the latch (LeaderLatch), or
// was until a moment ago. A leader that does not know yet that it no longer leads, because
// it was paused or cut off, acts on for as long as its session lasts; that is counted.
type oneLeader struct {
	finding
	elections map[string]*contest // by kind
}

// contest is the election of one kind.
type contest struct {
	kind       string
	candidates map[string]string        // host by the candidate's latch node
	wasFirst   map[string]time.Duration // until when a host was the first candidate
	leaders    map[string]leadership    // by the service's znode
}

// leadership is an announcement of the leader's service.
type leadership struct {
	host   string
	shared time.Duration // since when it is not the only one; 0 when it is
	zxid   int64
}

func newOneLeader() *oneLeader {
	return &oneLeader{finding: finding{name: OneLeader}, elections: map[string]*contest{}}
}

// leads reports whether anybody is announced as the leader of a kind.
func (o *oneLeader) leads(kind string) bool {
	return o.elections[kind] != nil && len(o.elections[kind].leaders) > 0
}

func (o *oneLeader) of(kind string) *contest {
	if o.elections[kind] == nil {
		o.elections[kind] = &contest{
			kind: kind, candidates: map[string]string{}, wasFirst: map[string]time.Duration{}, leaders: map[string]leadership{},
		}
	}
	return o.elections[kind]
}

func (o *oneLeader) turned(s *scene, t observe.Turn) {
	switch t.Kind {
	case zkpath.KindCoordinatorLatch:
		o.of("coordinator").candidate(s, t)
	case zkpath.KindOverlordLatch:
		o.of("overlord").candidate(s, t)
	case zkpath.KindServiceInstance:
		instance, ok := t.Says.(druid.ServiceInstance)
		if kind := observe.KindOfLeaderService(instance.Name); ok && kind != "" {
			o.lead(s, o.of(kind), t)
		}
	}
}

// candidate takes a latch node's coming or going.
func (c *contest) candidate(s *scene, t observe.Turn) {
	host, _ := t.Says.(string)
	before := c.first()
	if t.Comes {
		c.candidates[t.Name] = host
	} else {
		delete(c.candidates, t.Name)
	}
	if c.first() != before && before != "" {
		c.wasFirst[before] = s.clock
	}
}

// first is the host of the first candidate: LeaderLatch sorts by the sequence number.
func (c *contest) first() string {
	if len(c.candidates) == 0 {
		return ""
	}
	name := slices.MinFunc(slices.Collect(maps.Keys(c.candidates)), func(a, b string) int { return cmp.Compare(sequence(a), sequence(b)) })
	return c.candidates[name]
}

// sequence is the padded number behind the last "latch-" of a latch node's name.
func sequence(name string) string { return name[strings.LastIndex(name, "-")+1:] }

// lead takes the coming or going of a leader's service.
func (o *oneLeader) lead(s *scene, c *contest, t observe.Turn) {
	if !t.Comes {
		delete(c.leaders, t.Name)
		if len(c.leaders) == 1 {
			for name, l := range c.leaders {
				if l.shared != 0 {
					o.note("an old %s was still announced as the leader for %v after %s had taken over", c.kind, (s.clock - l.shared).Round(time.Millisecond), s.name(l.host))
				}
				l.shared = 0
				c.leaders[name] = l
			}
		}
		return
	}
	l := leadership{host: t.Host, zxid: t.Cause.Zxid}
	for name, other := range c.leaders {
		if other.host != l.host {
			l.shared = max(1, s.clock)
			other.shared = cmp.Or(other.shared, l.shared)
			c.leaders[name] = other
		}
	}
	c.leaders[t.Name] = l
	if t.Cause.Op == observe.OpCreate && !s.replayed(t.Cause) {
		o.judge(s, c, l)
	}
}

// judge looks at a leadership as it begins.
func (o *oneLeader) judge(s *scene, c *contest, l leadership) {
	o.exercised++
	first := c.first()
	if first == l.host || !slices.Contains(slices.Collect(maps.Values(c.candidates)), l.host) {
		return // of one without a latch node nothing is known: its session may end right now
	}
	if until, was := c.wasFirst[l.host]; was && s.clock-until <= s.bounds.session() {
		o.note("%s announced itself as the leading %s when it no longer was the first candidate", s.name(l.host), c.kind)
		return
	}
	o.violation(s, l.zxid, []string{s.name(l.host), s.name(first)},
		"%s leads as %s, but the first candidate in the latch is %s", s.name(l.host), c.kind, s.name(first))
}

// tick looks at leaders that are announced beside each other.
func (o *oneLeader) tick(s *scene) {
	for _, kind := range slices.Sorted(maps.Keys(o.elections)) {
		c := o.elections[kind]
		since, zxid := time.Duration(0), int64(0)
		for _, l := range c.leaders {
			since, zxid = max(since, l.shared), max(zxid, l.zxid)
		}
		if since != 0 && s.over(since, 2*s.bounds.session()) {
			o.violation(s, zxid, c.hosts(s), "more than one %s has been announced as the leader for %v: %s",
				kind, (s.clock - since).Round(time.Second), strings.Join(c.hosts(s), " and "))
		}
	}
}

// hosts are the names of those who are announced as leaders, sorted.
func (c *contest) hosts(s *scene) []string {
	var names []string
	for _, l := range c.leaders {
		names = append(names, s.name(l.host))
	}
	slices.Sort(names)
	return slices.Compact(names)
}
