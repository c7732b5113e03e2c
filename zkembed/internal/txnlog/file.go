package txnlog

import (
	"fmt"
	"math"
	"os"
	"path/filepath"

	"oakmoot/internal/run/disk"
	"oakmoot/internal/zk/zkwire"
)

// A file doubles, within these limits, when it is filled with zeros, and grows by more
// where it is not.
const (
	leastGrowth = 16 << 10
	mostGrowth  = 256 << 10
	holeGrowth  = 4 << 20
	fillLimit   = 32 << 10 // the largest batch for which it is filled: zeros are written too
)

// logFile is the log that is being written.
type logFile struct {
	disk.File
	end      int64 // where the next record goes
	size     int64 // of the file: zeros behind end, so that a sync need not make a new size durable
	unsynced bool
	opts     *Options
}

// createFile begins the log whose first transaction will be zxid.
func createFile(dir string, zxid zkwire.Zxid, opts *Options) (*logFile, error) {
	f, err := openFile(filepath.Join(dir, Logs.Name(zxid)), os.O_CREATE|os.O_TRUNC, opts)
	if err != nil {
		return nil, err
	}
	header := Logs.header()
	f.end, f.size = int64(len(header)), int64(len(header))
	_, err = f.Write(header)
	if err == nil && f.opts.Sync != Never {
		err = f.Sync()
	}
	if err == nil && f.opts.Sync != Never {
		err = disk.SyncDir(opts.disk, dir)
	}
	return f.unless(err)
}

// continueFile opens a log to be continued at end, which cuts off what follows.
func continueFile(path string, end int64, opts *Options) (*logFile, error) {
	f, err := openFile(path, 0, opts)
	if err != nil {
		return nil, err
	}
	f.end, f.size = end, end
	return f.unless(f.Truncate(end))
}

// unless closes the file again if it could not be made ready.
func (f *logFile) unless(err error) (*logFile, error) {
	if err != nil {
		_ = f.Close() // err says more
		return nil, err
	}
	return f, nil
}

func openFile(path string, flags int, opts *Options) (*logFile, error) {
	f, err := opts.disk.OpenFile(path, os.O_RDWR|flags, 0o644)
	if err != nil {
		return nil, err
	}
	return &logFile{File: f, opts: opts}, nil
}

// append seals a record and writes it after the others.
func (f *logFile) append(record []byte) error {
	if n := len(record) - HeadSize; n > math.MaxInt32 {
		return fmt.Errorf("a batch of %d bytes is too large", n)
	}
	Seal(record)
	end := f.end + int64(len(record))
	err := f.opts.BeforeWrite()
	if err == nil && end > f.size {
		err = f.grow(end, len(record))
	}
	if err == nil {
		_, err = f.WriteAt(record, f.end)
	}
	if err == nil {
		f.end, f.unsynced = end, true
	}
	return err
}

// grow makes room up to an end, and more, for a batch of n bytes. Where every batch is
// made durable, the room for small ones is filled with zeros: overwriting blocks that the
// file system has already allocated takes half as long as allocating some for each batch,
// and a hole has none.
func (f *logFile) grow(end int64, n int) error {
	if f.opts.Sync != 0 || n > fillLimit {
		f.size = end + holeGrowth
		return f.Truncate(f.size)
	}
	fill := zeros[:min(max(f.size, leastGrowth), mostGrowth)]
	for f.size < end {
		if _, err := f.WriteAt(fill, f.size); err != nil {
			return err
		}
		f.size += int64(len(fill))
	}
	return nil
}

var zeros [mostGrowth]byte

// finish closes the file, without the zeros after its end.
func (f *logFile) finish() error {
	err := f.Truncate(f.end)
	if err == nil && f.opts.Sync != Never {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return err
}
