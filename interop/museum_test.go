//go:build interop

package interop

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"oakmoot/cluster"
)

// TestRealHistoricalDeletesByTheTimerOfTheFirstDrop shows apache/druid#18291 on Druid 0.14.0 beside a historical of
// ours: both get the same drop, load and drop within the delay for which files of dropped segments are kept.
func TestRealHistoricalDeletesByTheTimerOfTheFirstDrop(t *testing.T) {
	const (
		delay    = 20 * time.Second
		property = "druid.segmentCache.dropSegmentDelayMillis"
	)
	g := newGame(t)
	g.play(t, cluster.Topology{
		Defaults: cluster.Defaults{Properties: map[string]string{property: "20000"}},
		Roles: []cluster.Role{
			{Kind: "coordinator"}, {Kind: "overlord"}, {Kind: "middlemanager"},
			{Kind: "historical", Name: []string{"our-historical"}},
		},
		DataSources: []cluster.DataSource{flights(2)},
	})
	theirs := g.seat(t, "historical", "theirs", map[string]string{property: "20000"})
	coordinator, ours := g.host(t, "coordinator-1"), filepath.Join(g.dir, "ours", "nodes", "our-historical")
	up(t, theirs)
	g.await(t, "used(flights) == 3 and replicas(flights) == 6 and queued() == 0")

	drop := func() {
		g.setRules(t, coordinator, 0) // a drop rule would wait for millisToWaitBeforeDeleting
		g.await(t, "replicas(flights) == 0 and queued() == 0")
	}
	first := time.Now()
	drop()
	g.setRules(t, coordinator, 2)
	g.await(t, "replicas(flights) == 6 and queued() == 0")
	if n := g.infoFiles(t, ours) + g.infoFiles(t, filepath.Join(g.dir, "theirs")); n != 6 {
		t.Fatalf("got %d segments in both caches, want 6", n)
	}
	drop()
	second := time.Now()
	if second.Sub(first) > delay {
		t.Skipf("drop, load and drop took %v on this machine, longer than the delay of %v", second.Sub(first), delay)
	}
	eventually(t, "the real historical has deleted its files", func() (bool, any) {
		n := g.infoFiles(t, filepath.Join(g.dir, "theirs"))
		return n == 0, n
	})
	if since := time.Since(second); since >= delay {
		t.Errorf("the real historical kept its files for %v after the last drop: the bug of 0.14.0 was not seen", since)
	}
	if n := g.infoFiles(t, ours); n != 3 && time.Since(second) < delay {
		t.Errorf("got %d segments in the cache of ours, want 3 until %v after the last drop", n, delay)
	}
}

// infoFiles counts the segments in a historical's cache, by their info files.
func (g *game) infoFiles(t *testing.T, dir string) (n int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() && filepath.Base(filepath.Dir(path)) == "info_dir" {
			n++
		}
		return nil // files go while we look
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
