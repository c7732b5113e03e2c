package zkwire

import "time"

// Record is the body of a request or of a reply.
type Record interface {
	Encode(*Encoder)
	Decode(*Decoder)
}

// RequestHeader begins every request but the first of a connection.
type RequestHeader struct {
	Xid Xid
	Op  Op
}

// Encode implements Record.
func (r *RequestHeader) Encode(e *Encoder) {
	e.Int(int32(r.Xid))
	e.Int(int32(r.Op))
}

// Decode implements Record.
func (r *RequestHeader) Decode(d *Decoder) { r.Xid, r.Op = Xid(d.Int()), Op(d.Int()) }

// ConnectRequest is the first frame of a connection; it has no header.
type ConnectRequest struct {
	ProtocolVersion int32
	LastZxid        Zxid
	Timeout         time.Duration // in whole milliseconds
	Session         SessionID     // 0 asks for a new one
	Password        []byte
	HasReadOnly     bool // whether the flag is there: clients before 3.4, and go-zookeeper, leave it out
	ReadOnly        bool
}

// Encode implements Record.
func (r *ConnectRequest) Encode(e *Encoder) {
	e.Int(r.ProtocolVersion)
	e.Long(int64(r.LastZxid))
	e.Int(int32(r.Timeout.Milliseconds()))
	e.Long(int64(r.Session))
	e.Buffer(r.Password)
	if r.HasReadOnly {
		e.Bool(r.ReadOnly)
	}
}

// Decode implements Record.
func (r *ConnectRequest) Decode(d *Decoder) {
	r.ProtocolVersion, r.LastZxid = d.Int(), Zxid(d.Long())
	r.Timeout, r.Session = time.Duration(d.Int())*time.Millisecond, SessionID(d.Long())
	r.Password = d.Buffer()
	if r.HasReadOnly = d.Err() == nil && d.Rest() > 0; r.HasReadOnly {
		r.ReadOnly = d.Bool()
	}
}

// CreateRequest is create (1), create2 (15) and createContainer (19).
type CreateRequest struct {
	Path  string
	Data  []byte
	ACL   []ACL
	Flags int32
}

// Encode implements Record.
func (r *CreateRequest) Encode(e *Encoder) {
	e.String(r.Path)
	e.Buffer(r.Data)
	e.ACLs(r.ACL)
	e.Int(r.Flags)
}

// Decode implements Record.
func (r *CreateRequest) Decode(d *Decoder) {
	r.Path, r.Data, r.ACL, r.Flags = d.String(), d.Buffer(), d.ACLs(), d.Int()
}

// CreateTTLRequest is createTTL (21).
type CreateTTLRequest struct {
	CreateRequest
	TTL int64 // milliseconds
}

// Encode implements Record.
func (r *CreateTTLRequest) Encode(e *Encoder) {
	r.CreateRequest.Encode(e)
	e.Long(r.TTL)
}

// Decode implements Record.
func (r *CreateTTLRequest) Decode(d *Decoder) {
	r.CreateRequest.Decode(d)
	r.TTL = d.Long()
}

// VersionRequest is delete (2), and check (13), which only a multi may hold.
type VersionRequest struct {
	Path    string
	Version Version
}

// Encode implements Record.
func (r *VersionRequest) Encode(e *Encoder) {
	e.String(r.Path)
	e.Int(int32(r.Version))
}

// Decode implements Record.
func (r *VersionRequest) Decode(d *Decoder) { r.Path, r.Version = d.String(), Version(d.Int()) }

// DeleteContainerRequest is deleteContainer (20), whose path is a buffer.
type DeleteContainerRequest struct{ Path string }

// Encode implements Record.
func (r *DeleteContainerRequest) Encode(e *Encoder) { e.Buffer([]byte(r.Path)) }

// Decode implements Record.
func (r *DeleteContainerRequest) Decode(d *Decoder) { r.Path = d.String() }

// ReadRequest is exists (3), getData (4), getChildren (8) and getChildren2 (12).
type ReadRequest struct {
	Path  string
	Watch bool
}

// Encode implements Record.
func (r *ReadRequest) Encode(e *Encoder) {
	e.String(r.Path)
	e.Bool(r.Watch)
}

// Decode implements Record.
func (r *ReadRequest) Decode(d *Decoder) { r.Path, r.Watch = d.String(), d.Bool() }

// PathRequest is getACL (6), sync (9) and getAllChildrenNumber (104).
type PathRequest struct{ Path string }

// Encode implements Record.
func (r *PathRequest) Encode(e *Encoder) { e.String(r.Path) }

// Decode implements Record.
func (r *PathRequest) Decode(d *Decoder) { r.Path = d.String() }

// PrefixRequest is getEphemerals (103); Kazoo sends an empty prefix as null.
type PrefixRequest struct{ Prefix string }

// Encode implements Record.
func (r *PrefixRequest) Encode(e *Encoder) { e.String(r.Prefix) }

// Decode implements Record.
func (r *PrefixRequest) Decode(d *Decoder) { r.Prefix, _ = d.NullString() }

// SetDataRequest is setData (5).
type SetDataRequest struct {
	Path    string
	Data    []byte
	Version Version
}

// Encode implements Record.
func (r *SetDataRequest) Encode(e *Encoder) {
	e.String(r.Path)
	e.Buffer(r.Data)
	e.Int(int32(r.Version))
}

// Decode implements Record.
func (r *SetDataRequest) Decode(d *Decoder) {
	r.Path, r.Data, r.Version = d.String(), d.Buffer(), Version(d.Int())
}

// SetACLRequest is setACL (7); the version is the ACL's own.
type SetACLRequest struct {
	Path    string
	ACL     []ACL
	Version Version
}

// Encode implements Record.
func (r *SetACLRequest) Encode(e *Encoder) {
	e.String(r.Path)
	e.ACLs(r.ACL)
	e.Int(int32(r.Version))
}

// Decode implements Record.
func (r *SetACLRequest) Decode(d *Decoder) {
	r.Path, r.ACL, r.Version = d.String(), d.ACLs(), Version(d.Int())
}

// ReconfigRequest is reconfig (16): servers that come and go, or all of them, each null
// when nothing is said of it, and the version of the configuration that is changed.
type ReconfigRequest struct {
	Joining, Leaving, Members string
	Version                   int64
}

// Encode implements Record. An empty string is sent as null.
func (r *ReconfigRequest) Encode(e *Encoder) {
	for _, s := range []string{r.Joining, r.Leaving, r.Members} {
		if s == "" {
			e.Int(-1)
		} else {
			e.String(s)
		}
	}
	e.Long(r.Version)
}

// Decode implements Record.
func (r *ReconfigRequest) Decode(d *Decoder) {
	for _, s := range []*string{&r.Joining, &r.Leaving, &r.Members} {
		*s, _ = d.NullString()
	}
	r.Version = d.Long()
}
