package zkwire

import "time"

// ReplyHeader begins every reply but the first of a connection, and every
// notification. With a code other than OK nothing follows it.
type ReplyHeader struct {
	Xid  Xid
	Zxid Zxid
	Code Code
}

// Encode implements Record.
func (r *ReplyHeader) Encode(e *Encoder) {
	e.Int(int32(r.Xid))
	e.Long(int64(r.Zxid))
	e.Int(int32(r.Code))
}

// Decode implements Record.
func (r *ReplyHeader) Decode(d *Decoder) {
	r.Xid, r.Zxid, r.Code = Xid(d.Int()), Zxid(d.Long()), Code(d.Int())
}

// PasswordLength is how long a session's password is.
const PasswordLength = 16

// ConnectResponse answers a ConnectRequest. A session that is refused has no
// timeout, no id and a password of zeros.
type ConnectResponse struct {
	ProtocolVersion int32
	Timeout         time.Duration // in whole milliseconds
	Session         SessionID
	Password        []byte
	HasReadOnly     bool // as the request had it
	ReadOnly        bool
}

// Encode implements Record.
func (r *ConnectResponse) Encode(e *Encoder) {
	e.Int(r.ProtocolVersion)
	e.Int(int32(r.Timeout.Milliseconds()))
	e.Long(int64(r.Session))
	e.Buffer(r.Password)
	if r.HasReadOnly {
		e.Bool(r.ReadOnly)
	}
}

// Decode implements Record.
func (r *ConnectResponse) Decode(d *Decoder) {
	r.ProtocolVersion, r.Timeout = d.Int(), time.Duration(d.Int())*time.Millisecond
	r.Session, r.Password = SessionID(d.Long()), d.Buffer()
	if r.HasReadOnly = d.Err() == nil && d.Rest() > 0; r.HasReadOnly {
		r.ReadOnly = d.Bool()
	}
}

// PathResponse answers create (1) and sync (9).
type PathResponse struct{ Path string }

// Encode implements Record.
func (r *PathResponse) Encode(e *Encoder) { e.String(r.Path) }

// Decode implements Record.
func (r *PathResponse) Decode(d *Decoder) { r.Path = d.String() }

// Create2Response answers create2 (15), createContainer (19) and createTTL (21).
type Create2Response struct {
	Path string
	Stat Stat
}

// Encode implements Record.
func (r *Create2Response) Encode(e *Encoder) {
	e.String(r.Path)
	e.Stat(&r.Stat)
}

// Decode implements Record.
func (r *Create2Response) Decode(d *Decoder) { r.Path, r.Stat = d.String(), d.Stat() }

// StatResponse answers exists (3), setData (5) and setACL (7).
type StatResponse struct{ Stat Stat }

// Encode implements Record.
func (r *StatResponse) Encode(e *Encoder) { e.Stat(&r.Stat) }

// Decode implements Record.
func (r *StatResponse) Decode(d *Decoder) { r.Stat = d.Stat() }

// DataResponse answers getData (4).
type DataResponse struct {
	Data []byte
	Stat Stat
}

// Encode implements Record.
func (r *DataResponse) Encode(e *Encoder) {
	e.Buffer(r.Data)
	e.Stat(&r.Stat)
}

// Decode implements Record.
func (r *DataResponse) Decode(d *Decoder) { r.Data, r.Stat = d.Buffer(), d.Stat() }

// ACLResponse answers getACL (6).
type ACLResponse struct {
	ACL  []ACL
	Stat Stat
}

// Encode implements Record.
func (r *ACLResponse) Encode(e *Encoder) {
	e.ACLs(r.ACL)
	e.Stat(&r.Stat)
}

// Decode implements Record.
func (r *ACLResponse) Decode(d *Decoder) { r.ACL, r.Stat = d.ACLs(), d.Stat() }

// NamesResponse answers getChildren (8) with names, and getEphemerals (103) with paths.
type NamesResponse struct{ Names []string }

// Encode implements Record.
func (r *NamesResponse) Encode(e *Encoder) { e.Strings(r.Names) }

// Decode implements Record.
func (r *NamesResponse) Decode(d *Decoder) { r.Names = d.Strings() }

// Children2Response answers getChildren2 (12).
type Children2Response struct {
	Names []string
	Stat  Stat
}

// Encode implements Record.
func (r *Children2Response) Encode(e *Encoder) {
	e.Strings(r.Names)
	e.Stat(&r.Stat)
}

// Decode implements Record.
func (r *Children2Response) Decode(d *Decoder) { r.Names, r.Stat = d.Strings(), d.Stat() }

// NumberResponse answers getAllChildrenNumber (104), and addWatch (106) with 0.
type NumberResponse struct{ Number int32 }

// Encode implements Record.
func (r *NumberResponse) Encode(e *Encoder) { e.Int(r.Number) }

// Decode implements Record.
func (r *NumberResponse) Decode(d *Decoder) { r.Number = d.Int() }
