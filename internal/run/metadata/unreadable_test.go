package metadata

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/druid"
)

// spoilt are payloads that no Druid writes.
var spoilt = map[string][]byte{
	"garbage": {0xff, 0x00, 0x17, '{'}, "empty": {}, "half": []byte(`{"dataSource":"wi`), "null": []byte("null"),
	"an empty object": []byte("{}"), "a number": []byte("17"), "a text": []byte(`"wiki"`),
	"a list of numbers": []byte("[1,2]"), "members of other types": []byte(`{"dataSource":{},"id":[],"type":7,"status":[]}`),
}

// spoil replaces a column of the one row that the condition picks.
func spoil(t *testing.T, s *Store, table, column, where string, payload []byte) {
	t.Helper()
	query := fmt.Sprintf("UPDATE %s SET %s = ? WHERE %s", table, column, where)
	result, err := s.writer.ExecContext(t.Context(), s.dialect.placeholders(query), payload)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := result.RowsAffected(); n != 1 || err != nil {
		t.Fatalf("%s: %d rows, %v; want 1", query, n, err)
	}
}

// full is a store with two rows of everything: a good one and one that will be spoilt.
func full(t *testing.T, s *Store) {
	t.Helper()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	insert(t, s, day(1), day(2), day(3), day(4))
	must[int](t)(s.MarkUnused(t.Context(), day(3).ID(), day(4).ID()))
	for i, id := range []string{"bad", "good", "badDone", "goodDone"} {
		status := druid.TaskStatus{ID: id, Status: druid.TaskRunning, Duration: -1}
		if strings.HasSuffix(id, "Done") {
			status.Status = druid.TaskSuccess
		}
		check(s.InsertTask(t.Context(), noop(t, id), status, druid.Timestamp(i)))
		check(s.AddLock(t.Context(), id, druid.TaskLock{Type: "EXCLUSIVE", GroupID: id, DataSource: "wiki", Interval: day(1).Interval, Version: "v", Priority: 50}))
	}
	for _, ds := range []string{"bad", "good"} {
		check(s.SetRules(t.Context(), ds, []druid.Rule{{Type: "loadForever", TieredReplicants: map[string]int{"a": 1}}}, AuditInfo{Author: ds}))
	}
}

func TestUnreadableRowsAreLeftOutOneByOne(t *testing.T) {
	for _, test := range []struct {
		table, column, where string
		left                 func(t *testing.T, s *Store) string // what can still be read
		want                 string
		fine                 []string // payloads that can still be read
	}{
		{"druid_segments", "payload", "id = '" + day(1).ID().String() + "'", func(t *testing.T, s *Store) string {
			return namesOf(must[[]druid.DataSegment](t)(s.Used(t.Context()))...)
		}, namesOf(day(2)), nil},
		{"druid_segments", "payload", "id = '" + day(3).ID().String() + "'", func(t *testing.T, s *Store) string {
			all := druid.Interval{Start: day(1).Interval.Start, End: day(9).Interval.End}
			return namesOf(must[[]druid.DataSegment](t)(s.UnusedIn(t.Context(), "wiki", all))...)
		}, namesOf(day(4)), nil},
		{"druid_tasks", "payload", "id = 'bad'", active, "good", nil},
		{"druid_tasks", "status_payload", "id = 'bad'", active, "good", nil},
		{"druid_tasks", "created_date", "id = 'bad'", active, "good", []string{"garbage", "a number"}}, // 17 is a year
		{"druid_tasks", "payload", "id = 'badDone'", finished, "goodDone", nil},
		{"druid_tasks", "status_payload", "id = 'badDone'", finished, "goodDone", nil},
		{"druid_tasklocks", "lock_payload", "task_id = 'bad'", func(t *testing.T, s *Store) string {
			locks := must[map[string][]druid.TaskLock](t)(s.Locks(t.Context()))
			return fmt.Sprint(len(locks), len(locks["bad"]), len(locks["good"]))
		}, "3 0 1", nil},
		{"druid_rules", "payload", "dataSource = 'bad'", func(t *testing.T, s *Store) string {
			rules, err := s.Rules(t.Context())
			var unreadable *UnreadableRulesError
			if !errors.As(err, &unreadable) {
				t.Errorf("got %v, want the datasource named", err)
				return ""
			}
			return fmt.Sprint(unreadable.DataSources, len(rules), len(rules["good"]))
		}, "[bad] 1 1", nil},
		{"druid_audit", "payload", "author = 'bad'", func(t *testing.T, s *Store) string {
			var authors []string
			for _, e := range must[[]druid.AuditEntry](t)(s.History(t.Context(), "rules", "", nil, 9)) {
				authors = append(authors, e.Author)
			}
			return strings.Join(authors, " ")
		}, "good", []string{"null", "an empty object", "members of other types"}},
	} {
		for name, payload := range spoilt {
			if slices.Contains(test.fine, name) {
				continue
			}
			t.Run(test.table+" "+test.where+" "+test.column+" "+name, func(t *testing.T) {
				s := newStore(t)
				var log bytes.Buffer
				s.LogTo(hclog.New(&hclog.LoggerOptions{Output: &log}))
				full(t, s)
				spoil(t, s, test.table, test.column, test.where, payload)
				for range 3 {
					if got := test.left(t, s); got != test.want {
						t.Errorf("got %s, want %s", got, test.want)
					}
				}
				if lines := strings.Count(log.String(), "unreadable row left out"); lines != 1 || !strings.Contains(log.String(), test.table) {
					t.Errorf("got the log\n%s\nwant one line that names the table", log.String())
				}
				if rows := must[[]UnreadableRow](t)(s.Unreadable(t.Context())); len(rows) != 1 || rows[0].Table != test.table || rows[0].Key == "" {
					t.Errorf("got %v, want the row", rows)
				}
			})
		}
	}
}

