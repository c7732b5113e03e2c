package druid_test

import (
	"fmt"
	"strings"
	"testing"

	"oakmoot/internal/druid"
)

func TestNamesThatBreakZnodesAndDirectoriesAreRefused(t *testing.T) {
	for name, ok := range map[string]bool{
		"wiki": true, "a b": true, " ": true, "a.b": true, "...": true, ".x": true, "ä€𝄞": true, "a+b%2F": true, "‮x": true, "a\u00a0b": true, strings.Repeat("x", 243): true,
		"": false, ".": false, "..": false, "a/b": false, "/": false, "../x": false, `a\b`: false, "a\x00b": false, "\x1b[31m": false, "a\nb": false,
		"a\tb": false, "\x7f": false, "\u009b31m": false, "\ue000": false, "\ufffd": false, "\uffff": false, "\xff": false, "\xed\xa0\x80": false,
		strings.Repeat("x", 244): false, strings.Repeat("ä", 122): false,
	} {
		if err := druid.CheckTaskID(name); (err == nil) != ok {
			t.Errorf("task id %.40q: got %v, want ok %t", name, err, ok)
		}
		if err := druid.CheckDataSource(name); (err == nil) != ok {
			t.Errorf("dataSource %.40q: got %v, want ok %t", name, err, ok)
		}
	}
	for _, id := range []string{"assignedTasks", "completedTasks", "restore.json"} {
		if err := druid.CheckTaskID(id); err == nil {
			t.Errorf("%s: got no error", id)
		}
	}
}

func TestOnlyDatasourcesThatGetSegmentsAreChecked(t *testing.T) {
	for kind, ok := range map[string]bool{"noop": true, "kill": true, "move": true, "index": false, "compact": false, "append": false} {
		if err := (druid.Task{ID: "x", Type: kind, DataSource: ".."}).CheckNames(); (err == nil) != ok {
			t.Error(fmt.Sprintf("%s: got %v, want ok %t", kind, err, ok))
		}
	}
}
