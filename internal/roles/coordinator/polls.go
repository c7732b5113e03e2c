package coordinator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"runtime/metrics"
	"slices"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/druid"
	"oakmoot/internal/roles/coordinator/plan"
	"oakmoot/internal/run/metadata"
)

// configKey is the name of the dynamic configuration in the config table.
const configKey = "coordinator.config"

// usedSegments are the used segments as of one poll, those with the latest intervals first. They do not change.
type usedSegments []*druid.DataSegment

// of are the used segments of a datasource.
func (u usedSegments) of(dataSource string) []*druid.DataSegment {
	var all []*druid.DataSegment
	for _, s := range u {
		if s.DataSource == dataSource {
			all = append(all, s)
		}
	}
	return all
}

// dataSources are the datasources with used segments, sorted.
func (u usedSegments) dataSources() []string {
	names := map[string]bool{}
	for _, s := range u {
		names[s.DataSource] = true
	}
	return slices.Sorted(maps.Keys(names))
}

// snapshot is what was last read from the metadata store. Its parts are replaced, never changed, so copies may leave
// the loop.
type snapshot struct {
	used   usedSegments
	rules  plan.Rules
	config druid.DynamicConfig
}

// polls read the metadata store: SQLMetadataSegmentManager, SQLMetadataRuleManager and JacksonConfigManager. The loop
// owns them.
type polls struct {
	store       *metadata.Store
	log         hclog.Logger
	defaultRule string
	catalog     *plan.Catalog // told of the used segments
	follower    *metadata.Follower
	gone        []druid.SegmentID // no longer used, which the catalog does not know yet
	told        int               // how many used segments were logged last
	last        snapshot
}

func newPolls(store *metadata.Store, log hclog.Logger, defaultRule string, catalog *plan.Catalog) *polls {
	return &polls{
		store: store, log: log, defaultRule: defaultRule, catalog: catalog, follower: store.Segments.Follow(),
		last: snapshot{rules: plan.Rules{Default: defaultRule}, config: druid.DefaultDynamicConfig()},
	}
}

// forget removes segments from those known to be used.
func (p *polls) forget(gone func(*druid.DataSegment) bool) {
	for _, s := range p.last.used {
		if gone(s) {
			p.catalog.Retire(s.ID())
			p.follower.Forget(s.ID())
		}
	}
	p.last.used = p.catalog.Newest()
}

// segments reads which segments are used, and what is not known of them. If there are none the old ones stay: the
// coordinator never sees an empty store.
func (p *polls) segments(ctx context.Context) { p.read(ctx)() }

// read is segments without what belongs into the loop, which it returns.
func (p *polls) read(ctx context.Context) (rest func()) {
	changes, err := p.follower.Changes(ctx)
	return func() {
		if err != nil {
			p.log.Warn("used segments not read", "error", err)
			return
		}
		p.take(changes)
	}
}

// take takes in what has changed.
func (p *polls) take(changes metadata.Followed) {
	p.gone = append(p.gone, changes.Gone...)
	if changes.Used == 0 || len(p.gone)+len(changes.Added) == 0 {
		return
	}
	for _, id := range p.gone {
		p.catalog.Retire(id)
	}
	for _, s := range changes.Added {
		p.catalog.Use(s)
	}
	p.gone, p.last.used = nil, p.catalog.Newest()
	p.tell(len(p.last.used))
}

// many is how many used segments are worth a line about the memory that the process needs.
const many = 100_000

// tell logs the memory in use when there are many segments, and again after each tenth more or less.
func (p *polls) tell(used int) {
	if used < many || max(used, p.told)-min(used, p.told) < p.told/10 {
		return
	}
	p.told = used
	heap := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(heap)
	p.log.Info("used segments", "count", used, "heap of the process", fmt.Sprintf("%d MiB", heap[0].Value.Uint64()>>20))
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
