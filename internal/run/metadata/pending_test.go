package metadata

import (
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/druid"
)

func request(sequence, previous string) AllocateRequest {
	return AllocateRequest{DataSource: "wiki", SequenceName: sequence, PreviousSegmentID: previous, Interval: day(1).Interval, MaxVersion: "v5"}
}

// allocated is an answer as text: version, type and partition; "nothing" for none.
func allocated(t *testing.T, s *Store, r AllocateRequest) string {
	t.Helper()
	id, err := s.Allocate(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if id == nil {
		return "nothing"
	}
	b, err := druid.Marshal(id.ShardSpec)
	if err != nil {
		t.Fatal(err)
	}
	return id.Version + " " + string(b)
}

func TestAllocateCountsUpAndRemembers(t *testing.T) {
	overEach(t, func(t *testing.T, s *Store) {
		first := `v5 {"type":"numbered","partitionNum":0,"partitions":0}`
		for _, step := range []struct{ sequence, previous, want string }{
			{"a", "", first},
			{"a", "", first}, // the same again
			{"b", "", `v5 {"type":"numbered","partitionNum":1,"partitions":0}`},
			{"a", "x", `v5 {"type":"numbered","partitionNum":2,"partitions":0}`},
		} {
			if got := allocated(t, s, request(step.sequence, step.previous)); got != step.want {
				t.Errorf("%s after %q: got %s, want %s", step.sequence, step.previous, got, step.want)
			}
		}
		elsewhere := request("a", "")
		elsewhere.Interval = day(2).Interval
		if got := allocated(t, s, elsewhere); got != "nothing" {
			t.Errorf("got %s, want nothing: the sequence has another interval there", got)
		}
	})
}

func TestAllocateWithoutLineageGoesByInterval(t *testing.T) {
	overEach(t, func(t *testing.T, s *Store) {
		for _, step := range []struct {
			day      int
			previous string
			want     string
		}{
			{1, "", `v5 {"type":"numbered","partitionNum":0,"partitions":0}`},
			{1, "x", `v5 {"type":"numbered","partitionNum":0,"partitions":0}`},
			{2, "x", `v5 {"type":"numbered","partitionNum":0,"partitions":0}`},
		} {
			r := request("a", step.previous)
			r.Interval, r.SkipSegmentLineageCheck = day(step.day).Interval, true
			if got := allocated(t, s, r); got != step.want {
				t.Errorf("day %d: got %s, want %s", step.day, got, step.want)
			}
		}
	})
}

func TestAllocateExtendsWhatIsPublished(t *testing.T) {
	for _, tc := range []struct {
		name     string
		existing druid.DataSegment
		want     string
	}{
		{"numbered", day(1, shard(druid.NumberedShardSpec(0, 1))), `v1 {"type":"numbered","partitionNum":1,"partitions":1}`},
		{"linear", day(1, shard(druid.LinearShardSpec(3))), `v1 {"type":"linear","partitionNum":4}`},
		{"hashed", day(1, shard(druid.HashedShardSpec(0, 1, nil))), `v1 {"type":"numbered","partitionNum":1,"partitions":1}`},
		{"none", day(1, shard(druid.NoneShardSpec())), "nothing"},
		{"newer than the lock", day(1, version("v6")), "nothing"},
		{"another granularity", day(1, func(s *druid.DataSegment) { s.Interval.End += 86_400_000 }), "nothing"},
		{"beside it", day(2), `v5 {"type":"numbered","partitionNum":0,"partitions":0}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			overEach(t, func(t *testing.T, s *Store) {
				insert(t, s, tc.existing)
				if got := allocated(t, s, request("a", "")); got != tc.want {
					t.Errorf("got %s, want %s", got, tc.want)
				}
			})
		})
	}
}

func TestConcurrentAllocationsNeverMeet(t *testing.T) {
	overEach(t, func(t *testing.T, s *Store) { allocateAtOnce(t, 6, s) })
}

// allocateAtOnce allocates n times concurrently, taking turns between the stores of one database, and expects as many
// partitions.
func allocateAtOnce(t *testing.T, n int, stores ...*Store) {
	t.Helper()
	var mu sync.Mutex // guards taken
	taken := map[int]bool{}
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			id, err := stores[i%len(stores)].Allocate(t.Context(), request(fmt.Sprint("sequence", i), ""))
			if err != nil || id == nil {
				t.Errorf("got %v, %v", id, err)
				return
			}
			mu.Lock()
			taken[id.ShardSpec.PartitionNum] = true
			mu.Unlock()
		})
	}
	wg.Wait()
	if len(taken) != n {
		t.Errorf("got %d distinct partitions, want %d", len(taken), n)
	}
}

func TestPendingSegmentsAreDeletedByTheirCreation(t *testing.T) {
	overEach(t, func(t *testing.T, s *Store) {
		allocated(t, s, request("a", ""))
		for _, tc := range []struct {
			created druid.Interval
			want    int
		}{{druid.Interval{Start: 0, End: 1000}, 0}, {druid.Interval{Start: 0, End: day(1).Interval.Start * 3}, 1}} {
			if got := must[int](t)(s.DeletePending(t.Context(), "wiki", tc.created)); got != tc.want {
				t.Errorf("created in %s: got %d, want %d", tc.created, got, tc.want)
			}
		}
	})
}

func TestSequenceKeyIsGuavas(t *testing.T) {
	// SHA-1 of "seq", 0xff, "prev", and of "seq", 0xff and two little-endian longs.
	byInterval := AllocateRequest{SequenceName: "seq", Interval: druid.Interval{Start: 1, End: 2}, SkipSegmentLineageCheck: true}
	got := []string{sequenceKey(AllocateRequest{SequenceName: "seq", PreviousSegmentID: "prev"}), sequenceKey(byInterval)}
	want := []string{sha1Of([]byte("seq\xffprev")), sha1Of([]byte("seq\xff\x01\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00"))}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got, want := sha1Of([]byte("abc")), "A9993E364706816ABA3E25717850C26C9CD0D89D"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
