package zkembed

import (
	"fmt"
	"slices"
	"time"

	"oakmoot/internal/zk/zkwire"
	"oakmoot/zkembed/internal/tree"
	"oakmoot/zkembed/internal/txnlog"
)

// database is what a server knows after a transaction, and what the data directory
// keeps: ZKDatabase. It is a txnlog.Database, owned by the state.
type database struct {
	tree     *tree.Tree
	sessions *sessions
	zxid     zkwire.Zxid
}

func millis(ms int32) time.Duration { return time.Duration(ms) * time.Millisecond }

// Zxid is that of the last transaction.
func (db *database) Zxid() zkwire.Zxid { return db.zxid }

// Nodes is how many there are.
func (db *database) Nodes() int { return db.tree.Len() }

// Clear makes it that of a fresh server.
func (db *database) Clear() {
	db.zxid, db.tree = 0, tree.New()
	for id := range db.sessions.byID {
		db.sessions.close(id)
	}
}

// EncodeSessions appends the zxid and the sessions that outlive the server.
func (db *database) EncodeSessions(e *zkwire.Encoder) {
	e.Long(int64(db.zxid))
	logged := db.sessions.logged()
	e.Int(int32(len(logged)))
	for _, sess := range logged {
		e.Long(int64(sess.id))
		e.Int(int32(sess.timeout.Milliseconds()))
	}
}

// Walk visits the nodes as they are.
func (db *database) Walk(out *zkwire.Encoder) txnlog.Walk { return db.tree.StartWalk(out) }

// DecodeSessions reads what EncodeSessions has appended; the nodes follow.
func (db *database) DecodeSessions(d *zkwire.Decoder) error {
	db.zxid, db.tree = zkwire.Zxid(d.Long()), tree.Empty()
	for n := d.Int(); n > 0 && d.Err() == nil; n-- {
		id, timeout := zkwire.SessionID(d.Long()), d.Int()
		db.reopen(id, millis(timeout))
	}
	return d.Err()
}

// reopen gives a session of an earlier server its whole timeout again.
func (db *database) reopen(id zkwire.SessionID, timeout time.Duration) *session {
	return db.sessions.open(id, timeout, 0)
}

// DecodeNodes reads nodes, each behind its parent.
func (db *database) DecodeNodes(d *zkwire.Decoder) error { return db.tree.DecodeNodes(d) }

// Check fails when what every server has is missing.
func (db *database) Check() error { return db.tree.CheckBuiltin() }

// DecodeTxn reads a transaction of a log.
func (db *database) DecodeTxn(d *zkwire.Decoder) (zkwire.Zxid, func() error) {
	t := tree.DecodeTxn(d)
	return t.Zxid, func() error { return db.redo(t) }
}

// removeEphemerals deletes a session's ephemerals, in order, as part of a transaction.
func (db *database) removeEphemerals(t *tree.Txn, owner zkwire.SessionID) {
	for _, path := range slices.Sorted(db.tree.Owners.Of(owner)) {
		db.tree.Apply(t, &tree.Effect{Kind: tree.Delete, Path: path}, nil)
	}
}

// redo repeats a transaction of a log.
func (db *database) redo(t *tree.Txn) error {
	for _, e := range t.Effects {
		switch e.Kind {
		case tree.OpenSession:
			db.reopen(e.Session, millis(e.Timeout))
		case tree.CloseSession:
			db.sessions.close(e.Session)
		default:
			if !db.tree.Redo(t, e) {
				return fmt.Errorf("transaction 0x%x does not fit the tree at %s", int64(t.Zxid), e.Path)
			}
		}
	}
	db.zxid = t.Zxid
	return nil
}

// inherit takes over what a server in memory keeps across a restart.
func (db *database) inherit(previous *database) {
	db.zxid, db.tree = previous.zxid, previous.tree
	for id, sess := range previous.sessions.byID {
		if sess.home == nil {
			db.reopen(id, sess.timeout).name = sess.name
		}
	}
}
