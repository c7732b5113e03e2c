package tree

import "oakmoot/internal/zk/zkwire"

// Effect is one change that a transaction makes.
type Effect struct {
	Kind    Kind
	Path    string
	Data    []byte
	ACL     []zkwire.ACL
	Owner   int64            // raw owner of a created node
	Session zkwire.SessionID // of a session that is opened or closed
	Timeout int32            // milliseconds, of a session that is opened

	// Noted when it is applied, and not logged.
	Before    []byte       // the data that was there
	Stat      zkwire.Stat  // right after it, or, of a deleted node, right before
	NodeACL   []zkwire.ACL // who may learn of it
	ParentACL []zkwire.ACL // who may learn of it as a change of the parent's children
}

// Kind is what an effect does.
type Kind byte

// Kinds of effects. Those of sessions change no node.
const (
	Create Kind = iota + 1
	Delete
	SetData
	SetACL
	OpenSession
	CloseSession
)

// Txn is a transaction: its effects happen together or not at all. One without
// effects is a write that failed; it used up its zxid all the same.
type Txn struct {
	Zxid    zkwire.Zxid
	Time    int64            // milliseconds since the epoch
	Session zkwire.SessionID // whose request it was; 0 is the server itself
	Op      zkwire.Op
	Effects []*Effect
	Expired bool // of a closeSession: nobody asked for it; not in the log
}

// Encode appends the transaction as the log keeps it.
func (t *Txn) Encode(e *zkwire.Encoder) {
	e.Long(int64(t.Zxid))
	e.Long(t.Time)
	e.Long(int64(t.Session))
	e.Int(int32(t.Op))
	e.Int(int32(len(t.Effects)))
	for _, f := range t.Effects {
		f.encode(e)
	}
}

func (f *Effect) encode(e *zkwire.Encoder) {
	e.Int(int32(f.Kind))
	e.String(f.Path)
	switch f.Kind {
	case Create:
		e.Buffer(f.Data)
		e.ACLs(f.ACL)
		e.Long(f.Owner)
	case SetData:
		e.Buffer(f.Data)
	case SetACL:
		e.ACLs(f.ACL)
	case OpenSession:
		e.Long(int64(f.Session))
		e.Int(f.Timeout)
	case CloseSession:
		e.Long(int64(f.Session))
	}
}

// DecodeTxn reads the next transaction of a log's batch.
func DecodeTxn(d *zkwire.Decoder) *Txn {
	t := &Txn{Zxid: zkwire.Zxid(d.Long()), Time: d.Long(), Session: zkwire.SessionID(d.Long()), Op: zkwire.Op(d.Int())}
	for n := d.Int(); n > 0 && d.Err() == nil; n-- {
		t.Effects = append(t.Effects, decodeEffect(d))
	}
	return t
}

func decodeEffect(d *zkwire.Decoder) *Effect {
	f := &Effect{Kind: Kind(d.Int()), Path: d.String()}
	switch f.Kind {
	case Create:
		f.Data, f.ACL, f.Owner = d.Buffer(), InternACL(d.ACLs()), d.Long()
	case Delete:
	case SetData:
		f.Data = d.Buffer()
	case SetACL:
		f.ACL = InternACL(d.ACLs())
	case OpenSession:
		f.Session, f.Timeout = zkwire.SessionID(d.Long()), d.Int()
	case CloseSession:
		f.Session = zkwire.SessionID(d.Long())
	default:
		d.Fail()
	}
	return f
}
