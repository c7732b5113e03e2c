package metadata

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/druid"
)

func TestTasksAreListedPageByPage(t *testing.T) {
	overEach(t, func(t *testing.T, s *Store) {
		var want []string
		for i := range 9 {
			created := druid.At(time.Date(2019, 1, 1, 0, i/2, 0, 0, time.UTC))
			id := fmt.Sprint("t", i)
			task := must[druid.Task](t)(druid.ParseTask([]byte(`{"type":"noop","id":"`+id+`"}`), created))
			if err := s.InsertTask(t.Context(), task, druid.TaskStatus{ID: id, Status: druid.TaskRunning, Duration: -1}, created); err != nil {
				t.Fatal(err)
			}
			if i < 5 {
				if err := s.SetTaskStatus(t.Context(), druid.TaskStatus{ID: id, Status: druid.TaskSuccess, Duration: 1}); err != nil {
					t.Fatal(err)
				}
			}
		}
		spoil(t, s, "druid_tasks", "payload", "id = 't2'", []byte("{"))
		want = []string{"noop t5 RUNNING", "noop t6 RUNNING", "noop t7 RUNNING", "noop t8 RUNNING", "noop t4 SUCCESS", "noop t3 SUCCESS", "noop t0 SUCCESS", "noop t1 SUCCESS"}
		for _, limit := range []int{1, 2, 3, 100} {
			var got []string
			for after := ""; ; {
				page := must[[]TaskSummary](t)(s.ListTasks(t.Context(), after, limit))
				for _, one := range page {
					got = append(got, fmt.Sprint(one.Type, " ", one.ID, " ", one.Status.Status))
					after = one.ID
				}
				if len(page) < limit {
					break
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%d at once (-want +got):\n%s", limit, diff)
			}
		}
		if unreadable := must[[]UnreadableRow](t)(s.Unreadable(t.Context())); len(unreadable) != 1 || unreadable[0].Key != "t2" {
			t.Errorf("unreadable are %v, want t2", unreadable)
		}
		if _, err := s.ListTasks(t.Context(), "none", 5); !errors.Is(err, ErrNotFound) {
			t.Errorf("behind a task that is not there: got %v", err)
		}
	})
}
