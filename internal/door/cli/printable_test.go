package cli

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"oakmoot/cluster"
	"oakmoot/internal/door/terminal"
)

// evil are strings that affect a terminal or a table.
var evil = []string{
	"\x1b[31mred", "\x1b]0;title\x07", "two\nlines", "a\ttab", "back\rover", "\b\b\b", "\x00", "\x7f", "\u009b31m", "\u0085", "\u202eright", "\u2066in\u2069",
	"\u200e", "\u061c", "\u2028", "\ufeff", "\xff\x1b", "\U000e0041",
}

// quiet refuses text that a terminal would do more with than show.
func quiet(t *testing.T, what, text string) {
	t.Helper()
	if strings.ContainsFunc(text, func(r rune) bool {
		return r != '\n' && (r < 0x20 || r >= 0x7f && r < 0xa0 || r >= 0x200b && r <= 0x200f)
	}) ||
		strings.ContainsAny(text, "\u202e\u2066\u2069\u061c\u2028\ufeff\U000e0041") {
		t.Errorf("%s: %q", what, text)
	}
}

func TestForeignTextsStayInTheirCells(t *testing.T) {
	for _, e := range evil {
		shown := statusOf(t, e)
		quiet(t, "status", shown)
		plainLines := strings.Count(statusOf(t, "x"), "\n")
		if n := strings.Count(shown, "\n"); n != plainLines {
			t.Errorf("%q: got %d lines, want %d:\n%s", e, n, plainLines, shown)
		}
		quiet(t, "trace", traceLine(cluster.TraceStep{Time: time.Time{}, Node: e, Protocol: cluster.Protocol(e), Verb: e, Subject: e, Peer: e, Detail: e}))
		quiet(t, "tree", treeLine(cluster.Znode{Path: "/a/" + e, Text: e, Ephemeral: true, Owner: e}, "/a", false))
	}
}

func statusOf(t *testing.T, e string) string {
	t.Helper()
	var out bytes.Buffer
	st := cluster.Status{
		Nodes:    []cluster.Node{{Name: e, Kind: e, Host: e, State: e, Session: e, Faults: []string{e}, Version: e, Remarks: []string{e}}},
		Segments: []cluster.ServedSegments{{Server: e, Type: e, Tier: e, SegmentIDs: []string{e}}},
		Used:     map[string]int{e: 1}, Tasks: []cluster.Task{{ID: e, Type: e, Status: e, Worker: e}},
		Faults: []cluster.Fault{{ID: e, Do: e, Nodes: []string{e}}}, Expects: []cluster.Expectation{{Text: e, State: e, Why: e}},
		Invariants: []cluster.Invariant{{Name: "disk", State: "broken", Why: e}, {Name: "rows-once", State: "held", Exercised: 3, Notes: []string{e}}},
	}
	if err := printStatus(terminal.New(&out, terminal.Screen{}), st, false); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestJSONStaysTheSameJSON(t *testing.T) {
	for _, e := range evil[:17] {
		var out bytes.Buffer
		if err := printJSON(terminal.New(&out, terminal.Screen{}), e); err != nil {
			t.Fatal(err)
		}
		quiet(t, "json", out.String())
		var back, want string
		b, _ := json.Marshal(e)
		if err := json.Unmarshal(out.Bytes(), &back); err != nil || json.Unmarshal(b, &want) != nil || back != want {
			t.Errorf("%q: got %q back, %v", e, back, err)
		}
	}
}
