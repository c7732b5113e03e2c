package zkfile

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/zk/zkwire"
)

// treeText is a tree as testdata/make prints it, which reads it from a server.
func treeText(img *Image) string {
	children := map[string]int32{}
	for path := range img.Nodes {
		if path != "/" {
			children[parentOf(path)]++
		}
	}
	var b strings.Builder
	for _, path := range slices.SortedFunc(maps.Keys(img.Nodes), ComparePaths) {
		n := img.Nodes[path]
		acl, owner := n.ACL, int64(0)
		if acl == nil {
			acl = zkwire.OpenACL
		}
		if isEphemeral(n.Owner) {
			owner = n.Owner
		}
		var entries []string
		for _, a := range acl {
			entries = append(entries, fmt.Sprintf("%s:%s:%d", a.ID.Scheme, a.ID.ID, a.Perms))
		}
		fmt.Fprintf(&b, "%s %q acl %s czxid %d mzxid %d pzxid %d ctime %d mtime %d version %d cversion %d aversion %d owner 0x%x children %d\n",
			path, n.Data, strings.Join(entries, ","), n.Czxid, n.Mzxid, n.Pzxid, n.Ctime, n.Mtime, n.Version, 2*n.Created-children[path], n.Aversion,
			uint64(owner), children[path])
	}
	return b.String()
}

// withoutUse leaves out what a server counts anew at each start.
func withoutUse(tree string) string {
	lines := strings.SplitAfter(tree, "\n")
	return strings.Join(slices.DeleteFunc(lines, func(l string) bool { return strings.Contains(l, "zookeeper_stats") }), "")
}

func golden(t *testing.T, dir string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "tree.txt"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestDirectoriesOfRealServersAreRead(t *testing.T) {
	for _, dir := range []string{"testdata/small", "testdata/fuzzy"} {
		data, err := ReadDir(dir, "")
		if err != nil {
			t.Fatalf("%s: %v", dir, err)
		}
		if diff := cmp.Diff(withoutUse(golden(t, dir)), withoutUse(treeText(data.Image))); diff != "" {
			t.Errorf("%s (-served +read)\n%s", dir, diff)
		}
		if len(data.Notes) > 0 {
			t.Errorf("%s: got notes %q, want none", dir, data.Notes)
		}
		if data.Image.Digest == nil {
			t.Errorf("%s: the tree was not compared with the server's digest", dir)
		}
		if len(data.Image.Sessions) != 1 {
			t.Errorf("%s: got sessions %v, want the one that was open", dir, data.Image.Sessions)
		}
	}
}

// Each snapshot was taken while the server went on, and each leads to the same tree.
func TestEverySnapshotLeadsToTheSameTree(t *testing.T) {
	want := withoutUse(golden(t, "testdata/fuzzy"))
	snapshots, err := list("testdata/fuzzy", snapshotPrefix)
	if err != nil || len(snapshots) < 2 {
		t.Fatalf("got %v and %v, want several snapshots", snapshots, err)
	}
	for i := range snapshots {
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS("testdata/fuzzy")); err != nil {
			t.Fatal(err)
		}
		for _, newer := range snapshots[i+1:] {
			if err := os.Remove(filepath.Join(dir, versionDir, filepath.Base(newer.path))); err != nil {
				t.Fatal(err)
			}
		}
		data, err := ReadDir(dir, "")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, withoutUse(treeText(data.Image))); diff != "" || data.Image.Digest == nil {
			t.Errorf("from %s, digest %v (-served +read)\n%s", snapshots[i].path, data.Image.Digest, diff)
		}
	}
}

// smallLog is the log of testdata/small and where its transactions begin.
func smallLog(t *testing.T) (log []byte, offsets []int64) {
	t.Helper()
	log, err := os.ReadFile("testdata/small/version-2/log.1")
	if err != nil {
		t.Fatal(err)
	}
	for at := int64(headerSize); ; {
		tail, err := readLog(bytes.NewReader(log), func(*Txn) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		offsets = append(offsets, at)
		if at == tail.Offset {
			return log[:at], offsets
		}
		at += 8 + 4 + int64(binary.BigEndian.Uint32(log[at+8:])) + 1
	}
}

const headerSize = 16

func TestTornLogEndsBeforeItsLastTransaction(t *testing.T) {
	log, offsets := smallLog(t)
	last := offsets[len(offsets)-2]
	for cut := last + 1; cut < int64(len(log)); cut++ {
		for _, padding := range []int{0, 500} { // the file may have been extended in advance
			torn := append(bytes.Clone(log[:cut]), make([]byte, padding)...)
			if cut < last+12 && padding > 0 {
				continue // a length that is cut short reads as that of a shorter record
			}
			n := 0
			tail, err := readLog(bytes.NewReader(torn), func(*Txn) error { n++; return nil })
			if want := (Tail{Offset: last, Torn: true}); err != nil || tail != want || n != len(offsets)-2 {
				t.Fatalf("cut at %d, %d zeros: got %+v, %v, %d transactions, want %+v, %d transactions", cut, padding, tail, err, n, want, len(offsets)-2)
			}
		}
	}
}

func TestDamagedLogIsRefusedWithItsOffset(t *testing.T) {
	log, offsets := smallLog(t)
	for i, offset := range offsets[:len(offsets)-1] {
		damaged := bytes.Clone(log)
		damaged[offset+20] ^= 1
		_, err := readLog(bytes.NewReader(damaged), func(*Txn) error { return nil })
		if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), fmt.Sprintf("offset %d: wrong checksum", offset)) {
			t.Errorf("record %d: got %v, want damage at offset %d", i, err, offset)
		}
	}
}

