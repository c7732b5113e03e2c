package httpmsg

// chunks follows a chunked body: RFC 9112, section 7.1. It is lenient where
// net/http is not: what is wrong with a body, its reader finds out.
type chunks struct {
	state chunkState
	left  int64 // bytes of the chunk's data, and of the line's end behind it
	size  int64 // as far as it was read
	blank bool  // the trailer's line has nothing on it so far
}

type chunkState int

const (
	inSize      chunkState = iota
	inExtension            // behind the size, to the end of its line
	inData
	inDataEnd // the line's end behind the data
	inTrailer
)

// sizeLimit keeps a size from overflowing.
const sizeLimit = 1 << 55

// scan reads up to the end of the body; it returns how many bytes belong to it, and
// whether it is over.
func (c *chunks) scan(p []byte) (n int, over bool) {
	for n < len(p) {
		if c.state == inData {
			k := int(min(c.left, int64(len(p)-n)))
			n += k
			if c.left -= int64(k); c.left == 0 {
				c.state = inDataEnd
			}
			continue
		}
		b := p[n]
		n++
		if c.step(b) {
			return n, true
		}
	}
	return n, false
}

// step takes a byte that is not data; true when it is the body's last.
func (c *chunks) step(b byte) bool {
	switch c.state {
	case inSize:
		if d, ok := hex(b); ok && c.size < sizeLimit {
			c.size = c.size<<4 | int64(d)
			return false
		}
		c.state = inExtension
		fallthrough
	case inExtension:
		if b == '\n' {
			c.left, c.state = c.size, inData
			if c.size == 0 {
				c.blank, c.state = true, inTrailer
			}
			c.size = 0
		}
	case inDataEnd:
		if b == '\n' {
			c.state = inSize
		}
	case inTrailer:
		switch {
		case b == '\n' && c.blank:
			return true
		case b == '\n':
			c.blank = true
		case b != '\r':
			c.blank = false
		}
	}
	return false
}

func hex(b byte) (digit byte, ok bool) {
	switch {
	case b >= '0' && b <= '9':
		return b - '0', true
	case b >= 'a' && b <= 'f':
		return b - 'a' + 10, true
	case b >= 'A' && b <= 'F':
		return b - 'A' + 10, true
	}
	return 0, false
}
