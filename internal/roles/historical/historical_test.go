package historical

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/deepstore"
	"oakmoot/zkembed"
)

func TestHistoricalJoinsAndLeavesInDruidsOrder(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		stop := w.start()
		joined := []string{
			"create /druid", "create /druid/segments", "create /druid/segments/" + host, "create /druid/segments/" + host + "/NAME",
			"create /druid/announcements", "create /druid/announcements/" + host,
			"create /druid/loadQueue", "create /druid/loadQueue/" + host,
			"create /druid/servedSegments", "create /druid/servedSegments/" + host,
			"create /druid/listeners", "create /druid/listeners/lookups", "create /druid/listeners/lookups/__default",
			"create /druid/listeners/lookups/__default/http:" + host,
			"create /druid/internal-discovery", "create /druid/internal-discovery/HISTORICAL", "create /druid/internal-discovery/HISTORICAL/" + host,
		}
		if diff := cmp.Diff(joined, paths(w.history())); diff != "" {
			t.Errorf("join (-want +got):\n%s", diff)
		}
		before := len(w.history())
		stop()
		left := []string{
			"delete /druid/internal-discovery/HISTORICAL/" + host, "delete /druid/listeners/lookups/__default/http:" + host,
			"delete /druid/announcements/" + host, "delete /druid/segments/" + host + "/NAME",
		}
		if diff := cmp.Diff(left, paths(w.since(before))[:4]); diff != "" {
			t.Errorf("leave (-want +got):\n%s", diff)
		}
	})
}

// paths are the lines without sessions.
func paths(lines []string) []string {
	kept := []string{}
	for _, line := range lines {
		if strings.Contains(line, " /druid") {
			kept = append(kept, line)
		}
	}
	return kept
}

func TestLoadAnnouncesBeforeItDeletesTheEntry(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.start()
		s := w.push(1)
		before := len(w.history())
		w.do(druid.ActionLoad, s)
		entry := "/druid/loadQueue/" + host + "/" + s.ID().String()
		want := []string{"create " + entry, "create /druid/segments/" + host + "/NAME", "delete " + entry}
		if diff := cmp.Diff(want, w.since(before)); diff != "" {
			t.Errorf("load (-want +got):\n%s", diff)
		}
		if got := w.rows(s); got != 2 {
			t.Errorf("rows of the loaded segment: got %d, want 2", got)
		}
	})
}

func TestLoadOfALoadedSegmentOnlyDeletesTheEntry(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.start()
		s := w.push(1)
		w.do(druid.ActionLoad, s)
		before := len(w.history())
		w.do(druid.ActionLoad, s)
		if got := w.since(before); len(got) != 2 {
			t.Errorf("commits: got %q, want the entry created and deleted", got)
		}
	})
}

func TestRequestsAreReadInAnyFormThatDruidReads(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.start()
		s := w.push(1)
		load, err := druid.Marshal(druid.ChangeRequest{Action: druid.ActionLoad, Segment: s})
		if err != nil {
			t.Fatal(err)
		}
		w.handled(w.put("any name", druid.Gzip(load)))
		if diff := cmp.Diff(idsOf(s), w.announced()); diff != "" {
			t.Errorf("announced after a gzipped request of another name (-want +got):\n%s", diff)
		}
		w.handled(w.put("noop", []byte(`{"action":"noop"}`)))
	})
}

func TestDropUnannouncesAtOnceAndDeletesFilesLater(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.start()
		s := w.push(1)
		w.do(druid.ActionLoad, s)
		before := len(w.history())
		w.do(druid.ActionDrop, s)
		entry := "/druid/loadQueue/" + host + "/" + s.ID().String()
		want := []string{"create " + entry, "delete /druid/segments/" + host + "/NAME", "delete " + entry}
		if diff := cmp.Diff(want, w.since(before)); diff != "" {
			t.Errorf("drop (-want +got):\n%s", diff)
		}
		if got := w.rows(s); got != 2 {
			t.Errorf("rows within the drop delay: got %d, want 2", got)
		}
		time.Sleep(31 * time.Second)
		if got := w.files(); len(got) != 0 {
			t.Errorf("files after the drop delay: got %q, want none", got)
		}
		if got := w.rows(s); got != 0 {
			t.Errorf("rows after the drop delay: got %d, want 0", got)
		}
	})
}

func TestLoadWithinTheDropDelayNeedsNoDeepStorage(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.start()
		s := w.push(1)
		w.do(druid.ActionLoad, s)
		w.do(druid.ActionDrop, s)
		if err := os.RemoveAll(w.deep.Root()); err != nil {
			t.Fatal(err)
		}
		w.do(druid.ActionLoad, s)
		time.Sleep(time.Minute)
		if diff := cmp.Diff(idsOf(s), w.announced()); diff != "" {
			t.Errorf("announced (-want +got):\n%s", diff)
		}
		if got := w.rows(s); got != 2 {
			t.Errorf("rows: got %d, want 2", got)
		}
	})
}

