package zkwire

import "encoding/binary"

// Encoder appends jute values to a buffer. Its zero value is ready.
type Encoder struct{ Buf []byte }

// Bool appends one byte, 0 or 1.
func (e *Encoder) Bool(v bool) {
	if v {
		e.Buf = append(e.Buf, 1)
	} else {
		e.Buf = append(e.Buf, 0)
	}
}

// Int appends 4 bytes.
func (e *Encoder) Int(v int32) { e.Buf = binary.BigEndian.AppendUint32(e.Buf, uint32(v)) }

// Long appends 8 bytes.
func (e *Encoder) Long(v int64) { e.Buf = binary.BigEndian.AppendUint64(e.Buf, uint64(v)) }

// String appends a length and the bytes.
func (e *Encoder) String(s string) {
	e.Int(int32(len(s)))
	e.Buf = append(e.Buf, s...)
}

// Buffer appends a length and the bytes; nil is the null buffer.
func (e *Encoder) Buffer(b []byte) {
	if b == nil {
		e.Int(-1)
		return
	}
	e.Int(int32(len(b)))
	e.Buf = append(e.Buf, b...)
}

// Strings appends a vector of strings.
func (e *Encoder) Strings(list []string) {
	e.Int(int32(len(list)))
	for _, s := range list {
		e.String(s)
	}
}

// Stat appends the 68 bytes of a Stat.
func (e *Encoder) Stat(s *Stat) {
	e.Long(int64(s.Czxid))
	e.Long(int64(s.Mzxid))
	e.Long(s.Ctime)
	e.Long(s.Mtime)
	e.Int(int32(s.Version))
	e.Int(int32(s.Cversion))
	e.Int(int32(s.Aversion))
	e.Long(int64(s.EphemeralOwner))
	e.Int(s.DataLength)
	e.Int(s.NumChildren)
	e.Long(int64(s.Pzxid))
}

// ACLs appends a vector of ACL entries.
func (e *Encoder) ACLs(list []ACL) {
	e.Int(int32(len(list)))
	for _, a := range list {
		e.Int(int32(a.Perms))
		e.String(a.ID.Scheme)
		e.String(a.ID.ID)
	}
}

// StartFrame reserves the length of a frame and returns where it lies.
func (e *Encoder) StartFrame() (mark int) {
	mark = len(e.Buf)
	e.Int(0)
	return mark
}

// EndFrame fills in the length of the frame that began at mark.
func (e *Encoder) EndFrame(mark int) {
	binary.BigEndian.PutUint32(e.Buf[mark:], uint32(len(e.Buf)-mark-4))
}
