package zkembed

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/zk/zkwire"
)

// loaded is a state from a data directory, without anybody who serves it.
func loaded(t *testing.T, opts Options) (*state, error) {
	t.Helper()
	st, err := New(opts).load(nil)
	if err == nil {
		t.Cleanup(func() { st.close() })
	}
	return st, err
}

// commitEach carries out effects, a batch each.
func commitEach(t testing.TB, s *state, effects ...*effect) {
	t.Helper()
	for _, e := range effects {
		txn := s.begin(0, zkwire.OpMulti)
		if e.kind == effectOpenSession {
			txn.effects = append(txn.effects, e)
			s.sessions.open(e.session, millis(e.timeout), s.now)
		} else {
			s.apply(txn, e, nil)
		}
		s.commit(txn)
		if err := s.flush(); err != nil {
			t.Fatal(err)
		}
		endSnapshot(s)
	}
}

// endSnapshot lets the snapshot under way come to its end.
func endSnapshot(s *state) {
	for s.saver != nil {
		<-s.saverMoves()
		s.saveOn()
	}
}

func createEffect(path, data string) *effect {
	return &effect{kind: effectCreate, path: path, data: []byte(data), acl: zkwire.OpenACL}
}

// treeText is all nodes with everything that is kept of them.
func treeText(s *state) string {
	var lines []string
	s.tree.walk("/", func(path string, n *znode) {
		lines = append(lines, fmt.Sprintf("%s %q %v %+v raw owner %d", path, n.data(), n.acl(), n.wireStat(), n.owner()))
	})
	slices.Sort(lines)
	return fmt.Sprintf("%s\nzxid %d, %d sessions, %d nodes, %d bytes", strings.Join(lines, "\n"), s.zxid, len(s.sessions.byID), s.tree.count, s.tree.bytes)
}

// writtenLog is a directory with one log of several records, and the state after
// none, one, … all of them.
func writtenLog(t *testing.T) (file string, states []string) {
	t.Helper()
	opts := Options{DataDir: t.TempDir()}
	st, err := New(opts).load(nil)
	if err != nil {
		t.Fatal(err)
	}
	states = []string{treeText(st)}
	for _, e := range []*effect{
		{kind: effectOpenSession, session: 7, timeout: 1000},
		createEffect("/a", "1"),
		{kind: effectCreate, path: "/a/e", data: nil, acl: zkwire.OpenACL, owner: 7},
		{kind: effectSetData, path: "/a", data: []byte("2")},
		{kind: effectSetACL, path: "/a", acl: []zkwire.ACL{{Perms: zkwire.PermRead, ID: anyone}}},
		createEffect("/b", "3"),
		{kind: effectDelete, path: "/b"},
		createEffect("/last", "x"),
	} {
		commitEach(t, st, e)
		states = append(states, treeText(st))
	}
	st.close()
	return filepath.Join(opts.DataDir, logName(1)), states
}

// records are the offsets at which records begin, and the end.
func recordOffsets(log []byte) []int {
	offsets := []int{logHeaderSize}
	for at := logHeaderSize; at < len(log); {
		at += recordHead + int(binary.BigEndian.Uint32(log[at:]))
		offsets = append(offsets, at)
	}
	return offsets
}

// reloaded is what a directory restores to that has only this log.
func reloaded(t *testing.T, log []byte) (*state, error) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, logName(1)), log, 0o644); err != nil {
		t.Fatal(err)
	}
	return loaded(t, Options{DataDir: dir})
}

func TestLogIsReplayed(t *testing.T) {
	file, states := writtenLog(t)
	st, err := loaded(t, Options{DataDir: filepath.Dir(file)})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(states[len(states)-1], treeText(st)); diff != "" {
		t.Errorf("(-written +replayed)\n%s", diff)
	}
}