func TestFailedLoadsAreLoggedAndTheNodeCarriesOn(t *testing.T) {
	tests := map[string]struct {
		spoil func(w *world, s *druid.DataSegment)
		log   string
	}{
		"damaged zip": {func(w *world, s *druid.DataSegment) { w.spoilZip(s) }, "zip: not a valid zip file"},
		"deep storage is gone": {func(w *world, _ *druid.DataSegment) {
			if err := os.RemoveAll(w.deep.Root()); err != nil {
				w.T.Fatal(err)
			}
		}, "does not exist"},
		"cache is full":        {func(w *world, s *druid.DataSegment) { s.Size = w.size + 1 }, "too large for storage"},
		"unknown load spec":    {func(_ *world, s *druid.DataSegment) { s.LoadSpec = []byte(`{"type":"s3_zip"}`) }, "Unknown loader type[s3_zip]"},
		"torn zip":             {func(w *world, s *druid.DataSegment) { w.tearZip(s) }, "zip: not a valid zip file"},
		"empty zip":            {func(w *world, s *druid.DataSegment) { w.writeZip(s, "") }, "zip: not a valid zip file"},
		"outside":              {func(w *world, s *druid.DataSegment) { w.moveOut(s) }, "is not inside deep storage"},
		"name of no directory": {func(_ *world, s *druid.DataSegment) { s.Version = ".." }, "cannot be a directory's name"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				w.start()
				s, good := w.push(1), w.push(2)
				kept := filepath.Join(w.dir, "kept.zip")
				w.copyFile(deepZip(good), kept)
				tt.spoil(w, &s)
				path := w.request(druid.ActionLoad, s)
				w.handled(path)
				synctest.Wait() // the files go after the request has been acknowledged
				if got := w.log.String(); !strings.Contains(got, tt.log) || !strings.Contains(got, path) || !strings.Contains(got, "historical-1") {
					t.Errorf("log: got %s, want node, path %s and %q", got, path, tt.log)
				}
				if got := w.files(); len(got) != 0 {
					t.Errorf("files of the failed load: got %q, want none", got)
				}
				w.copyFile(kept, deepZip(good))
				w.do(druid.ActionLoad, good)
				if diff := cmp.Diff(idsOf(good), w.announced()); diff != "" {
					t.Errorf("announced after a good load (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestRoomIsFreedWhenASegmentGoes(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		first, second := w.push(1), w.push(2)
		w.size = first.Size + second.Size/2
		w.start()
		w.do(druid.ActionLoad, first)
		w.do(druid.ActionLoad, second)
		if diff := cmp.Diff(idsOf(first), w.announced()); diff != "" {
			t.Errorf("announced while the cache is full (-want +got):\n%s", diff)
		}
		w.do(druid.ActionDrop, first)
		time.Sleep(31 * time.Second)
		w.do(druid.ActionLoad, second)
		if diff := cmp.Diff(idsOf(second), w.announced()); diff != "" {
			t.Errorf("announced when there is room again (-want +got):\n%s", diff)
		}
	})
}

func TestEntriesThatAreNotRequestsStay(t *testing.T) {
	for name, payload := range map[string]string{
		"no JSON": "garbage", "unknown action": `{"action":"explode"}`, "empty": "", "no segment": `{"action":"load"}`,
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				w.start()
				bad := w.put("bad", []byte(payload))
				w.do(druid.ActionLoad, w.push(1))
				if !w.Exists(bad) {
					t.Errorf("%s is gone, want it to stay as in Druid", bad)
				}
				if got := strings.Count(w.log.String(), bad); got != 1 {
					t.Errorf("log lines that name %s: got %d, want 1", bad, got)
				}
			})
		})
	}
}

func TestEntriesThatWaitedAreHandledOneAtATime(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		var all []druid.DataSegment
		var entries []string
		for day := 1; day <= 3; day++ {
			all = append(all, w.push(day))
			entries = append(entries, w.request(druid.ActionLoad, all[day-1]))
		}
		w.start()
		for _, e := range entries {
			w.handled(e)
		}
		if diff := cmp.Diff(idsOf(all...), w.announced()); diff != "" {
			t.Errorf("announced (-want +got):\n%s", diff)
		}
		var steps []string
		for _, line := range w.history() {
			switch {
			case strings.HasPrefix(line, "delete /druid/loadQueue/"):
				steps = append(steps, "done")
			case strings.HasSuffix(line, "/NAME"):
				steps = append(steps, "announced")
			}
		}
		want := []string{"announced", "announced", "done", "announced", "done", "announced", "done"}
		if diff := cmp.Diff(want, steps); diff != "" {
			t.Errorf("steps, the empty node first (-want +got):\n%s", diff)
		}
	})
}

func TestRestartServesTheCacheBeforeTheServerIsAnnounced(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		stop := w.start()
		first, second := w.push(1), w.push(2)
		w.do(druid.ActionLoad, first)
		w.do(druid.ActionLoad, second)
		stop()
		if err := os.RemoveAll(w.deep.Root()); err != nil {
			t.Fatal(err)
		}
		before := len(w.history())
		w.start()
		if diff := cmp.Diff(idsOf(first, second), w.announced()); diff != "" {
			t.Errorf("announced (-want +got):\n%s", diff)
		}
		got := strings.Join(w.since(before), "\n")
		if strings.Index(got, "/NAME") > strings.Index(got, "create /druid/announcements/"+host) || strings.Count(got, "/NAME") != 1 {
			t.Errorf("commits of the restart: got\n%s\nwant one batch node before the server", got)
		}
		if got := w.rows(second); got != 2 {
			t.Errorf("rows: got %d, want 2", got)
		}
	})
}

