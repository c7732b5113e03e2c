package zkembed

import (
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

// loaded is a state from a data directory that nobody serves.
func loaded(t *testing.T, opts Options) (*state, error) {
	t.Helper()
	st, err := load(New(opts), nil)
	if err == nil {
		t.Cleanup(func() { st.log.Close() })
	}
	return st, err
}

// commitEach carries out effects, each in a batch of its own.
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
		if s.flush(); s.pace.ending != nil {
			t.Fatal(s.pace.ending)
		}
		endSnapshot(s)
	}
}

// endSnapshot finishes the snapshot under way.
func endSnapshot(s *state) {
	for s.log.Saving() {
		<-s.log.Moves()
		s.log.SaveOn()
	}
}

func createEffect(path, data string) *tree.Effect {
	return &tree.Effect{Kind: tree.Create, Path: path, Data: []byte(data), ACL: zkwire.OpenACL}
}

// treeText is all nodes with everything that is kept of each.
func treeText(s *state) string {
	var lines []string
	s.tree.Each("/", func(path string, n *tree.Node) {
		lines = append(lines, fmt.Sprintf("%s %q %v %+v raw owner %d", path, n.Data(), n.ACL(), n.Stat(), n.Owner()))
	})
	slices.Sort(lines)
	return fmt.Sprintf("%s\nzxid %d, %d sessions, %d nodes, %d bytes", strings.Join(lines, "\n"), s.zxid, len(s.sessions.byID), s.tree.Len(), s.tree.Bytes())
}

// writtenLog is a log of several records, alone in its directory, and the states after
// none, one, … all of them.
func writtenLog(t *testing.T) (file string, states []string) {
	t.Helper()
	opts := Options{DataDir: t.TempDir()}
	st, err := load(New(opts), nil)
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

func TestSnapshotRestoresEverything(t *testing.T) {
	opts := Options{DataDir: t.TempDir(), SnapshotEvery: 3, Retain: 1}
	st, err := load(New(opts), nil)
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

// What is refused, cut off or made up for is tested with the log itself, in txnlog.
func TestRefusedDirectorySaysWhy(t *testing.T) {
	file, _ := writtenLog(t)
	dir := filepath.Dir(file)
	log, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, append([]byte{}, logHeader+"damage"+string(log[logStart:])...), 0o644); err != nil {
		t.Fatal(err)
	}
	advice := fmt.Sprintf("(put back a copy of %s, or move it away to begin with an empty tree)", dir)
	if _, err := loaded(t, Options{DataDir: dir}); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), file) || !strings.Contains(err.Error(), advice) {
		t.Errorf("damaged: got %v, want the file and %s", err, advice)
	}
	if err := os.WriteFile(file, []byte("oakmootzklog\x00\x00\x00\x63"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := loaded(t, Options{DataDir: dir}); !errors.Is(err, ErrNewer) || strings.Contains(err.Error(), advice) {
		t.Errorf("newer: got %v, want no advice to move it away", err)
	}
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
	st, err := load(New(opts), nil)
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
			st, err := load(srv, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer st.log.Close()
			full := errors.New("no space left")
			undo := fail(srv, full)
			txn := st.begin(0, zkwire.OpCreate)
			st.tree.Apply(txn, createEffect("/x", ""), nil)
			st.commit(txn)
			if st.flush(); !errors.Is(st.pace.ending, full) {
				t.Errorf("got %v, want %v", st.pace.ending, full)
			}
			undo()
			st.pace.ending = nil
			if st.flush(); !errors.Is(st.pace.ending, full) {
				t.Errorf("once it would work again: got %v, want the failure to stay", st.pace.ending)
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
