package txnlog

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"oakmoot/internal/run/disk"
	"oakmoot/internal/zk/zkwire"
)

// Kind is a kind of file in a data directory. Its files are named after a zxid, and
// begin with a name and the version of the format.
type Kind struct{ prefix, magic, noun string }

// The kinds. A log is named after its first transaction, a snapshot after the last
// one that is in it.
var (
	Logs      = Kind{"log.", "oakmootzklog", "log"}
	Snapshots = Kind{"snapshot.", "oakmootzksnap", "snapshot"}
)

// version is that of the format.
const version = 1

// Name is the name of the file of a zxid.
func (k Kind) Name(zxid zkwire.Zxid) string { return fmt.Sprintf("%s%016x", k.prefix, int64(zxid)) }

// List returns the zxids of a directory's files of this kind, in order.
func (k Kind) List(dir string) ([]zkwire.Zxid, error) { return k.list(disk.OS{}, dir) }

func (k Kind) list(d disk.Disk, dir string) ([]zkwire.Zxid, error) {
	entries, err := d.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var zxids []zkwire.Zxid
	for _, e := range entries {
		hex, ok := strings.CutPrefix(e.Name(), k.prefix)
		if !ok {
			continue
		}
		if n, err := strconv.ParseInt(hex, 16, 64); err == nil {
			zxids = append(zxids, zkwire.Zxid(n))
		}
	}
	slices.Sort(zxids)
	return zxids, nil
}

// header is how a file begins.
func (k Kind) header() []byte { return binary.BigEndian.AppendUint32([]byte(k.magic), version) }

// readHeader reads how a file begins; as is what its errors call the file.
func (k Kind) readHeader(r io.Reader, as string) error {
	head := make([]byte, len(k.header()))
	if _, err := io.ReadFull(r, head); err != nil {
		return err
	}
	if !strings.HasPrefix(string(head), k.magic) {
		return fmt.Errorf("%w: %s does not begin as a %s", ErrDamaged, as, k.noun)
	}
	if v := binary.BigEndian.Uint32(head[len(k.magic):]); v > version {
		return fmt.Errorf("%w: %s is of version %d, known are versions up to %d", ErrNewer, as, v, version)
	}
	return nil
}

// prune removes all snapshots but the latest few, and the logs that those do not need:
// PurgeTxnLog. A log begins right after a snapshot.
func prune(d disk.Disk, dir string, retain int) error {
	snapshots, err := Snapshots.list(d, dir)
	if err != nil || len(snapshots) == 0 {
		return err
	}
	kept := snapshots[max(0, len(snapshots)-max(1, retain)):]
	logs, err := Logs.list(d, dir)
	if err != nil {
		return err
	}
	for _, zxid := range logs {
		if zxid <= kept[0] {
			err = errors.Join(err, d.Remove(filepath.Join(dir, Logs.Name(zxid))))
		}
	}
	for _, zxid := range snapshots[:len(snapshots)-len(kept)] {
		err = errors.Join(err, d.Remove(filepath.Join(dir, Snapshots.Name(zxid))))
	}
	return err
}
