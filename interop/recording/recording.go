// Package recording describes what processes wrote to ZooKeeper in a form in which two recordings of the same story
// can be compared: that of a real Druid cluster, and ours.
package recording

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"regexp"
	"slices"
	"strings"
)

// Recording is what each process wrote to ZooKeeper during one stage of a story, in the order of the transactions:
// lines such as
//
//	create ephemeral /druid/announcements/<historical-1> gzip {"name":"<historical-1>",…}
//
// without what differs from run to run: addresses, times, unique ids, sizes.
type Recording struct {
	Lines map[string][]string // by the name of who wrote it

	names map[string]string // names of processes by address
	noops map[string]bool   // paths of requests whose only purpose is to fire a watch
}

// New is an empty recording of processes that are known by their addresses, host:port.
func New(names map[string]string) *Recording {
	return &Recording{map[string][]string{}, names, map[string]bool{}}
}

// Add records a change. It leaves out the directories that whoever comes first creates, and the noop requests with
// which a coordinator fires its own watch if a historical was faster (CuratorLoadQueuePeon): both depend on chance.
func (r *Recording) Add(who string, c Change) {
	path := plain(c.Path, r.names)
	switch {
	case c.Op == "create" && !c.Ephemeral && !strings.Contains(path, "<"):
	case string(c.Data) == `{"action":"noop"}`:
		r.noops[c.Path] = true
	case c.Op == "delete" && r.noops[c.Path]:
		delete(r.noops, c.Path)
	default:
		mode := ""
		if c.Ephemeral {
			mode = " ephemeral"
		}
		r.Lines[who] = append(r.Lines[who], strings.TrimSpace(c.Op+mode+" "+path+" "+plain(payload(c.Data), r.names)))
	}
}

// Lapse records which ephemerals went with a session, in no order.
func (r *Recording) Lapse(who string, paths []string) {
	var lines []string
	for _, path := range paths {
		lines = append(lines, "lapse "+plain(path, r.names))
	}
	slices.Sort(lines)
	r.Lines[who] = append(r.Lines[who], lines...)
}

// variable is what differs from run to run, and its replacement.
var variable = []struct {
	pattern *regexp.Regexp
	instead string
}{
	{regexp.MustCompile(`127\.0\.0\.1:\d+`), "<peon>"}, // once the nodes' own have been replaced
	{regexp.MustCompile(`"(plaintextPort|port)":[1-9]\d*`), `"$1":"<port>"`},
	{regexp.MustCompile(`20(00|26)-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z_[0-9a-f]{32}`), "<time>_<uuid>"},
	{regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`), "<uuid>"},
	{regexp.MustCompile(`20(00|26)-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`), "<time>"}, // the rows are of 2019, a bubble begins in 2000
	{regexp.MustCompile(`latch-\d{10}`), "latch-<n>"},
	{regexp.MustCompile(`"(duration|size|registrationTimeUTC)":\d+`), `"$1":"<n>"`},
	{regexp.MustCompile(`\\n\\tat org\.a\.\.\."`), `"`}, // of a stack trace, the part that is kept of an error
	{regexp.MustCompile(`"(path|baseDir)":"[^"]*"`), `"$1":"<path>"`},
}

// plain is a text of the recording without what differs from run to run. names are the nodes by their addresses.
func plain(text string, names map[string]string) string {
	for host, name := range names {
		text = strings.ReplaceAll(text, host, "<"+name+">")
	}
	for _, v := range variable {
		text = v.pattern.ReplaceAllString(text, v.instead)
	}
	return text
}

// payload is a znode's data as text: unzipped; an array, whose order Java's hashes decide, with its elements sorted.
func payload(data []byte) string {
	if z, err := gzip.NewReader(bytes.NewReader(data)); err == nil {
		if unzipped, err := io.ReadAll(z); err == nil {
			data = unzipped
		}
		if len(data) == 8 && data[0] == 0 {
			return "gzip <millis>" // from a lookups listener
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

// Change is one change of a znode.
type Change struct {
	Op        string // create, set or delete, after "multi " if it was part of one
	Path      string
	Ephemeral bool
	Data      []byte // the data after the change
}
