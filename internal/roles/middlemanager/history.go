package middlemanager

import (
	"fmt"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/clock"
)

// historySize is how many changes are remembered: ChangeRequestHistory of Druid.
const historySize = 1000

// history numbers the changes of a worker's tasks for overlords that poll them
// over HTTP.
type history struct {
	clock   *clock.Clock
	zero    counter       // before the first change
	changes []change      // the newest historySize ones
	next    chan struct{} // closed at the next change
}

func newHistory(by *clock.Clock) history {
	return history{clock: by, zero: counter{0, by.Now().UnixMilli()}}
}

type change struct {
	at   counter
	item any
}

// counter names a point in a history. The hash is the wall clock when the counter
// was made, so that one of an earlier incarnation never fits.
type counter struct {
	Counter int64 `json:"counter"`
	Hash    int64 `json:"hash"`
}

// snapshot is ChangeRequestsSnapshot.
type snapshot struct {
	ResetCounter bool     `json:"resetCounter"`
	ResetCause   *string  `json:"resetCause"`
	Counter      *counter `json:"counter"`
	Requests     []any    `json:"requests"`
}

func (h *history) last() counter {
	if len(h.changes) == 0 {
		return h.zero
	}
	return h.changes[len(h.changes)-1].at
}

func (h *history) add(item any) {
	h.changes = append(h.changes, change{counter{h.last().Counter + 1, h.clock.Now().UnixMilli()}, item})
	if len(h.changes) > historySize {
		h.changes = h.changes[1:]
	}
	if h.next != nil {
		close(h.next)
		h.next = nil
	}
}

// since is what came after a point, or a channel to wait on when nothing has
// yet. A point that is not in the history resets the asker.
func (h *history) since(after counter) (*snapshot, <-chan struct{}) {
	last := h.last()
	behind := last.Counter - after.Counter
	switch {
	case after == last:
		if h.next == nil {
			h.next = make(chan struct{})
		}
		return nil, h.next
	case behind < 0:
		return reset("counter[%v] >= last counter[%v]", after, last), nil
	case behind >= historySize:
		return reset("can't serve request, not enough history is kept. given counter [%v] and current last counter [%v]", after, last), nil
	}
	first := len(h.changes) - int(behind)
	at := h.zero
	if first > 0 {
		at = h.changes[first-1].at
	}
	if at != after {
		return reset("counter[%v] failed to match with [%v]", after, last), nil
	}
	items := []any{}
	for _, c := range h.changes[first:] {
		items = append(items, c.item)
	}
	return &snapshot{Counter: &last, Requests: items}, nil
}

func reset(format string, counters ...any) *snapshot {
	cause := fmt.Sprintf(format, counters...)
	return &snapshot{ResetCounter: true, ResetCause: &cause}
}

// The items of a history: WorkerHistoryItem.

func taskUpdate(a druid.TaskAnnouncement) any {
	return struct {
		Type         string                 `json:"type"`
		Announcement druid.TaskAnnouncement `json:"taskAnnouncement"`
	}{"taskUpdate", a}
}

func taskRemoval(id string) any {
	return struct {
		Type string `json:"type"`
		ID   string `json:"taskId"`
	}{"taskRemoval", id}
}

func metadata(disabled bool) any {
	return struct {
		Type     string `json:"type"`
		Disabled bool   `json:"disabled"`
	}{"metadata", disabled}
}
