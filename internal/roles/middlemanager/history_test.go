package middlemanager

import (
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/druid"
)

func TestHistoryGivesWhatCameAfterACounter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHistory(nil)
		zero := h.last()
		h.add(taskRemoval("a"))
		first := h.last()
		h.add(taskRemoval("b"))

		for _, test := range []struct {
			after counter
			want  string
		}{
			{zero, `{"resetCounter":false,"resetCause":null,"counter":{"counter":2,"hash":946684800000},"requests":[{"type":"taskRemoval","taskId":"a"},{"type":"taskRemoval","taskId":"b"}]}`},
			{first, `{"resetCounter":false,"resetCause":null,"counter":{"counter":2,"hash":946684800000},"requests":[{"type":"taskRemoval","taskId":"b"}]}`},
			{counter{1, 7}, `{"resetCounter":true,"resetCause":"counter[{1 7}] failed to match with [{2 946684800000}]","counter":null,"requests":null}`},
			{counter{3, 7}, `{"resetCounter":true,"resetCause":"counter[{3 7}] >= last counter[{2 946684800000}]","counter":null,"requests":null}`},
			{counter{2, 7}, `{"resetCounter":true,"resetCause":"counter[{2 7}] failed to match with [{2 946684800000}]","counter":null,"requests":null}`},
		} {
			answer, _ := h.since(test.after)
			got, err := druid.Marshal(answer)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, string(got)); diff != "" {
				t.Errorf("after %v (-want +got):\n%s", test.after, diff)
			}
		}
	})
}

func TestHistoryWaitsForTheNextChange(t *testing.T) {
	h := newHistory(nil)
	answer, changed := h.since(h.last())
	if answer != nil {
		t.Fatalf("got %v, want nothing yet", answer)
	}
	select {
	case <-changed:
		t.Fatal("changed before there was a change")
	default:
	}
	h.add(metadata(true))
	select {
	case <-changed:
	default:
		t.Fatal("not woken by the change")
	}
}

func TestHistoryIsBounded(t *testing.T) {
	h := newHistory(nil)
	zero := h.last()
	for range historySize + 5 {
		h.add(metadata(true))
	}
	if got := len(h.changes); got != historySize {
		t.Errorf("remembered: got %d, want %d", got, historySize)
	}
	if answer, _ := h.since(zero); answer == nil || !answer.ResetCounter {
		t.Errorf("asked for forgotten changes: got %v, want a reset", answer)
	}
	if answer, _ := h.since(h.changes[len(h.changes)-3].at); answer == nil || len(answer.Requests) != 2 {
		t.Errorf("asked for the last two changes: got %v", answer)
	}
}
