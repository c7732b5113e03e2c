package lockbox

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"oakmoot/internal/druid"
)

// hours is an interval of hours after the epoch.
func hours(from, to int) druid.Interval {
	const hour = 3_600_000
	return druid.Interval{Start: druid.Timestamp(from * hour), End: druid.Timestamp(to * hour)}
}

// want is a request of a task, which is of the group named by the first letter of
// its id.
func want(id string, from, to int, change ...func(*request)) request {
	r := request{taskID: id, groupID: id[:1], dataSource: "wiki", kind: druid.LockExclusive, interval: hours(from, to), version: "v1"}
	for _, f := range change {
		f(&r)
	}
	return r
}

func shared(r *request) { r.kind = druid.LockShared }

func priority(n int) func(*request) { return func(r *request) { r.priority = n } }

func of(dataSource string) func(*request) {
	return func(r *request) { r.dataSource = dataSource }
}

// told is what came of a request, in a word.
func told(g grant, err error) string {
	switch {
	case err != nil:
		return err.Error()
	case g.preempted:
		return "preempted"
	case g.lock == nil:
		return "refused"
	case !g.fresh:
		return "held"
	}
	if len(g.revoked) > 0 {
		return fmt.Sprintf("granted, %d revoked", len(g.revoked))
	}
	return "granted"
}

