package cluster

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"oakmoot/zkembed"
)

// A recording is what each process wrote to ZooKeeper during one stage of a story, in
// the order of the transactions: lines such as
//
//	create ephemeral /druid/announcements/<historical-1> gzip {"name":"<historical-1>",…}
//
// without what differs from run to run: addresses, times, unique ids, sizes.
type recording struct {
	names map[string]string   // the nodes by their addresses
	lines map[string][]string // by who wrote it
	noops map[string]bool     // paths of requests that only fire a watch
}

func newRecording(names map[string]string) recording {
	return recording{names, map[string][]string{}, map[string]bool{}}
}

// add takes a change in. It leaves out the directories that whoever comes first makes,
// and the noop requests with which a coordinator fires its own watch when a historical
// was faster (CuratorLoadQueuePeon): they come by chance.
func (r recording) add(who string, c change) {
	path := plain(c.path, r.names)
	switch {
	case c.op == "create" && !c.ephemeral && !strings.Contains(path, "<"):
	case string(c.data) == `{"action":"noop"}`:
		r.noops[c.path] = true
	case c.op == "delete" && r.noops[c.path]:
		delete(r.noops, c.path)
	default:
		mode := ""
		if c.ephemeral {
			mode = " ephemeral"
		}
		r.lines[who] = append(r.lines[who], strings.TrimSpace(c.op+mode+" "+path+" "+plain(payload(c.data), r.names)))
	}
}

// lapse tells which ephemerals went with a session, in no order.
func (r recording) lapse(who string, paths []string) {
	var lines []string
	for _, path := range paths {
		lines = append(lines, "lapse "+plain(path, r.names))
	}
	slices.Sort(lines)
	r.lines[who] = append(r.lines[who], lines...)
}

// variable is what differs from run to run, and what stands for it.
var variable = []struct {
	pattern *regexp.Regexp
	instead string
}{
	{regexp.MustCompile(`127\.0\.0\.1:\d+`), "<peon>"}, // once the nodes' own are replaced
	{regexp.MustCompile(`"(plaintextPort|port)":[1-9]\d*`), `"$1":"<port>"`},
	{regexp.MustCompile(`20(00|26)-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z_[0-9a-f]{32}`), "<time>_<uuid>"},
	{regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`), "<uuid>"},
	{regexp.MustCompile(`20(00|26)-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`), "<time>"}, // the rows are of 2019, a bubble begins in 2000
	{regexp.MustCompile(`latch-\d{10}`), "latch-<n>"},
	{regexp.MustCompile(`"(duration|size|registrationTimeUTC)":\d+`), `"$1":"<n>"`},
	{regexp.MustCompile(`\\n\\tat org\.a\.\.\."`), `"`}, // of a stack trace, as far as an error is kept
	{regexp.MustCompile(`"(path|baseDir)":"[^"]*"`), `"$1":"<path>"`},
}

// plain is a text of the recording without what differs from run to run. names are
// the nodes by their addresses.
func plain(text string, names map[string]string) string {
	for host, name := range names {
		text = strings.ReplaceAll(text, host, "<"+name+">")
	}
	for _, v := range variable {
		text = v.pattern.ReplaceAllString(text, v.instead)
	}
	return text
}

// payload is a znode's data as text: unzipped; an array, whose order Java's hashes
// decide, in the order of its elements.
func payload(data []byte) string {
	if z, err := gzip.NewReader(bytes.NewReader(data)); err == nil {
		if unzipped, err := io.ReadAll(z); err == nil {
			data = unzipped
		}
		if len(data) == 8 && data[0] == 0 {
			return "gzip <millis>" // of a lookups listener
		}
		return "gzip " + sorted(data)
	}
	return sorted(data)
}

func sorted(data []byte) string {
	var elements []json.RawMessage
	if json.Unmarshal(data, &elements) != nil {
		return string(data)
	}
	slices.SortFunc(elements, func(a, b json.RawMessage) int { return bytes.Compare(a, b) })
	return "[" + string(bytes.Join(asBytes(elements), []byte(","))) + "]"
}

func asBytes(elements []json.RawMessage) [][]byte {
	all := make([][]byte, len(elements))
	for i, e := range elements {
		all[i] = e
	}
	return all
}

// change is one change of a znode, as both kinds of sources tell it.
type change struct {
	op, path  string
	ephemeral bool
	data      []byte
}

// ofDruid reads what a real Druid 0.14.0 cluster wrote during a stage. Its sessions
// are known by their last six digits; others are of peons.
func ofDruid(t *testing.T, stage string, names, sessions map[string]string) recording {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "recorded", stage+".jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	r := newRecording(names)
	for line := range strings.Lines(string(text)) {
		var txn struct {
			Session, Op, Path, Flags string
			Hex                      hexBytes
			Paths                    []string
			Ops                      []struct{ Op, Path string }
		}
		if err := json.Unmarshal([]byte(line), &txn); err != nil {
			t.Fatalf("%s: %v in %s", stage, err, line)
		}
		who := cmp.Or(sessions[txn.Session[max(0, len(txn.Session)-6):]], "peon")
		switch txn.Op {
		case "create", "set", "delete":
			r.add(who, change{txn.Op, txn.Path, strings.HasPrefix(txn.Flags, "EPHEMERAL"), txn.Hex})
		case "multi":
			for _, op := range txn.Ops {
				r.add(who, change{op: "multi " + op.Op, path: op.Path})
			}
		case "close":
			r.lapse(who, txn.Paths)
		}
	}
	return r
}

// hexBytes is a string of hexadecimal digits.
type hexBytes []byte

func (h *hexBytes) UnmarshalJSON(text []byte) error {
	_, err := fmt.Sscanf(string(text), `"%x"`, (*[]byte)(h))
	if string(text) == `""` {
		return nil
	}
	return err
}

// ofOurs is what our nodes wrote.
func ofOurs(commits []zkembed.Commit, who func(session int64) string, names map[string]string) recording {
	r := newRecording(names)
	for len(commits) > 0 {
		n := 1
		for n < len(commits) && commits[n].Zxid == commits[0].Zxid {
			n++
		}
		r.transaction(cmp.Or(who(int64(commits[0].Session)), "peon"), commits[:n])
		commits = commits[n:]
	}
	return r
}

// transaction takes in the commits of one transaction.
func (r recording) transaction(who string, commits []zkembed.Commit) {
	var lapsed []string
	for _, c := range commits {
		op := string(c.Kind)
		switch {
		case c.Kind != zkembed.CommitCreate && c.Kind != zkembed.CommitSetData && c.Kind != zkembed.CommitDelete:
			continue
		case c.Op == "closeSession":
			lapsed = append(lapsed, c.Path)
			continue
		case c.Op == "multi":
			op = "multi " + op
		}
		r.add(who, change{op, c.Path, c.Owner != 0, c.After})
	}
	r.lapse(who, lapsed)
}
