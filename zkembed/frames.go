package zkembed

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
)

// frameReader cuts a connection's bytes into frames. It hands on all that have arrived
// together, so that a client which sends ahead costs one hand-over, not one for each
// request.
type frameReader struct {
	src   io.Reader
	limit int    // longest payload: jute.maxbuffer
	buf   []byte // bytes not yet handed on
}

const (
	lengthSize = 4 // of the number before each frame
	// A buffer begins small, since there may be ten thousand idle connections, and grows
	// with what arrives: a length alone, however big, costs nothing.
	readBufferMin = 2 << 10
	readBufferMax = 64 << 10 // beyond it only for a frame that is longer
)

var errFrame = errors.New("frame has an impossible length")

// peek returns the next n bytes without taking them.
func (f *frameReader) peek(n int) ([]byte, error) {
	for len(f.buf) < n {
		if err := f.fill(); err != nil {
			return nil, err
		}
	}
	return f.buf[:n], nil
}

// fill reads once.
func (f *frameReader) fill() error {
	if len(f.buf) == cap(f.buf) {
		grown := make([]byte, len(f.buf), max(readBufferMin, 2*cap(f.buf)))
		copy(grown, f.buf)
		f.buf = grown
	}
	n, err := f.src.Read(f.buf[len(f.buf):min(cap(f.buf), f.most())])
	f.buf = f.buf[:len(f.buf)+n]
	if n > 0 {
		return nil
	}
	return err
}

// most is how many bytes may be buffered: more than usual only when the frame under way
// is longer.
func (f *frameReader) most() int {
	if len(f.buf) < readBufferMax {
		return readBufferMax
	}
	return f.limit + lengthSize
}

// next takes all whole frames that have arrived, and waits for one; their lengths stay in
// front of them. The result belongs to the caller.
func (f *frameReader) next() ([]byte, error) {
	for {
		n, err := f.whole()
		if n > 0 {
			frames := bytes.Clone(f.buf[:n])
			f.drop(n)
			return frames, nil
		}
		if err == nil {
			err = f.fill()
		}
		if err != nil {
			return nil, err
		}
	}
}

// first takes one frame, without its length.
func (f *frameReader) first() ([]byte, error) {
	head, err := f.peek(lengthSize)
	if err != nil {
		return nil, err
	}
	n, err := f.length(head)
	if err != nil {
		return nil, err
	}
	b, err := f.peek(lengthSize + n)
	if err != nil {
		return nil, err
	}
	frame := bytes.Clone(b[lengthSize:])
	f.drop(lengthSize + n)
	return frame, nil
}

// whole is how many bytes of whole frames are at the front. An impossible length is an
// error only once it is at the front.
func (f *frameReader) whole() (n int, err error) {
	for len(f.buf)-n >= lengthSize {
		size, err := f.length(f.buf[n:])
		if err != nil {
			return n, err
		}
		if len(f.buf)-n-lengthSize < size {
			return n, nil
		}
		n += lengthSize + size
	}
	return n, nil
}

func (f *frameReader) length(head []byte) (int, error) {
	n := int32(binary.BigEndian.Uint32(head))
	if n < 0 || int(n) > f.limit {
		return 0, errFrame
	}
	return int(n), nil
}

func (f *frameReader) drop(n int) {
	rest := f.buf[n:]
	if cap(f.buf) > readBufferMax {
		f.buf = append(make([]byte, 0, max(readBufferMin, len(rest))), rest...)
		return
	}
	f.buf = f.buf[:copy(f.buf, rest)]
}

// cutFrame cuts off the first of the frames that next has returned.
func cutFrame(frames []byte) (frame, rest []byte) {
	end := lengthSize + int(binary.BigEndian.Uint32(frames))
	return frames[lengthSize:end:end], frames[end:]
}
