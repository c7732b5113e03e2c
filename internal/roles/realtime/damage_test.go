package realtime

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A stream whose commit is damaged is read from its beginning: every row is there, and
// none twice.
func TestDamagedCommitRestartsTheStream(t *testing.T) {
	for name, damage := range map[string]func(whole string) string{
		"half":              func(whole string) string { return whole[:len(whole)/2] },
		"empty":             func(string) string { return "" },
		"garbage":           func(string) string { return "\x00\xff\x17" },
		"null":              func(string) string { return "null" },
		"an empty object":   func(string) string { return "{}" },
		"of other types":    func(string) string { return `{"position":7,"hydrants":[]}` },
		"before everything": func(string) string { return `{"position":{"records":-1},"hydrants":{}}` },
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				s := spec(fmt.Sprintf(`{"type":"replay","file":%q,"rate":1}`, w.recordsFile(50)), `,"rejectionPolicy":{"type":"none"}`)
				stop := w.start(s)
				time.Sleep(20 * time.Second)
				stop()
				file := filepath.Join(w.dir, "node", "persist", "0", "edits", commitFile)
				whole, err := os.ReadFile(file)
				w.Must(err)
				w.Must(os.WriteFile(file, []byte(damage(string(whole))), 0o644))
				w.start(s)
				w.Until("all rows are there, each once", func() bool { return w.rows() == 50 })
				time.Sleep(time.Minute)
				if got := w.rows(); got != 50 {
					t.Errorf("rows: got %d, want 50", got)
				}
				if log := w.log.String(); strings.Count(log, "commit cannot be read") != 1 || !strings.Contains(log, file) {
					t.Errorf("log: got %s, want one line that names %s", log, file)
				}
			})
		})
	}
}

// A hydrant that cannot be read is set aside and named; any others are served.
func TestDamagedHydrantIsSetAsideAndNamed(t *testing.T) {
	for name, content := range map[string]string{"empty": "", "garbage": "\x00\xff", "half": "v1,2147483647,"} {
		for _, others := range []int{0, 1} {
			t.Run(fmt.Sprintf("%s, %d others", name, others), func(t *testing.T) {
				inWorld(t, func(t *testing.T, w *world) { damageHydrant(t, w, content, others) })
			})
		}
	}
}

func damageHydrant(t *testing.T, w *world, content string, others int) {
	stop := w.start(spec(receiverJSON, ""))
	w.push(time.Now(), time.Now())
	time.Sleep(15 * time.Second)
	for range others {
		w.push(time.Now())
	}
	w.Until("all rows are taken", func() bool { return w.rows() == 2+others })
	stop()
	first, err := filepath.Glob(filepath.Join(w.dir, "node", "persist", "0", "edits", "2000*", "0"))
	w.Must(err)
	if len(first) != 1 {
		t.Fatalf("got hydrants %q, want one", first)
	}
	w.Must(os.WriteFile(filepath.Join(first[0], "meta.smoosh"), []byte(content), 0o644))
	w.start(spec(receiverJSON, ""))
	if got := w.rows(); got != others {
		t.Errorf("rows: got %d, want %d, those of the other hydrants", got, others)
	}
	if log := w.log.String(); !strings.Contains(log, "hydrant cannot be read, set aside") || !strings.Contains(log, first[0]) {
		t.Errorf("log: got %s, want %s named", log, first[0])
	}
}
