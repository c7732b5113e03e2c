package ingest

import (
	"bufio"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

func TestLinesEndAsJavaReadsThem(t *testing.T) {
	const text = "a\nb\r\nc\rd\r\re\n\nf\r"
	want := []string{"a", "b", "c", "d", "", "e", "", "f"}
	for _, whole := range []bool{true, false} {
		in := bufio.NewScanner(strings.NewReader(text))
		if !whole {
			in = bufio.NewScanner(iotest.OneByteReader(strings.NewReader(text)))
		}
		in.Split(javaLines)
		var got []string
		for in.Scan() {
			got = append(got, in.Text())
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("at once %v: lines differ (-want +got):\n%s", whole, diff)
		}
	}
}

// The right-hand sides are what new String(bytes, UTF_8) of Java 17 returns.
func TestMalformedTextIsReplacedAsJavaDoes(t *testing.T) {
	for text, want := range map[string]string{
		"plain é€😀": "plain é€😀", "\xff": "\ufffd", "a\xffb": "a\ufffdb", "\xc3": "\ufffd", "\xc3x": "\ufffdx",
		"\xe2\x82": "\ufffd", "\xe2\x82x": "\ufffdx", "\xe2x": "\ufffdx", "\xf0\x9f\x98": "\ufffd", "\xf0\x9f\x98x": "\ufffdx",
		"\xf0\x9fx": "\ufffdx", "\xc0\xaf": "\ufffd\ufffd", "\x80\x80": "\ufffd\ufffd", "\xed\xa0\x80": "\ufffd", "\xed\xa0x": "\ufffdx", "\xf5\x80": "\ufffd\ufffd", "\xe2\x82\xe2\x82\xac": "\ufffd€",
	} {
		if got := javaUTF8(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
