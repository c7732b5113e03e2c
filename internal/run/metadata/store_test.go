package metadata

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/druid"
)

// open opens a store in a new file, or in memory.
func open(t *testing.T, path string) *Store {
	t.Helper()
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

func newStore(t *testing.T) *Store {
	t.Helper()
	return open(t, filepath.Join(t.TempDir(), "a b?c.db"))
}

// overEach runs a test over a store of each kind.
func overEach(t *testing.T, test func(t *testing.T, s *Store)) {
	t.Run("sqlite", func(t *testing.T) { test(t, newStore(t)) })
	t.Run("postgresql", func(t *testing.T) { test(t, openPostgreSQL(t, newDatabase(t))) })
}

// overEachInBubble is overEach in virtual time.
func overEachInBubble(t *testing.T, test func(t *testing.T, s *Store)) {
	t.Run("sqlite", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { test(t, newStore(t)) })
	})
	t.Run("postgresql", func(t *testing.T) {
		url := newDatabase(t)
		synctest.Test(t, func(t *testing.T) { test(t, openPostgreSQL(t, url)) })
	})
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// day is a segment of a day of January 2019.
func day(n int, change ...func(*druid.DataSegment)) druid.DataSegment {
	start := druid.At(time.Date(2019, 1, n, 0, 0, 0, 0, time.UTC))
	s := druid.DataSegment{
		DataSource: "wiki", Interval: druid.Interval{Start: start, End: start + 86_400_000}, Version: "v1",
		LoadSpec: []byte(`{"type":"local","path":"/x"}`), ShardSpec: druid.NumberedShardSpec(0, 0), Size: 100,
	}
	for _, f := range change {
		f(&s)
	}
	return s
}

func version(v string) func(*druid.DataSegment) { return func(s *druid.DataSegment) { s.Version = v } }

func shard(spec druid.ShardSpec) func(*druid.DataSegment) {
	return func(s *druid.DataSegment) { s.ShardSpec = spec }
}

func ids(segments []druid.DataSegment) []string {
	all := []string{}
	for _, s := range segments {
		all = append(all, s.ID().String())
	}
	return all
}

func same(t *testing.T, got []druid.DataSegment, want ...druid.DataSegment) {
	t.Helper()
	seen := map[string]int{}
	for _, id := range ids(got) {
		seen[id]++
	}
	for _, id := range ids(want) {
		seen[id]--
	}
	for id, n := range seen {
		if n != 0 {
			t.Errorf("got %+d too many of %s", n, id)
		}
	}
}

func TestEveryAcknowledgedWriteIsThereAfterACrash(t *testing.T) {
	path := filepath.Join(t.TempDir(), "metadata.db")
	s := must[*Store](t)(Open(t.Context(), path))
	must[[]druid.DataSegment](t)(s.Insert(t.Context(), []druid.DataSegment{day(1)}))
	// The first store is still open, and nothing was flushed for the second: what the second one sees is what a
	// killed process leaves behind.
	again := open(t, path)
	same(t, must[[]druid.DataSegment](t)(again.Used(t.Context())), day(1))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	same(t, must[[]druid.DataSegment](t)(again.Used(t.Context())), day(1))
}

func TestNewerFileIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "metadata.db")
	s := must[*Store](t)(Open(t.Context(), path))
	if _, err := s.writer.Exec(fmt.Sprintf("PRAGMA user_version = %d", len(migrations)+1)); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), path); !errors.Is(err, ErrNewer) {
		t.Errorf("got %v, want %v", err, ErrNewer)
	}
}

func TestMigrationsGoForwardOnceEach(t *testing.T) {
	s := newStore(t)
	steps := append(migrations[:len(migrations):len(migrations)], []string{"CREATE TABLE later (x {payload})", "INSERT INTO later VALUES ('one')"})
	for range 2 {
		if err := migrate(t.Context(), s.writer, s.dialect, steps); err != nil {
			t.Fatal(err)
		}
	}
	rows := must[[]string](t)(collect(t.Context(), s.reads(), single[string], "SELECT x FROM later"))
	if diff := cmp.Diff([]string{"one"}, rows); diff != "" {
		t.Error(diff)
	}
}

func TestMigrationThatFailsLeavesTheVersionBefore(t *testing.T) {
	s := newStore(t)
	broken := append(migrations[:len(migrations):len(migrations)], []string{"CREATE TABLE half (x INT)", "no SQL"})
	if err := migrate(t.Context(), s.writer, s.dialect, broken); err == nil {
		t.Fatal("got no error")
	}
	mended := append(migrations[:len(migrations):len(migrations)], []string{"CREATE TABLE half (x INT)"})
	if err := migrate(t.Context(), s.writer, s.dialect, mended); err != nil {
		t.Errorf("got %v, want the step done from its beginning", err)
	}
}

func TestPlaceholdersOfOtherDialects(t *testing.T) {
	got := dialect{numbered: true}.placeholders("a = ? AND b IN (?, ?)")
	if want := "a = $1 AND b IN ($2, $3)"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestWritersDoNotDisturbEachOther(t *testing.T) {
	overEachInBubble(t, func(t *testing.T, s *Store) {
		var wg sync.WaitGroup
		for n := 1; n <= 20; n++ {
			wg.Go(func() {
				if _, err := s.Insert(context.Background(), []druid.DataSegment{day(n)}); err != nil {
					t.Error(err)
				}
				if _, err := s.Used(context.Background()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if got := len(must[[]druid.DataSegment](t)(s.Used(t.Context()))); got != 20 {
			t.Errorf("got %d segments, want 20", got)
		}
	})
}

func TestStoreInMemory(t *testing.T) {
	s := open(t, "")
	must[[]druid.DataSegment](t)(s.Insert(t.Context(), []druid.DataSegment{day(1)}))
	same(t, must[[]druid.DataSegment](t)(s.Used(t.Context())), day(1))
}

func TestCancelledWriteChangesNothing(t *testing.T) {
	overEach(t, func(t *testing.T, s *Store) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := s.Insert(ctx, []druid.DataSegment{day(1)}); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want %v", err, context.Canceled)
		}
		same(t, must[[]druid.DataSegment](t)(s.Used(t.Context())))
	})
}