// copied is a copy of testdata/fuzzy, which has two snapshots.
func copied(t *testing.T) (version2 string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/fuzzy")); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, versionDir)
}

func TestSnapshotThatIsNotWholeIsPassedOver(t *testing.T) {
	whole, err := os.ReadFile("testdata/fuzzy/version-2/snapshot.3abf")
	if err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(whole)
	flipped[len(flipped)/2] ^= 1
	for name, content := range map[string][]byte{"empty": {}, "half": whole[:len(whole)/2], "without its seal": whole[:3300], "flipped": flipped} {
		dir := copied(t)
		if err := os.WriteFile(filepath.Join(dir, "snapshot.3abf"), content, 0o644); err != nil {
			t.Fatal(err)
		}
		data, err := ReadDir(dir, "")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(data.Notes) != 1 || !strings.Contains(data.Notes[0], "snapshot.3abf") {
			t.Errorf("%s: got notes %q, want one about the snapshot", name, data.Notes)
		}
		if diff := cmp.Diff(withoutUse(golden(t, "testdata/fuzzy")), withoutUse(treeText(data.Image))); diff != "" {
			t.Errorf("%s (-served +read)\n%s", name, diff)
		}
	}
}

func TestCompressedSnapshotIsRead(t *testing.T) {
	dir := copied(t)
	whole, err := os.ReadFile(filepath.Join(dir, "snapshot.3abf"))
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write(whole); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(z.Close(), os.WriteFile(filepath.Join(dir, "snapshot.3abf.gz"), packed.Bytes(), 0o644), os.Remove(filepath.Join(dir, "snapshot.3abf"))); err != nil {
		t.Fatal(err)
	}
	data, err := ReadDir(dir, "")
	if err != nil || len(data.Notes) > 0 {
		t.Fatalf("got %v and notes, want neither: %+v", err, data)
	}
	if err := os.Rename(filepath.Join(dir, "snapshot.3abf.gz"), filepath.Join(dir, "snapshot.3abf.snappy")); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadDir(dir, ""); err == nil || !strings.Contains(err.Error(), "snappy") {
		t.Errorf("got %v, want a refusal of snappy", err)
	}
}

func TestWhatIsMissingIsTold(t *testing.T) {
	for name, tt := range map[string]struct {
		remove []string
		note   string
		err    error
	}{
		"a log":         {[]string{"snapshot.3abf", "log.3795"}, "transactions 0x3795 to 0x3ac0 are missing before log.3ac1", nil},
		"all snapshots": {[]string{"snapshot.3abf", "snapshot.3794"}, "", ErrDamaged},
		"everything":    {[]string{"snapshot.3abf", "snapshot.3794", "log.3795", "log.3ac1"}, "", ErrNoData},
	} {
		dir := copied(t)
		for _, file := range tt.remove {
			if err := os.Remove(filepath.Join(dir, file)); err != nil {
				t.Fatal(err)
			}
		}
		data, err := ReadDir(dir, "")
		if !errors.Is(err, tt.err) {
			t.Errorf("%s: got error %v, want %v", name, err, tt.err)
		}
		if tt.note != "" && (data == nil || !slices.Contains(data.Notes, tt.note)) {
			t.Errorf("%s: got %+v, want the note %q", name, data, tt.note)
		}
	}
}

func TestWrittenDirectoryIsReadAgain(t *testing.T) {
	for _, from := range []string{"testdata/small", "testdata/fuzzy"} {
		data, err := ReadDir(from, "")
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		if _, err := WriteDir(dir, data.Image); err != nil {
			t.Fatal(err)
		}
		again, err := ReadDir(dir, "")
		if err != nil || len(again.Notes) > 0 || again.Image.Digest == nil {
			t.Fatalf("%s: got %v, %+v, want a snapshot with a digest that is right", from, err, again)
		}
		if diff := cmp.Diff(treeText(data.Image), treeText(again.Image)); diff != "" {
			t.Errorf("%s (-written +read)\n%s", from, diff)
		}
		if diff := cmp.Diff(data.Image.Sessions, again.Image.Sessions); diff != "" || data.Image.Zxid != again.Image.Zxid {
			t.Errorf("%s: zxid %d written, %d read; sessions (-written +read)\n%s", from, data.Image.Zxid, again.Image.Zxid, diff)
		}
	}
}

// Records of older servers lack the last field.
// Parse reads entries in their order. There is no text that Java refuses, but for an
func TestOlderTransactionsAreRead(t *testing.T) {
	header := func(op zkwire.Op) *zkwire.Encoder {
		e := &zkwire.Encoder{}
		e.Long(7)
		e.Int(1)
		e.Long(9)
		e.Long(1000)
		e.Int(int32(op))
		return e
	}
	create := header(zkwire.OpCreate)
	create.String("/x")
	create.Buffer([]byte("v"))
	create.ACLs(zkwire.OpenACL)
	create.Bool(true)
	for name, tt := range map[string]struct {
		entry []byte
		want  []Effect
	}{
		"create without the counter": {create.Buf, []Effect{{Op: zkwire.OpCreate, Path: "/x", Data: []byte("v"), ACL: zkwire.OpenACL, Owner: 7, Version: -1}}},
		"close without paths":        {header(zkwire.OpCloseSession).Buf, nil},
	} {
		txn, err := decodeTxn(tt.entry)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(tt.want, txn.Effects); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
	if _, err := decodeTxn(header(99).Buf); err == nil {
		t.Error("a transaction of type 99 was read")
	}
}