// TestTornRecordIsCutOff tears the log at each byte of each of its records.
func TestTornRecordIsCutOff(t *testing.T) {
	file, states := writtenLog(t)
	log, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	offsets := recordOffsets(log)
	for cut := logHeaderSize; cut <= len(log); cut++ {
		for _, padding := range []int{0, 100} { // a file system may have extended the file
			torn := append(bytes.Clone(log[:cut]), make([]byte, padding)...)
			st, err := reloaded(t, torn)
			if err != nil {
				t.Fatalf("cut at %d, %d zeros: %v", cut, padding, err)
			}
			whole := 0 // records; zeros may be just what was missing
			for whole+1 < len(offsets) && bytes.HasPrefix(torn, log[:offsets[whole+1]]) {
				whole++
			}
			if diff := cmp.Diff(states[whole], treeText(st)); diff != "" {
				t.Fatalf("cut at %d, %d zeros (-want +got)\n%s", cut, padding, diff)
			}
		}
	}
}

func TestLogGoesOnBehindATornRecord(t *testing.T) {
	file, _ := writtenLog(t)
	log, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, log[:len(log)-1], 0o644); err != nil {
		t.Fatal(err)
	}
	var want string
	for _, path := range []string{"/again", "/and-again"} {
		st, err := New(Options{DataDir: filepath.Dir(file)}).load(nil)
		if err != nil {
			t.Fatal(err)
		}
		if want != "" && want != treeText(st) {
			t.Errorf("(-want +got)\n%s", cmp.Diff(want, treeText(st)))
		}
		commitEach(t, st, createEffect(path, ""))
		want = treeText(st)
		st.close()
	}
}

func TestDamageInTheMiddleIsRefusedWithItsOffset(t *testing.T) {
	file, states := writtenLog(t)
	log, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	offsets := recordOffsets(log)
	record := 0
	for at := logHeaderSize; at < len(log); at++ {
		if at >= offsets[record+1] {
			record++
		}
		damaged := bytes.Clone(log)
		damaged[at] ^= 0x10
		st, err := reloaded(t, damaged)
		lastPayload := record == len(offsets)-2 && at >= offsets[record]+recordHead
		switch {
		case lastPayload && err == nil && treeText(st) == states[len(states)-2]: // never acknowledged, as far as one can tell
		case lastPayload:
			t.Errorf("last record damaged at %d: got %v, want it cut off", at, err)
		case !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), fmt.Sprintf("record at offset %d", offsets[record])):
			t.Errorf("byte %d damaged: got %v, want offset %d", at, err, offsets[record])
		}
	}
}

func TestForeignAndNewerFilesAreRefused(t *testing.T) {
	for name, tt := range map[string]struct {
		file, content string
		want          error
	}{
		"a log that is none":      {logName(1), "not a log at all, but long enough", ErrDamaged},
		"a newer log":             {logName(1), logMagic + "\x00\x00\x00\x63", ErrNewer},
		"a snapshot that is none": {snapshotName(1), "not a snapshot at all, but long enough", ErrDamaged},
		"a newer snapshot":        {snapshotName(1), snapshotMagic + "\x00\x00\x00\x63\x00\x00\x00\x00", ErrNewer},
		"an empty snapshot":       {snapshotName(1), "", ErrDamaged},
		"the head of a snapshot":  {snapshotName(1), snapshotMagic[:4], ErrDamaged},
		"a damaged snapshot":      {snapshotName(1), snapshotMagic + "\x00\x00\x00\x01\x00\x00\x00\x01body", ErrDamaged},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, tt.file), []byte(tt.content), 0o644); err != nil {
				t.Fatal(err)
			}
			if _, err := loaded(t, Options{DataDir: dir}); !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.file) {
				t.Errorf("got %v, want %v and the file's name", err, tt.want)
			}
			after, err := os.ReadFile(filepath.Join(dir, tt.file))
			if err != nil || string(after) != tt.content {
				t.Errorf("the file was changed: %q, %v", after, err)
			}
		})
	}
}

