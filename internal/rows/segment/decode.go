package segment

import (
	"encoding/binary"
	"fmt"
)

// decoder reads big-endian values from a byte slice. The first error sticks, and
// everything after it reads as zero.
type decoder struct {
	buf []byte
	err error
}

func (d *decoder) fail(format string, args ...any) {
	if d.err == nil {
		d.err = fmt.Errorf(format, args...)
		d.buf = nil
	}
}

func (d *decoder) bytes(n int) []byte {
	if d.err != nil {
		return nil
	}
	if n < 0 || n > len(d.buf) {
		d.fail("%d bytes wanted, %d left", n, len(d.buf))
		return nil
	}
	b := d.buf[:n:n]
	d.buf = d.buf[n:]
	return b
}

func (d *decoder) byte() byte {
	if b := d.bytes(1); b != nil {
		return b[0]
	}
	return 0
}

func (d *decoder) int32() int {
	if b := d.bytes(4); b != nil {
		return int(int32(binary.BigEndian.Uint32(b)))
	}
	return 0
}

func (d *decoder) int64() int64 {
	if b := d.bytes(8); b != nil {
		return int64(binary.BigEndian.Uint64(b))
	}
	return 0
}

// count reads the number of items, of at least size bytes each, that must still be in
// the buffer.
func (d *decoder) count(size int) int {
	n := d.int32()
	if n < 0 || n > len(d.buf)/size {
		d.fail("%d entries of %d bytes announced, %d bytes left", n, size, len(d.buf))
		return 0
	}
	return n
}

// string reads a length and as many bytes: SerializerUtils.
func (d *decoder) string() string { return string(d.bytes(d.int32())) }
