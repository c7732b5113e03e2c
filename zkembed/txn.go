package zkembed

import "oakmoot/internal/zk/zkwire"

// effect is one change that a transaction makes.
type effect struct {
	kind    effectKind
	path    string
	data    []byte
	acl     []zkwire.ACL
	owner   int64            // raw owner of a created node
	session zkwire.SessionID // of a session that is opened or closed
	timeout int32            // milliseconds, of a session that is opened

	// Noted when it is applied, and not logged.
	before    []byte       // the data that was there
	stat      zkwire.Stat  // right after it, or, of a deleted node, right before
	nodeACL   []zkwire.ACL // who may learn of it
	parentACL []zkwire.ACL // who may learn of it as a change of the parent's children
}

type effectKind byte

const (
	effectCreate effectKind = iota + 1
	effectDelete
	effectSetData
	effectSetACL
	effectOpenSession
	effectCloseSession
)

// txn is a transaction: its effects happen together or not at all. One without
// effects is a write that failed; it used up its zxid all the same.
type txn struct {
	zxid    zkwire.Zxid
	time    int64 // milliseconds since the epoch
	session zkwire.SessionID
	op      zkwire.Op
	effects []*effect
}

// encode appends the transaction as the log keeps it.
func (t *txn) encode(e *zkwire.Encoder) {
	e.Long(int64(t.zxid))
	e.Long(t.time)
	e.Long(int64(t.session))
	e.Int(int32(t.op))
	e.Int(int32(len(t.effects)))
	for _, f := range t.effects {
		f.encode(e)
	}
}

func (f *effect) encode(e *zkwire.Encoder) {
	e.Int(int32(f.kind))
	e.String(f.path)
	switch f.kind {
	case effectCreate:
		e.Buffer(f.data)
		e.ACLs(f.acl)
		e.Long(f.owner)
	case effectSetData:
		e.Buffer(f.data)
	case effectSetACL:
		e.ACLs(f.acl)
	case effectOpenSession:
		e.Long(int64(f.session))
		e.Int(f.timeout)
	case effectCloseSession:
		e.Long(int64(f.session))
	}
}

// decodeTxn reads the next transaction of a log's batch.
func decodeTxn(d *zkwire.Decoder) *txn {
	t := &txn{zxid: zkwire.Zxid(d.Long()), time: d.Long(), session: zkwire.SessionID(d.Long()), op: zkwire.Op(d.Int())}
	for n := d.Int(); n > 0 && d.Err() == nil; n-- {
		t.effects = append(t.effects, decodeEffect(d))
	}
	return t
}

func decodeEffect(d *zkwire.Decoder) *effect {
	f := &effect{kind: effectKind(d.Int()), path: d.String()}
	switch f.kind {
	case effectCreate:
		f.data, f.acl, f.owner = d.Buffer(), internACL(d.ACLs()), d.Long()
	case effectDelete:
	case effectSetData:
		f.data = d.Buffer()
	case effectSetACL:
		f.acl = internACL(d.ACLs())
	case effectOpenSession:
		f.session, f.timeout = zkwire.SessionID(d.Long()), d.Int()
	case effectCloseSession:
		f.session = zkwire.SessionID(d.Long())
	default:
		d.Fail()
	}
	return f
}