func TestRestartLeavesOutDamagedSegments(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		stop := w.start()
		first, second := w.push(1), w.push(2)
		w.do(druid.ActionLoad, first)
		w.do(druid.ActionLoad, second)
		stop()
		cache := filepath.Join(w.dir, "node", "segment-cache")
		rel, err := relative(first)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(cache, rel, "version.bin"), []byte("xxxx"), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(cache, "info_dir", "wrong"), []byte("{}"), 0o644); err != nil {
			t.Fatal(err)
		}
		w.start()
		if diff := cmp.Diff(idsOf(second), w.announced()); diff != "" {
			t.Errorf("announced (-want +got):\n%s", diff)
		}
		w.do(druid.ActionLoad, first)
		if diff := cmp.Diff(idsOf(first, second), w.announced()); diff != "" {
			t.Errorf("announced after another load (-want +got):\n%s", diff)
		}
	})
}

func TestSessionLossAnnouncesEverythingAgain(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.start()
		first, second := w.push(1), w.push(2)
		w.do(druid.ActionLoad, first)
		old := w.conn.SessionID()
		if err := w.ZK.Expire(t.Context(), zkembed.SessionID(old)); err != nil {
			t.Fatal(err)
		}
		w.Until("a new session", func() bool { return w.conn.SessionID() != old })
		for _, path := range []string{
			w.Paths.Announcement(host), w.Paths.NodeDiscovery(druid.Historical, host), w.Paths.LookupListener("__default", host),
		} {
			w.Until(path+" is back", func() bool { return w.Exists(path) })
		}
		w.Until("the segment is back", func() bool { return cmp.Equal(w.announced(), idsOf(first)) })
		w.do(druid.ActionLoad, second)
		if diff := cmp.Diff(idsOf(first, second), w.announced()); diff != "" {
			t.Errorf("announced after a load in the new session (-want +got):\n%s", diff)
		}
	})
}

func TestSessionLossWhileLoadingEndsTheLoadInTheNewSession(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		s := w.push(1)
		pulling, goOn := make(chan struct{}), make(chan struct{})
		w.gate = hold(pulling, goOn)
		w.start()
		path := w.request(druid.ActionLoad, s)
		<-pulling
		old := w.conn.SessionID()
		if err := w.ZK.Expire(t.Context(), zkembed.SessionID(old)); err != nil {
			t.Fatal(err)
		}
		close(goOn)
		w.handled(path)
		w.Until("the segment is announced", func() bool { return cmp.Equal(w.announced(), idsOf(s)) })
	})
}

func TestStopWhileLoadingLeavesTheEntryForTheNextIncarnation(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		s := w.push(1)
		pulling := make(chan struct{})
		w.gate = hold(pulling, nil)
		stop := w.start()
		path := w.request(druid.ActionLoad, s)
		<-pulling
		stop()
		if !w.Exists(path) {
			t.Fatalf("%s is gone with the node, want it to stay", path)
		}
		w.gate = nil
		w.start()
		w.handled(path)
		if diff := cmp.Diff(idsOf(s), w.announced()); diff != "" {
			t.Errorf("announced (-want +got):\n%s", diff)
		}
	})
}

func TestHistoricalAnswersItsResources(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.start()
		for path, want := range map[string]string{
			"/druid/historical/v1/loadstatus": `{"cacheInitialized":true}`,
			"/druid/historical/v1/readiness":  "",
			"/status/health":                  "true",
		} {
			if code, got := w.Call("GET", host+path, ""); code != http.StatusOK || got != want {
				t.Errorf("GET %s: got %d %q, want 200 %q", path, code, got, want)
			}
		}
	})
}

// A generated segment takes room and is announced like any other; it has no files, and the
// next incarnation has it again.
func TestGeneratedSegmentNeedsNoFile(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		stop := w.start()
		s := w.push(1)
		w.Must(os.Remove(deepZip(s)))
		s.LoadSpec = deepstore.Generated
		w.do(druid.ActionLoad, s)
		stop()
		w.start()
		if diff := cmp.Diff(idsOf(s), w.announced()); diff != "" {
			t.Errorf("announced after a restart (-want +got):\n%s", diff)
		}
		if got := w.rows(s); got != 0 {
			t.Errorf("rows: got %d, want none", got)
		}
		w.do(druid.ActionDrop, s)
		time.Sleep(time.Minute) // drops are delayed
		synctest.Wait()
		if got := w.files(); len(got) != 0 {
			t.Errorf("files: got %q, want none", got)
		}
		large := w.push(2)
		large.LoadSpec, large.Size = deepstore.Generated, 1<<50
		w.do(druid.ActionLoad, large)
		if got := w.announced(); len(got) != 0 {
			t.Errorf("announced: got %q, want nothing: there is no room", got)
		}
	})
}
