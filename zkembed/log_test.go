package zkembed

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/zk/zkwire"
	"oakmoot/zkembed/internal/tree"
	"oakmoot/zkembed/internal/txnlog"
)

// How files begin, and where their first records do.
const (
	logHeader      = "oakmootzklog\x00\x00\x00\x01"
	snapshotHeader = "oakmootzksnap\x00\x00\x00\x01"
	logStart       = len(logHeader)
	snapshotStart  = len(snapshotHeader)
)

// loaded is a state from a data directory, without anybody who serves it.
func loaded(t *testing.T, opts Options) (*state, error) {
	t.Helper()
	st, err := New(opts).load(nil)
	if err == nil {
		t.Cleanup(func() { st.log.Close() })
	}
	return st, err
}

// commitEach carries out effects, a batch each.
func commitEach(t testing.TB, s *state, effects ...*tree.Effect) {
	t.Helper()
	for _, e := range effects {
		txn := s.begin(0, zkwire.OpMulti)
		if e.Kind == tree.OpenSession {
			txn.Effects = append(txn.Effects, e)
			s.sessions.open(e.Session, millis(e.Timeout), s.clock.now)
		} else {
			s.tree.Apply(txn, e, nil)
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
	for s.log.Saving() {
		<-s.log.Moves()
		s.log.SaveOn()
	}
}

func createEffect(path, data string) *tree.Effect {
	return &tree.Effect{Kind: tree.Create, Path: path, Data: []byte(data), ACL: zkwire.OpenACL}
}

// treeText is all nodes with everything that is kept of them.
func treeText(s *state) string {
	var lines []string
	s.tree.Each("/", func(path string, n *tree.Node) {
		lines = append(lines, fmt.Sprintf("%s %q %v %+v raw owner %d", path, n.Data(), n.ACL(), n.Stat(), n.Owner()))
	})
	slices.Sort(lines)
	return fmt.Sprintf("%s\nzxid %d, %d sessions, %d nodes, %d bytes", strings.Join(lines, "\n"), s.zxid, len(s.sessions.byID), s.tree.Len(), s.tree.Bytes())
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
	for _, e := range []*tree.Effect{
		{Kind: tree.OpenSession, Session: 7, Timeout: 1000},
		createEffect("/a", "1"),
		{Kind: tree.Create, Path: "/a/e", Data: nil, ACL: zkwire.OpenACL, Owner: 7},
		{Kind: tree.SetData, Path: "/a", Data: []byte("2")},
		{Kind: tree.SetACL, Path: "/a", ACL: []zkwire.ACL{{Perms: zkwire.PermRead, ID: anyone}}},
		createEffect("/b", "3"),
		{Kind: tree.Delete, Path: "/b"},
		createEffect("/last", "x"),
	} {
		commitEach(t, st, e)
		states = append(states, treeText(st))
	}
	st.log.Close()
	return filepath.Join(opts.DataDir, txnlog.Logs.Name(1)), states
}

// records are the offsets at which records begin, and the end.
func recordOffsets(log []byte) []int {
	offsets := []int{logStart}
	for at := logStart; at < len(log); {
		at += txnlog.HeadSize + int(binary.BigEndian.Uint32(log[at:]))
		offsets = append(offsets, at)
	}
	return offsets
}

// reloaded is what a directory restores to that has only this log.
func reloaded(t *testing.T, log []byte) (*state, error) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, txnlog.Logs.Name(1)), log, 0o644); err != nil {
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
	for cut := logStart; cut <= len(log); cut++ {
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
		st.log.Close()
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
	for at := logStart; at < len(log); at++ {
		if at >= offsets[record+1] {
			record++
		}
		damaged := bytes.Clone(log)
		damaged[at] ^= 0x10
		st, err := reloaded(t, damaged)
		lastPayload := record == len(offsets)-2 && at >= offsets[record]+txnlog.HeadSize
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
		"a log that is none":      {txnlog.Logs.Name(1), "not a log at all, but long enough", ErrDamaged},
		"a newer log":             {txnlog.Logs.Name(1), "oakmootzklog\x00\x00\x00\x63", ErrNewer},
		"a snapshot that is none": {txnlog.Snapshots.Name(1), "not a snapshot at all, but long enough", ErrDamaged},
		"a newer snapshot":        {txnlog.Snapshots.Name(1), "oakmootzksnap\x00\x00\x00\x63\x00\x00\x00\x00", ErrNewer},
		"an empty snapshot":       {txnlog.Snapshots.Name(1), "", ErrDamaged},
		"the head of a snapshot":  {txnlog.Snapshots.Name(1), snapshotHeader[:4], ErrDamaged},
		"a damaged snapshot":      {txnlog.Snapshots.Name(1), snapshotHeader + "\x00\x00\x00\x01body", ErrDamaged},
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
	st.log.Close()
	if err := os.Remove(filepath.Join(filepath.Dir(file), txnlog.Snapshots.Name(9))); err != nil {
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
	commitEach(t, st, &tree.Effect{Kind: tree.OpenSession, Session: 7, Timeout: 1000})
	for i := range 20 {
		commitEach(t, st, createEffect(fmt.Sprintf("/n%d", i), "x"), &tree.Effect{Kind: tree.SetData, Path: fmt.Sprintf("/n%d", i/2), Data: []byte{byte(i)}})
	}
	commitEach(t, st,
		&tree.Effect{Kind: tree.Create, Path: "/n1/e", ACL: zkwire.OpenACL, Owner: 7}, createEffect("/box", ""),
		&tree.Effect{Kind: tree.Create, Path: "/box/c", ACL: zkwire.OpenACL, Owner: tree.OwnerContainer},
		&tree.Effect{Kind: tree.Create, Path: "/box/t", ACL: zkwire.OpenACL, Owner: tree.OwnerTTL(5)},
	)
	want := treeText(st)
	st.log.Close()
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
	commitEach(t, again, createEffect("/box/c/d", ""), &tree.Effect{Kind: tree.Delete, Path: "/box/c/d"})
	if got, want := again.tree.Abandoned(math.MaxInt64), []string{"/box/c", "/box/t"}; !slices.Equal(got, want) {
		t.Errorf("the container and the TTL node that nobody uses: got %v, want %v", got, want)
	}
}

func TestUnfinishedSnapshotIsIgnored(t *testing.T) {
	file, states := writtenLog(t)
	if err := os.WriteFile(filepath.Join(filepath.Dir(file), txnlog.Snapshots.Name(3)+".new"), []byte("half of"), 0o644); err != nil {
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
	commitEach(t, st, createEffect("/d", ""), &tree.Effect{Kind: tree.Create, Path: "/d/e", ACL: zkwire.OpenACL, Owner: 9})
	st.log.Close()
	again, err := loaded(t, opts)
	if err != nil {
		t.Fatal(err)
	}
	if again.tree.Lookup("/d/e") != nil {
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
			defer st.log.Close()
			full := errors.New("no space left")
			undo := fail(srv, full)
			txn := st.begin(0, zkwire.OpCreate)
			st.tree.Apply(txn, createEffect("/x", ""), nil)
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
	st.log.Close()
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
	if diff := cmp.Diff([]string{txnlog.Logs.Name(7), txnlog.Logs.Name(10), txnlog.Snapshots.Name(6), txnlog.Snapshots.Name(9)}, got); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if err := os.Remove(filepath.Join(opts.DataDir, txnlog.Snapshots.Name(9))); err != nil {
		t.Fatal(err)
	}
	again, err := loaded(t, opts)
	if err != nil || treeText(again) != want {
		t.Errorf("without the latest snapshot: got %v; want everything from the one before and the logs", err)
	}
}

func TestFsyncPolicies(t *testing.T) {
	for text, want := range map[string]time.Duration{"always": 0, "interval": time.Second, "never": txnlog.Never} {
		if policy, err := ParseFsyncPolicy(text); err != nil || policy.wait() != want {
			t.Errorf("%s: got %v, %v; want %v", text, policy.wait(), err, want)
		}
	}
	if _, err := ParseFsyncPolicy("sometimes"); err == nil {
		t.Error("sometimes: got no error")
	}
}
