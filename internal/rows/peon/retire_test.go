package peon

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/druid"
)

// inDeepStorage makes an unused segment whose files are at the returned path.
func inDeepStorage(t *testing.T, root, day string) (druid.DataSegment, string) {
	t.Helper()
	zip := filepath.Join(root, "ds", day, "v", "0", "index.zip")
	writeInput(t, zip, "zip")
	return druid.DataSegment{
		DataSource: "ds", Interval: interval(t, day+"/P1D"), Version: "2020-05-01T00:00:00.000Z",
		LoadSpec: []byte(`{"type":"local","path":"` + zip + `"}`), ShardSpec: druid.NoneShardSpec(),
	}, zip
}

func TestKillTaskRemovesFilesThenRows(t *testing.T) {
	root := t.TempDir()
	a, zipA := inDeepStorage(t, root, "2020-01-01")
	b, zipB := inDeepStorage(t, root, "2020-01-02")
	o := &overlord{held: held(t), unused: []druid.DataSegment{a, b}}
	r := runTaskOn(t, o, `{"type":"kill","id":"k","dataSource":"ds","interval":"2020-01-01/2020-01-04"}`, root)
	if r.status.Status != druid.TaskSuccess {
		t.Fatalf("status: got %+v, want a success; log:\n%s", r.status, r.log)
	}
	if exists(zipA) || exists(zipB) {
		t.Error("files are still there")
	}
	want := []string{"lockList", "segmentListUnused 2020-01-01T00:00:00.000Z/2020-01-04T00:00:00.000Z", "segmentNuke", "segmentNuke"}
	if diff := cmp.Diff(want, o.actions); diff != "" {
		t.Errorf("actions (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]druid.SegmentID{a.ID(), b.ID()}, o.nuked); diff != "" {
		t.Errorf("nuked (-want +got):\n%s", diff)
	}
}

func TestTasksOnUnusedSegmentsThatFail(t *testing.T) {
	newer, zip := inDeepStorage(t, t.TempDir(), "2020-01-01")
	newer.Version = "2021-01-01T00:00:00.000Z"
	old, _ := inDeepStorage(t, t.TempDir(), "2020-01-01")
	kill := `{"type":"kill","id":"k","dataSource":"ds","interval":"2020-01-01/2020-01-04"}`
	for _, test := range []struct {
		name, task string
		o          overlord
		want       string
	}{
		{"without a lock", kill, overlord{}, "java.lang.IllegalArgumentException: expected one element but was"},
		{"with a lock on something else", kill, overlord{held: []druid.Interval{interval(t, "2020-01-01/2020-01-02")}}, "org.apache.druid.java.util.common.ISE: WTF?! Lock interval["},
		{"newer than the lock", kill, overlord{held: held(t), unused: []druid.DataSegment{newer}}, "org.apache.druid.java.util.common.ISE: WTF?! Unused segment[ds_2020-01-01T00:00:00.000Z_"},
		{"archive, which local storage has not", strings.Replace(kill, "kill", "archive", 1), overlord{held: held(t), unused: []druid.DataSegment{old}}, "org.apache.druid.segment.loading.SegmentLoadingException: "},
		{"restore, likewise", strings.Replace(kill, "kill", "restore", 1), overlord{held: held(t), unused: []druid.DataSegment{old}}, "org.apache.druid.segment.loading.SegmentLoadingException: "},
		{"move, likewise", strings.Replace(kill, `kill",`, `move","target":{},`, 1), overlord{held: held(t), unused: []druid.DataSegment{old}}, "org.apache.druid.segment.loading.SegmentLoadingException: "},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := runTask(t, &test.o, test.task)
			if r.status.Status != druid.TaskFailed || !strings.HasPrefix(r.status.ErrorMsg, test.want) {
				t.Errorf("status: got %+v, want FAILED with %q", r.status, test.want)
			}
			if len(test.o.nuked)+len(test.o.updated) > 0 {
				t.Error("rows were changed")
			}
		})
	}
	if _, err := os.Stat(zip); err != nil {
		t.Errorf("files of a segment that must stay: %v", err)
	}
}

// The segment after the one that leads out is not reached: the task fails first.
func TestKillTaskDeletesNothingOutsideDeepStorage(t *testing.T) {
	elsewhere, root := t.TempDir(), t.TempDir()
	outside, zip := inDeepStorage(t, elsewhere, "2020-01-01")
	inside, zipInside := inDeepStorage(t, root, "2020-01-02")
	o := &overlord{held: held(t), unused: []druid.DataSegment{outside, inside}}
	r := runTaskOn(t, o, `{"type":"kill","id":"k","dataSource":"ds","interval":"2020-01-01/2020-01-04"}`, root)
	want := "org.apache.druid.segment.loading.SegmentLoadingException: outside deep storage: "
	if r.status.Status != druid.TaskFailed || !strings.HasPrefix(r.status.ErrorMsg, want) {
		t.Errorf("status: got %+v, want FAILED with %q", r.status, want)
	}
	if !strings.Contains(r.log, zip) || !strings.Contains(r.log, root) {
		t.Errorf("log: got %s, want the path and deep storage named", r.log)
	}
	if !exists(zip) || !exists(zipInside) || len(o.nuked) > 0 {
		t.Errorf("files outside %t, inside %t, %d rows deleted; want everything kept", exists(zip), exists(zipInside), len(o.nuked))
	}
}
