package running_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/door/running"
)

func TestProcessIsListedUntilItLeaves(t *testing.T) {
	r := running.At(filepath.Join(t.TempDir(), "run"))
	if all, stale, err := r.List(); len(all) > 0 || stale > 0 || err != nil {
		t.Fatalf("nobody has ever entered: got %v, %d, %v", all, stale, err)
	}
	p := running.Process{Name: "chaos", Control: "127.0.0.1:7070", Token: "secret", Data: "/tmp/x", Started: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	leave, err := r.Enter(p)
	if err != nil {
		t.Fatal(err)
	}
	p.PID = os.Getpid()
	all, _, err := r.List()
	if diff := cmp.Diff([]running.Process{p}, all); diff != "" || err != nil {
		t.Errorf("%v, -want +got:\n%s", err, diff)
	}
	if !r.Runs(p.PID) {
		t.Error("it does not run, though it has not left")
	}
	leave()
	if all, stale, err := r.List(); len(all) > 0 || stale > 0 || err != nil || r.Runs(p.PID) {
		t.Errorf("after it left: got %v, %d, %v", all, stale, err)
	}
}

func TestEntryOfAProcessThatIsGoneIsRemoved(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "4711"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "4711", "process.json"), []byte(`{"pid":4711}`), 0o600); err != nil {
		t.Fatal(err)
	}
	r := running.At(dir)
	if all, stale, err := r.List(); len(all) > 0 || stale != 1 || err != nil {
		t.Errorf("got %v, %d, %v, want one that is gone", all, stale, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "4711")); !os.IsNotExist(err) {
		t.Errorf("its entry: got %v, want none", err)
	}
}
