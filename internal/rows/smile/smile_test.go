package smile

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// vector is a document as Jackson 2.6.7 writes it in both forms.
type vector struct {
	smile []byte
	json  string
}

// vectors were written by Jackson's own SmileFactory: with shared names, then with
// shared values too, then with neither.
func vectors(t testing.TB) []vector {
	t.Helper()
	f, err := os.Open("testdata/jackson.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []vector
	for lines := bufio.NewScanner(f); lines.Scan(); {
		text, doc, _ := strings.Cut(lines.Text(), "\t")
		raw, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, vector{raw, doc})
	}
	if len(all) != 96 {
		t.Fatalf("vectors: got %d, want 96", len(all))
	}
	return all
}

func parsed(t testing.TB, doc []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(doc, &v); err != nil {
		t.Fatalf("%s: %v", doc, err)
	}
	return v
}

func TestWhatJacksonWritesIsRead(t *testing.T) {
	for _, v := range vectors(t) {
		got, err := ToJSON(v.smile)
		if err != nil {
			t.Errorf("%x: got error %v, want %s", v.smile, err, v.json)
			continue
		}
		if diff := cmp.Diff(parsed(t, []byte(v.json)), parsed(t, got)); diff != "" {
			t.Errorf("%x (-want +got):\n%s", v.smile, diff)
		}
	}
}

func TestSmileIsWrittenAsJacksonDoesWithoutReferences(t *testing.T) {
	for _, v := range vectors(t) {
		if v.smile[3] != 0 || v.json == "9223372036854775808" {
			continue // it has references, or a BigInteger, which is written as a double
		}
		got, err := FromJSON([]byte(v.json))
		if err != nil || !bytes.Equal(got, v.smile) {
			t.Errorf("%s: got %x %v, want %x", v.json, got, err, v.smile)
		}
	}
}

func TestBinaryBecomesBase64(t *testing.T) {
	for name, in := range map[string]string{"packed": "e8 83 01014003", "raw": "fd 83 020603"} {
		raw, err := hex.DecodeString("3a290a00" + strings.ReplaceAll(in, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		got, err := ToJSON(raw)
		if err != nil || string(got) != `"AgYD"` {
			t.Errorf("%s: got %s %v, want \"AgYD\"", name, got, err)
		}
	}
}

func TestBrokenInputIsRefused(t *testing.T) {
	for name, in := range map[string]string{
		"empty":                 "",
		"JSON":                  hex.EncodeToString([]byte(`{"a":1}`)),
		"header alone":          "3a290a00",
		"another version":       "3a290a10c0",
		"string cut off":        "3a290a004461",
		"array not closed":      "3a290a00f8c0",
		"object not closed":     "3a290a00fa8061c0",
		"no such reference":     "3a290a0105",
		"no such name":          "3a290a01fa4061",
		"token in wrong place":  "3a290a00f9",
		"number that goes on":   "3a290a0025000000000000000000000000",
		"long string, no end":   "3a290a00e06161",
		"binary longer than it": "3a290a00fd3fff",
		"too deep":              "3a290a00" + strings.Repeat("f8", 2000),
	} {
		raw, err := hex.DecodeString(in)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := ToJSON(raw); err == nil {
			t.Errorf("%s: got %s, want an error", name, got)
		}
	}
	for _, in := range []string{"", "garbage", "[1", `{"a"`} {
		if got, err := FromJSON([]byte(in)); err == nil {
			t.Errorf("%q: got %x, want an error", in, got)
		}
	}
}

func FuzzToJSON(f *testing.F) {
	for _, v := range vectors(f) {
		f.Add(v.smile)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		first, err := ToJSON(in)
		if err != nil {
			return
		}
		again, err := FromJSON(first)
		if err != nil {
			t.Fatalf("%x became %s, which is no JSON: %v", in, first, err)
		}
		second, err := ToJSON(again)
		if err != nil {
			t.Fatalf("%s became %x: %v", first, again, err)
		}
		if diff := cmp.Diff(parsed(t, first), parsed(t, second)); diff != "" {
			t.Errorf("%x changes when it is written again (-first +second):\n%s", in, diff)
		}
	})
}