func TestLockRequests(t *testing.T) {
	for name, test := range map[string]struct {
		before []request
		ask    request
		want   string
	}{
		"nothing in the way":                  {nil, want("a", 0, 1), "granted"},
		"of no time":                          {nil, want("a", 1, 1), "interval empty"},
		"the same again":                      {[]request{want("a", 0, 1)}, want("a", 0, 1), "held"},
		"a part of its own":                   {[]request{want("a", 0, 3)}, want("a", 1, 2), "held"},
		"shared in the group":                 {[]request{want("a1", 0, 1)}, want("a2", 0, 1), "granted"},
		"more than its own":                   {[]request{want("a", 0, 1)}, want("a", 0, 2), "refused"},
		"somebody else's":                     {[]request{want("b", 0, 2)}, want("a", 1, 3), "refused"},
		"beside somebody else's":              {[]request{want("b", 0, 1)}, want("a", 1, 2), "granted"},
		"another datasource":                  {[]request{want("b", 0, 1, of("edits"))}, want("a", 0, 1), "granted"},
		"of a lower priority":                 {[]request{want("b", 0, 1), want("c", 1, 2)}, want("a", 0, 2, priority(1)), "granted, 2 revoked"},
		"of the same priority":                {[]request{want("b", 0, 1, priority(1))}, want("a", 0, 1, priority(1)), "refused"},
		"one of two too high":                 {[]request{want("b", 0, 1), want("c", 1, 2, priority(2))}, want("a", 0, 2, priority(1)), "refused"},
		"shared beside shared":                {[]request{want("b", 0, 1, shared)}, want("a", 0, 1, shared), "granted"},
		"shared beside exclusive":             {[]request{want("b", 0, 1)}, want("a", 0, 1, shared), "refused"},
		"exclusive beside shared":             {[]request{want("b", 0, 1, shared)}, want("a", 0, 1), "refused"},
		"exclusive over shared":               {[]request{want("b", 0, 1, shared), want("c", 0, 1, shared)}, want("a", 0, 1, priority(1)), "granted, 2 revoked"},
		"revoked from the group":              {[]request{want("a", 0, 1), want("b", 0, 1, priority(1))}, want("a", 0, 1), "preempted"},
		"where one was revoked":               {[]request{want("a", 0, 1), want("b", 0, 1, priority(1))}, want("c", 0, 1, priority(2)), "granted, 1 revoked"},
		"the other type":                      {[]request{want("a", 0, 1)}, want("a", 0, 1, shared), "Task[a] already acquired a lock for interval[1970-01-01T00:00:00.000Z/1970-01-01T01:00:00.000Z] but different type[EXCLUSIVE]"},
		"the group's own of a lower priority": {[]request{want("a1", 0, 1)}, want("a2", 0, 2, priority(1)), "granted, 1 revoked"},
	} {
		t.Run(name, func(t *testing.T) {
			b := &lockbox{}
			for _, r := range test.before {
				if g, err := b.try(r); err != nil || g.lock == nil {
					t.Fatalf("before: got %s", told(g, err))
				}
			}
			if got := told(b.try(test.ask)); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

// granted makes a lockbox in which these requests were granted in order.
func granted(t *testing.T, requests ...request) *lockbox {
	t.Helper()
	b := &lockbox{}
	for i, r := range requests {
		r.version = fmt.Sprintf("v%d", i+1)
		if g, err := b.try(r); err != nil || g.lock == nil {
			t.Fatalf("request %d: got %s", i, told(g, err))
		}
	}
	return b
}

func TestReleaseTakesOnlyWhatTheTaskHoldsThere(t *testing.T) {
	b := granted(t, want("a1", 0, 1), want("a2", 0, 1), want("a1", 1, 2))
	if got := b.release("a1", hours(0, 2)); len(got) != 0 {
		t.Errorf("got %v released on an interval that nobody asked for", got)
	}
	if got := b.release("a1", hours(0, 1)); len(got) != 1 {
		t.Errorf("got %v released, want one", got)
	}
	if got := told(b.try(want("b", 0, 1))); got != "refused" {
		t.Errorf("got %s while another of the group holds it", got)
	}
	b.release("a2", hours(0, 1))
	if got := told(b.try(want("b", 0, 1))); got != "granted" {
		t.Errorf("got %s when all of the group have given it back", got)
	}
	if got := b.held("a1"); len(got) != 1 || got[0].Interval != hours(1, 2) {
		t.Errorf("got %v, want the other one held still", got)
	}
}

func TestRestoredLockboxIsTheSame(t *testing.T) {
	b := granted(t, want("a1", 0, 2), want("a2", 0, 1), want("b", 0, 3, priority(1)), want("c", 5, 6, shared), want("d", 5, 6, shared))
	stored := map[string][]druid.TaskLock{}
	for _, id := range []string{"a1", "a2", "b", "c", "d"} {
		stored[id] = b.held(id)
	}
	stored["gone"] = []druid.TaskLock{{Type: druid.LockExclusive, GroupID: "g", DataSource: "wiki", Interval: hours(0, 9)}}
	stored["a1"] = append(stored["a1"], druid.TaskLock{Type: druid.LockExclusive, GroupID: "a", DataSource: "wiki", Interval: hours(7, 7)})
	again := &lockbox{}
	again.restore(stored, func(id string) bool { return id != "gone" })
	if diff := cmp.Diff(contents(b), contents(again)); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
}

// contents are the locks with their holders, in order of versions.
func contents(b *lockbox) map[string]string {
	all := map[string]string{}
	for _, p := range b.posses {
		var holders []string
		for _, id := range []string{"a1", "a2", "b", "c", "d", "gone"} {
			if p.tasks[id] {
				holders = append(holders, id)
			}
		}
		all[p.lock.Version] = fmt.Sprintf("%s %s %d %v by %s", p.lock.Type, p.lock.Interval, p.lock.Priority, p.lock.Revoked, strings.Join(holders, " "))
	}
	return all
}

func TestSegmentsMustBeCoveredByALock(t *testing.T) {
	b := granted(t, want("a", 0, 24), want("a", 48, 72, shared), want("b", 100, 120), want("c", 100, 120, priority(1)))
	for name, test := range map[string]struct {
		task    string
		segment druid.DataSegment
		covered bool
		valid   string
	}{
		"inside":                   {"a", druid.DataSegment{DataSource: "wiki", Interval: hours(1, 2), Version: "v1"}, true, "true"},
		"of an older version":      {"a", druid.DataSegment{DataSource: "wiki", Interval: hours(0, 24), Version: "v0"}, true, "true"},
		"of a newer version":       {"a", druid.DataSegment{DataSource: "wiki", Interval: hours(0, 24), Version: "v9"}, false, "true"},
		"of another datasource":    {"a", druid.DataSegment{DataSource: "edits", Interval: hours(0, 24), Version: "v1"}, false, "true"},
		"across its end":           {"a", druid.DataSegment{DataSource: "wiki", Interval: hours(23, 25), Version: "v1"}, false, "Cannot find locks for task[a]"},
		"before all":               {"b", druid.DataSegment{DataSource: "wiki", Interval: hours(0, 24), Version: "v1"}, false, "Cannot find locks for task[b]"},
		"by another task's":        {"d", druid.DataSegment{DataSource: "wiki", Interval: hours(0, 24), Version: "v1"}, false, "Cannot find locks for task[d]"},
		"under a shared lock only": {"a", druid.DataSegment{DataSource: "wiki", Interval: hours(48, 72), Version: "v1"}, true, "false"},
		"under a revoked lock":     {"b", druid.DataSegment{DataSource: "wiki", Interval: hours(100, 120), Version: "v1"}, true, "false"},
		"under the one that won":   {"c", druid.DataSegment{DataSource: "wiki", Interval: hours(100, 120), Version: "v1"}, true, "true"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := b.covers(test.task, test.segment); got != test.covered {
				t.Errorf("covers: got %v, want %v", got, test.covered)
			}
			valid, err := b.valid(test.task, []druid.Interval{test.segment.Interval})
			got := fmt.Sprint(valid)
			if err != nil {
				got = err.Error()
			}
			if !strings.HasPrefix(got, test.valid) {
				t.Errorf("valid: got %s, want %s", got, test.valid)
			}
		})
	}
}

// TestLockboxAgreesWithItsModel compares the lockbox, over requests and releases at
// random, with a model that knows of hours instead of intervals.
func TestLockboxAgreesWithItsModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, m := &lockbox{}, &model{}
		version := 0
		t.Repeat(map[string]func(*rapid.T){
			"lock": func(t *rapid.T) {
				from := rapid.IntRange(0, 5).Draw(t, "from")
				version++
				r := want(rapid.SampledFrom([]string{"a1", "a2", "b1", "c1"}).Draw(t, "task"), from, rapid.IntRange(from+1, 6).Draw(t, "to"),
					priority(rapid.IntRange(0, 2).Draw(t, "priority")), func(r *request) {
						r.kind = rapid.SampledFrom([]string{druid.LockExclusive, druid.LockShared}).Draw(t, "kind")
						r.version = fmt.Sprintf("v%04d", version)
					})
				expected := m.try(r, from, int(r.interval.End/3_600_000))
				if got := told(b.try(r)); !strings.HasPrefix(got, expected) {
					t.Fatalf("%+v: got %s, want %s", r, got, expected)
				}
			},
			"release": func(t *rapid.T) {
				if len(m.locks) == 0 {
					t.Skip("no locks")
				}
				l := rapid.SampledFrom(m.locks).Draw(t, "lock")
				id := rapid.SampledFrom(l.holders).Draw(t, "holder")
				b.release(id, hours(l.from, l.to))
				m.release(id, l.from, l.to)
			},
			"": func(t *rapid.T) { sound(t, b) },
		})
	})
}

