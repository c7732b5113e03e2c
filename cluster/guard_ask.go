package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/druid/timeline"
	"oakmoot/internal/roles/coordinator/plan"
	"oakmoot/internal/run/metadata"
	process "oakmoot/internal/run/node"
	"oakmoot/internal/stage/invariant"
)

// asker asks the store, the disks and the nodes what the invariants want to know, and
// remembers of each of them what was asked last.
type asker struct {
	guard    *guard
	store    *metadata.Store
	requests *requests
	nodes    func() nodes // everybody, as of now
	intakes  *intakes
	topo     Topology
	props    func(*node) process.Properties
	states   map[string]uint64 // of what is announced of a data source, at the last look
	looked   wantsLook
	read     wantsRead
	counted  map[string]time.Time
	looks    int // at files
}

// wantsLook is when it was last looked at what the rules ask.
type wantsLook struct {
	zxid   int64
	at     time.Time
	took   time.Duration
	wanted map[string]int // visible used segments that the rules load, by data source
}

// wantsRead is what the store held when it was last read.
type wantsRead struct {
	at         time.Time
	writes     int64
	used       []druid.DataSegment
	rules      map[string][]druid.Rule
	unreadable *metadata.UnreadableRulesError
}

// Limits of what is asked in one round.
const (
	tasksAsked   = 16
	samplesTaken = 16
	readOneIn    = 4                // of so many samples is read, of the others it is seen that they are there
	wantsEvery   = 10 * time.Second // when nothing has changed in ZooKeeper
	readEvery    = time.Minute      // when nobody of ours has written to the store
	rowsEvery    = 10 * time.Second // of one data source, while its rows come in
	wantsShare   = 20               // a look at what the rules ask takes one of so many seconds at most
	wantsAtOnce  = 2000             // for so many segments the model stands still
)

// wants reads what the rules ask for each used segment, after a change in ZooKeeper or
// now and then.
func (a *asker) wants(ctx context.Context) {
	zxid, on, lacking := a.guard.observer.zxid(), false, false
	a.guard.with(func(s *invariant.Set) {
		on, lacking = s.On(invariant.Replicas) || s.On(invariant.RowsOnce), s.Replicas.Lacking()
	})
	rest := time.Since(a.looked.at)
	if !on || zxid == a.looked.zxid && !lacking && rest < wantsEvery || rest < wantsShare*a.looked.took {
		return
	}
	began := time.Now()
	if !a.readStore(ctx) {
		return
	}
	wants := wantsOf(a.read.used, plan.Rules{ByDataSource: a.read.rules, Default: metadata.DefaultRules}, a.read.unreadable)
	a.looked = wantsLook{zxid, time.Now(), 0, map[string]int{}}
	for _, w := range wants {
		a.looked.wanted[w.ID.DataSource]++
	}
	var look *invariant.WantsLook
	a.guard.with(func(s *invariant.Set) { look = s.Replicas.Look() })
	for some := range slices.Chunk(wants, wantsAtOnce) {
		a.guard.with(func(*invariant.Set) { look.Some(some) })
	}
	a.guard.with(func(*invariant.Set) { look.End() })
	a.looked.took = time.Since(began)
}

// readStore reads the store, once it has been written to and now and then. A database of
// PostgreSQL is read each time, for others write to it, too. It is false when the run is
// over, or the store is away, which others report.
func (a *asker) readStore(ctx context.Context) bool {
	now := wantsRead{at: time.Now(), writes: a.store.Writes()}
	if now.writes == a.read.writes && now.at.Sub(a.read.at) < readEvery && a.topo.Metadata.Kind != "postgresql" {
		return true
	}
	var err error
	if now.used, err = a.store.Used(ctx); err != nil {
		return false
	}
	if now.rules, err = a.store.Rules(ctx); err != nil && !errors.As(err, &now.unreadable) {
		return false
	}
	a.read = now
	return true
}

// wantsOf are the visible segments that the rules load, and onto how many servers.
func wantsOf(used []druid.DataSegment, rules plan.Rules, unreadable *metadata.UnreadableRulesError) []invariant.Want {
	if unreadable != nil {
		rules.Unknown = map[string]bool{}
		for _, ds := range unreadable.DataSources {
			rules.Unknown[ds] = true
		}
	}
	hidden, at := overshadowed(used), rules.At(druid.At(time.Now()))
	var wants []invariant.Want
	for _, segment := range used {
		rule, decides := at.First(segment.DataSource, segment.Interval)
		if decides && plan.IsLoad(rule) && !hidden[segment.ID()] {
			wants = append(wants, invariant.Want{ID: segment.ID(), Size: segment.Size, Tiers: rule.Replicants()})
		}
	}
	return wants
}