func TestGapBetweenLogsIsRefused(t *testing.T) {
	file, _ := writtenLog(t)
	st, err := New(Options{DataDir: filepath.Dir(file), SnapshotEvery: 1}).load(nil)
	if err != nil {
		t.Fatal(err)
	}
	commitEach(t, st, createEffect("/next", "")) // in a log of its own, behind a snapshot
	st.close()
	if err := os.Remove(filepath.Join(filepath.Dir(file), snapshotName(9))); err != nil {
		t.Fatal(err)
	}
	if _, err := loaded(t, Options{DataDir: filepath.Dir(file)}); !errors.Is(err, ErrDamaged) {
		t.Errorf("got %v, want ErrDamaged", err)
	}
}

func TestSnapshotRestoresEverything(t *testing.T) {
	opts := Options{DataDir: t.TempDir(), SnapshotEvery: 3, Retain: 1}
	st, err := New(opts).load(nil)
	if err != nil {
		t.Fatal(err)
	}
	commitEach(t, st, &effect{kind: effectOpenSession, session: 7, timeout: 1000})
	for i := range 20 {
		commitEach(t, st, createEffect(fmt.Sprintf("/n%d", i), "x"), &effect{kind: effectSetData, path: fmt.Sprintf("/n%d", i/2), data: []byte{byte(i)}})
	}
	commitEach(t, st,
		&effect{kind: effectCreate, path: "/n1/e", acl: zkwire.OpenACL, owner: 7}, createEffect("/box", ""),
		&effect{kind: effectCreate, path: "/box/c", acl: zkwire.OpenACL, owner: ownerContainer},
		&effect{kind: effectCreate, path: "/box/t", acl: zkwire.OpenACL, owner: ownerTTLMask | 5},
	)
	want := treeText(st)
	st.close()
	names, err := filepath.Glob(filepath.Join(opts.DataDir, "*.0*"))
	if err != nil || len(names) > 4 {
		t.Errorf("files: got %v, %v; want a snapshot or two and the logs behind them", names, err)
	}
	again, err := loaded(t, opts)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, treeText(again)); diff != "" {
		t.Errorf("(-written +restored)\n%s", diff)
	}
	if got := len(again.tree.special); got != 2 {
		t.Errorf("containers and TTL nodes: got %d, want 2", got)
	}
}

func TestUnfinishedSnapshotIsIgnored(t *testing.T) {
	file, states := writtenLog(t)
	if err := os.WriteFile(filepath.Join(filepath.Dir(file), snapshotName(3)+".new"), []byte("half of"), 0o644); err != nil {
		t.Fatal(err)
	}
	st, err := loaded(t, Options{DataDir: filepath.Dir(file)})
	if err != nil || treeText(st) != states[len(states)-1] {
		t.Errorf("got %v, %s", err, treeText(st))
	}
}

func TestDirectoryIsLockedWhileOpen(t *testing.T) {
	opts := Options{DataDir: t.TempDir()}
	if _, err := loaded(t, opts); err != nil {
		t.Fatal(err)
	}
	if _, err := loaded(t, opts); !errors.Is(err, ErrLocked) {
		t.Errorf("second server: got %v, want ErrLocked", err)
	}
}

func TestOrphanedEphemeralsGoWhenLoading(t *testing.T) {
	opts := Options{DataDir: t.TempDir()}
	st, err := New(opts).load(nil)
	if err != nil {
		t.Fatal(err)
	}
	commitEach(t, st, createEffect("/d", ""), &effect{kind: effectCreate, path: "/d/e", acl: zkwire.OpenACL, owner: 9})
	st.close()
	again, err := loaded(t, opts)
	if err != nil {
		t.Fatal(err)
	}
	if again.tree.lookup("/d/e") != nil {
		t.Error("an ephemeral without a session is still there")
	}
}

