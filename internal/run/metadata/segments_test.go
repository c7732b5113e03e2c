package metadata

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/druid"
)

func insert(t *testing.T, s *Store, segments ...druid.DataSegment) []druid.DataSegment {
	t.Helper()
	return must[[]druid.DataSegment](t)(s.Insert(t.Context(), segments))
}

func TestRowIsAsDruidWritesIt(t *testing.T) {
	overEach(t, func(t *testing.T, s *Store) {
		insert(t, s, day(1))
		insert(t, s, day(2, shard(druid.NoneShardSpec())))
		type row struct {
			ID, DataSource, Start, End, Version, Payload string
			Partitioned, Used                            bool
		}
		read := func(s scan) (row, error) {
			var r row
			var payload []byte
			err := s(&r.ID, &r.DataSource, &r.Start, &r.End, &r.Version, &payload, &r.Partitioned, &r.Used)
			r.Payload = string(payload)
			return r, err
		}
		rows := must[[]row](t)(collect(t.Context(), s.reads(), read,
			`SELECT id, dataSource, start, "end", version, payload, partitioned, used FROM druid_segments ORDER BY start`))
		want := row{
			ID: "wiki_2019-01-01T00:00:00.000Z_2019-01-02T00:00:00.000Z_v1", DataSource: "wiki", Version: "v1", Partitioned: true, Used: true,
			Start: "2019-01-01T00:00:00.000Z", End: "2019-01-02T00:00:00.000Z",
			Payload: `{"dataSource":"wiki","interval":"2019-01-01T00:00:00.000Z/2019-01-02T00:00:00.000Z","version":"v1",` +
				`"loadSpec":{"type":"local","path":"/x"},"dimensions":"","metrics":"","shardSpec":{"type":"numbered","partitionNum":0,"partitions":0},` +
				`"binaryVersion":null,"size":100,"identifier":"wiki_2019-01-01T00:00:00.000Z_2019-01-02T00:00:00.000Z_v1"}`,
		}
		if diff := cmp.Diff(want, rows[0]); diff != "" {
			t.Error(diff)
		}
		if rows[1].Partitioned {
			t.Error("a segment without a shard spec is said to be partitioned")
		}
	})
}

func TestExistingSegmentIsSkipped(t *testing.T) {
	overEach(t, func(t *testing.T, s *Store) {
		insert(t, s, day(1))
		same(t, insert(t, s, day(1), day(2)), day(2))
	})
}

func TestBatchOvershadowsItsOwnOldVersions(t *testing.T) {
	overEach(t, func(t *testing.T, s *Store) {
		same(t, insert(t, s, day(1), day(1, version("v2")), day(2)), day(1), day(1, version("v2")), day(2))
		same(t, must[[]druid.DataSegment](t)(s.Used(t.Context())), day(1, version("v2")), day(2))
	})
}

func TestUsedInIsWhatIsVisible(t *testing.T) {
	overEach(t, func(t *testing.T, s *Store) {
		insert(t, s, day(1))
		insert(t, s, day(1, version("v2")))
		insert(t, s, day(2))
		insert(t, s, day(3, shard(druid.NumberedShardSpec(0, 2)))) // incomplete
		insert(t, s, day(5))
		in := func(from, to int) druid.Interval {
			return druid.Interval{Start: day(from).Interval.Start, End: day(to).Interval.End}
		}
		same(t, must[[]druid.DataSegment](t)(s.UsedIn(t.Context(), "wiki", []druid.Interval{in(1, 3), in(2, 2)})), day(1, version("v2")), day(2))
		same(t, must[[]druid.DataSegment](t)(s.UsedIn(t.Context(), "other", []druid.Interval{in(1, 3)})))
		same(t, must[[]druid.DataSegment](t)(s.UsedIn(t.Context(), "wiki", nil)))
	})
}

func TestUnusedMustLieInside(t *testing.T) {
	overEach(t, func(t *testing.T, s *Store) {
		insert(t, s, day(1), day(2), day(3))
		if n := must[int](t)(s.MarkUnused(t.Context(), day(1).ID(), day(2).ID(), day(9).ID())); n != 2 {
			t.Errorf("got %d rows, want 2", n)
		}
		within := druid.Interval{Start: day(1).Interval.Start, End: day(2).Interval.End}
		same(t, must[[]druid.DataSegment](t)(s.UnusedIn(t.Context(), "wiki", within)), day(1), day(2))
		within.Start++
		same(t, must[[]druid.DataSegment](t)(s.UnusedIn(t.Context(), "wiki", within)), day(2))
		intervals := must[[]druid.Interval](t)(s.UnusedIntervals(t.Context(), "wiki", druid.Interval{End: day(9).Interval.End}, 1))
		if diff := cmp.Diff([]druid.Interval{day(1).Interval}, intervals); diff != "" {
			t.Error(diff)
		}
	})
}

