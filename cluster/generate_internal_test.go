package cluster

import (
	"path/filepath"
	"testing"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/metadata"
)

// A run that was ended between two of its transactions is finished by the next, once.
func TestInterruptedGenerationIsFinished(t *testing.T) {
	dir := &dataDir{path: t.TempDir()}
	store, err := metadata.Open(t.Context(), filepath.Join(dir.path, "metadata.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	of := func(segments int) *generation {
		ds := DataSource{Name: "big", SegmentGranularity: "HOUR", Generate: Generate{Segments: segments, Partitions: 3, Start: "2000-01-01", Size: Size{Bytes: 7, Set: true}}}
		return &generation{dir, store.Segments, ds, 4}
	}
	// crash runs a generation up to its first transaction.
	crash := func(g *generation, version string) {
		t.Helper()
		if err := g.begin(begun{g.of.Name, version, g.what()}); err != nil {
			t.Fatal(err)
		}
		batches, err := g.batches(version)
		if err != nil {
			t.Fatal(err)
		}
		for batch := range batches {
			if _, err := g.store.Insert(t.Context(), batch); err != nil {
				t.Fatal(err)
			}
			break
		}
	}
	finish := func(g *generation) (versions map[string]int) {
		t.Helper()
		if _, interrupted, err := g.interrupted(); err != nil || !interrupted {
			t.Fatalf("got interrupted %v, %v", interrupted, err)
		}
		if err := g.run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, interrupted, err := g.interrupted(); err != nil || interrupted {
			t.Errorf("finished: got interrupted %v, %v", interrupted, err)
		}
		versions = map[string]int{"all": 0}
		visible, err := g.store.UsedIn(t.Context(), "big", []druid.Interval{{Start: druid.At(time.Unix(0, 0)), End: druid.At(time.Unix(1<<32, 0))}})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range visible {
			versions[s.Version]++
			versions["all"]++
		}
		return versions
	}

	g := of(11)
	if _, interrupted, err := g.interrupted(); err != nil || interrupted {
		t.Errorf("nothing has begun: got interrupted %v, %v", interrupted, err)
	}
	crash(g, "2020-01-01T00:00:00.000Z")
	other := of(11)
	other.of.Name = "small"
	if _, interrupted, err := other.interrupted(); err != nil || interrupted {
		t.Errorf("another datasource: got interrupted %v, %v", interrupted, err)
	}
	if got := finish(g); len(got) != 2 || got["2020-01-01T00:00:00.000Z"] != 11 {
		t.Errorf("got %v, want 11 segments of one version", got)
	}

	g = of(13) // and the topology changes
	crash(of(11), "2020-01-02T00:00:00.000Z")
	if got := finish(g); len(got) != 2 || got["all"] != 13 || got["2020-01-02T00:00:00.000Z"] != 0 {
		t.Errorf("got %v, want 13 segments of a version of their own", got)
	}
}
