package zkembed

import (
	"errors"
	"testing"

	"oakmoot/internal/zk/zkwire"
	"oakmoot/zkembed/internal/txnlog"
)

// saveOf gives a state a log, and a snapshot that is under way.
func saveOf(t *testing.T, s *state) {
	log, _, err := txnlog.OpenLog(t.TempDir(), &s.database, txnlog.Options{SnapshotEvery: 1, Log: s.opts.Log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(log.Close)
	s.log = log
	log.Append(s.begin(0, zkwire.OpCreate))
	if err := log.Flush(); err != nil || !log.Saving() {
		t.Fatalf("got %v, snapshot under way: %v", err, log.Saving())
	}
}

// TestParcelsAreCarriedOutAtOnceOnlyAtRest looks at where a parcel goes in each condition
// of the state; no goroutine of the state takes it from the inbox.
func TestParcelsAreCarriedOutAtOnceOnlyAtRest(t *testing.T) {
	requests := parcel{conn: &conn{}, frames: []byte{}}
	for name, tt := range map[string]struct {
		before func(*testing.T, *lifetime)
		posted parcel
		inbox  int // parcels in it afterwards
	}{
		"at rest":               {func(*testing.T, *lifetime) {}, requests, 0},
		"the end of a client":   {func(*testing.T, *lifetime) {}, parcel{conn: &conn{}, gone: true}, 1},
		"somebody has the turn": {func(_ *testing.T, l *lifetime) { l.turn.take() }, requests, 1},
		"an earlier one waits": {func(t *testing.T, l *lifetime) {
			l.turn.take()
			if !l.post(requests) {
				t.Error("the earlier one was not taken")
			}
			l.turn.give()
		}, requests, 2},
		"changes share a sync": {func(_ *testing.T, l *lifetime) { l.state.pace.gathers = true }, requests, 1},
		"a snapshot goes on":   {func(t *testing.T, l *lifetime) { saveOf(t, l.state) }, requests, 1},
		"the state ends":       {func(_ *testing.T, l *lifetime) { l.state.pace.ending = errors.New("log failed") }, requests, 1},
		"something is due":     {func(_ *testing.T, l *lifetime) { l.state.pace.armed = never }, requests, 1},
	} {
		st, err := load(New(Options{}), nil)
		if err != nil {
			t.Fatal(err)
		}
		l := newLifetime(st)
		st.begins(l)
		st.pace.armed = st.nextDue()
		tt.before(t, l)
		if !l.post(tt.posted) || len(l.inbox) != tt.inbox || l.waiting.Load() != int64(tt.inbox) {
			t.Errorf("%s: got %d parcels in the inbox and %d waiting, want %d", name, len(l.inbox), l.waiting.Load(), tt.inbox)
		}
		for range len(l.inbox) {
			if p := <-l.inbox; p.conn == nil {
				t.Errorf("%s: got a reminder in the inbox, want what was posted", name)
			}
		}
	}
}
