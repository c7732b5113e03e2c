package txnlog

import (
	"bufio"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"path/filepath"

	"oakmoot/internal/run/disk"
	"oakmoot/internal/zk/zkwire"
)

// HeadSize is how many bytes come before a record's payload: its length, its checksum, and
// a checksum of these two, so that a damaged length is not mistaken for a record that was
// cut short.
const HeadSize = 12

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Seal fills in the head of a record, which begins with room for it.
func Seal(record []byte) {
	payload := record[HeadSize:]
	binary.BigEndian.PutUint32(record, uint32(len(payload)))
	binary.BigEndian.PutUint32(record[4:], crc32.Checksum(payload, castagnoli))
	binary.BigEndian.PutUint32(record[8:], crc32.Checksum(record[:8], castagnoli))
}

// ErrChecksum is the error of a record whose payload is damaged.
var ErrChecksum = errors.New("wrong checksum")

// errHead is the error of a record whose length cannot be trusted.
var errHead = errors.New("its head has a wrong checksum")

// Reader reads a file record by record.
type Reader struct {
	kind   Kind
	file   disk.File
	buf    *bufio.Reader
	offset int64 // of the record that was read last
	length int64 // of it, with its head
}

// Open opens the file of a kind and a zxid; nothing has been read yet.
func Open(dir string, kind Kind, zxid zkwire.Zxid) (*Reader, error) {
	return open(disk.OS{}, dir, kind, zxid)
}

func open(d disk.Disk, dir string, kind Kind, zxid zkwire.Zxid) (*Reader, error) {
	f, err := disk.Open(d, filepath.Join(dir, kind.Name(zxid)))
	if err != nil {
		return nil, err
	}
	return &Reader{kind: kind, file: f, buf: bufio.NewReaderSize(f, 1<<20)}, nil
}

// Close closes the file.
func (r *Reader) Close() error { return r.file.Close() }

// Path is the path of the file.
func (r *Reader) Path() string { return r.file.Name() }

// Size is the size of the file in bytes.
func (r *Reader) Size() (int64, error) {
	info, err := r.file.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// Header reads the beginning of the file; as is what its errors call the file. The error of
// a file that ends in its header is io.EOF or io.ErrUnexpectedEOF.
func (r *Reader) Header(as string) error {
	err := r.kind.readHeader(r.buf, as)
	if err == nil {
		r.offset = int64(len(r.kind.header()))
	}
	return err
}

// Offset is where the record begins that Next has read, or has failed to read.
func (r *Reader) Offset() int64 { return r.offset }

// Next reads the next record's payload, which it returns along with ErrChecksum too. The
// error of a file that ends within a record is io.ErrUnexpectedEOF, and at the end of what
// was written it is io.EOF: only zeros may follow, with which the log makes room in
// advance. After any error but ErrChecksum there is nothing more to read.
func (r *Reader) Next() ([]byte, error) {
	r.offset += r.length
	payload, err := r.next()
	r.length = 0
	if payload != nil {
		r.length = int64(HeadSize + len(payload))
	}
	return payload, err
}

func (r *Reader) next() ([]byte, error) {
	var head [HeadSize]byte
	if _, err := io.ReadFull(r.buf, head[:]); err != nil {
		return nil, err
	}
	if head == [HeadSize]byte{} && r.onlyZeros() {
		return nil, io.EOF
	}
	if !wholeHead(head[:]) {
		return nil, errHead
	}
	n := int64(binary.BigEndian.Uint32(head[:]))
	payload, err := io.ReadAll(io.LimitReader(r.buf, n))
	switch {
	case err != nil:
		return nil, err
	case int64(len(payload)) < n:
		return nil, io.ErrUnexpectedEOF
	case crc32.Checksum(payload, castagnoli) != binary.BigEndian.Uint32(head[4:]):
		return payload, ErrChecksum
	}
	return payload, nil
}

// Torn reports whether an error of Next means a record that was cut short while it was
// written: the file ends within it, or its checksum is wrong and nothing follows. It was
// never acknowledged. Torn reads on to find that out.
func (r *Reader) Torn(err error) bool {
	switch err {
	case io.ErrUnexpectedEOF:
		return true
	case ErrChecksum, errHead:
		return !r.headFollows() && r.onlyZeros()
	}
	return false
}

// headFollows reports, without reading on, whether a record's head comes next.
func (r *Reader) headFollows() bool {
	head, err := r.buf.Peek(HeadSize)
	return err == nil && wholeHead(head)
}

func wholeHead(head []byte) bool {
	return crc32.Checksum(head[:8], castagnoli) == binary.BigEndian.Uint32(head[8:])
}

// onlyZeros reports whether nothing was written after what has been read.
func (r *Reader) onlyZeros() bool {
	for {
		switch b, err := r.buf.ReadByte(); {
		case err == io.EOF:
			return true
		case err != nil || b != 0:
			return false
		}
	}
}

// isShort reports whether a file ended in its header.
func isShort(err error) bool { return err == io.EOF || err == io.ErrUnexpectedEOF }

// CutShort is a Reader's error for a snapshot, which is written as a whole or not at all:
// it must not end before its last record.
func CutShort(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
