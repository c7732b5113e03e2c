package zoocfg

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What java.util.Properties makes of a text.
func TestPropertiesAreReadAsJavaReadsThem(t *testing.T) {
	const text = "# a comment\n! another\n\n" +
		"tickTime=2000\n" +
		"  dataDir = /var/lib/zookeeper  \n" +
		"clientPort:2181\r\n" +
		"server.1 zk1:2888:3888\r" +
		"4lw.commands.whitelist=srvr,\\\n    ruok,\\\n\tmntr\n" +
		"empty\n" +
		"none=\n" +
		"a\\=b\\:c\\ d=1\n" +
		"path=C\\:\\\\data\\tx\n" +
		"tickTime=3000\n" +
		"name=\\u00fc\\ud83d\\ude00\\uzz\n" +
		"last=1\\"
	want := []Entry{
		{"tickTime", "2000", 4},
		{"dataDir", "/var/lib/zookeeper", 5},
		{"clientPort", "2181", 6},
		{"server.1", "zk1:2888:3888", 7},
		{"4lw.commands.whitelist", "srvr,ruok,mntr", 8},
		{"empty", "", 11},
		{"none", "", 12},
		{"a=b:c d", "1", 13},
		{"path", "C:\\data\tx", 14},
		{"tickTime", "3000", 15},
		{"name", "ü😀\\uzz", 16},
		{"last", "1", 17},
	}
	if diff := cmp.Diff(want, Parse(text)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// FuzzParse: any text is read, and each entry has a line of its own within it.
func FuzzParse(f *testing.F) {
	f.Add("a=1\n\\\n b\\u0041:2\r\n#c\nd e\\")
	f.Fuzz(func(t *testing.T, text string) {
		before, lines := 0, strings.Count(text, "\n")+strings.Count(text, "\r")+1
		for _, e := range Parse(text) {
			if e.Line <= before || e.Line > lines {
				t.Fatalf("%+v comes after line %d of %d", e, before, lines)
			}
			before = e.Line
		}
	})
}
