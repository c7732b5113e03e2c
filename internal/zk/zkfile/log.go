package zkfile

import (
	"bufio"
	"errors"
	"fmt"
	"hash/adler32"
	"io"

	"oakmoot/internal/zk/zkwire"
)

// endOfRecord follows every entry of a log; an entry without it was cut short.
const endOfRecord = 'B'

// Tail is how a log ends.
type Tail struct {
	Offset int64 // after the last intact transaction
	Torn   bool  // a transaction that was cut short follows; it was never acknowledged
}

var errLogMagic = errors.New("it does not begin as a transaction log")

// readLog calls each for the transactions of a log, in order, up to its end or to
// one that was cut short: FileTxnLog.FileTxnIterator. A wrong checksum is damage, and the
// error names the offset.
func readLog(r io.Reader, each func(*Txn) error) (Tail, error) {
	s := newStream(bufio.NewReaderSize(r, readAhead))
	if !s.header(logMagic) {
		if s.err != nil {
			return Tail{Torn: s.at > 0}, nil // the file had only been begun
		}
		return Tail{}, fmt.Errorf("%w: %w", ErrDamaged, errLogMagic)
	}
	tail := Tail{Offset: s.at}
	for {
		sum, n := s.long(), s.int()
		if s.err != nil || n == 0 { // the file was extended with zeros in advance
			tail.Torn = s.err != nil && s.at > tail.Offset
			return tail, nil
		}
		if n < 0 {
			return tail, damagedAt(tail.Offset, zkwire.ErrShort)
		}
		entry := s.take(int(n))
		if mark := s.take(1); s.err != nil || mark[0] != endOfRecord {
			tail.Torn = true
			return tail, nil
		}
		if int64(adler32.Checksum(entry)) != sum {
			return tail, damagedAt(tail.Offset, errSum)
		}
		t, err := decodeTxn(entry)
		if err != nil {
			return tail, damagedAt(tail.Offset, err)
		}
		if err := each(t); err != nil {
			return tail, err
		}
		tail.Offset = s.at
	}
}

var errSum = errors.New("wrong checksum")

func damagedAt(offset int64, err error) error {
	return fmt.Errorf("%w: record at offset %d: %w", ErrDamaged, offset, err)
}
