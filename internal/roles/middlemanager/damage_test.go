package middlemanager

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"oakmoot/internal/druid"
)

// Files of earlier incarnations that cannot be read are named, each once, and nothing
// that lies beside them is lost.
func TestDamagedFilesOfAWorkerDoNotStopIt(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.start()()
		found, err := filepath.Glob(filepath.Join(w.dir, "node", "*", completedTasks))
		if err != nil || len(found) != 1 {
			t.Fatalf("got %v, %v; want one directory of tasks", found, err)
		}
		dir := filepath.Dir(found[0])
		put := func(content string, elem ...string) {
			t.Helper()
			path := filepath.Join(append([]string{dir}, elem...)...)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		var named []string
		for name, content := range map[string]string{
			"half": `{"type":"noop","id":"ha`, "empty": "", "garbage": "\x00\xff", "null": "null", "types": `{"type":7,"id":[]}`,
			"other": noop("another", 1), "running": `{"id":"running","status":"RUNNING","taskStatus":{"id":"running","status":"RUNNING"}}`,
			completedTasks: noop(completedTasks, 1), // its directory would be that of all results
		} {
			for _, kind := range []string{assignedTasks, completedTasks} {
				put(content, kind, name)
				named = append(named, filepath.Join(dir, kind, name))
			}
		}
		if err := os.Mkdir(filepath.Join(dir, completedTasks, "directory"), 0o755); err != nil {
			t.Fatal(err)
		}
		named = append(named, filepath.Join(dir, completedTasks, "directory"))
		put(noop("good", 1), assignedTasks, "good")
		put(`{"runningTasks":["`, restoreFile)

		w.start()
		if s := w.ended("good"); s.Status != druid.TaskSuccess {
			t.Errorf("the task beside them: got %+v, want a success", s)
		}
		w.assign("n", noop("n", 1))
		if s := w.ended("n"); s.Status != druid.TaskSuccess {
			t.Errorf("a new task: got %+v, want a success", s)
		}
		for _, path := range named {
			if lines := strings.Count(w.log.String(), "path="+path+" "); lines != 1 {
				t.Errorf("%s: got %d log lines, want 1", path, lines)
			}
			if _, err := os.Stat(path); err != nil {
				t.Errorf("%s: %v, want it left alone", path, err)
			}
		}
		if !strings.Contains(w.log.String(), restoreFile) {
			t.Errorf("the log does not name %s", restoreFile)
		}
	})
}
