package lockbox

import (
	"testing"

	"oakmoot/internal/druid"
)

func TestPriorityOfATask(t *testing.T) {
	for task, want := range map[string]int{
		"index": 50, "index_parallel": 50, "index_hadoop": 50, "index_realtime": 75, "index_realtime_appenderator": 75,
		"compact": 25, "merge": 25, "append": 25, "same_interval_merge": 25, "noop": 0, "kill": 0, "move": 0,
	} {
		if got := priorityOf(druid.Task{Type: task}); got != want {
			t.Errorf("%s: got %d, want %d", task, got, want)
		}
	}
	given, err := druid.ParseTask([]byte(`{"type":"noop","id":"a","context":{"priority":7}}`), 0)
	if err != nil {
		t.Fatal(err)
	}
	if got := priorityOf(given); got != 7 {
		t.Errorf("by the context: got %d, want 7", got)
	}
}
