package zkfile

import (
	"fmt"

	"oakmoot/internal/zk/zkwire"
)

// Txn is a transaction of a log: TxnHeader, the record that belongs to its type,
// and, from 3.6 on, the digest of the tree after it.
type Txn struct {
	Session zkwire.SessionID
	Cxid    int32
	Zxid    zkwire.Zxid
	Time    int64     // milliseconds since the epoch
	Op      zkwire.Op // OpError is a request that was refused
	Timeout int32     // of OpCreateSession, milliseconds
	Effects []Effect  // of a multi that failed there are none
	Digest  *Digest   // nil without one
}

// Effect is one change that a transaction makes.
type Effect struct {
	Op      zkwire.Op // one of the creates, delete, setData or setACL
	Path    string
	Data    []byte
	ACL     []zkwire.ACL
	Owner   int64 // raw, of a created node: EphemeralType
	Version int32 // of setData and setACL the new one; of a creation the parent's Created, -1 is one more
}

// Digest is a sum over a tree: DigestCalculator.
type Digest struct {
	Version int32
	Value   int64
}

// Raw owners of nodes that are no ordinary ephemerals: EphemeralType.
const (
	containerOwner int64 = -1 << 63
	ttlMask        int64 = -1 << 56
)

// decodeTxn reads an entry of a log: SerializeUtils.deserializeTxn.
func decodeTxn(entry []byte) (*Txn, error) {
	d := zkwire.NewDecoder(entry)
	t := &Txn{Session: zkwire.SessionID(d.Long()), Cxid: d.Int(), Zxid: zkwire.Zxid(d.Long()), Time: d.Long(), Op: zkwire.Op(d.Int())}
	if d.Err() != nil {
		return nil, d.Err()
	}
	body := entry[len(entry)-d.Rest():]
	if err := t.decodeBody(d); err != nil {
		if d, err = t.decodeOld(body); err != nil {
			return nil, fmt.Errorf("transaction 0x%x, %s: %w", int64(t.Zxid), t.Op, err)
		}
	}
	if d.Rest() >= digestSize {
		t.Digest = &Digest{d.Int(), d.Long()}
	}
	return t, nil
}

const digestSize = 12

func (t *Txn) decodeBody(d *zkwire.Decoder) error {
	switch t.Op {
	case zkwire.OpCreateSession:
		t.Timeout = d.Int()
	case zkwire.OpCloseSession:
		for _, path := range d.Strings() {
			t.Effects = append(t.Effects, Effect{Op: zkwire.OpDelete, Path: path})
		}
	case zkwire.OpError:
		d.Int() // why it was refused
	case zkwire.OpMulti:
		return t.decodeMulti(d)
	default:
		e, err := decodeEffect(d, t.Op, t.Session)
		t.Effects = []Effect{e}
		if err != nil {
			return err
		}
	}
	return d.Err()
}

// decodeOld reads what servers wrote before a record got its last field: a create
// without the parent's counter (3.3), a closeSession without paths (3.5).
func (t *Txn) decodeOld(body []byte) (*zkwire.Decoder, error) {
	d := zkwire.NewDecoder(body)
	switch {
	case t.Op == zkwire.OpCreate:
		e := Effect{Op: t.Op, Path: d.String(), Data: d.Buffer(), ACL: d.ACLs(), Version: -1}
		if d.Bool() {
			e.Owner = int64(t.Session)
		}
		t.Effects = []Effect{e}
	case t.Op == zkwire.OpCloseSession && len(body) <= digestSize:
		t.Effects = nil
	default:
		d.Fail()
	}
	return d, d.Err()
}

// decodeMulti reads the parts of a multi. When one of them is an error, none has
// had an effect.
func (t *Txn) decodeMulti(d *zkwire.Decoder) error {
	failed := false
	for n := d.Int(); n > 0 && d.Err() == nil; n-- {
		op := zkwire.Op(d.Int())
		body := zkwire.NewDecoder(d.Buffer())
		switch op {
		case zkwire.OpError:
			failed = true
		case zkwire.OpCheck: // it changes nothing
		default:
			e, err := decodeEffect(body, op, t.Session)
			if err != nil && !failed {
				return err
			}
			t.Effects = append(t.Effects, e)
		}
	}
	if failed {
		t.Effects = nil
	}
	return d.Err()
}

func decodeEffect(d *zkwire.Decoder, op zkwire.Op, session zkwire.SessionID) (Effect, error) {
	e := Effect{Op: op}
	switch op {
	case zkwire.OpCreate, zkwire.OpCreate2:
		e.Path, e.Data, e.ACL = d.String(), d.Buffer(), d.ACLs()
		if d.Bool() {
			e.Owner = int64(session)
		}
		e.Version = d.Int()
	case zkwire.OpCreateContainer:
		e.Path, e.Data, e.ACL, e.Version = d.String(), d.Buffer(), d.ACLs(), d.Int()
		e.Owner = containerOwner
	case zkwire.OpCreateTTL:
		e.Path, e.Data, e.ACL, e.Version = d.String(), d.Buffer(), d.ACLs(), d.Int()
		e.Owner = ttlMask | d.Long()
	case zkwire.OpDelete, zkwire.OpDeleteContainer:
		e.Op, e.Path = zkwire.OpDelete, d.String()
	case zkwire.OpSetData, zkwire.OpReconfig:
		e.Op, e.Path, e.Data, e.Version = zkwire.OpSetData, d.String(), d.Buffer(), d.Int()
	case zkwire.OpSetACL:
		e.Path, e.ACL, e.Version = d.String(), d.ACLs(), d.Int()
	default:
		return e, fmt.Errorf("a transaction of unknown type %d", int32(op))
	}
	return e, d.Err()
}
