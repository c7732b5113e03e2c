package zkfile

import (
	"cmp"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"oakmoot/internal/zk/zkwire"
)

// versionDir is where a server keeps its files, below dataDir and dataLogDir.
const versionDir = "version-2"

const (
	snapshotPrefix = "snapshot"
	logPrefix      = "log"
)

// Data is what a directory holds, and anything worth knowing about it.
type Data struct {
	Image *Image
	Txns  int      // in the logs after the snapshot
	Notes []string // a sentence each

	bare bool // there is no snapshot
}

// ErrNoData is in the chain of the error for a directory without snapshots and logs.
var ErrNoData = errors.New("no snapshot and no log of Apache ZooKeeper")

// ReadDir reads the state that a server would start with, the newest intact snapshot and
// the logs after it: FileTxnSnapLog.restore. Each directory may be the one of zoo.cfg or
// the version-2 in it; an empty logDir means dir. Nothing is written.
func ReadDir(dir, logDir string) (*Data, error) {
	if logDir == "" {
		logDir = dir
	}
	snapshots, err := list(dir, snapshotPrefix)
	if err != nil {
		return nil, err
	}
	logs, err := list(logDir, logPrefix)
	if err != nil {
		return nil, err
	}
	if len(snapshots)+len(logs) == 0 {
		return nil, fmt.Errorf("%s: %w", dir, ErrNoData)
	}
	data := &Data{}
	if err := data.newestWhole(snapshots); err != nil {
		return nil, err
	}
	if err := data.replay(logs); err != nil {
		return nil, err
	}
	return data, data.Image.check()
}

func (d *Data) note(format string, args ...any) {
	d.Notes = append(d.Notes, fmt.Sprintf(format, args...))
}

// numberedFile is a file whose name ends in a zxid.
type numberedFile struct {
	path string
	zxid zkwire.Zxid
}