func TestNothingIsAcknowledgedAfterALogFailure(t *testing.T) {
	for name, fail := range map[string]func(*Server, error) (undo func()){"write": (*Server).FailDisk, "fsync": (*Server).FailSync} {
		t.Run(name, func(t *testing.T) {
			srv := New(Options{DataDir: t.TempDir()})
			st, err := srv.load(nil)
			if err != nil {
				t.Fatal(err)
			}
			defer st.close()
			full := errors.New("no space left")
			undo := fail(srv, full)
			txn := st.begin(0, zkwire.OpCreate)
			st.apply(txn, createEffect("/x", ""), nil)
			st.commit(txn)
			if err := st.flush(); !errors.Is(err, full) {
				t.Errorf("got %v, want %v", err, full)
			}
			undo()
			if err := st.flush(); !errors.Is(err, full) {
				t.Errorf("once it would work again: got %v, want the failure to stay", err)
			}
		})
	}
}

func TestClientsAreToldNothingOnceAnFsyncHasFailed(t *testing.T) {
	srv := New(Options{DataDir: t.TempDir()})
	ended := make(chan error, 1)
	go func() { ended <- srv.Run(t.Context()) }()
	<-srv.Ready()
	nc, err := srv.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	broken := errors.New("input/output error")
	defer srv.FailSync(broken)()
	var e zkwire.Encoder
	mark := e.StartFrame()
	(&zkwire.ConnectRequest{Timeout: time.Second, Password: make([]byte, zkwire.PasswordLength)}).Encode(&e) // opens a session, which is a write
	e.EndFrame(mark)
	if _, err := nc.Write(e.Buf); err != nil {
		t.Fatal(err)
	}
	if answer, err := io.ReadAll(nc); len(answer) > 0 || err != nil {
		t.Errorf("got %x, %v; want the end of the connection and not a byte", answer, err)
	}
	if err := <-ended; !errors.Is(err, broken) {
		t.Errorf("Run: got %v, want %v", err, broken)
	}
}

func TestOldSnapshotsAndLogsArePruned(t *testing.T) {
	opts := Options{DataDir: t.TempDir(), SnapshotEvery: 2, Retain: 2}
	st, err := New(opts).load(nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 9 {
		commitEach(t, st, createEffect(fmt.Sprintf("/n%d", i), ""))
	}
	want := treeText(st)
	st.close()
	var got []string
	entries, err := os.ReadDir(opts.DataDir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.Contains(e.Name(), ".") {
			got = append(got, e.Name())
		}
	}
	if diff := cmp.Diff([]string{logName(7), logName(10), snapshotName(6), snapshotName(9)}, got); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if err := os.Remove(filepath.Join(opts.DataDir, snapshotName(9))); err != nil {
		t.Fatal(err)
	}
	again, err := loaded(t, opts)
	if err != nil || treeText(again) != want {
		t.Errorf("without the latest snapshot: got %v; want everything from the one before and the logs", err)
	}
}

func TestFsyncPolicies(t *testing.T) {
	for _, text := range []string{"always", "interval", "never"} {
		policy, err := ParseFsyncPolicy(text)
		if err != nil {
			t.Fatal(err)
		}
		st, err := loaded(t, Options{DataDir: t.TempDir(), Fsync: policy})
		if err != nil {
			t.Fatal(err)
		}
		st.log.synced = time.Now()
		commitEach(t, st, createEffect("/x", ""))
		if want := policy != FsyncAlways; st.log.unsynced != want {
			t.Errorf("%s: unsynced is %v after a flush, want %v", text, st.log.unsynced, want)
		}
		if due := st.log.syncDue(st.clock); (due != never) != (policy == FsyncInterval) {
			t.Errorf("%s: a sync is due at %d ms", text, due)
		}
	}
	if _, err := ParseFsyncPolicy("sometimes"); err == nil {
		t.Error("sometimes: got no error")
	}
}