// sound fails if two locks are in force over the same time that may not be.
func sound(t *rapid.T, b *lockbox) {
	for i, p := range b.posses {
		if len(p.tasks) == 0 {
			t.Fatalf("lock %+v has no holder", p.lock)
		}
		for _, q := range b.posses[:i] {
			bothShared := p.lock.Type == druid.LockShared && q.lock.Type == druid.LockShared
			if p.lock.Interval.Overlaps(q.lock.Interval) && !p.lock.Revoked && !q.lock.Revoked && !bothShared {
				t.Fatalf("both in force: %+v and %+v", p.lock, q.lock)
			}
		}
	}
}

// model is the lockbox by the letter of the rules, hour by hour.
type model struct{ locks []*modelLock }

type modelLock struct {
	group, kind string
	from, to    int
	priority    int
	revoked     bool
	holders     []string
}

func (m *model) try(r request, from, to int) string {
	var met, own []*modelLock
	for _, l := range m.locks {
		if l.from >= to || from >= l.to {
			continue
		}
		met = append(met, l)
		if l.group == r.groupID && l.from <= from && to <= l.to {
			own = append(own, l)
		}
	}
	switch {
	case len(own) > 1:
		return "Task group"
	case len(own) == 1 && own[0].kind != r.kind:
		return "Task[" + r.taskID + "] already"
	case len(own) == 1 && own[0].revoked:
		return "preempted"
	case len(own) == 1:
		for _, id := range own[0].holders {
			if id == r.taskID {
				return "held"
			}
		}
		own[0].holders = append(own[0].holders, r.taskID)
		return "granted"
	}
	allShared, allYield := true, true
	for _, l := range met {
		allShared = allShared && l.kind == druid.LockShared
		allYield = allYield && (l.revoked || l.priority < r.priority)
	}
	if !(r.kind == druid.LockShared && allShared) {
		if !allYield {
			return "refused"
		}
		for _, l := range met {
			l.revoked = true
		}
	}
	m.locks = append(m.locks, &modelLock{r.groupID, r.kind, from, to, r.priority, false, []string{r.taskID}})
	return "granted"
}

func (m *model) release(id string, from, to int) {
	var left []*modelLock
	for _, l := range m.locks {
		if l.from == from && l.to == to {
			var holders []string
			for _, h := range l.holders {
				if h != id {
					holders = append(holders, h)
				}
			}
			l.holders = holders
		}
		if len(l.holders) > 0 {
			left = append(left, l)
		}
	}
	m.locks = left
}
