package zkembed

import (
	"maps"
	"slices"

	"oakmoot/internal/zk/zkwire"
	"oakmoot/zkembed/internal/tree"
	"oakmoot/zkembed/internal/txnlog"
)

// ledger is the database with every way on which its changes leave it: the log that
// makes them durable and the stream of commits. It is owned by the state.
type ledger struct {
	database
	log     *txnlog.Log // keeps the database durable; nil in memory
	commits *commitRing
	txns    int64 // committed in this life
}

// begin starts a transaction: it takes the next zxid.
func (l *ledger) begin(wall int64, id zkwire.SessionID, op zkwire.Op) *tree.Txn {
	l.zxid++
	return &tree.Txn{Zxid: l.zxid, Time: wall, Session: id, Op: op}
}

// commit logs a transaction that has been applied. It is durable, and its replies
// go out, when the batch is flushed.
func (l *ledger) commit(t *tree.Txn) {
	l.log.Append(t)
	l.commits.add(t)
	l.txns++
}

// flush makes what was committed durable, and then shows it.
func (l *ledger) flush() error {
	if err := l.log.Flush(); err != nil {
		return err
	}
	l.commits.publish()
	return nil
}

// removeEphemerals deletes a session's ephemerals, in order, as part of a transaction.
func (l *ledger) removeEphemerals(t *tree.Txn, owner zkwire.SessionID) {
	for _, path := range slices.Sorted(maps.Keys(l.tree.Owners.Of(owner))) {
		l.tree.Apply(t, &tree.Effect{Kind: tree.Delete, Path: path}, nil)
	}
}

// dropOrphans removes ephemerals without a session, in a transaction for each such
// session.
func (l *ledger) dropOrphans(wall int64) {
	for _, owner := range l.tree.Owners.Sessions() {
		if l.sessions.byID[owner] != nil {
			continue
		}
		t := l.begin(wall, owner, zkwire.OpCloseSession)
		l.removeEphemerals(t, owner)
		l.commit(t)
	}
}
