package zkembed

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"

	"oakmoot/internal/zk/zkwire"
)

// replay reads a log file's transactions. A last record that is cut short, or
// whose checksum is wrong with nothing behind it, was never acknowledged: it is
// torn, and good is the offset up to which the file is whole. Damage anywhere else
// is an error with ErrDamaged in its chain that names the record's offset.
func replay(path string, each func(*txn)) (good int64, torn bool, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, false, err
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, 1<<20)
	if err := readHeader(r, path, logMagic, "log"); err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
			return 0, true, nil
		}
		return 0, false, err
	}
	good = int64(logHeaderSize)
	for {
		payload, err := readRecord(r)
		switch {
		case err == io.EOF:
			return good, false, nil
		case err == io.ErrUnexpectedEOF, (err == errChecksum || err == errHead) && onlyZeros(r):
			return good, true, nil
		case err == nil:
			err = decodeBatch(payload, each)
		}
		if err != nil {
			return good, false, fmt.Errorf("%w: %s, record at offset %d: %w", ErrDamaged, path, good, err)
		}
		good += int64(recordHead + len(payload))
	}
}

// readHeader reads how a file of a kind begins.
func readHeader(r io.Reader, path, magic, kind string) error {
	head := make([]byte, len(magic)+4)
	if _, err := io.ReadFull(r, head); err != nil {
		return err
	}
	if string(head[:len(magic)]) != magic {
		return fmt.Errorf("%w: %s does not begin as a %s", ErrDamaged, path, kind)
	}
	if v := binary.BigEndian.Uint32(head[len(magic):]); v > logVersion {
		return fmt.Errorf("%w: %s is of version %d, known are versions up to %d", ErrNewer, path, v, logVersion)
	}
	return nil
}

var errChecksum = errors.New("wrong checksum")

// readRecord reads a record's payload, which is there with errChecksum too. The
// file's end before the record's is io.ErrUnexpectedEOF, for the end of what was
// written is io.EOF: nothing but zeros may follow it, which a file system adds to a
// file that it has extended.
func readRecord(r *bufio.Reader) ([]byte, error) {
	var head [recordHead]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	if head == [recordHead]byte{} && onlyZeros(r) {
		return nil, io.EOF
	}
	if !wholeHead(head[:]) {
		return nil, errHead
	}
	n := binary.BigEndian.Uint32(head[:])
	payload, err := io.ReadAll(io.LimitReader(r, int64(n)))
	if err != nil {
		return nil, err
	}
	if len(payload) < int(n) {
		return nil, io.ErrUnexpectedEOF
	}
	if crc32.Checksum(payload, castagnoli) != binary.BigEndian.Uint32(head[4:]) {
		return payload, errChecksum
	}
	return payload, nil
}

func wholeHead(head []byte) bool {
	return crc32.Checksum(head[:8], castagnoli) == binary.BigEndian.Uint32(head[8:])
}

var errHead = errors.New("its head has a wrong checksum")

// onlyZeros tells that nothing was written behind what has been read.
func onlyZeros(r *bufio.Reader) bool {
	for {
		switch b, err := r.ReadByte(); {
		case err == io.EOF:
			return true
		case err != nil || b != 0:
			return false
		}
	}
}

// decodeBatch reads the transactions of a record.
func decodeBatch(payload []byte, each func(*txn)) error {
	d := zkwire.NewDecoder(payload)
	for d.Rest() > 0 {
		t := decodeTxn(d)
		if d.Err() != nil {
			return d.Err()
		}
		each(t)
	}
	return nil
}
