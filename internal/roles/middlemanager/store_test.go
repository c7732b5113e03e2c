package middlemanager

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/disk"
)

func testStore(t *testing.T) store {
	t.Helper()
	s, err := openStore(disk.OS{}, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// stored are the names in one of the store's directories.
func stored(t *testing.T, s store, dir string) []string {
	t.Helper()
	names := []string{}
	if err := s.each(dir, func(name string, _ []byte, _ error) { names = append(names, name) }); err != nil {
		t.Fatal(err)
	}
	return names
}

func TestStoreKeepsTasksByID(t *testing.T) {
	s := testStore(t)
	for _, id := range []string{"index_ds_2019-01-01T00:00:00.000Z", "a"} {
		if err := s.putAssigned(druid.Task{ID: id, JSON: []byte(`{}`)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.removeAssigned("a"); err != nil {
		t.Fatal(err)
	}
	if err := s.removeAssigned("never there"); err != nil {
		t.Errorf("removing what is not there: got %v, want nil", err)
	}
	if err := s.putCompleted(druid.TaskAnnouncement{Status: druid.TaskStatus{ID: "a", Status: druid.TaskSuccess}}); err != nil {
		t.Fatal(err)
	}
	got := [][]string{stored(t, s, assignedTasks), stored(t, s, completedTasks)}
	if diff := cmp.Diff([][]string{{"index_ds_2019-01-01T00:00:00.000Z"}, {"a"}}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestStoreRemembersWhatRan(t *testing.T) {
	s := testStore(t)
	if ids, err := s.running(); ids != nil || err != nil {
		t.Errorf("before anything ran: got %v %v, want nothing", ids, err)
	}
	if err := s.putRunning([]string{"a", "b"}); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(s.dir, restoreFile))
	if err != nil || string(data) != `{"runningTasks":["a","b"]}` {
		t.Errorf("restore.json: got %s %v", data, err)
	}
	if ids, err := s.running(); err != nil || len(ids) != 2 {
		t.Errorf("got %v %v, want both", ids, err)
	}
	if err := os.WriteFile(filepath.Join(s.dir, restoreFile), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := s.running(); err == nil {
		t.Error("garbage: got no error, want one")
	}
}

func TestTaskIDsThatCannotNameADirectory(t *testing.T) {
	for id, want := range map[string]bool{
		"noop_2019-01-01T00:00:00.000Z_x": true, "a b": true, ".hidden": true,
		"": false, ".": false, "..": false, "a/b": false, "../a": false, `a\b`: false,
		assignedTasks: false, completedTasks: false, restoreFile: false,
	} {
		if err := checkID(id); (err == nil) != want {
			t.Errorf("id %q: got %v, want good %t", id, err, want)
		}
	}
	s := testStore(t)
	if err := s.putAssigned(druid.Task{ID: strings.Repeat("x", 300)}); err == nil {
		t.Error("an id too long for a file name: got no error, want one")
	}
}
