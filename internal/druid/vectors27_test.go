package druid_test

import (
	"bufio"
	"encoding/json"
	"os"
	"testing"
)

// TestPayloadsOfLaterVersionsSurvive reads what a Druid 27.0.0 cluster wrote: members
// that 0.14 does not have are kept, at the end.
func TestPayloadsOfLaterVersionsSurvive(t *testing.T) {
	f, err := os.Open("testdata/vectors-27.0.0.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	checked := 0
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var v struct{ Kind, Path, Text string }
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		if v.Kind == "task-assignment" {
			continue // specs of kinds that 0.14 does not have
		}
		checked++
		got, err := throughKind[v.Kind]([]byte(v.Text))
		if err != nil {
			t.Errorf("%s: %v", v.Path, err)
		} else if string(got) != v.Text {
			t.Errorf("%s:\ngot  %s\nwant %s", v.Path, got, v.Text)
		}
	}
	if checked < 40 {
		t.Errorf("only %d payloads were checked", checked)
	}
}
