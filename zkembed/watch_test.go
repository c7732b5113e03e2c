package zkembed

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"oakmoot/internal/zk/zkwire"
	"oakmoot/zkembed/internal/tree"
)

// plainWatches is what a watch manager has to do, with a map of maps.
type plainWatches map[string]map[*conn]watchMode

func (p plainWatches) add(path string, c *conn, mode watchMode) {
	if p[path] == nil {
		p[path] = map[*conn]watchMode{}
	}
	p[path][c] |= mode
}

func (p plainWatches) remove(path string, c *conn, mode watchMode) bool {
	have := p[path][c]
	if have&mode == 0 {
		return false
	}
	if p[path][c] = have &^ mode; p[path][c] == 0 {
		delete(p[path], c)
	}
	return true
}

func (p plainWatches) fire(path string, event zkwire.EventType) (reached []*conn) {
	for c, mode := range p[path] {
		if mode != watchRecursive || event != zkwire.EventChildrenChanged {
			reached = append(reached, c)
			p.remove(path, c, watchOnce)
		}
	}
	if event != zkwire.EventChildrenChanged {
		for above := path; above != "/"; {
			above, _ = tree.Split(above)
			for c, mode := range p[above] {
				if mode&watchRecursive != 0 {
					reached = append(reached, c)
				}
			}
		}
	}
	slices.SortFunc(reached, byNumber)
	return slices.Compact(reached)
}

// all are the pairs of paths and connections.
func (p plainWatches) all() (pairs []string, paths int, conns map[*conn]bool) {
	conns = map[*conn]bool{}
	for path, on := range p {
		for c := range on {
			pairs = append(pairs, fmt.Sprint(path, c.number))
			conns[c] = true
		}
		if len(on) > 0 {
			paths++
		}
	}
	slices.Sort(pairs)
	return pairs, paths, conns
}

// Whatever is done to it, a watch manager is the map of maps that it stands for, on paths
// with few watches and on crowded ones.
func TestWatchManagerIsAMapOfMaps(t *testing.T) {
	paths := []string{"/", "/a", "/a/b", "/a/b/c", "/b", "/\x00"}
	conns := make([]*conn, 2*crowdedFrom)
	for i := range conns {
		conns[i] = &conn{number: int64(i), sess: &session{}}
	}
	modes := []watchMode{watchOnce, watchPersistent, watchRecursive, watchOnce | watchPersistent}
	rapid.Check(t, func(t *rapid.T) {
		w, want := newWatchManager(), plainWatches{}
		few := rapid.SampledFrom([]int{3, len(conns)}).Draw(t, "connections")
		for range rapid.IntRange(1, 400).Draw(t, "steps") {
			path := rapid.SampledFrom(paths).Draw(t, "path")
			c := conns[rapid.IntRange(0, few-1).Draw(t, "connection")]
			mode := rapid.SampledFrom(modes).Draw(t, "mode")
			switch rapid.IntRange(0, 9).Draw(t, "step") {
			case 0:
				if got, want := w.remove(path, c, mode), want.remove(path, c, mode); got != want {
					t.Fatalf("remove %d of %s, %d: got %v, want %v", mode, path, c.number, got, want)
				}
			case 1:
				event := rapid.SampledFrom([]zkwire.EventType{zkwire.EventDataChanged, zkwire.EventChildrenChanged}).Draw(t, "event")
				if got, want := w.fire(path, event), want.fire(path, event); !slices.Equal(got, want) {
					t.Fatalf("fire %d on %s: got %v, want %v", event, path, got, want)
				}
			case 2:
				w.drop(c)
				for path := range want {
					want.remove(path, c, watchAny)
				}
			default:
				w.add(path, c, mode)
				want.add(path, c, mode)
			}
			if got, want := w.has(path, c, mode), want[path][c]&mode != 0; got != want {
				t.Fatalf("has %d on %s, %d: got %v, want %v", mode, path, c.number, got, want)
			}
		}
		pairs, onPaths, byConns := want.all()
		var got []string
		for p := range w.all() {
			got = append(got, fmt.Sprint(p.path, p.conn))
		}
		slices.Sort(got)
		if !slices.Equal(got, pairs) {
			t.Errorf("got %q, want %q", got, pairs)
		}
		if w.total() != len(pairs) || w.paths() != onPaths || w.conns() != len(byConns) {
			t.Errorf("got %d watches on %d paths by %d, want %d, %d, %d", w.total(), w.paths(), w.conns(), len(pairs), onPaths, len(byConns))
		}
		for _, c := range conns {
			w.drop(c)
		}
		if w.total() != 0 || w.recursive != 0 || w.table.crowds.Len() != 0 || w.table.byPath.Len() != 0 {
			t.Errorf("left behind: %+v", w)
		}
	})
}

// BenchmarkWatch sets and fires watches, of which there are many on the path or only one.
func BenchmarkWatch(b *testing.B) {
	for _, watchers := range []int{1, 1000} {
		b.Run(fmt.Sprint(watchers), func(b *testing.B) {
			w := newWatchManager()
			var conns []*conn
			for i := range watchers {
				conns = append(conns, &conn{number: int64(i)})
			}
			for i := 0; b.Loop(); i++ {
				path := fmt.Sprintf("/druid/segments/host%05d", i%10_000)
				for _, c := range conns {
					w.add(path, c, watchOnce)
				}
				if i >= 5000 { // there are others meanwhile
					w.fire(fmt.Sprintf("/druid/segments/host%05d", (i-5000)%10_000), zkwire.EventDataChanged)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(watchers), "ns/watch")
		})
	}
}
