package zkembed

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"
)

// snapshots is a directory with several of them, and the state that it holds.
func snapshots(t *testing.T) (opts Options, files []string, want string) {
	t.Helper()
	opts = Options{DataDir: t.TempDir(), SnapshotEvery: 3, Retain: 3}
	st, err := New(opts).load(nil)
	if err != nil {
		t.Fatal(err)
	}
	commitEach(t, st, &effect{kind: effectOpenSession, session: 7, timeout: 1000})
	for i := range 12 {
		commitEach(t, st, createEffect(fmt.Sprintf("/n%d", i), "x"))
	}
	want = treeText(st)
	st.close()
	files, err = filepath.Glob(filepath.Join(opts.DataDir, snapshotPrefix+"*"))
	if err != nil || len(files) < 2 {
		t.Fatalf("got snapshots %v, %v; want several", files, err)
	}
	return opts, files, want
}

func TestDamagedSnapshotIsMadeUpForByAnOlderOne(t *testing.T) {
	for name, damage := range map[string]func(whole []byte) []byte{
		"half":               func(whole []byte) []byte { return whole[:len(whole)/2] },
		"empty":              func([]byte) []byte { return nil },
		"garbage":            func([]byte) []byte { return []byte("\x00\xffgarbage, and enough of it") },
		"its end is missing": func(whole []byte) []byte { return whole[:len(whole)-1] },
		"a byte is another":  func(whole []byte) []byte { whole[len(whole)/2] ^= 1; return whole },
	} {
		t.Run(name, func(t *testing.T) {
			opts, files, want := snapshots(t)
			newest := files[len(files)-1]
			whole, err := os.ReadFile(newest)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(newest, damage(whole), 0o644); err != nil {
				t.Fatal(err)
			}
			var log bytes.Buffer
			opts.Log = hclog.New(&hclog.LoggerOptions{Output: &log})
			st, err := loaded(t, opts)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, treeText(st)); diff != "" {
				t.Errorf("(-written +restored)\n%s", diff)
			}
			if !strings.Contains(log.String(), "snapshot is damaged") || !strings.Contains(log.String(), filepath.Base(newest)) {
				t.Errorf("log: got %s, want the file named", log.String())
			}
		})
	}
}

// What a damaged snapshot held, and the logs do not, was acknowledged: it is not given up.
func TestDamagedSnapshotThatNothingMakesUpForIsNamed(t *testing.T) {
	opts, files, _ := snapshots(t)
	newest := files[len(files)-1]
	if err := os.WriteFile(newest, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	logs, err := numbered(opts.DataDir, logPrefix)
	if err != nil {
		t.Fatal(err)
	}
	for _, zxid := range logs[1:] {
		if err := os.Remove(filepath.Join(opts.DataDir, logName(zxid))); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := loaded(t, opts); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), newest) || !strings.Contains(err.Error(), "move it away") {
		t.Errorf("got %v, want %s named and what to do", err, newest)
	}
}
