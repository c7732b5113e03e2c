package metadata

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/druid"
)

func TestCountsIncludeEveryTaskAndUsedSegment(t *testing.T) {
	overEach(t, func(t *testing.T, s *Store) {
		for _, id := range []string{"a", "b", "c"} {
			running := druid.TaskStatus{ID: id, Status: druid.TaskRunning, Duration: -1}
			if err := s.InsertTask(t.Context(), noop(t, id), running, 0); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.SetTaskStatus(t.Context(), druid.TaskStatus{ID: "b", Status: druid.TaskSuccess}); err != nil {
			t.Fatal(err)
		}
		for _, statement := range []string{
			`INSERT INTO druid_segments (id, dataSource, created_date, start, "end", partitioned, version, used, payload) VALUES ('s', 'wiki', '', '', '', true, '', true, ?)`,
			`INSERT INTO druid_segments (id, dataSource, created_date, start, "end", partitioned, version, used, payload) VALUES ('t', 'wiki', '', '', '', true, '', false, ?)`,
			"UPDATE druid_tasks SET status_payload = ? WHERE id = 'c'",
		} {
			if err := s.write(t.Context(), "test", func(c conn) error {
				_, err := c.exec(t.Context(), statement, []byte("no JSON"))
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		want := Counts{
			Used: map[string]int{"wiki": 1}, DataSources: map[string]bool{"wiki": true, "none": true},
			Tasks: map[string]int{druid.TaskRunning: 1, druid.TaskSuccess: 1, Unreadable: 1},
		}
		if diff := cmp.Diff(want, must[Counts](t)(s.Counts(t.Context()))); diff != "" {
			t.Error(diff)
		}
		must[[]druid.DataSegment](t)(s.Used(t.Context())) // the row without JSON is recorded
		want.Used = map[string]int{}
		if diff := cmp.Diff(want, must[Counts](t)(s.Counts(t.Context()))); diff != "" {
			t.Errorf("a segment that cannot be read is counted: %s", diff)
		}
	})
}

func TestWhatOthersWriteIsCounted(t *testing.T) {
	s := newStore(t)
	if used := must[Counts](t)(s.Counts(t.Context())).Used; len(used) != 0 {
		t.Errorf("got %v of an empty store", used)
	}
	must[[]druid.DataSegment](t)(s.Insert(t.Context(), []druid.DataSegment{day(1)}))
	ds := day(1).DataSource
	if used := must[Counts](t)(s.Counts(t.Context())).Used; used[ds] != 1 {
		t.Errorf("got %v after one segment", used)
	}
	if _, err := s.elsewhere(t).exec(t.Context(), "UPDATE druid_segments SET used = false"); err != nil {
		t.Fatal(err)
	}
	if used := must[Counts](t)(s.Counts(t.Context())).Used; used[ds] != 0 {
		t.Errorf("got %v after another process has marked it unused", used)
	}
}
