package observe

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"oakmoot/internal/druid"
	"oakmoot/internal/zk/zkpath"
)

const (
	stories = 30  // played, each from its own seed
	strokes = 120 // of each
	peers   = 5   // who take part
	crowd   = 4   // sessions
)

// stroke changes something at random.
func (l *land) stroke() {
	i, session := l.rng.IntN(peers), int64(1+l.rng.IntN(crowd))
	serverType := []string{druid.TypeHistorical, druid.TypeRealtime}[l.rng.IntN(2)]
	dataSource := []string{"wiki", "flights"}[l.rng.IntN(2)]
	var batch []druid.DataSegment
	for range l.rng.IntN(4) {
		batch = append(batch, segment(dataSource, l.rng.IntN(4)))
	}
	spoilt := []byte("?")
	node := func(state State) Node {
		return Node{Name: fmt.Sprint("node-", i), Kind: "coordinator", Host: host(l.rng.IntN(peers)), State: state, Session: session, Reaches: l.rng.IntN(2) == 0, External: l.rng.IntN(4) == 0}
	}
	writes := []func(){
		func() { l.write(l.paths.Announcement(host(i)), server(i, serverType), session) },
		func() { l.write(l.paths.Announcement(host(i)), spoilt, session) },
		func() { l.write(l.paths.Segment(host(i), fmt.Sprint("b", l.rng.IntN(2))), batch, session) },
		func() {
			l.write(l.paths.ServedSegment(host(i), fmt.Sprint("s", l.rng.IntN(3))), segment(dataSource, l.rng.IntN(4)), session)
		},
		func() { l.write(l.paths.LoadRequest(host(i), fmt.Sprint("q", l.rng.IntN(3))), spoilt, session) },
		func() { l.write(l.paths.Worker(host(i)), druid.Worker{Host: host(i), Capacity: 1}, session) },
		func() { l.write(l.paths.Task(host(i), fmt.Sprint("t", l.rng.IntN(3))), spoilt, 0) },
		func() { l.write(l.paths.Status(host(i), fmt.Sprint("t", l.rng.IntN(3))), spoilt, session) },
		func() {
			l.write(l.paths.NodeDiscovery(druid.Broker, host(i)), druid.DiscoveryNode{NodeType: druid.Broker, Node: druid.Node{Service: "druid/broker"}}, session)
		},
		func() {
			l.write(l.paths.CoordinatorLatch()+fmt.Sprint("/latch-", l.rng.IntN(4)), []byte("http://"+host(i)), session)
		},
		func() {
			l.write(l.paths.ServiceInstance("druid/coordinator", fmt.Sprint(l.rng.IntN(3))), druid.ServiceInstance{Name: "druid:coordinator", Address: "h", Port: i, SSLPort: -1}, session)
		},
		func() { l.write("/druid/other", spoilt, session) },
		func() { l.hear(node([]State{Starting, Up, Paused, Killed, Stopped}[l.rng.IntN(5)])) },
		func() { l.model.Sync(l.listed(), []int64{}) },
	}
	if paths := slices.Sorted(maps.Keys(l.tree)); len(paths) > 0 && l.rng.IntN(3) == 0 {
		l.delete(paths[l.rng.IntN(len(paths))])
		return
	}
	writes[l.rng.IntN(len(writes))]()
}

// TestModelOfAllChangesEqualsModelOfTheWholeTree plays random stories. In between and at the end, the model that was
// told of each change equals one that is given the whole tree, inside and out, and its counts are those that a walk
// over the tree comes to.
func TestModelOfAllChangesEqualsModelOfTheWholeTree(t *testing.T) {
	for seed := range uint64(stories) {
		l := newLand(t, seed)
		for i := range strokes {
			if l.stroke(); i%10 != 9 {
				continue
			}
			fresh := New(l.paths)
			for _, n := range l.model.nodes.all { // in the order in which they were first reported
				fresh.Hear(n)
			}
			fresh.Sync(l.listed(), []int64{})
			for name, pair := range map[string][2]any{
				"live": {l.model.live, fresh.live}, "left": {l.model.left, fresh.left}, "owners": {l.model.owners.owns, fresh.owners.owns},
				"alive": {l.model.owners.alive, fresh.owners.alive}, "by host": {l.model.nodes.byHost, fresh.nodes.byHost},
			} {
				if diff := gocmp.Diff(pair[1], pair[0], inside, workless, keys, byID, cmpopts.EquateEmpty()); diff != "" {
					t.Fatalf("seed %d, after %d strokes: %s (-all at once +change by change):\n%s", seed, i+1, name, diff)
				}
			}
			if diff := gocmp.Diff(l.walked(), l.counted()); diff != "" {
				t.Fatalf("seed %d, after %d strokes (-walked +counted):\n%s", seed, i+1, diff)
			}
		}
	}
}

var (
	inside = gocmp.Exporter(func(reflect.Type) bool { return true })
	keys   = gocmp.Transformer("keys", func(o ordered[*served]) []*served { return o.first(o.count) })
	byID   = gocmp.Transformer("byID", func(s sayings[*served, int64]) map[druid.SegmentID][]saying[int64] {
		sizes := map[druid.SegmentID][]saying[int64]{}
		for one, said := range s.of {
			sizes[one.id] = said
		}
		return sizes
	})
	workless = gocmp.FilterPath(func(p gocmp.Path) bool { return p.Last().String() == ".work" }, gocmp.Ignore())
)

