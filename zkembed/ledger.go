package zkembed

import (
	"oakmoot/internal/zk/zkwire"
	"oakmoot/zkembed/internal/tree"
	"oakmoot/zkembed/internal/txnlog"
)

// ledger is the database with every way in which its changes leave it: the log that makes
// them durable, the stream of commits, and the events of watches. It is owned by the state.
type ledger struct {
	database
	clock   clock
	log     *txnlog.Log // nil in memory
	commits *commitRing
	watches watches
	events  *outbox // where events go

	txns int64    // committed in this life
	txn  tree.Txn // the one under way; there is never more than one
}

// effectsKept is the longest list of effects that is kept for reuse.
const effectsKept = 1024

// begin starts a transaction: it takes the next zxid. The transaction may be used until
// the next one begins.
func (l *ledger) begin(id zkwire.SessionID, op zkwire.Op) *tree.Txn {
	l.zxid++
	clear(l.txn.Effects)
	effects := l.txn.Effects[:0]
	if cap(effects) > effectsKept {
		effects = nil
	}
	l.txn = tree.Txn{Zxid: l.zxid, Time: l.clock.wall, Session: id, Op: op, Effects: effects}
	return &l.txn
}

// commit ends a transaction that has been applied: it is logged, and its events are sent.
// It is durable, and replies and events go out, when the batch is flushed.
func (l *ledger) commit(t *tree.Txn) {
	l.log.Append(t)
	l.commits.add(t)
	l.txns++
	for _, e := range t.Effects {
		l.watches.fire(e, t.Zxid, l.events)
	}
}

// dropOrphans removes ephemerals without a session, in a transaction for each such
// session.
func (l *ledger) dropOrphans() {
	for _, owner := range l.tree.Owners.Sessions() {
		if l.sessions.byID[owner] != nil {
			continue
		}
		t := l.begin(owner, zkwire.OpCloseSession)
		l.removeEphemerals(t, owner)
		l.commit(t)
	}
}
