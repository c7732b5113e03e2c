package invariant

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/stage/observe"
	"oakmoot/internal/zk/zkpath"
)

// Want is what the rules ask for a used segment.
type Want struct {
	ID    druid.SegmentID
	Size  int64
	Tiers map[string]int // replicas by tier
}

// Replication checks that every used segment is served by as many servers as its rules
// ask: as many as there are in the tier, if there are fewer, and as have room. A surplus is
// not looked at. The coordinator has some of its periods to see to it, time to plan for each
// segment that is short of replicas, and more as long as such segments still come to more
// servers than they have been on; to move them to and fro does not count. Without a leading
// coordinator nobody would.
type Replication struct {
	finding
	scene   *scene
	held    *holdings
	leaders *oneLeader
	short   map[druid.SegmentID]time.Duration // since when
	unheld  map[string]bool                   // data sources of which a used segment is nowhere
	most    map[druid.SegmentID]int           // on how many servers a short segment has been at once, since one of the servers went
	moved   time.Duration                     // when a short segment was last on more than ever
}

func newReplication(s *scene, held *holdings, leaders *oneLeader) *Replication {
	return &Replication{finding: finding{name: Replicas}, scene: s, held: held, leaders: leaders, short: map[druid.SegmentID]time.Duration{}, most: map[druid.SegmentID]int{}}
}

// announced notes that a segment has come to a server.
func (r *Replication) announced(id druid.SegmentID) {
	if _, short := r.short[id]; !short {
		return
	}
	if on := r.held.on(id); on > r.most[id] {
		r.most[id], r.moved = on, r.scene.clock
	}
}

// turned notes that a server has gone: what it had has to come anew.
func (r *Replication) turned(_ *scene, t observe.Turn) {
	if t.Kind == zkpath.KindAnnouncement && !t.Comes && !t.Changes() {
		clear(r.most)
	}
}

// Wanted takes what the rules ask for all used segments that are visible. It does so when
// the invariant is off, too: Whole is for others.
func (r *Replication) Wanted(wants []Want) {
	look := r.Look()
	look.Some(wants)
	look.End()
}

// WantsLook is a look at what the rules ask, in as many parts as one likes.
type WantsLook struct {
	r      *Replication
	short  map[druid.SegmentID]time.Duration
	unheld map[string]bool
}

// Look begins a look. Each segment is judged as it is when its part is looked at.
func (r *Replication) Look() *WantsLook {
	return &WantsLook{r, map[druid.SegmentID]time.Duration{}, map[string]bool{}}
}

// Some looks at a part of what the rules ask.
func (l *WantsLook) Some(wants []Want) {
	r, tiers := l.r, l.r.tiers()
	for _, w := range wants {
		if !r.held.anywhere(w.ID) {
			l.unheld[w.ID.DataSource] = true
		}
		lack := r.lack(w, tiers)
		if lack == "" {
			r.exercised++
			continue
		}
		since, known := r.short[w.ID]
		if !known {
			since = r.scene.clock
			r.most[w.ID] = r.held.on(w.ID)
		}
		l.short[w.ID] = since
		if r.leaders.leads("coordinator") && r.scene.over(max(since, r.moved), r.patience()) {
			r.violation(r.scene, 0, r.names(w.ID), "segment %s is served %s, for %v", w.ID, lack, (r.scene.clock - since).Round(time.Second))
		}
	}
}

// planning is the time that a coordinator on a busy machine may take to plan for a segment: with a hundred thousand that
// are short, a period of a second is no measure.
const planning = 200 * time.Microsecond

// patience is how long nothing may come of the segments that are short.
func (r *Replication) patience() time.Duration {
	return r.scene.bounds.replication() + time.Duration(len(r.short))*planning
}

// End ends the look.
func (l *WantsLook) End() {
	l.r.short, l.r.unheld = l.short, l.unheld
	maps.DeleteFunc(l.r.most, func(id druid.SegmentID, _ int) bool {
		_, short := l.short[id]
		return !short
	})
}

// Lacking reports whether segments are short of replicas, as far as was looked last.
func (r *Replication) Lacking() bool { return len(r.short) > 0 }

// Whole reports whether every used segment of a data source is served, as far as was
// looked last.
func (r *Replication) Whole(dataSource string) bool { return r.unheld != nil && !r.unheld[dataSource] }

// tiers are the announced servers that segments are replicated onto, by tier.
func (r *Replication) tiers() map[string][]string {
	tiers := map[string][]string{}
	for host, meta := range r.held.servers {
		if meta.ReplicationTarget() {
			tiers[meta.Tier] = append(tiers[meta.Tier], host)
		}
	}
	return tiers
}

// lack says what a segment lacks, in words; "" when it lacks nothing that could be given
// to it.
func (r *Replication) lack(w Want, tiers map[string][]string) string {
	var lacks []string
	for _, tier := range slices.Sorted(maps.Keys(w.Tiers)) {
		have, room := r.held.inTier(w.ID, tier), 0
		if have >= w.Tiers[tier] {
			continue
		}
		for _, host := range tiers[tier] {
			if have+room == w.Tiers[tier] {
				break // there is room enough
			}
			if !r.held.announces(host, w.ID) && r.held.full[host]+w.Size <= r.held.servers[host].MaxSize {
				room++
			}
		}
		if wanted := have + room; have < wanted {
			lacks = append(lacks, fmt.Sprintf("by %d of %d servers of tier %s", have, wanted, tier))
		}
	}
	return strings.Join(lacks, " and ")
}

// names are those of the servers that announce a segment.
func (r *Replication) names(id druid.SegmentID) []string {
	names := r.held.hosts(id)
	for i, host := range names {
		names[i] = r.scene.name(host)
	}
	return names
}
