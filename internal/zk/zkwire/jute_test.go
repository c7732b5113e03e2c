package zkwire_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/zk/zkwire"
)

// jute is each record of records as zookeeper.jute lays its fields out: an int has 4
// bytes and a long 8, the most significant first; a ustring and a buffer (written in hex)
// follow their length, which is -1 for null; a vector's elements follow their number.
var jute = map[string]string{
	"request header":  "int:3 int:-11",
	"connect":         "int:0 long:5 int:10000 long:6 buffer:" + noPassword + " boolean:1",
	"connect, old":    "int:0 long:0 int:1000 long:0 buffer:" + noPassword,
	"create":          "ustring:/a buffer: " + oneACL + " int:3",
	"createTTL":       "ustring:/a buffer: " + oneACL + " int:3 long:99",
	"delete":          "ustring:/a int:-1",
	"deleteContainer": "ustring:/a",
	"getData":         "ustring:/a boolean:1",
	"sync":            "ustring:/a",
	"getEphemerals":   "ustring:/a",
	"setData":         "ustring:/a null int:3",
	"setACL":          "ustring:/a " + oneACL + " int:3",
	"addWatch":        "ustring:/a int:1",
	"removeWatches":   "ustring:/a int:3",
	"setWatches":      "long:7 vector:1 ustring:/d vector:0 vector:2 ustring:/c ustring:/c2",
	"setWatches2":     "long:7 vector:1 ustring:/d vector:0 vector:2 ustring:/c ustring:/c2 vector:1 ustring:/p vector:1 ustring:/r",
	"reconfig":        "ustring:server.4=host:1:2 null null long:-1",
	"auth":            "int:0 ustring:digest buffer:753a70",
	"multi header":    "int:13 boolean:0 int:-1",
	"reply header":    "int:-2 long:4 int:-101",
	"connected":       "int:0 int:5000 long:6 buffer:" + noPassword + " boolean:0",
	"path":            "ustring:/a0000000001",
	"created":         "ustring:/a " + stat,
	"stat":            stat,
	"data":            "buffer:78 " + stat,
	"acl":             oneACL + " " + stat,
	"names":           "vector:2 ustring:a ustring:b",
	"children":        "vector:0 " + stat,
	"number":          "int:7",
	"who":             "vector:1 ustring:ip ustring:127.0.0.1",
	"event":           "int:3 int:3 ustring:/w",
}

const (
	noPassword = "00000000000000000000000000000000"
	oneACL     = "vector:1 int:17 ustring:digest ustring:u:x"
	// czxid mzxid ctime mtime version cversion aversion ephemeralOwner dataLength numChildren pzxid
	stat = "long:1 long:2 long:4 long:5 int:6 int:7 int:-1 long:9 int:10 int:11 long:3"
)

// laidOut is the bytes of a line of jute.
func laidOut(t *testing.T, line string) []byte {
	t.Helper()
	var b []byte
	number := func(text string) int64 {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for _, field := range strings.Fields(line) {
		kind, value, _ := strings.Cut(field, ":")
		switch kind {
		case "int", "vector":
			b = binary.BigEndian.AppendUint32(b, uint32(number(value)))
		case "long":
			b = binary.BigEndian.AppendUint64(b, uint64(number(value)))
		case "boolean":
			b = append(b, byte(number(value)))
		case "null":
			b = append(b, 0xff, 0xff, 0xff, 0xff)
		case "buffer":
			raw, err := hex.DecodeString(value)
			if err != nil {
				t.Fatal(err)
			}
			value = string(raw)
			fallthrough
		case "ustring":
			b = append(binary.BigEndian.AppendUint32(b, uint32(len(value))), value...)
		default:
			t.Fatalf("%q is no kind of field", kind)
		}
	}
	return b
}

func TestRecordsAreLaidOutAsJuteSays(t *testing.T) {
	for name, record := range records() {
		want := laidOut(t, jute[name])
		if got := encode(record); !bytes.Equal(got, want) {
			t.Errorf("%s is written as\n%x, want\n%x", name, got, want)
		}
		got := blank(name)
		d := zkwire.NewDecoder(want)
		if got.Decode(d); d.Err() != nil || d.Rest() != 0 {
			t.Errorf("%s: read with error %v and %d bytes left", name, d.Err(), d.Rest())
		}
		if diff := cmp.Diff(record, got); diff != "" {
			t.Errorf("%s is read wrong (-want +got):\n%s", name, diff)
		}
	}
	if len(jute) != len(records()) {
		t.Errorf("%d layouts for %d records", len(jute), len(records()))
	}
}

func TestMistakesOfTheWireAreErrors(t *testing.T) {
	for name, tt := range map[string]struct {
		read func(*zkwire.Decoder) any
		line string
		want string // the value and the error
	}{
		"nothing":                     {func(d *zkwire.Decoder) any { return d.Int() }, "", "0 " + short},
		"long cut to an int":          {func(d *zkwire.Decoder) any { return d.Long() }, "int:1", "0 " + short},
		"string longer than the rest": {func(d *zkwire.Decoder) any { return d.String() }, "int:9 int:0", "\"\" " + short},
		"string of length -2":         {func(d *zkwire.Decoder) any { return d.String() }, "int:-2", "\"\" " + short},
		"null string":                 {func(d *zkwire.Decoder) any { return d.String() }, "null", "\"\" zkwire: string is null"},
		"null string, and more":       {func(d *zkwire.Decoder) any { _ = d.String(); return d.Int() }, "null int:7", "7 zkwire: string is null"},
		"null buffer":                 {func(d *zkwire.Decoder) any { return d.Buffer() }, "null", "[]byte(nil) <nil>"},
		"empty buffer":                {func(d *zkwire.Decoder) any { return d.Buffer() }, "buffer:", "[]byte{} <nil>"},
		"buffer of length -2":         {func(d *zkwire.Decoder) any { return d.Buffer() }, "int:-2", "[]byte(nil) " + short},
		"null vector of strings":      {func(d *zkwire.Decoder) any { return d.Strings() }, "null", "[]string(nil) " + short},
		"vector longer than the rest": {func(d *zkwire.Decoder) any { return d.Strings() }, "vector:2 ustring:", "[]string(nil) " + short},
		"null vector of ACLs":         {func(d *zkwire.Decoder) any { return len(d.ACLs()) }, "null", "0 <nil>"},
		"boolean 2":                   {func(d *zkwire.Decoder) any { return d.Bool() }, "boolean:2", "true <nil>"},
		"after a mistake":             {func(d *zkwire.Decoder) any { _ = d.Buffer(); return d.Int() }, "int:-2 int:7", "0 " + short},
	} {
		d := zkwire.NewDecoder(laidOut(t, tt.line))
		if got := fmt.Sprintf("%#v %v", tt.read(d), d.Err()); got != tt.want {
			t.Errorf("%s: got %s, want %s", name, got, tt.want)
		}
	}
}

const short = "zkwire: record is cut short or has an impossible length"
