package zkembed

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"oakmoot/zkembed/internal/tree"
	"oakmoot/zkembed/internal/txnlog"
)

// inspected is what Inspect yields for a directory, a line for each entry.
func inspected(t *testing.T, dir string) (string, error) {
	t.Helper()
	var lines []string
	err := Inspect(dir, func(e Entry) error {
		line := fmt.Sprintf("%s %s", e.File, e.Kind)
		switch e.Kind {
		case EntryTxn:
			line = fmt.Sprintf("@%d 0x%x %s", e.Offset, int64(e.Txn.Zxid), e.Txn.Op)
			for _, c := range e.Txn.Changes {
				line += fmt.Sprintf(" [%s %s %q %s %s]", c.Kind, c.Path, c.Data, c.Mode, c.ACL)
			}
		case EntrySession:
			line = fmt.Sprintf("session %d %v", e.Session.ID, e.Session.Timeout)
		case EntryNode:
			line = fmt.Sprintf("node %s %q czxid %d", e.Node.Path, e.Node.Data, e.Node.Stat.Czxid)
		case EntryTorn, EntryDamaged:
			line = fmt.Sprintf("%s %s @%d %v, %d bytes", e.File, e.Kind, e.Offset, e.Problem, e.Size)
		}
		lines = append(lines, line)
		return nil
	})
	return strings.Join(lines, "\n"), err
}

const writtenLogLines = `log.0000000000000001 file
@16 0x1 multi [open session  ""  ]
@80 0x2 multi [create /a "1" persistent world:anyone:cdrwa]
@174 0x3 multi [create /a/e "" ephemeral world:anyone:cdrwa]
@269 0x4 multi [set /a "2"  ]
@328 0x5 multi [setACL /a ""  world:anyone:r]
@409 0x6 multi [create /b "3" persistent world:anyone:cdrwa]
@503 0x7 multi [delete /b ""  ]
@557 0x8 multi [create /last "x" persistent world:anyone:cdrwa]`

func TestInspectShowsALogTransactionByTransaction(t *testing.T) {
	file, _ := writtenLog(t)
	got, err := inspected(t, filepath.Dir(file))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(writtenLogLines, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestInspectShowsTornAndDamagedRecords(t *testing.T) {
	file, _ := writtenLog(t)
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(writtenLogLines, "\n")
	const third, fourth = 269, 328
	flip := func(at int) []byte {
		b := bytes.Clone(whole)
		b[at] ^= 1
		return b
	}
	for name, tt := range map[string]struct {
		log     []byte
		want    []string
		damaged bool
	}{
		"cut short":            {whole[:len(whole)-1], append(lines[:8:8], "log.0000000000000001 torn @557 unexpected EOF, 96 bytes"), false},
		"half written, padded": {append(whole[:571:571], make([]byte, 200)...), append(lines[:8:8], "log.0000000000000001 torn @557 wrong checksum, 214 bytes"), false},
		"a payload":            {flip(third + txnlog.HeadSize), append(append(lines[:4:4], "log.0000000000000001 damaged @269 wrong checksum, 385 bytes"), lines[5:]...), true},
		"a head":               {flip(fourth), append(lines[:5:5], "log.0000000000000001 damaged @328 its head has a wrong checksum, 326 bytes"), true},
		"the header":           {flip(0), append(lines[:1:1], "log.0000000000000001 damaged @0 zkembed: data is damaged: log.0000000000000001 does not begin as a log, 654 bytes"), true},
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, txnlog.Logs.Name(1)), tt.log, 0o644); err != nil {
			t.Fatal(err)
		}
		got, err := inspected(t, dir)
		if errors.Is(err, ErrDamaged) != tt.damaged || err != nil && !tt.damaged {
			t.Errorf("%s: got error %v, want damage: %v", name, err, tt.damaged)
		}
		if diff := cmp.Diff(strings.Join(tt.want, "\n"), got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
}

// A directory in use can be read, and is unchanged afterwards.
func TestInspectReadsADirectoryInUseAndWritesNothing(t *testing.T) {
	opts := Options{DataDir: t.TempDir(), SnapshotEvery: 3}
	st, err := loaded(t, opts)
	if err != nil {
		t.Fatal(err)
	}
	commitEach(t, st, &tree.Effect{Kind: tree.OpenSession, Session: 7, Timeout: 1000}, createEffect("/a", "1"), createEffect("/b", "2"), createEffect("/c", "3"))
	if !DirInUse(opts.DataDir) {
		t.Error("the directory is not in use")
	}
	before := sizes(t, opts.DataDir)
	got, err := inspected(t, opts.DataDir)
	if err != nil {
		t.Fatal(err)
	}
	const want = `snapshot.0000000000000003 file
session 7 1s
node / "" czxid 0
node /zookeeper "" czxid 0
node /a "1" czxid 2
node /b "2" czxid 3
log.0000000000000004 file
@16 0x4 multi [create /c "3" persistent world:anyone:cdrwa]`
	if diff := cmp.Diff(sorted(want), sorted(without(got, "/zookeeper/"))); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(before, sizes(t, opts.DataDir)); diff != "" {
		t.Errorf("the directory has changed\n%s", diff)
	}
}

func sizes(t *testing.T, dir string) map[string]int64 {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	sizes := map[string]int64{}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		sizes[e.Name()] = info.Size()
	}
	return sizes
}

// sorted sorts lines: children come in no order.
func sorted(text string) string {
	lines := strings.Split(text, "\n")
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func without(text, part string) string {
	return strings.Join(slices.DeleteFunc(strings.Split(text, "\n"), func(line string) bool { return strings.Contains(line, part) }), "\n")
}
