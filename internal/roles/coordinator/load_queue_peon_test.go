package coordinator

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"oakmoot/internal/druid"
	"oakmoot/internal/roles/coordinator/balance"
	"oakmoot/internal/roles/coordinator/plan"
	"oakmoot/internal/run/loop"
)

// TestPictureKeptEqualsOneDrawnAnew: whatever is queued, ends or is decided and then swallowed, the picture and the catalog
// say of the queue what a picture drawn from the queue alone says.
func TestPictureKeptEqualsOneDrawnAnew(t *testing.T) {
	meta := druid.ServerMetadata{Name: "a", MaxSize: 1000}
	rapid.Check(t, func(t *rapid.T) {
		catalog, kept := plan.NewCatalog(), balance.NewServer(meta)
		p := newLoadQueuePeon("a", catalog)
		p.draw(kept)
		for range rapid.IntRange(0, 60).Draw(t, "changes") {
			s := hourOf(rapid.IntRange(0, 5).Draw(t, "hour"))
			s.Size = rapid.Int64Range(1, 9).Draw(t, "size") // as somebody else says
			switch rapid.SampledFrom([]string{"load", "drop", "next", "finish", "mark", "unmark", "server"}).Draw(t, "change") {
			case "load":
				catalog.Load(kept, s) // as a run decides
				p.load(s, nil)
			case "drop":
				kept.Drop(s.ID())
				p.drop(s, nil)
			case "next":
				p.next()
			case "finish":
				if p.current != nil {
					p.finish()
				}
			case "mark":
				p.mark(s)
			case "unmark":
				p.unmark(s)
			case "server":
				kept = balance.NewServer(meta)
				p.draw(kept)
			}
			if diff := cmp.Diff(drawn(p, meta), saidOf(kept)); diff != "" {
				t.Fatalf("drawn anew (-), kept (+)\n%s", diff)
			}
		}
		p.stop(t.Context())
		if diff := cmp.Diff(saidOf(balance.NewServer(meta)), saidOf(kept)); diff != "" {
			t.Errorf("once stopped\n%s", diff)
		}
	})
}

// drawn is what a picture says that is drawn from a peon's queue.
func drawn(p *loadQueuePeon, meta druid.ServerMetadata) []string {
	s := balance.NewServer(meta)
	for _, r := range p.loads {
		s.Load(r.segment)
	}
	for _, r := range p.drops {
		s.Drop(r.segment.ID())
	}
	for _, segment := range p.marked {
		s.Mark(segment)
	}
	return saidOf(s)
}

func saidOf(s *balance.Server) []string {
	all := []string{fmt.Sprint("bytes ", s.Used(), " queued ", s.Queued())}
	for i := range 6 {
		id := hourOf(i).ID()
		all = append(all, fmt.Sprint(i, " loads ", s.Loads(id), " drops ", s.Drops(id), " leaves ", s.Leaves(id)))
	}
	for _, id := range slices.SortedFunc(maps.Keys(s.Loading()), druid.SegmentID.Compare) {
		all = append(all, fmt.Sprint(id.String(), " ", s.Loading()[id].Size))
	}
	return all
}

func hourOf(i int) *druid.DataSegment {
	at := druid.Timestamp(i) * 3_600_000
	return &druid.DataSegment{
		DataSource: "d", Interval: druid.Interval{Start: at, End: at + 3_600_000}, Version: "v1", Size: 1, ShardSpec: druid.NoneShardSpec(),
	}
}

// BenchmarkQueues is a run of the duties with nothing to do while 100,000 loads are queued on ten servers, and what it takes
// to queue them: the newest first, and the oldest first.
func BenchmarkQueues(b *testing.B) {
	const servers, loads = 10, 100_000
	fill := func(newestFirst bool) (*loadQueues, *plan.Catalog, []*balance.Server) {
		catalog := plan.NewCatalog()
		q := &loadQueues{loop: loop.New("queues"), peons: map[string]*loadQueuePeon{}, drops: askedDrops{}, catalog: catalog}
		var all []*balance.Server
		for i := range servers {
			name := fmt.Sprintf("h%d", i)
			all = append(all, balance.NewServer(druid.ServerMetadata{Name: name, Host: name, MaxSize: 1 << 50, Type: druid.TypeHistorical, Tier: druid.DefaultTier}))
			q.peons[name] = newLoadQueuePeon(name, catalog)
			q.peons[name].draw(all[i])
		}
		for i := range loads {
			n := i
			if newestFirst {
				n = loads - 1 - i
			}
			s := hourOf(n)
			catalog.Use(s)
			q.peons[all[i%servers].Meta.Name].load(s, nil)
		}
		return q, catalog, all
	}
	for name, newestFirst := range map[string]bool{"newest": true, "oldest": false} {
		b.Run("fill/"+name, func(b *testing.B) {
			for b.Loop() {
				fill(newestFirst)
			}
		})
	}
	b.Run("run", func(b *testing.B) {
		q, catalog, all := fill(true)
		strategy, err := balance.NewStrategy("cost", rand.New(rand.NewPCG(1, 2)))
		if err != nil {
			b.Fatal(err)
		}
		one := druid.Rule{Type: "loadForever", TieredReplicants: map[string]int{druid.DefaultTier: 1}}
		in := plan.Input{
			Catalog: catalog, Strategy: strategy, Throttle: plan.NewThrottle(), Moves: plan.NewMoves(), Config: druid.DefaultDynamicConfig(),
			Rules: plan.Rules{Default: "_default", ByDataSource: map[string][]druid.Rule{"_default": {one}}},
		}
		for b.Loop() {
			q.attend(b.Context(), all, nil)
			in.Cluster = plan.NewCluster(all)
			run := plan.Begin(in)
			for _, duty := range dutiesOfRun {
				duty.run(run)
			}
			if len(run.Actions) > 0 {
				b.Fatalf("%d actions", len(run.Actions))
			}
		}
	})
}
