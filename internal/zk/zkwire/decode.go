package zkwire

import (
	"encoding/binary"
	"errors"
)

// ErrShort is the error of a Decoder that ran into the end, or an impossible length.
var ErrShort = errors.New("zkwire: record is cut short or has an impossible length")

// ErrNull is the error of a Decoder that found nothing wrong but a null string where there
// must be one. Apache's server decodes such a record and fails later.
var ErrNull = errors.New("zkwire: string is null")

// Decoder reads jute values. It is sticky: after the first mistake everything reads as zero,
// and Err reports it. Buffers are not copied: they alias the frame, which the caller must
// not reuse.
type Decoder struct {
	buf  []byte
	err  error
	null bool // a string that must not be null was
}

// NewDecoder reads from a frame's payload.
func NewDecoder(b []byte) *Decoder { return &Decoder{buf: b} }

// Err is the first mistake.
func (d *Decoder) Err() error {
	if d.err == nil && d.null {
		return ErrNull
	}
	return d.err
}

// Rest is how many bytes have not been read.
func (d *Decoder) Rest() int { return len(d.buf) }

// Fail marks the record as malformed.
func (d *Decoder) Fail() {
	if d.err == nil {
		d.err = ErrShort
	}
	d.buf = nil
}

func (d *Decoder) take(n int) []byte {
	if n < 0 || n > len(d.buf) {
		d.Fail()
		return nil
	}
	b := d.buf[:n:n]
	d.buf = d.buf[n:]
	return b
}

// Bool reads one byte; any but zero is true.
func (d *Decoder) Bool() bool {
	b := d.take(1)
	return b != nil && b[0] != 0
}

// Int reads 4 bytes.
func (d *Decoder) Int() int32 {
	if b := d.take(4); b != nil {
		return int32(binary.BigEndian.Uint32(b))
	}
	return 0
}

// Long reads 8 bytes.
func (d *Decoder) Long() int64 {
	if b := d.take(8); b != nil {
		return int64(binary.BigEndian.Uint64(b))
	}
	return 0
}

// Buffer reads a length and the bytes; nil is the null buffer.
func (d *Decoder) Buffer() []byte {
	n := d.Int()
	if n == -1 || d.err != nil {
		return nil
	}
	if n < 0 {
		d.Fail()
		return nil
	}
	if b := d.take(int(n)); b != nil {
		return b
	}
	return nil
}

// String reads a string; a null one is a mistake, but reading goes on.
func (d *Decoder) String() string {
	s, null := d.NullString()
	d.null = d.null || null
	return s
}

// NullString reads a string that may be null.
func (d *Decoder) NullString() (s string, null bool) {
	n := d.Int()
	if n == -1 || d.err != nil {
		return "", true
	}
	if n < 0 {
		d.Fail()
		return "", true
	}
	return string(d.take(int(n))), false
}

// count reads a vector's length, bounded by the bytes that are left.
func (d *Decoder) count(least int) int {
	n := int(d.Int())
	if n < 0 || n*least > len(d.buf) {
		if n != -1 {
			d.Fail()
		}
		return -1
	}
	return n
}

// Strings reads a vector of strings; a null vector is a mistake.
func (d *Decoder) Strings() []string {
	n := d.count(4)
	if n < 0 {
		d.Fail()
		return nil
	}
	list := make([]string, 0, n)
	for range n {
		list = append(list, d.String())
	}
	return list
}

// ACLs reads a vector of ACL entries; a null one reads as nil.
func (d *Decoder) ACLs() []ACL {
	n := d.count(12)
	if n < 0 {
		return nil
	}
	list := make([]ACL, 0, n)
	for range n {
		perms := Perm(d.Int())
		scheme, _ := d.NullString()
		id, _ := d.NullString()
		list = append(list, ACL{perms, ID{scheme, id}})
	}
	return list
}

// Stat reads the 68 bytes of a Stat.
func (d *Decoder) Stat() Stat {
	return Stat{
		Czxid: Zxid(d.Long()), Mzxid: Zxid(d.Long()), Ctime: d.Long(), Mtime: d.Long(),
		Version: Version(d.Int()), Cversion: Version(d.Int()), Aversion: Version(d.Int()),
		EphemeralOwner: SessionID(d.Long()), DataLength: d.Int(), NumChildren: d.Int(), Pzxid: Zxid(d.Long()),
	}
}
