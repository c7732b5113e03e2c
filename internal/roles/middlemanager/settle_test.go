package middlemanager

import (
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/druid"
)

func TestStaleStatusesAreSettled(t *testing.T) {
	found := func(status string, duration int64) druid.TaskAnnouncement {
		return druid.TaskAnnouncement{
			Status:   druid.TaskStatus{ID: "t", Status: status, Duration: duration},
			Type:     "noop",
			Location: druid.TaskLocation{Host: "h", Port: 8100, TLSPort: -1},
		}
	}
	settled := func(status string, duration int64) druid.TaskAnnouncement {
		a := found(status, duration)
		a.Location = druid.UnknownLocation()
		return a
	}
	ended := &task{state: completed, announcement: found(druid.TaskSuccess, 42)}
	for _, test := range []struct {
		name  string
		found druid.TaskAnnouncement
		known *task
		want  *druid.TaskAnnouncement // nil: left alone
	}{
		{"nobody runs it", found(druid.TaskRunning, -1), nil, ptr(settled(druid.TaskFailed, -1))},
		{"it has ended", found(druid.TaskRunning, -1), ended, ptr(settled(druid.TaskSuccess, 42))},
		{"it is about to begin", found(druid.TaskRunning, -1), &task{state: assigned}, ptr(settled(druid.TaskFailed, -1))},
		{"it has been restored", found(druid.TaskRunning, -1), &task{state: waiting}, nil},
		{"its result waits for the overlord", found(druid.TaskFailed, 7), ended, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, stale := settle(test.found, test.known)
			if stale != (test.want != nil) {
				t.Fatalf("stale: got %t, want %t", stale, test.want != nil)
			}
			if stale {
				if diff := cmp.Diff(*test.want, got, cmp.Exporter(func(reflect.Type) bool { return true })); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			}
		})
	}
}

func ptr[T any](v T) *T { return &v }
