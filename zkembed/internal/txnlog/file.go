package txnlog

import (
	"os"
	"path/filepath"

	"oakmoot/internal/zk/zkwire"
)

// A file grows by as much as it has, within these limits, when it is filled with zeros,
// and by more where it is not.
const (
	leastGrowth = 16 << 10
	mostGrowth  = 256 << 10
	holeGrowth  = 4 << 20
	fillLimit   = 32 << 10 // the largest batch for which it is filled: zeros are written too
)

// logFile is the log that is written on.
type logFile struct {
	*os.File
	end      int64 // where the next record goes
	size     int64 // of the file: zeros behind end, so that a sync need not make a new size durable
	unsynced bool
	fills    bool // every batch is made durable
	durable  bool // the file is made durable at all
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
	if err == nil && f.durable {
		err = f.Sync()
	}
	if err == nil && f.durable {
		err = syncDir(dir)
	}
	return f.unless(err)
}

// continueFile opens a log to be written on from end, which cuts off what is behind it.
func continueFile(path string, end int64, opts *Options) (*logFile, error) {
	f, err := openFile(path, 0, opts)
	if err != nil {
		return nil, err
	}
	f.end, f.size = end, end
	return f.unless(f.Truncate(end))
}

// unless closes the file again when it could not be made ready.
func (f *logFile) unless(err error) (*logFile, error) {
	if err != nil {
		_ = f.Close() // err says more
		return nil, err
	}
	return f, nil
}

func openFile(path string, flags int, opts *Options) (*logFile, error) {
	f, err := os.OpenFile(path, os.O_RDWR|flags, 0o644)
	if err != nil {
		return nil, err
	}
	return &logFile{File: f, fills: opts.Sync == 0, durable: opts.Sync != Never}, nil
}

// append writes a record behind the others.
func (f *logFile) append(record []byte) error {
	err := f.extend(int64(len(record)))
	if err == nil {
		_, err = f.WriteAt(record, f.end)
	}
	if err == nil {
		f.end += int64(len(record))
		f.unsynced = true
	}
	return err
}

// extend makes room for n bytes, and more. Where every batch is made durable the room
// for small ones is filled with zeros: to write on blocks that the file system has already
// given out takes it half as long as to find some for each batch, and a hole has none.
func (f *logFile) extend(n int64) error {
	if f.end+n <= f.size {
		return nil
	}
	if !f.fills || n > fillLimit {
		f.size = f.end + n + holeGrowth
		return f.Truncate(f.size)
	}
	fill := zeros[:min(max(f.size, leastGrowth), mostGrowth)]
	for f.size < f.end+n {
		if _, err := f.WriteAt(fill, f.size); err != nil {
			return err
		}
		f.size += int64(len(fill))
	}
	return nil
}

var zeros [mostGrowth]byte

// sync makes what was written durable.
func (f *logFile) sync() error {
	err := datasync(f.File)
	f.unsynced = err != nil
	return err
}

// finish closes the file, without the zeros behind its end.
func (f *logFile) finish() error {
	err := f.Truncate(f.end)
	if err == nil && f.durable {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return err
}