// overshadowed are the segments that newer ones hide altogether.
func overshadowed(segments []druid.DataSegment) map[druid.SegmentID]bool {
	lines := map[string]*timeline.Timeline[druid.SegmentID]{}
	for _, s := range segments {
		if lines[s.DataSource] == nil {
			lines[s.DataSource] = timeline.New[druid.SegmentID]()
		}
		lines[s.DataSource].Add(s.Interval, s.Version, s.ShardSpec, s.ID())
	}
	hidden := map[druid.SegmentID]bool{}
	for _, line := range lines {
		for _, holder := range line.Overshadowed() {
			for _, chunk := range holder.Chunks {
				hidden[chunk.Object] = true
			}
		}
	}
	return hidden
}

// tasks asks the store and the leading overlord how tasks have ended.
func (a *asker) tasks(ctx context.Context) {
	var open []string
	a.guard.with(func(s *invariant.Set) { open = s.Tasks.Open(tasksAsked) })
	for _, id := range open {
		store, err := a.store.TaskStatus(ctx, id)
		if err != nil && !errors.Is(err, metadata.ErrNotFound) {
			continue
		}
		var answer struct{ Status taskStatus }
		_ = a.requests.ask(ctx, "overlord", "/druid/indexer/v1/task/"+url.PathEscape(id)+"/status", &answer) // it is not known then
		a.guard.with(func(s *invariant.Set) { s.Tasks.Said(id, store.Status, store.Duration < 0, answer.Status.Status) })
	}
}

// disks looks at the files of announced segments.
func (a *asker) disks(context.Context) {
	var samples []invariant.Sample
	a.guard.with(func(s *invariant.Set) { samples = s.Disks.Samples(samplesTaken) })
	for _, sample := range samples {
		for _, n := range a.nodes() {
			if n.name == sample.Node {
				wrong := examine(n, a.props(n), sample.Segment, a.looks%readOneIn == 0)
				a.looks++
				a.guard.with(func(s *invariant.Set) { s.Disks.Examined(sample, wrong) })
			}
		}
	}
}

// brokers asks each broker what it sees of the data sources whose announcements have
// changed, once they rest.
func (a *asker) brokers(ctx context.Context) {
	for _, broker := range ours(a.nodes(), "broker") {
		due, states := map[string]druid.Interval{}, map[string]uint64{}
		a.guard.with(func(s *invariant.Set) {
			due = s.Brokers.Due(broker.name)
			for ds := range due {
				states[ds] = s.Brokers.State(ds)
			}
		})
		for ds, within := range due {
			rests := a.states[broker.name+" "+ds] == states[ds]
			if a.states[broker.name+" "+ds] = states[ds]; rests {
				a.broker(ctx, broker, ds, within, states[ds])
			}
		}
	}
}

// broker asks a broker what it sees of a data source: LocatedSegmentDescriptor.
func (a *asker) broker(ctx context.Context, broker *node, ds string, within druid.Interval, state uint64) {
	var candidates []struct {
		Interval, Version string
		PartitionNumber   int
		Locations         []druid.ServerMetadata
	}
	path := "/druid/v2/datasources/" + url.PathEscape(ds) + "/candidates?intervals=" + url.QueryEscape(within.String())
	if a.requests.from(ctx, broker.host(), http.MethodGet, path, nil, &candidates) != nil {
		return // it does not answer now; what that means others say
	}
	located := make([]invariant.Located, len(candidates))
	for i, c := range candidates {
		located[i] = invariant.Located{Interval: c.Interval, Version: c.Version, Partition: c.PartitionNumber}
		for _, server := range c.Locations {
			located[i].Servers = append(located[i].Servers, server.Name)
		}
	}
	a.guard.with(func(s *invariant.Set) { s.Brokers.Sees(broker.name, ds, state, located) })
}

// from asks a node once, and reads its JSON.
func (r *requests) from(ctx context.Context, host, method, path string, body []byte, into any) error {
	answer, err := r.send(ctx, host, method, path, body)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return fmt.Errorf("%s%s: %w", host, path, err)
	}
	return nil
}