func TestDataSourceMarkedUnusedAndUsed(t *testing.T) {
	overEach(t, func(t *testing.T, s *Store) {
		insert(t, s, day(1))
		insert(t, s, day(1, version("v2")))
		if n := must[int](t)(s.MarkDataSourceUnused(t.Context(), "wiki")); n != 2 {
			t.Errorf("got %d rows, want 2", n)
		}
		if got := must[[]string](t)(s.DataSourceNames(t.Context(), false)); len(got) != 0 {
			t.Errorf("got %v, want none in use", got)
		}
		if diff := cmp.Diff([]string{"wiki"}, must[[]string](t)(s.DataSourceNames(t.Context(), true))); diff != "" {
			t.Error(diff)
		}
		if n := must[int](t)(s.MarkDataSourceUsed(t.Context(), "wiki")); n != 1 {
			t.Errorf("got %d rows, want only the newest version", n)
		}
		same(t, must[[]druid.DataSegment](t)(s.Used(t.Context())), day(1, version("v2")))
	})
}

func TestByIDMetadataAndNuke(t *testing.T) {
	overEach(t, func(t *testing.T, s *Store) {
		insert(t, s, day(1))
		moved := day(1)
		moved.LoadSpec = []byte(`{"type":"local","path":"/y"}`)
		if err := s.UpdateMetadata(t.Context(), []druid.DataSegment{moved}); err != nil {
			t.Fatal(err)
		}
		got := must[druid.DataSegment](t)(s.ByID(t.Context(), day(1).ID().String()))
		if string(got.LoadSpec) != string(moved.LoadSpec) {
			t.Errorf("got %s, want %s", got.LoadSpec, moved.LoadSpec)
		}
		if err := s.Nuke(t.Context(), []druid.DataSegment{day(1)}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.ByID(t.Context(), day(1).ID().String()); !errors.Is(err, ErrNotFound) {
			t.Errorf("got %v, want %v", err, ErrNotFound)
		}
	})
}

func TestCommitComparesAndSwaps(t *testing.T) {
	overEach(t, func(t *testing.T, s *Store) {
		object := func(v string) json.RawMessage { return json.RawMessage(`{"type":"object","theObject":` + v + `}`) }
		commit := func(n int, start, end json.RawMessage) bool {
			t.Helper()
			return must[PublishResult](t)(s.Commit(t.Context(), "wiki", []druid.DataSegment{day(n)}, start, end)).Success
		}
		if commit(1, object(`{"a":1}`), object(`{"a":2}`)) {
			t.Error("the first commit of a datasource began at something")
		}
		if !commit(1, object("null"), object(`{"a":1,"b":[2]}`)) {
			t.Error("the first commit failed")
		}
		if commit(2, object(`{"a":9}`), object(`{"a":10}`)) {
			t.Error("a commit from a stale start went through")
		}
		same(t, must[[]druid.DataSegment](t)(s.Used(t.Context())), day(1))
		if !commit(2, object(`{ "b": [2], "a": 1 }`), object(`{"a":2}`)) {
			t.Error("a commit from the stored start, written in another way, failed")
		}
		if got := must[json.RawMessage](t)(s.CommitMetadata(t.Context(), "wiki")); string(got) != string(object(`{"a":2}`)) {
			t.Errorf("got %s", got)
		}
		if !must[bool](t)(s.ResetCommitMetadata(t.Context(), "wiki", object("null"))) || must[bool](t)(s.ResetCommitMetadata(t.Context(), "x", object("1"))) {
			t.Error("a reset tells wrongly whether there was anything to reset")
		}
	})
}

func TestPublishRefusesWhatDruidRefuses(t *testing.T) {
	overEach(t, func(t *testing.T, s *Store) {
		other := day(1)
		other.DataSource = "other"
		some := json.RawMessage(`{"type":"object","theObject":null}`)
		for name, err := range map[string]error{
			"no segments":      second(s.Insert(t.Context(), nil)),
			"two datasources":  second(s.Insert(t.Context(), []druid.DataSegment{day(1), other})),
			"a start only":     second(s.Commit(t.Context(), "wiki", []druid.DataSegment{day(1)}, some, nil)),
			"an end only":      second(s.Commit(t.Context(), "wiki", []druid.DataSegment{day(1)}, json.RawMessage("null"), some)),
			"another's commit": second(s.Commit(t.Context(), "else", []druid.DataSegment{day(1)}, nil, nil)),
		} {
			if err == nil {
				t.Errorf("%s: got no error", name)
			}
		}
	})
}

func second[T any](_ T, err error) error { return err }