func namesOf(segments ...druid.DataSegment) string {
	var all []string
	for _, s := range segments {
		all = append(all, s.ID().String())
	}
	return strings.Join(all, " ")
}

func active(t *testing.T, s *Store) string {
	t.Helper()
	return names(must[[]TaskInfo](t)(s.ActiveTasks(t.Context())))
}

func finished(t *testing.T, s *Store) string {
	t.Helper()
	return names(must[[]TaskInfo](t)(s.RecentlyFinished(t.Context(), 0, 0)))
}

func names(tasks []TaskInfo) string {
	var all []string
	for _, i := range tasks {
		all = append(all, i.Task.ID)
	}
	return strings.Join(all, " ")
}

func TestRowIsNoLongerListedOnceItIsReadableOrGone(t *testing.T) {
	overEach(t, func(t *testing.T, s *Store) {
		insert(t, s, day(1), day(2))
		good := must[[]byte](t)(druid.Marshal(day(1)))
		named := func() string {
			must[[]druid.DataSegment](t)(s.Used(t.Context()))
			var all []string
			for _, r := range must[[]UnreadableRow](t)(s.Unreadable(t.Context())) {
				all = append(all, r.Table+" "+r.Key)
			}
			return strings.Join(all, ", ")
		}
		for _, step := range []struct {
			payload []byte
			want    string
		}{{[]byte("x"), "druid_segments " + day(1).ID().String()}, {good, ""}, {[]byte("y"), "druid_segments " + day(1).ID().String()}} {
			spoil(t, s, "druid_segments", "payload", "id = '"+day(1).ID().String()+"'", step.payload)
			if diff := cmp.Diff(step.want, named()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", step.payload, diff)
			}
		}
		if err := s.Nuke(t.Context(), []druid.DataSegment{day(1)}); err != nil {
			t.Fatal(err)
		}
		if got := named(); got != "" {
			t.Errorf("got %s, want nothing of a row that is gone", got)
		}
	})
}

// A reader that must not miss a segment learns which row is in the way.
func TestUnreadableRowThatMustNotBeMissedIsNamed(t *testing.T) {
	overEach(t, func(t *testing.T, s *Store) {
		insert(t, s, day(1), day(2))
		spoil(t, s, "druid_segments", "payload", "id = '"+day(1).ID().String()+"'", []byte("x"))
		request := AllocateRequest{DataSource: "wiki", SequenceName: "s", Interval: day(1).Interval, MaxVersion: "v9", SkipSegmentLineageCheck: true}
		_, used := s.UsedIn(t.Context(), "wiki", []druid.Interval{day(1).Interval})
		_, allocated := s.Allocate(t.Context(), request)
		for _, err := range []error{used, allocated} {
			if err == nil || !strings.Contains(err.Error(), day(1).ID().String()) {
				t.Errorf("got %v, want the row named", err)
			}
		}
		same(t, must[[]druid.DataSegment](t)(s.UsedIn(t.Context(), "wiki", []druid.Interval{{Start: day(2).Interval.Start + 1, End: day(2).Interval.End}})), day(2))

		request.Interval = day(5).Interval
		pending := must[*druid.SegmentIDWithShardSpec](t)(s.Allocate(t.Context(), request))
		spoil(t, s, "druid_pendingSegments", "payload", "dataSource = 'wiki'", []byte("{}"))
		request.SequenceName = "other"
		if _, err := s.Allocate(t.Context(), request); err == nil || !strings.Contains(err.Error(), "wiki_"+pending.Interval.Start.String()) {
			t.Errorf("got %v, want the row named", err)
		}
	})
}
