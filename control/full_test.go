package control

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"oakmoot/cluster"
)

// TestAnswersHaveNoNullLists walks every type of answer, empty and with one empty
// element in each list.
func TestAnswersHaveNoNullLists(t *testing.T) {
	for _, v := range []any{
		cluster.Status{}, cluster.Status{Nodes: []cluster.Node{{}}, Segments: []cluster.ServedSegments{{}}, Faults: []cluster.Fault{{Since: time.Unix(0, 0)}}, Tasks: []cluster.Task{{}}},
		[]cluster.Znode(nil), cluster.Addresses{}, map[string][]string{"a": nil}, []cluster.ServedSegments(nil), map[string]int(nil), [][]string{nil},
	} {
		b, err := json.Marshal(Full(v))
		if err != nil || strings.Contains(string(b), "null") {
			t.Errorf("%T: got %s, %v", v, b, err)
		}
	}
	given := cluster.Status{Segments: []cluster.ServedSegments{{}}}
	Full(given)
	if given.Segments[0].SegmentIDs != nil {
		t.Error("the value that was given has changed")
	}
	if b, err := json.Marshal(Full(json.RawMessage("null"))); err != nil || string(b) != "null" {
		t.Errorf("got %s, %v, want raw JSON as it is", b, err)
	}
}
