package zkcache

import "testing"

func TestAQueueMergesUpdatesOfOneChildOfOneCacheOnceManyWait(t *testing.T) {
	q, a, b := NewQueue(), new(Cache), new(Cache)
	for range queueLimit {
		q.put(Event{Type: Updated, From: a, Name: "x"})
	}
	if n := len(q.items); n != queueLimit {
		t.Fatalf("%d events wait, want each of %d", n, queueLimit)
	}
	for _, e := range []Event{
		{Type: Updated, From: a, Name: "x", Path: "merged"},
		{Type: Updated, From: b, Name: "x", Path: "of another cache"},
		{Type: Removed, From: a, Name: "x", Path: "removed"},
		{Type: Updated, From: a, Name: "x", Path: "after the removal"},
		{Type: Updated, From: a, Name: "x", Path: "merged with the one after the removal"},
	} {
		q.put(e)
	}
	got := q.Take()
	var late []string
	for _, e := range got[queueLimit-1:] {
		late = append(late, e.Path)
	}
	want := []string{"merged", "of another cache", "removed", "merged with the one after the removal"}
	if len(late) != len(want) {
		t.Fatalf("got %q, want %q", late, want)
	}
	for i := range want {
		if late[i] != want[i] {
			t.Errorf("got %q, want %q", late, want)
		}
	}
	if q.put(Event{Type: Updated, From: a, Name: "x"}); len(q.Take()) != 1 {
		t.Error("what was taken is still there")
	}
}
