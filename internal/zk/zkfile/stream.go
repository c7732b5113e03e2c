package zkfile

import (
	"bytes"
	"encoding/binary"
	"hash"
	"hash/adler32"
	"io"

	"oakmoot/internal/zk/zkwire"
)

// stream reads jute values from a file and sums up what it has read. It is sticky:
// after the first mistake everything reads as zero. The end of the file in a value
// is io.ErrUnexpectedEOF.
type stream struct {
	r   io.Reader
	sum hash.Hash32
	at  int64
	err error
}

func newStream(r io.Reader) *stream { return &stream{r: r, sum: adler32.New()} }

func (s *stream) fail(err error) {
	if s.err == nil {
		s.err = err
	}
}

// fill reads all of b. If there was nothing at all, the error is io.EOF.
func (s *stream) fill(b []byte) bool {
	if s.err != nil {
		return false
	}
	n, err := io.ReadFull(s.r, b)
	s.at += int64(n)
	if err != nil {
		s.fail(err)
		return false
	}
	s.sum.Write(b)
	return true
}

func (s *stream) int() int32 {
	var b [4]byte
	if !s.fill(b[:]) {
		return 0
	}
	return int32(binary.BigEndian.Uint32(b[:]))
}

func (s *stream) long() int64 {
	var b [8]byte
	if !s.fill(b[:]) {
		return 0
	}
	return int64(binary.BigEndian.Uint64(b[:]))
}

// readAhead is how much of a file is read at once.
const readAhead = 64 << 10

// block is how much of a buffer is allocated at a time, so that a length alone costs no
// memory.
const block = 1 << 20

// take reads n bytes.
func (s *stream) take(n int) []byte {
	if n <= block {
		b := make([]byte, n)
		if !s.fill(b) {
			return nil
		}
		return b
	}
	var all bytes.Buffer
	for all.Len() < n && s.err == nil {
		all.Write(s.take(min(block, n-all.Len())))
	}
	return all.Bytes()
}

// buffer reads a length and the bytes; nil is the null buffer.
func (s *stream) buffer() []byte {
	n := s.int()
	switch {
	case s.err != nil, n == -1:
		return nil
	case n < 0:
		s.fail(zkwire.ErrShort)
		return nil
	}
	return s.take(int(n))
}

func (s *stream) string() string { return string(s.buffer()) }

// header reads the beginning of a file, and fails unless it is of the kind.
func (s *stream) header(magic int32) bool {
	got := s.int()
	s.int()  // the version, which Apache's server does not check either
	s.long() // the database's id, likewise
	return s.err == nil && got == magic
}