// figures are some of the numbers that a model is asked for.
type figures struct {
	Candidates, Queued, Sessions int
	Leaders                      []string
	Served, Realtime, Replicas   map[string]int
	Segments, LeftSegments       map[string]int
	RunsOn                       map[string]string
	Lingering                    map[string]int
}

func (l *land) counted() figures {
	m := l.at(nil)
	f := figures{
		Candidates: m.Live.Candidates("coordinator"), Queued: m.Live.Queued(), Sessions: m.Sessions(), Leaders: m.Leaders("coordinator"),
		Served: map[string]int{}, Realtime: map[string]int{}, Replicas: map[string]int{}, Segments: map[string]int{}, LeftSegments: map[string]int{},
		RunsOn: map[string]string{}, Lingering: map[string]int{},
	}
	for _, ds := range []string{"wiki", "flights", "*"} {
		f.Served[ds], f.Realtime[ds] = m.Live.Served(druid.TypeHistorical, ds), m.Live.Served(druid.TypeRealtime, ds)
		f.Replicas[ds] = m.Live.Replicas(druid.TypeHistorical, ds)
	}
	for i := range peers {
		f.Segments[host(i)], f.LeftSegments[host(i)] = m.Live.Segments(host(i)), m.Left.Segments(host(i))
		f.Lingering[host(i)] = len(m.Left.Sessions(host(i)))
		f.RunsOn[fmt.Sprint("t", i)] = m.Live.Worker(fmt.Sprint("t", i))
	}
	return f
}

// walked computes the same numbers by walking the whole tree in path order.
func (l *land) walked() figures {
	f := figures{
		Leaders: []string{}, Served: map[string]int{}, Realtime: map[string]int{}, Replicas: map[string]int{},
		Segments: map[string]int{}, LeftSegments: map[string]int{}, RunsOn: map[string]string{}, Lingering: map[string]int{},
	}
	types := map[string]string{}
	live, left := map[string]map[druid.SegmentID]bool{}, map[string]map[druid.SegmentID]bool{}
	owners, leavers := map[int64]bool{}, map[int64]bool{}
	lingering := map[string]map[int64]bool{}
	for _, path := range slices.Sorted(maps.Keys(l.tree)) {
		n, p := l.tree[path], l.paths.Parse(path)
		says, at := Decode(p, n.Data)
		node, ours := l.nodeAt(at)
		gone := ours && n.Owner != 0 && !node.Owns(n.Owner)
		segments := live
		if gone {
			segments = left
			leavers[n.Owner] = true
			if lingering[at] == nil {
				lingering[at] = map[int64]bool{}
			}
			lingering[at][n.Owner] = true
		} else if n.Owner != 0 {
			owners[n.Owner] = true
		}
		switch p.Kind {
		case zkpath.KindSegmentBatch, zkpath.KindServedSegment:
			batch, _ := says.(*druid.Batch)
			if one, ok := says.(*druid.DataSegment); ok {
				batch = druid.NewBatch(one)
			}
			for _, s := range batch.Each() {
				if segments[p.Server] == nil {
					segments[p.Server] = map[druid.SegmentID]bool{}
				}
				segments[p.Server][s.ID()] = true
			}
		case zkpath.KindLoadRequest:
			f.Queued++
		case zkpath.KindTask, zkpath.KindStatus:
			f.RunsOn[p.Name] = p.Server
		}
		if gone || says == nil {
			continue
		}
		switch p.Kind {
		case zkpath.KindAnnouncement:
			types[p.Server] = says.(druid.ServerMetadata).Type
		case zkpath.KindCoordinatorLatch:
			f.Candidates++
		case zkpath.KindServiceInstance:
			if !ours || node.Acts() {
				f.Leaders = append(f.Leaders, at)
			}
		}
	}
	f.tally(types, live)
	for i := range peers {
		f.Segments[host(i)], f.LeftSegments[host(i)], f.Lingering[host(i)] = len(live[host(i)]), len(left[host(i)]), len(lingering[host(i)])
		f.RunsOn[fmt.Sprint("t", i)] = f.RunsOn[fmt.Sprint("t", i)]
	}
	for session := range owners {
		if !leavers[session] {
			f.Sessions++
		}
	}
	return f
}

// tally counts what announced servers hold.
func (f *figures) tally(types map[string]string, held map[string]map[druid.SegmentID]bool) {
	distinct := map[string]map[druid.SegmentID]bool{druid.TypeHistorical: {}, druid.TypeRealtime: {}}
	for _, ds := range []string{"wiki", "flights", "*"} {
		f.Served[ds], f.Realtime[ds], f.Replicas[ds] = 0, 0, 0
	}
	for at, serverType := range types {
		for id := range held[at] {
			if distinct[serverType][id] = true; serverType == druid.TypeHistorical {
				f.Replicas[id.DataSource]++
				f.Replicas["*"]++
			}
		}
	}
	for serverType, into := range map[string]map[string]int{druid.TypeHistorical: f.Served, druid.TypeRealtime: f.Realtime} {
		for id := range distinct[serverType] {
			into[id.DataSource]++
			into["*"]++
		}
	}
}

// nodeAt is the first node at an address, in the order in which they were first reported.
func (l *land) nodeAt(at string) (Node, bool) {
	for _, n := range l.model.nodes.all {
		if n.Host == cmp.Or(at, "nowhere") {
			return n, true
		}
	}
	return Node{}, false
}
