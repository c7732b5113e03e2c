package metadata

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"oakmoot/internal/druid"
)

func TestRulesAreVersionedAndAudited(t *testing.T) {
	overEachInBubble(t, func(t *testing.T, s *Store) {
		for range 2 {
			if err := s.EnsureDefaultRules(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		both := func(s scan) (string, error) {
			var id string
			var payload []byte
			err := s(&id, &payload)
			return id + " " + string(payload), err
		}
		rows := must[[]string](t)(collect(t.Context(), s.reads(), both, "SELECT id, payload FROM druid_rules"))
		want := []string{`_default_2000-01-01T00:00:00.000Z [{"tieredReplicants":{"_default_tier":2},"type":"loadForever"}]`}
		if diff := cmp.Diff(want, rows); diff != "" {
			t.Error(diff)
		}
		for _, tier := range []string{"a", "b"} { // in the same millisecond
			rules := []druid.Rule{{Type: "loadForever", TieredReplicants: map[string]int{tier: 1}}}
			if err := s.SetRules(t.Context(), "wiki", rules, AuditInfo{Author: "me", Comment: "why", IP: "1.2.3.4"}); err != nil {
				t.Fatal(err)
			}
		}
		got := must[map[string][]druid.Rule](t)(s.Rules(t.Context()))
		if len(got) != 2 || got["wiki"][0].TieredReplicants["b"] != 1 {
			t.Errorf("got %v, want the second rules of wiki", got)
		}
		history := must[[]druid.AuditEntry](t)(s.History(t.Context(), "rules", "wiki", nil, 1))
		entry := druid.AuditEntry{Key: "wiki", Type: "rules", Author: "me", Comment: "why", IP: "1.2.3.4",
			Payload: `[{"tieredReplicants":{"b":1},"type":"loadForever"}]`, AuditTime: druid.At(time.Now()) + 1}
		if diff := cmp.Diff([]druid.AuditEntry{entry}, history); diff != "" {
			t.Error(diff)
		}
		all := druid.Interval{Start: 0, End: druid.At(time.Now()) + 1}
		if n := len(must[[]druid.AuditEntry](t)(s.History(t.Context(), "rules", "", &all, 0))); n != 2 {
			t.Errorf("got %d entries of the interval, want 2", n)
		}
	})
}

func TestConfigIsReplacedAndAudited(t *testing.T) {
	overEach(t, func(t *testing.T, s *Store) {
		if _, found, err := s.Config(t.Context(), "coordinator.config"); found || err != nil {
			t.Errorf("got %t, %v, want nothing stored", found, err)
		}
		for _, payload := range []string{`{"a":1}`, `{"a":2}`} {
			if err := s.SetConfig(t.Context(), "coordinator.config", []byte(payload), AuditInfo{}); err != nil {
				t.Fatal(err)
			}
		}
		payload, found, err := s.Config(t.Context(), "coordinator.config")
		if string(payload) != `{"a":2}` || !found || err != nil {
			t.Errorf("got %s, %t, %v", payload, found, err)
		}
		if n := len(must[[]druid.AuditEntry](t)(s.History(t.Context(), "coordinator.config", "", nil, 10))); n != 2 {
			t.Errorf("got %d entries, want 2", n)
		}
	})
}

func noop(t *testing.T, id string) druid.Task {
	t.Helper()
	return must[druid.Task](t)(druid.ParseTask([]byte(`{"type":"noop","id":"`+id+`"}`), 0))
}

func TestTasksFromRunningToHistory(t *testing.T) {
	overEach(t, func(t *testing.T, s *Store) {
		running := func(id string) druid.TaskStatus {
			return druid.TaskStatus{ID: id, Status: druid.TaskRunning, Duration: -1}
		}
		for i, id := range []string{"a", "b", "c"} {
			if err := s.InsertTask(t.Context(), noop(t, id), running(id), druid.Timestamp(1000*i)); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.InsertTask(t.Context(), noop(t, "a"), running("a"), 0); !errors.Is(err, ErrTaskExists) {
			t.Errorf("got %v, want %v", err, ErrTaskExists)
		}
		done := func(id string) druid.TaskStatus {
			return druid.TaskStatus{ID: id, Status: druid.TaskSuccess, Duration: 5}
		}
		for _, id := range []string{"a", "b"} {
			if err := s.SetTaskStatus(t.Context(), done(id)); err != nil {
				t.Fatal(err)
			}
		}
		for _, id := range []string{"a", "none"} {
			if err := s.SetTaskStatus(t.Context(), done(id)); !errors.Is(err, ErrNoActiveTask) {
				t.Errorf("%s: got %v, want %v", id, err, ErrNoActiveTask)
			}
		}
		names := func(tasks []TaskInfo) []string {
			all := []string{}
			for _, i := range tasks {
				all = append(all, i.Task.ID+" "+i.Status.Status)
			}
			return all
		}
		if diff := cmp.Diff([]string{"c RUNNING"}, names(must[[]TaskInfo](t)(s.ActiveTasks(t.Context())))); diff != "" {
			t.Error(diff)
		}
		for _, tc := range []struct {
			since druid.Timestamp
			n     int
			want  []string
		}{{0, 0, []string{"b SUCCESS", "a SUCCESS"}}, {0, 1, []string{"b SUCCESS"}}, {1000, 0, []string{"b SUCCESS"}}} {
			if diff := cmp.Diff(tc.want, names(must[[]TaskInfo](t)(s.RecentlyFinished(t.Context(), tc.since, tc.n)))); diff != "" {
				t.Errorf("since %d, %d: %s", tc.since, tc.n, diff)
			}
		}
		info := must[TaskInfo](t)(s.Task(t.Context(), "b"))
		if info.Created != 1000 || string(info.Task.JSON) != string(noop(t, "b").JSON) {
			t.Errorf("got %d %s", info.Created, info.Task.JSON)
		}
		if status := must[druid.TaskStatus](t)(s.TaskStatus(t.Context(), "b")); status.Duration != 5 {
			t.Errorf("got %+v", status)
		}
		if _, err := s.Task(t.Context(), "none"); !errors.Is(err, ErrNotFound) {
			t.Errorf("got %v, want %v", err, ErrNotFound)
		}
	})
}

func TestLocksAreTheirTasks(t *testing.T) {
	overEach(t, func(t *testing.T, s *Store) {
		lock := func(n int) druid.TaskLock {
			return druid.TaskLock{Type: "EXCLUSIVE", GroupID: "g", DataSource: "wiki", Interval: day(n).Interval, Version: "v", Priority: 50}
		}
		for n := 1; n <= 2; n++ {
			if err := s.AddLock(t.Context(), "a", lock(n)); err != nil {
				t.Fatal(err)
			}
		}
		revoked := lock(2)
		revoked.Revoked = true
		if err := s.ReplaceLock(t.Context(), "a", lock(2), revoked); err != nil {
			t.Fatal(err)
		}
		if err := s.ReplaceLock(t.Context(), "b", lock(1), revoked); !errors.Is(err, ErrNotFound) {
			t.Errorf("got %v, want %v: another task's lock", err, ErrNotFound)
		}
		if err := s.RemoveLock(t.Context(), "a", lock(1)); err != nil {
			t.Fatal(err)
		}
		got := must[map[string][]druid.TaskLock](t)(s.Locks(t.Context()))
		if diff := cmp.Diff(map[string][]druid.TaskLock{"a": {revoked}}, got, cmpopts.IgnoreUnexported(druid.TaskLock{})); diff != "" {
			t.Error(diff)
		}
	})
}

func TestTaskLogKeepsItsOrder(t *testing.T) {
	overEach(t, func(t *testing.T, s *Store) {
		want := []json.RawMessage{json.RawMessage(`{"type":"one"}`), json.RawMessage(`{"type":"two"}`)}
		for _, action := range want {
			if err := s.AddTaskLog(t.Context(), "a", action); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(want, must[[]json.RawMessage](t)(s.TaskLogs(t.Context(), "a"))); diff != "" {
			t.Error(diff)
		}
	})
}