// list is the files of a kind, in order: Util.sortDataDir.
func list(dir, prefix string) ([]numberedFile, error) {
	if below := filepath.Join(dir, versionDir); isDir(below) {
		dir = below
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var files []numberedFile
	for _, e := range entries {
		parts := strings.Split(e.Name(), ".")
		if len(parts) < 2 || parts[0] != prefix {
			continue
		}
		if zxid, err := strconv.ParseInt(parts[1], 16, 64); err == nil {
			files = append(files, numberedFile{filepath.Join(dir, e.Name()), zkwire.Zxid(zxid)})
		}
	}
	slices.SortFunc(files, func(a, b numberedFile) int { return cmp.Compare(a.zxid, b.zxid) })
	return files, nil
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// newestWhole reads the newest snapshot that can be read; like a server, it skips those
// that were cut short.
func (d *Data) newestWhole(snapshots []numberedFile) error {
	var first error
	for _, f := range slices.Backward(snapshots) {
		img, err := openSnapshot(f)
		if err == nil {
			d.Image = img
			return nil
		}
		if !errors.Is(err, ErrDamaged) {
			return err
		}
		first = cmp.Or(first, err)
		d.note("passed over: %v", err)
	}
	if first != nil {
		return fmt.Errorf("no snapshot is whole: %w", first)
	}
	d.note("there is no snapshot, the logs are replayed from the beginning")
	d.Image, d.bare = fresh(), true
	return nil
}

func openSnapshot(file numberedFile) (*Image, error) {
	f, err := os.Open(file.path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var r io.Reader = f
	switch filepath.Ext(file.path) {
	case ".gz":
		if r, err = gzip.NewReader(f); err != nil {
			return nil, fmt.Errorf("%s: %w: %w", file.path, ErrDamaged, err)
		}
	case ".snappy":
		return nil, fmt.Errorf("%s is compressed with snappy, which is not read here: let ZooKeeper write one with -Dzookeeper.snapshot.compression.method=gz", file.path)
	}
	img, err := readSnapshot(r, file.zxid)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file.path, err)
	}
	return img, nil
}

// replay applies the transactions after the snapshot. The first log is the last one that
// may hold the snapshot's successor: FileTxnLog.getLogFiles.
func (d *Data) replay(logs []numberedFile) error {
	next := d.Image.Zxid + 1
	if d.bare && len(logs) > 0 && logs[0].zxid > next {
		return fmt.Errorf("%w: there is no snapshot, and the logs begin with transaction 0x%x", ErrDamaged, int64(logs[0].zxid))
	}
	for len(logs) > 1 && logs[1].zxid <= next {
		logs = logs[1:]
	}
	digest := d.Image.Digest
	for i, file := range logs {
		tail, err := readLogFile(file.path, func(t *Txn) error {
			if t.Zxid < next {
				return nil
			}
			if t.Zxid != d.Image.Zxid+1 && epoch(t.Zxid) == epoch(d.Image.Zxid) {
				d.note("transactions 0x%x to 0x%x are missing before %s", int64(d.Image.Zxid+1), int64(t.Zxid-1), filepath.Base(file.path))
			}
			d.Image.apply(t)
			d.Txns++
			if t.Digest != nil {
				digest = &ImageDigest{t.Zxid, *t.Digest}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("%s: %w", file.path, err)
		}
		if tail.Torn {
			d.note("%s: torn record at offset %d, never acknowledged, left out", filepath.Base(file.path), tail.Offset)
		} else if tail.Offset == 0 && i < len(logs)-1 {
			d.note("%s is empty", filepath.Base(file.path))
		}
	}
	d.compare(digest)
	return nil
}

// epoch is the leader's epoch: the upper half of a zxid.
func epoch(zxid zkwire.Zxid) int64 { return int64(zxid) >> 32 }

func readLogFile(path string, each func(*Txn) error) (Tail, error) {
	f, err := os.Open(path)
	if err != nil {
		return Tail{}, err
	}
	defer f.Close()
	return readLog(f, each)
}

// ReadLogs calls each for every transaction of the logs in a directory, the one of
// zoo.cfg or the version-2 in it, in order. One that was cut short at the end of the
// last log is left out.
func ReadLogs(dir string, each func(*Txn) error) error {
	logs, err := list(dir, logPrefix)
	if err != nil {
		return err
	}
	for _, file := range logs {
		if _, err := readLogFile(file.path, each); err != nil {
			return fmt.Errorf("%s: %w", file.path, err)
		}
	}
	return nil
}

// compare checks the tree against the digest that Apache's server noted after its
// last transaction.
func (d *Data) compare(want *ImageDigest) {
	d.Image.Digest = nil
	if want == nil || want.Version != digestVersion || want.Zxid != d.Image.Zxid {
		return
	}
	if got := d.Image.Sum(); got != want.Digest {
		d.note("the tree's digest is 0x%x, but the server that wrote it noted 0x%x", uint64(got.Value), uint64(want.Value))
		return
	}
	d.Image.Digest = want
}

// WriteDir writes the image as the only snapshot of a data directory, which must be
// missing or empty.
func WriteDir(dir string, img *Image) (file string, err error) {
	below := filepath.Join(dir, versionDir)
	if err := os.MkdirAll(below, 0o755); err != nil {
		return "", err
	}
	file = filepath.Join(below, fmt.Sprintf("%s.%x", snapshotPrefix, int64(img.Zxid)))
	return file, writeFile(file, func(w io.Writer) error { return WriteSnapshot(w, img) })
}

// writeFile writes a durable file as a whole or not at all.
func writeFile(name string, write func(io.Writer) error) error {
	tmp, err := os.Create(name + ".new")
	if err != nil {
		return err
	}
	err = write(tmp)
	if err == nil {
		err = tmp.Sync()
	}
	if closeErr := tmp.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		return os.Rename(tmp.Name(), name)
	}
	_ = os.Remove(tmp.Name()) // half a file is of no use
	return err
}
