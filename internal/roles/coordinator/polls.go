package coordinator

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"oakmoot/internal/druid"
	"oakmoot/internal/roles/coordinator/plan"
	"oakmoot/internal/run/metadata"
)

// configKey is the name of the dynamic configuration in the config table.
const configKey = "coordinator.config"

// usedSegments are the used segments as of some poll. It is not changed.
type usedSegments struct {
	newest []druid.DataSegment // in the order in which they are assigned
	byID   map[druid.SegmentID]druid.DataSegment
}

// newUsedSegments keeps, as SQLMetadataSegmentManager does, the object it knows for
// a segment that it knew before.
func newUsedSegments(segments []druid.DataSegment, before *usedSegments) *usedSegments {
	u := &usedSegments{byID: make(map[druid.SegmentID]druid.DataSegment, len(segments))}
	for _, s := range segments {
		if before != nil {
			if known, ok := before.byID[s.ID()]; ok {
				s = known
			}
		}
		u.byID[s.ID()] = s
	}
	for _, s := range u.byID {
		u.newest = append(u.newest, s)
	}
	slices.SortFunc(u.newest, plan.Newest)
	return u
}

// without is the set less some segments.
func (u *usedSegments) without(gone func(druid.DataSegment) bool) *usedSegments {
	left := &usedSegments{byID: make(map[druid.SegmentID]druid.DataSegment, len(u.byID))}
	for _, s := range u.newest {
		if !gone(s) {
			left.newest = append(left.newest, s)
			left.byID[s.ID()] = s
		}
	}
	return left
}

// of are the used segments of a datasource.
func (u *usedSegments) of(dataSource string) []druid.DataSegment {
	var all []druid.DataSegment
	for _, s := range u.newest {
		if s.DataSource == dataSource {
			all = append(all, s)
		}
	}
	return all
}

// dataSources are the datasources with used segments, sorted.
func (u *usedSegments) dataSources() []string {
	var names []string
	for _, s := range u.newest {
		names = append(names, s.DataSource)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// pollSegments reads the used segments. When there are none the old ones stay: the
// coordinator never sees a store without segments.
func (l *leadership) pollSegments(ctx context.Context) {
	segments, err := l.Store.Used(ctx)
	if err != nil {
		l.Log.Warn("used segments not read", "error", err)
		return
	}
	if len(segments) == 0 {
		return
	}
	l.snapshot.used = newUsedSegments(segments, l.snapshot.used)
}

// pollRules reads the rules. A datasource whose newest rules cannot be read keeps
// those that were known of it; without any, nothing is decided about its segments.
// SQLMetadataRuleManager keeps all the old ones, of every datasource.
func (l *leadership) pollRules(ctx context.Context) {
	rules, err := l.Store.Rules(ctx)
	next := plan.Rules{ByDataSource: rules, Default: l.defaultRule, Unknown: map[string]bool{}}
	var unreadable *metadata.UnreadableRulesError
	if errors.As(err, &unreadable) {
		for _, ds := range unreadable.DataSources {
			if known, ok := l.snapshot.rules.ByDataSource[ds]; ok {
				rules[ds] = known
			} else {
				next.Unknown[ds] = true
			}
		}
	} else if err != nil {
		l.Log.Warn("rules not read", "error", err)
		return
	}
	l.snapshot.rules = next
}

// pollConfig reads the dynamic configuration; Druid's defaults count only while
// nothing is stored. One that cannot be read leaves the last one, as in Druid.
func (l *leadership) pollConfig(ctx context.Context) {
	payload, found, err := l.Store.Config(ctx, configKey)
	if err != nil {
		l.Log.Warn("dynamic configuration not read", "error", err)
		return
	}
	config := druid.DefaultDynamicConfig()
	if found {
		err = json.Unmarshal(payload, &config)
	}
	l.Store.LeaveOut(configKey, err)
	if err == nil {
		l.snapshot.config = config
	}
}
