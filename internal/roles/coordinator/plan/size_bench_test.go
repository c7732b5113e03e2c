package plan

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/roles/coordinator/balance"
)

// town is a cluster of a given size in which there is nothing to do: hourly segments of ten datasources, each on one
// server.
type town struct {
	catalog  *Catalog
	servers  []*balance.Server
	strategy balance.Strategy
	throttle *Throttle
	moves    *Moves
	config   druid.DynamicConfig
	next     int
}

func newTown(b testing.TB, segments, servers int) *town {
	b.Helper()
	strategy, err := balance.NewStrategy("cost", rand.New(rand.NewPCG(1, 2)))
	if err != nil {
		b.Fatal(err)
	}
	t := &town{catalog: NewCatalog(), strategy: strategy, throttle: NewThrottle(), moves: NewMoves(), config: druid.DefaultDynamicConfig()}
	for i := range servers {
		name := fmt.Sprintf("h%d:8083", i)
		s := balance.NewServer(druid.ServerMetadata{Name: name, Host: name, MaxSize: 1 << 50, Type: druid.TypeHistorical, Tier: druid.DefaultTier})
		t.servers = append(t.servers, s)
		t.catalog.Attend(s)
	}
	for range segments {
		s := t.segment()
		t.catalog.Use(s)
		t.catalog.Announced(t.servers[t.next%servers], s)
	}
	return t
}

// segment is a new one, an hour after that before it.
func (t *town) segment() *druid.DataSegment {
	at := druid.Timestamp(t.next/10) * 3_600_000
	t.next++
	return &druid.DataSegment{
		DataSource: fmt.Sprintf("ds%d", t.next%10), Interval: druid.Interval{Start: at, End: at + 3_600_000}, Version: "v1", Size: 1,
		ShardSpec: druid.NumberedShardSpec(0, 0),
	}
}

func (t *town) server(name string) *balance.Server {
	return t.servers[slices.IndexFunc(t.servers, func(s *balance.Server) bool { return s.Meta.Name == name })]
}

func (t *town) run(replicas int) *Run {
	for _, s := range t.servers {
		t.catalog.Idle(s)
	}
	r := Begin(Input{
		Now: druid.At(time.Now()), Config: t.config, MayMark: true,
		Rules: Rules{Default: "_default", ByDataSource: map[string][]druid.Rule{"_default": {
			{Type: "loadByPeriod", Period: "P5000Y", TieredReplicants: map[string]int{druid.DefaultTier: replicas}}, {Type: "dropForever"},
		}}},
		Catalog: t.catalog, Cluster: NewCluster(t.servers), Strategy: t.strategy, Throttle: t.throttle, Moves: t.moves,
	})
	r.RunRules()
	r.CleanupUnneeded()
	r.CleanupOvershadowed()
	r.Balance()
	t.moves = NewMoves()
	return r
}

// BenchmarkRun is a run of the duties when nothing is to be done: the first one, one after nothing has changed, and one
// after 1,000 segments have come and gone.
func BenchmarkRun(b *testing.B) {
	for _, size := range []struct{ segments, servers int }{{10_000, 10}, {100_000, 100}, {1_000_000, 1_000}} {
		b.Run(fmt.Sprintf("first/%dx%d", size.segments, size.servers), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				t := newTown(b, size.segments, size.servers)
				b.StartTimer()
				t.run(1)
			}
		})
		t := newTown(b, size.segments, size.servers)
		t.run(1)
		b.Run(fmt.Sprintf("again/%dx%d", size.segments, size.servers), func(b *testing.B) {
			for b.Loop() {
				if r := t.run(1); len(r.Actions) > 5 {
					b.Fatalf("%d actions", len(r.Actions))
				}
			}
			b.ReportMetric(heap()/float64(size.segments), "heap-B/segment")
		})
		b.Run(fmt.Sprintf("changed/%dx%d", size.segments, size.servers), func(b *testing.B) {
			for b.Loop() {
				for _, old := range t.catalog.inOrder()[:1000] {
					t.catalog.Unannounced(old.servers[0], old.id)
					t.catalog.Retire(old.id)
				}
				for i := range 1000 {
					s := t.segment()
					t.catalog.Use(s)
					t.catalog.Announced(t.servers[i%size.servers], s)
				}
				t.run(1)
			}
		})
	}
}

// BenchmarkAssignment assigns twice as many copies as there are segments to servers that have none, in one run, and
// then a server's share anew after it has gone.
func BenchmarkAssignment(b *testing.B) {
	for _, size := range []struct{ segments, servers int }{{10_000, 10}, {10_000, 100}, {100_000, 100}} {
		fresh := func(b *testing.B) *town {
			t := newTown(b, 0, size.servers)
			for range size.segments {
				t.catalog.Use(t.segment())
			}
			t.config.ReplicationThrottleLimit = 10 * size.segments
			return t
		}
		b.Run(fmt.Sprintf("first/%dx2on%d", size.segments, size.servers), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				t := fresh(b)
				b.StartTimer()
				if r := t.run(2); len(r.Actions) < 2*size.segments {
					b.Fatalf("%d actions", len(r.Actions))
				}
			}
			b.ReportMetric(float64(2*size.segments)*float64(b.N)/b.Elapsed().Seconds(), "copies/s")
		})
		b.Run(fmt.Sprintf("lost/%dx2on%d", size.segments, size.servers), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				t := newTown(b, size.segments, size.servers)
				t.config.ReplicationThrottleLimit = 10 * size.segments
				t.run(1)
				gone := t.servers[0]
				t.servers = t.servers[1:]
				b.StartTimer()
				t.catalog.Dismiss(gone)
				if r := t.run(1); len(r.Actions) < gone.Served() {
					b.Fatalf("%d actions", len(r.Actions))
				}
			}
		})
	}
}

func heap() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}
