package coordinator

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/metadata"
)

// execute changes the store behind the coordinator's back.
func execute(t *testing.T, file, statement string, args ...any) {
	t.Helper()
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statement, args...); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// The default rules may drop: they do not stand in for rules that nobody can read. A coordinator that knew those
// rules keeps to them; another leaves things alone.
func TestUnreadableRulesChangeNothing(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		file := filepath.Join(t.TempDir(), "metadata.db")
		store, err := metadata.Open(t.Context(), file)
		w.Must(err)
		defer store.Close()
		w.store = store
		set := func(dataSource string, rules ...druid.Rule) {
			w.Must(store.SetRules(t.Context(), dataSource, rules, metadata.AuditInfo{}))
		}
		set(metadata.DefaultRules, druid.Rule{Type: "dropForever"})
		set("wiki", druid.Rule{Type: "loadForever", TieredReplicants: map[string]int{druid.DefaultTier: 1}})
		w.publish(day("wiki", 1))
		h := w.historical(8083)
		first := w.start(8081)
		w.Until("it is loaded", func() bool { return len(h.has()) == 1 })

		execute(t, file, "UPDATE druid_rules SET payload = ? WHERE dataSource = 'wiki'", []byte("[{"))
		w.publish(day("wiki", 2))
		w.Until("the rules that were known go on counting", func() bool { return len(h.has()) == 2 })
		first.stop()
		second := w.start(8082)
		w.leads(second)
		w.publish(day("other", 1))
		time.Sleep(30 * time.Second)
		if got := h.has(); len(got) != 2 {
			t.Errorf("got %v, want both segments to stay", got)
		}
		used, err := store.Used(t.Context())
		w.Must(err)
		if len(used) != 2 { // the default rule has marked the other datasource unused
			t.Errorf("got %d used segments, want those of wiki", len(used))
		}
		if strings.Contains(second.log.String(), "rules not read") {
			t.Errorf("log: got %s, want nothing of it at every poll", second.log.String())
		}
	})
}
