package invariant

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/druid/timeline"
)

// Located is a visible part of a segment and the servers that a broker would ask for it:
// LocatedSegmentDescriptor.
type Located struct {
	Interval  string
	Version   string
	Partition int
	Servers   []string
}

func (l Located) String() string {
	return fmt.Sprintf("%s %s %d", l.Interval, l.Version, l.Partition)
}

// BrokerViews checks that what a broker sees is what the servers announce, a moment after
// they have announced it.
type BrokerViews struct {
	finding
	scene *scene
	held  *holdings
	views map[view]*seen
}

// view is a data source in the eyes of a broker.
type view struct{ broker, dataSource string }

// seen is the latest look at a view.
type seen struct {
	state  uint64        // of the announcements, in holdings.changed
	equal  bool          // the broker saw them
	differ time.Duration // since when it does not, with the announcements unchanged
}

func newBrokerViews(s *scene, held *holdings) *BrokerViews {
	return &BrokerViews{finding: finding{name: BrokerView}, scene: s, held: held, views: map[view]*seen{}}
}

// Due are the data sources that a broker has to be asked about, and the interval that
// holds all that is announced of each.
func (b *BrokerViews) Due(broker string) map[string]druid.Interval {
	due := map[string]druid.Interval{}
	if b.silent() {
		return due
	}
	for _, ds := range b.held.dataSources() {
		if last := b.views[view{broker, ds}]; last == nil || !last.equal || last.state != b.held.changed[ds] {
			due[ds] = b.within(ds)
		}
	}
	return due
}

// within is the interval that holds all announced segments of a data source.
func (b *BrokerViews) within(dataSource string) (all druid.Interval) {
	for _, segment := range b.held.held[dataSource] {
		if all.End == 0 && all.Start == 0 {
			all = segment.Interval
		}
		all.Start, all.End = min(all.Start, segment.Interval.Start), max(all.End, segment.Interval.End)
	}
	return all
}

// State is that of the announcements of a data source: it differs from an earlier one
// when they have changed.
func (b *BrokerViews) State(dataSource string) uint64 { return b.held.changed[dataSource] }

// Sees takes what a broker sees of a data source that it was asked about in some state of
// the announcements.
func (b *BrokerViews) Sees(broker, dataSource string, state uint64, located []Located) {
	key := view{broker, dataSource}
	now := b.held.changed[dataSource]
	if state != now {
		return // they have changed meanwhile
	}
	differs := difference(b.announced(dataSource), located)
	last := b.views[key]
	switch {
	case differs == "":
		b.exercised++
		b.views[key] = &seen{state: now, equal: true}
	case last == nil || last.equal || last.state != now:
		b.views[key] = &seen{state: now, differ: b.scene.clock}
	case b.scene.over(last.differ, b.scene.bounds.Tick+slack):
		b.violation(b.scene, 0, []string{broker}, "%s does not see of %s what is announced, %v after: %s",
			broker, dataSource, (b.scene.clock - last.differ).Round(time.Second), differs)
	}
}

// announced is what a broker that has heard of everything sees.
func (b *BrokerViews) announced(dataSource string) []Located {
	line := timeline.New[druid.SegmentID]()
	held := b.held.held[dataSource]
	for _, segment := range held {
		if len(b.held.hosts(segment.ID())) > 0 {
			line.Add(segment.Interval, segment.Version, segment.ShardSpec, segment.ID())
		}
	}
	var all []Located
	for _, holder := range line.Lookup(b.within(dataSource)) {
		for _, chunk := range holder.Chunks {
			all = append(all, Located{
				Interval: holder.Interval.String(), Version: holder.Version, Partition: held[chunk.Object].ShardSpec.PartitionNum,
				Servers: b.held.hosts(chunk.Object),
			})
		}
	}
	return all
}

// difference says where what is seen is not what is announced; "" when it is.
func difference(announced, located []Located) string {
	a, l := byPart(announced), byPart(located)
	for _, part := range slices.Sorted(maps.Keys(a)) {
		if seen, known := l[part]; !known {
			return fmt.Sprintf("it does not know %s, which %s announces", part, a[part])
		} else if seen != a[part] {
			return fmt.Sprintf("%s is announced by %s, and it would ask %s", part, a[part], seen)
		}
	}
	for _, part := range slices.Sorted(maps.Keys(l)) {
		if _, known := a[part]; !known {
			return fmt.Sprintf("it knows %s on %s, which nobody announces", part, l[part])
		}
	}
	return ""
}

// byPart are the servers of each part, in words.
func byPart(all []Located) map[string]string {
	parts := map[string]string{}
	for _, l := range all {
		slices.Sort(l.Servers)
		parts[l.String()] = strings.Join(l.Servers, ", ")
	}
	return parts
}
