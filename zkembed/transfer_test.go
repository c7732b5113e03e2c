package zkembed

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/zk/zkfile"
	"oakmoot/zkembed/internal/tree"
)

// servedText is all nodes as testdata/make of internal/zk/zkfile prints them, which
// asks a server.
func servedText(s *state) string {
	var lines []string
	s.tree.Each("/", func(path string, n *tree.Node) {
		var acl []string
		for _, a := range n.ACL() {
			acl = append(acl, fmt.Sprintf("%s:%s:%d", a.ID.Scheme, a.ID.ID, a.Perms))
		}
		st := n.Stat()
		lines = append(lines, fmt.Sprintf("%s %q acl %s czxid %d mzxid %d pzxid %d ctime %d mtime %d version %d cversion %d aversion %d owner 0x%x children %d\n",
			path, n.Data(), strings.Join(acl, ","), st.Czxid, st.Mzxid, st.Pzxid, st.Ctime, st.Mtime, st.Version, st.Cversion, st.Aversion,
			uint64(st.EphemeralOwner), st.NumChildren))
	})
	slices.SortFunc(lines, func(a, b string) int {
		return zkfile.ComparePaths(a[:strings.IndexByte(a, ' ')], b[:strings.IndexByte(b, ' ')])
	})
	return strings.Join(lines, "")
}

const apacheSmall = "../internal/zk/zkfile/testdata/small"

func TestApachesDataIsServedAsApacheServedIt(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	done, err := ImportApache(apacheSmall, "", dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Transfer{Zxid: 28, Nodes: 20, Sessions: 1}, done); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	want, err := os.ReadFile(filepath.Join(apacheSmall, "tree.txt"))
	if err != nil {
		t.Fatal(err)
	}
	st, err := loaded(t, Options{DataDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), servedText(st)); diff != "" {
		t.Errorf("(-Apache's +ours)\n%s", diff)
	}
	if st.zxid != 28 || st.sessions.byID[0x10001706ad20000] == nil {
		t.Errorf("got zxid %d, sessions %v, want 28 and Apache's session", st.zxid, st.sessions.byID)
	}
}

func TestDataGoesToApacheAndBack(t *testing.T) {
	file, states := writtenLog(t)
	log, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, log[:len(log)-1], 0o644); err != nil {
		t.Fatal(err)
	}
	apache, back := filepath.Join(t.TempDir(), "apache"), t.TempDir()
	done, err := ExportApache(filepath.Dir(file), apache)
	if err != nil {
		t.Fatal(err)
	}
	if len(done.Notes) != 1 || !strings.Contains(done.Notes[0], "torn record at offset 557") {
		t.Errorf("got notes %q, want one of the torn record", done.Notes)
	}
	if after, err := os.ReadFile(file); err != nil || string(after) != string(log[:len(log)-1]) {
		t.Errorf("the log that was exported has changed: %v", err)
	}
	if _, err := ImportApache(apache, "", back); err != nil {
		t.Fatal(err)
	}
	st, err := loaded(t, Options{DataDir: back})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(states[len(states)-2], treeText(st)); diff != "" {
		t.Errorf("(-exported +imported)\n%s", diff)
	}
}

func TestTransferOverwritesNothing(t *testing.T) {
	file, _ := writtenLog(t)
	ours := filepath.Dir(file)
	full := t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "precious"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	held, err := load(New(Options{DataDir: t.TempDir()}), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(held.log.Close)
	fresh := filepath.Join(t.TempDir(), "fresh")
	for name, tt := range map[string]struct {
		transfer func() (Transfer, error)
		want     error
	}{
		"import into something":  {func() (Transfer, error) { return ImportApache(apacheSmall, "", full) }, ErrNotEmpty},
		"import into ours":       {func() (Transfer, error) { return ImportApache(apacheSmall, "", ours) }, ErrNotEmpty},
		"import of ours":         {func() (Transfer, error) { return ImportApache(ours, "", fresh) }, ErrDamaged},
		"import of nothing":      {func() (Transfer, error) { return ImportApache(full, "", fresh) }, zkfile.ErrNoData},
		"import of what is not":  {func() (Transfer, error) { return ImportApache(full+"/none", "", fresh) }, os.ErrNotExist},
		"export into something":  {func() (Transfer, error) { return ExportApache(ours, full) }, ErrNotEmpty},
		"export of a running's":  {func() (Transfer, error) { return ExportApache(held.opts.DataDir, fresh) }, ErrLocked},
		"export of Apache's own": {func() (Transfer, error) { return ExportApache(full+"/none", fresh) }, os.ErrNotExist},
	} {
		if _, err := tt.transfer(); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", name, err, tt.want)
		}
		if _, err := os.Stat(fresh); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: made something", name)
		}
	}
	if got := sizes(t, full); len(got) != 1 {
		t.Errorf("got %v, want only what was there", got)
	}
}

// Curator would move to the servers that this node names.
func TestConfigurationOfAnEnsembleIsNotTakenOver(t *testing.T) {
	data, err := zkfile.ReadDir(apacheSmall, "")
	if err != nil {
		t.Fatal(err)
	}
	data.Image.Nodes["/zookeeper/config"].Data = []byte("server.1=elsewhere:2888:3888:participant;0.0.0.0:2181\nversion=0")
	apache, dir := filepath.Join(t.TempDir(), "apache"), t.TempDir()
	if _, err := zkfile.WriteDir(apache, data.Image); err != nil {
		t.Fatal(err)
	}
	done, err := ImportApache(apache, "", dir)
	if err != nil || len(done.Notes) != 1 || !strings.Contains(done.Notes[0], "ensemble") {
		t.Fatalf("got %v, notes %q, want one of the ensemble", err, done.Notes)
	}
	st, err := loaded(t, Options{DataDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if got := st.tree.Lookup("/zookeeper/config").Data(); len(got) > 0 {
		t.Errorf("got %q, want nothing", got)
	}
}
