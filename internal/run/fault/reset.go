package fault

import (
	"errors"
	"time"
)

// Reset breaks connections so that both sides see them reset.
//
// Without Messages and Bytes, it does so in place of each message that the rule selects:
// a request, unless the rule's Part is Reply. With Messages, that many messages of each
// connection pass first; with Bytes, that many bytes, counted from when the fault was
// armed. With Bytes and a rule that selects messages, each of these is truncated: the
// connection is reset once that much of it has passed.
type Reset struct{ Messages, Bytes int }

func (e Reset) check(r *Rule) error {
	if e.Messages < 0 || e.Bytes < 0 || e.Messages > 0 && e.Bytes > 0 {
		return errors.New("fault: a reset is after some messages or after some bytes")
	}
	return nil
}

func (e Reset) sees(r *Rule) bool { return e.Bytes == 0 || r.selects() }

func (e Reset) takes(a *Armed, m *message) bool {
	if e.Messages > 0 {
		return m.wire.count(a, 1) > e.Messages
	}
	return a.rule.Part != Either || m.part != Reply
}

func (e Reset) decide(f *fate, a *Armed, m *message) {
	if e.Bytes > 0 {
		f.cut, f.cutAt = a, e.Bytes
		return
	}
	f.breaks = breaking{by: a, reset: true}
}

func (Reset) holds() bool { return false }
func (Reset) late(*Armed, Direction, int, time.Time) time.Duration {
	return 0
}

func (e Reset) passes(a *Armed, w *wire, n int) (pass int, ends bool) {
	now := w.count(a, n)
	if before := now - n; now < e.Bytes || before >= e.Bytes || !a.pick() {
		return n, false
	}
	a.touch(Counts{Connections: 1, Last: []string{"connection " + w.peer.String()}})
	return n - (now - e.Bytes), true
}
