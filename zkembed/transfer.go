package zkembed

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/run/dirlock"
	"oakmoot/internal/zk/zkfile"
	"oakmoot/internal/zk/zkwire"
	"oakmoot/zkembed/internal/tree"
	"oakmoot/zkembed/internal/txnlog"
)

// Transfer is what was carried over from an Apache ZooKeeper data directory to one of
// ours, or back.
type Transfer struct {
	Zxid     Zxid // of the last transaction that is in it
	Nodes    int
	Sessions int
	Notes    []string // anything worth knowing, a sentence each
}

// ErrNotEmpty is in the chain of the error for a target directory that is not empty;
// nothing is ever overwritten.
var ErrNotEmpty = errors.New("not empty")

// ImportApache makes a data directory from that of an Apache ZooKeeper 3.8 or 3.9:
// nodes with their data, ACLs and stats, sessions, and the zxid. Its snapshots are in
// apacheDir and its logs in apacheLogDir, which is the same directory when it is "";
// each may be the one of zoo.cfg or the version-2 in it. The server must not run.
// The new directory must be missing or empty. The error has ErrDamaged in its chain
// when Apache's server would not start either.
func ImportApache(apacheDir, apacheLogDir, dir string) (Transfer, error) {
	data, err := zkfile.ReadDir(apacheDir, apacheLogDir)
	if err != nil {
		return Transfer{}, fmt.Errorf("zookeeper import: %w", damagedToo(err))
	}
	db := bareDatabase()
	if err := db.fromImage(data); err != nil {
		return Transfer{}, fmt.Errorf("zookeeper import %s: %w", apacheDir, err)
	}
	if err := db.fill(dir); err != nil {
		return Transfer{}, fmt.Errorf("zookeeper import: %w", err)
	}
	return Transfer{Zxid(db.zxid), db.tree.Len(), len(db.sessions.byID), data.Notes}, nil
}

// ExportApache makes a data directory for an Apache ZooKeeper 3.6 or later from one of ours
// that no server is using; it holds one snapshot. The new directory must be missing or
// empty.
func ExportApache(dir, apacheDir string) (Transfer, error) {
	if err := emptyOrMissing(apacheDir); err != nil {
		return Transfer{}, fmt.Errorf("zookeeper export: %w", err)
	}
	lock, err := dirlock.Acquire(dir)
	if err != nil {
		return Transfer{}, fmt.Errorf("zookeeper export %s: %w", dir, err)
	}
	defer lock.Release()
	db := bareDatabase()
	end, err := txnlog.Restore(dir, db, hclog.NewNullLogger())
	if err == nil && end.Path == "" && db.zxid == 0 {
		err = fmt.Errorf("%s holds no log and no snapshot", dir)
	}
	if err != nil {
		return Transfer{}, fmt.Errorf("zookeeper export: %w", err)
	}
	db.tree.Quotas.Count() // the log does not hold what is used of them
	img := db.image()
	if _, err := zkfile.WriteDir(apacheDir, img); err != nil {
		return Transfer{}, fmt.Errorf("zookeeper export: %w", err)
	}
	done := Transfer{Zxid: Zxid(db.zxid), Nodes: len(img.Nodes), Sessions: len(img.Sessions)}
	if end.Torn {
		done.Notes = []string{fmt.Sprintf("%s: torn record at offset %d, never acknowledged, left out", end.Path, end.Good)}
	}
	return done, nil
}

// damagedToo puts our own sentinel into the chain.
func damagedToo(err error) error {
	if errors.Is(err, zkfile.ErrDamaged) {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return err
}

// bareDatabase is the database of a fresh server, without the server.
func bareDatabase() *database {
	return &database{tree: tree.New(), sessions: newSessions(defaultTick, time.Now().UnixMilli(), 0)}
}

// emptyOrMissing fails when a directory must not be filled. An old lock file in it does no
// harm.
func emptyOrMissing(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() != dirlock.Name {
			return fmt.Errorf("%s is %w, and nothing is overwritten", dir, ErrNotEmpty)
		}
	}
	return nil
}

// fill makes a directory that holds the database.
func (db *database) fill(dir string) error {
	if err := emptyOrMissing(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	lock, err := dirlock.Acquire(dir)
	if err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	defer lock.Release()
	return txnlog.WriteSnapshot(dir, db)
}

// fromImage takes over what was read of Apache's files.
func (db *database) fromImage(data *zkfile.Data) error {
	img := data.Image
	db.zxid, db.tree = img.Zxid, tree.Empty()
	for id, timeout := range img.Sessions {
		db.reopen(id, millis(timeout))
	}
	for _, path := range slices.SortedFunc(maps.Keys(img.Nodes), zkfile.ComparePaths) {
		r := tree.Record(*img.Nodes[path])
		if path == "/zookeeper/config" && len(r.Data) > 0 {
			// Curator would move to the servers that are named there.
			r.Data = []byte{}
			data.Notes = append(data.Notes, "/zookeeper/config named the servers of an ensemble and is empty now, as on a stand-alone server")
		}
		if err := db.tree.Restore(path, r); err != nil {
			return fmt.Errorf("%w: %w", ErrDamaged, err)
		}
	}
	db.tree.AddBuiltin()
	return db.tree.CheckBuiltin()
}

// image is the database for Apache's files.
func (db *database) image() *zkfile.Image {
	img := &zkfile.Image{Zxid: db.zxid, Sessions: map[zkwire.SessionID]int32{}, Nodes: make(map[string]*zkfile.Node, db.tree.Len())}
	for id, sess := range db.sessions.byID {
		img.Sessions[id] = int32(sess.timeout.Milliseconds())
	}
	db.tree.Each("/", func(path string, n *tree.Node) {
		a := zkfile.Node(n.Record())
		img.Nodes[path] = &a
	})
	return img
}
