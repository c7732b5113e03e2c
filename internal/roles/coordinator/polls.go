package coordinator

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/druid"
	"oakmoot/internal/roles/coordinator/plan"
	"oakmoot/internal/run/metadata"
)

// configKey is the name of the dynamic configuration in the config table.
const configKey = "coordinator.config"

// usedSegments are the used segments as of one poll. They do not change.
type usedSegments struct {
	newest []druid.DataSegment // in the order in which they are assigned
	byID   map[druid.SegmentID]druid.DataSegment
}

// newUsedSegments keeps the existing object for a segment that was known before, as SQLMetadataSegmentManager does.
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

// without is the set minus some segments.
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

// snapshot is what was last read from the metadata store. Its parts are replaced, never changed, so copies may leave
// the loop.
type snapshot struct {
	used   *usedSegments
	rules  plan.Rules
	config druid.DynamicConfig
}

// polls read the metadata store: SQLMetadataSegmentManager, SQLMetadataRuleManager and JacksonConfigManager. The loop
// owns them.
type polls struct {
	store       *metadata.Store
	log         hclog.Logger
	defaultRule string
	last        snapshot
}

func newPolls(store *metadata.Store, log hclog.Logger, defaultRule string) *polls {
	return &polls{store, log, defaultRule, snapshot{
		used: newUsedSegments(nil, nil), rules: plan.Rules{Default: defaultRule}, config: druid.DefaultDynamicConfig(),
	}}
}

// forget removes segments from those known to be used.
func (p *polls) forget(gone func(druid.DataSegment) bool) { p.last.used = p.last.used.without(gone) }

// segments reads the used segments. If there are none the old ones stay: the coordinator never sees an empty store.
func (p *polls) segments(ctx context.Context) {
	segments, err := p.store.Used(ctx)
	if err != nil {
		p.log.Warn("used segments not read", "error", err)
		return
	}
	if len(segments) == 0 {
		return
	}
	p.last.used = newUsedSegments(segments, p.last.used)
}

// rules reads the rules. A datasource whose newest rules cannot be read keeps the ones known before; if there are
// none, nothing is decided about its segments. SQLMetadataRuleManager keeps all the old rules, of every datasource.
func (p *polls) rules(ctx context.Context) {
	rules, err := p.store.Rules(ctx)
	next := plan.Rules{ByDataSource: rules, Default: p.defaultRule, Unknown: map[string]bool{}}
	var unreadable *metadata.UnreadableRulesError
	if errors.As(err, &unreadable) {
		for _, ds := range unreadable.DataSources {
			if known, ok := p.last.rules.ByDataSource[ds]; ok {
				rules[ds] = known
			} else {
				next.Unknown[ds] = true
			}
		}
	} else if err != nil {
		p.log.Warn("rules not read", "error", err)
		return
	}
	p.last.rules = next
}

// config reads the dynamic configuration; Druid's defaults apply only while none is stored. If it cannot be read the
// last one stays, as in Druid.
func (p *polls) config(ctx context.Context) {
	payload, found, err := p.store.Config(ctx, configKey)
	if err != nil {
		p.log.Warn("dynamic configuration not read", "error", err)
		return
	}
	config := druid.DefaultDynamicConfig()
	if found {
		err = json.Unmarshal(payload, &config)
	}
	p.store.LeaveOut(configKey, err)
	if err == nil {
		p.last.config = config
	}
}
