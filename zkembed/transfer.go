package zkembed

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"time"

	"oakmoot/internal/run/dirlock"
	"oakmoot/internal/zk/zkfile"
)

// Transfer is what went from an Apache ZooKeeper data directory into one of ours, or
// back.
type Transfer struct {
	Zxid     Zxid // of the last transaction that is in it
	Nodes    int
	Sessions int
	Notes    []string // what was remarkable, a sentence each
}

// ErrNotEmpty is in the chain of the error for a directory that was to be filled and
// has something in it; nothing is ever overwritten.
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
	st := bareState()
	if err := st.fromImage(data); err != nil {
		return Transfer{}, fmt.Errorf("zookeeper import %s: %w", apacheDir, err)
	}
	if err := st.fill(dir); err != nil {
		return Transfer{}, fmt.Errorf("zookeeper import: %w", err)
	}
	return Transfer{st.zxid, st.tree.count, len(st.sessions.byID), data.Notes}, nil
}

// ExportApache makes a data directory that an Apache ZooKeeper 3.6 or later starts
// on, from one that no server of ours runs on; it holds one snapshot. The new
// directory must be missing or empty.
func ExportApache(dir, apacheDir string) (Transfer, error) {
	if err := emptyOrMissing(apacheDir); err != nil {
		return Transfer{}, fmt.Errorf("zookeeper export: %w", err)
	}
	lock, err := dirlock.Acquire(dir)
	if err != nil {
		return Transfer{}, fmt.Errorf("zookeeper export %s: %w", dir, err)
	}
	defer lock.Release()
	st := bareState()
	end, err := st.readDir(dir)
	if err == nil && end.path == "" && st.zxid == 0 {
		err = fmt.Errorf("%s holds no log and no snapshot", dir)
	}
	if err != nil {
		return Transfer{}, fmt.Errorf("zookeeper export: %w", err)
	}
	quotasOf(st.tree) // the log does not hold what is used of them
	img := st.image()
	if _, err := zkfile.WriteDir(apacheDir, img); err != nil {
		return Transfer{}, fmt.Errorf("zookeeper export: %w", err)
	}
	done := Transfer{Zxid: st.zxid, Nodes: len(img.Nodes), Sessions: len(img.Sessions)}
	if end.torn {
		done.Notes = []string{fmt.Sprintf("%s: torn record at offset %d, never acknowledged, left out", end.path, end.good)}
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

// bareState is a state without a server.
func bareState() *state {
	now := time.Now()
	return &state{
		opts: Options{}.withDefaults(), tree: newTree(), clock: clock{now},
		sessions: newSessions(defaultTick, now.UnixMilli(), 0),
	}
}

// emptyOrMissing tells whether a directory may be filled. That it has been locked
// before does no harm.
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

// fill writes the state as the only snapshot of a new directory.
func (s *state) fill(dir string) error {
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
	sv := startSaver(s, dir)
	for sv.phase != saverEnding {
		if sv.step(); sv.phase == saverStalled {
			<-sv.moved
		}
	}
	return <-sv.done
}

// fromImage takes over what was read of Apache's files.
func (s *state) fromImage(data *zkfile.Data) error {
	img := data.Image
	s.zxid, s.tree = img.Zxid, emptyTree()
	for id, timeout := range img.Sessions {
		s.sessions.open(id, millis(timeout), s.now)
	}
	for _, path := range slices.SortedFunc(maps.Keys(img.Nodes), zkfile.ComparePaths) {
		if path != "/" && !s.tree.hasPlace(path) {
			return fmt.Errorf("%w: %q does not fit the tree", ErrDamaged, path)
		}
		s.tree.put(path, fromApache(path, img.Nodes[path]))
	}
	s.addBuiltin()
	if config := s.tree.lookup("/zookeeper/config"); config.size() > 0 {
		// Curator would leave for the servers that are named there.
		config.setBlob("config", []byte{})
		data.Notes = append(data.Notes, "/zookeeper/config named the servers of an ensemble and is empty now, as on a stand-alone server")
	}
	return s.tree.checkBuiltin()
}

// addBuiltin adds what servers before 3.5 did not have.
func (s *state) addBuiltin() {
	for _, path := range slices.Sorted(maps.Keys(builtin)) {
		if s.tree.lookup(path) == nil {
			s.tree.put(path, newTree().lookup(path))
		}
	}
}

func fromApache(path string, a *zkfile.Node) *znode {
	n := newNode(nameOf(path), a.Data, internACL(a.ACL), a.Owner)
	n.czxid, n.mzxid, n.ctime, n.mtime, n.version = a.Czxid, a.Mzxid, a.Ctime, a.Mtime, a.Version
	if n.more != nil || a.Pzxid != a.Czxid || a.Created != 0 || a.Aversion != 0 {
		m := n.extended()
		m.pzxid, m.created, m.aversion = a.Pzxid, a.Created, a.Aversion
	}
	return n
}

// image is the state for Apache's files.
func (s *state) image() *zkfile.Image {
	img := &zkfile.Image{Zxid: s.zxid, Sessions: map[SessionID]int32{}, Nodes: make(map[string]*zkfile.Node, s.tree.count)}
	for id, sess := range s.sessions.byID {
		img.Sessions[id] = int32(sess.timeout.Milliseconds())
	}
	s.tree.walk("/", func(path string, n *znode) {
		a := &zkfile.Node{
			Data: n.data(), Czxid: n.czxid, Mzxid: n.mzxid, Pzxid: n.pzxid(), Ctime: n.ctime, Mtime: n.mtime,
			Version: n.version, Aversion: n.aversion(), Created: n.created(), Owner: n.owner(),
		}
		if acl := n.acl(); !isOpen(acl) {
			a.ACL = acl
		}
		img.Nodes[path] = a
	})
	return img
}
