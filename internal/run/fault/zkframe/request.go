package zkframe

import (
	"encoding/binary"

	"oakmoot/internal/zk/zkwire"
)

// Request is what a frame asks the server for.
type Request struct {
	Xid   zkwire.Xid
	Op    zkwire.Op
	Path  string    // "" where the operation has none
	Parts []Request // of a multi
}

// partLimit is how many parts of a multi are read.
const partLimit = 1 << 16

// ReadRequest reads a frame that goes to a server. A record that is cut short gives what
// could be read of it: the server is the judge of that.
func ReadRequest(frame []byte) Request {
	d := zkwire.NewDecoder(frame[4:])
	var head zkwire.RequestHeader
	head.Decode(d)
	r := Request{Xid: head.Xid, Op: head.Op}
	switch {
	case d.Err() != nil:
	case r.Op == zkwire.OpMulti, r.Op == zkwire.OpMultiRead:
		r.Parts = readParts(d)
	case hasPath[r.Op]:
		r.Path = d.String()
	}
	return r
}

// hasPath is the operations whose record begins with a path.
var hasPath = map[zkwire.Op]bool{
	zkwire.OpCreate: true, zkwire.OpCreate2: true, zkwire.OpCreateContainer: true, zkwire.OpCreateTTL: true,
	zkwire.OpDelete: true, zkwire.OpDeleteContainer: true, zkwire.OpSetData: true, zkwire.OpSetACL: true,
	zkwire.OpExists: true, zkwire.OpGetData: true, zkwire.OpGetACL: true, zkwire.OpGetChildren: true,
	zkwire.OpGetChildren2: true, zkwire.OpSync: true, zkwire.OpCheck: true, zkwire.OpCheckWatches: true,
	zkwire.OpRemoveWatches: true, zkwire.OpAddWatch: true, zkwire.OpGetEphemerals: true, zkwire.OpAllChildren: true,
}

// records are the parts that a multi may have: MultiOperationRecord.
var records = map[zkwire.Op]func() zkwire.Record{
	zkwire.OpCreate:          func() zkwire.Record { return &zkwire.CreateRequest{} },
	zkwire.OpCreate2:         func() zkwire.Record { return &zkwire.CreateRequest{} },
	zkwire.OpCreateContainer: func() zkwire.Record { return &zkwire.CreateRequest{} },
	zkwire.OpCreateTTL:       func() zkwire.Record { return &zkwire.CreateTTLRequest{} },
	zkwire.OpDelete:          func() zkwire.Record { return &zkwire.VersionRequest{} },
	zkwire.OpCheck:           func() zkwire.Record { return &zkwire.VersionRequest{} },
	zkwire.OpSetData:         func() zkwire.Record { return &zkwire.SetDataRequest{} },
	zkwire.OpGetData:         func() zkwire.Record { return &zkwire.ReadRequest{} },
	zkwire.OpGetChildren:     func() zkwire.Record { return &zkwire.ReadRequest{} },
}

func readParts(d *zkwire.Decoder) []Request {
	var parts []Request
	for range partLimit {
		var head zkwire.MultiHeader
		head.Decode(d)
		record := records[head.Op]
		if d.Err() != nil || head.Done || record == nil {
			return parts
		}
		r := record()
		r.Decode(d)
		if d.Err() != nil {
			return parts
		}
		parts = append(parts, Request{Op: head.Op, Path: pathOf(r)})
	}
	return parts
}

func pathOf(r zkwire.Record) string {
	switch r := r.(type) {
	case *zkwire.CreateRequest:
		return r.Path
	case *zkwire.CreateTTLRequest:
		return r.Path
	case *zkwire.VersionRequest:
		return r.Path
	case *zkwire.SetDataRequest:
		return r.Path
	case *zkwire.ReadRequest:
		return r.Path
	}
	return ""
}

// ReadEvent reads a notification, which a server sends unasked, as if it had been
// asked for.
func ReadEvent(frame []byte) Request {
	d := zkwire.NewDecoder(frame[4:])
	var head zkwire.ReplyHeader
	head.Decode(d)
	var event zkwire.WatcherEvent
	event.Decode(d)
	return Request{Xid: zkwire.XidNotification, Op: zkwire.OpNotification, Path: event.Path}
}

// HeadXid is the xid of a request or a reply, from the head of its frame; false when the
// frame is too short for one.
func HeadXid(head []byte) (zkwire.Xid, bool) {
	if len(head) < 8 {
		return 0, false
	}
	return zkwire.Xid(binary.BigEndian.Uint32(head[4:])), true
}

// HeadZxid is the zxid of a reply, from the head of its frame; 0 when the frame is too
// short for one.
func HeadZxid(head []byte) zkwire.Zxid {
	if len(head) < 16 {
		return 0
	}
	return zkwire.Zxid(binary.BigEndian.Uint64(head[8:]))
}

// Error is a reply that says no more than a code: ReplyHeader.
func Error(xid zkwire.Xid, zxid zkwire.Zxid, code zkwire.Code) []byte {
	var e zkwire.Encoder
	mark := e.StartFrame()
	(&zkwire.ReplyHeader{Xid: xid, Zxid: zxid, Code: code}).Encode(&e)
	e.EndFrame(mark)
	return e.Buf
}

// Session is what the answer to a connect request grants: id 0 when it does not.
func Session(head []byte) (id int64, password []byte) {
	if len(head) < 4+HeadSize {
		return 0, nil
	}
	var answer zkwire.ConnectResponse
	answer.Decode(zkwire.NewDecoder(head[4:]))
	return int64(answer.Session), append([]byte(nil), answer.Password...)
}
