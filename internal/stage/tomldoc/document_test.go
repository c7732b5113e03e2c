package tomldoc_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/stage/tomldoc"
)

type shape struct {
	Name  string            `toml:"name"`
	Ratio float64           `toml:"ratio"`
	Seed  *int64            `toml:"seed"`
	Level level             `toml:"level"`
	Props map[string]string `toml:"props"`
	Inner struct {
		Deep []string `toml:"deep"`
	} `toml:"inner"`
	Items []item `toml:"item"`
}

type item struct {
	Kind string `toml:"kind"`
	On   bool   `toml:"on"`
	Subs []item `toml:"subs"`
}

// level accepts one word.
type level struct{ word string }

func (l *level) UnmarshalText(text []byte) error {
	if l.word = string(text); l.word != "high" {
		return fmt.Errorf("%q is not a level", text)
	}
	return nil
}

// places lists mistakes as line:column message.
func places(mistakes []tomldoc.Mistake) []string {
	var all []string
	for _, m := range mistakes {
		all = append(all, fmt.Sprintf("%d:%d %s", m.Line, m.Column, m.Message))
	}
	return all
}

func TestGoodDocumentIsReadWhole(t *testing.T) {
	var got shape
	doc := tomldoc.Read("f", []byte(`
name = "a"
ratio = 2
seed = -1
level = "high"
inner.deep = ["x", 'y']
[props]
"a.b" = "c"
[[item]]
kind = "k"
subs = [{ kind = "s", on = true }]
[[item]]
on = false
`), &got)
	if m := doc.Mistakes(); len(m) > 0 {
		t.Fatalf("got mistakes %v", m)
	}
	seed := int64(-1)
	want := shape{Name: "a", Ratio: 2, Seed: &seed, Level: level{"high"}, Props: map[string]string{"a.b": "c"}}
	want.Inner.Deep = []string{"x", "y"}
	want.Items = []item{{Kind: "k", Subs: []item{{Kind: "s", On: true}}}, {}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(level{})); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestMisfitsAreReportedAndTheRestIsRead(t *testing.T) {
	var got shape
	doc := tomldoc.Read("f", []byte(`name = "kept"
ratio = "half"
levle = "high"
seed = 1.5
inner.deep = ["x", 3]
props = { a = 1, b = "kept" }
[[item]]
kind = ["k"]
on = true
[[item]]
subs = [{ kind = "kept", colour = true }]
`), &got)
	want := []string{
		`2:9 a number is expected here, not a string`,
		`3:1 unknown key "levle"; did you mean "level"?`,
		`4:8 a whole number is expected here, not the number 1.5`,
		`5:20 a string is expected here, not the number 3`,
		`6:15 a string is expected here, not the number 1`,
		`8:1 a string is expected here, not an array`,
		`11:26 unknown key "colour"; known are kind, on, subs`,
	}
	if diff := cmp.Diff(want, places(doc.Mistakes())); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got.Name != "kept" || got.Props["b"] != "kept" || !got.Items[0].On || got.Items[1].Subs[0].Kind != "kept" {
		t.Errorf("got %+v, want what fits", got)
	}
}

func TestBrokenSyntaxIsOneMistake(t *testing.T) {
	for text, want := range map[string]string{
		"name = \"a\"\nratio = ":   "2:8",
		"name = \"a\"\nname = 'b'": "2:1",
		"[item]\n[[item]]\n":       "2:3",
		"name = \"a\xff\"":         "1:10",
	} {
		doc := tomldoc.Read("f", []byte(text), &shape{})
		got := doc.Mistakes()
		if doc.Readable() || len(got) != 1 || !strings.HasPrefix(places(got)[0], want+" ") {
			t.Errorf("%q: got readable %v, %v, want one mistake at %s", text, doc.Readable(), places(got), want)
		}
	}
}

func TestMistakeIsPlacedAtTheText(t *testing.T) {
	text := "name = \"abc\"\n[[item]]\nkind = \"k\\t\"\n\tsubs = [{ kind = \"é\" }]\r\n"
	for _, tt := range []struct {
		name   string
		path   tomldoc.Path
		column int
		want   string
	}{
		{"inside a string", tomldoc.Path{"name"}, 2, "1:10"},
		{"a string with escapes as a whole", tomldoc.Path{"item", 0, "kind"}, 2, "3:8"},
		{"in an inline table after a tab", tomldoc.Path{"item", 0, "subs", 0, "kind"}, 0, "4:19"},
		{"the table that a key is missing from", tomldoc.Path{"item", 0, "on"}, 0, "2:3"},
		{"nothing of it is there", tomldoc.Path{"ratio"}, 0, "1:1"},
	} {
		doc := tomldoc.Read("f", []byte(text), &shape{})
		doc.AddAt(tt.path, tt.column, "wrong")
		if got := places(doc.Mistakes()); len(got) != 1 || got[0] != tt.want+" wrong" {
			t.Errorf("%s: got %v, want %s", tt.name, got, tt.want)
		}
	}
}

func TestOneValueHasOneMistake(t *testing.T) {
	doc := tomldoc.Read("f", []byte("nmae = 1\n[[item]]\nkind = 1\n"), &shape{})
	doc.Add(tomldoc.Path{"name"}, "a name is missing")
	doc.Add(tomldoc.Path{"item", 0, "kind"}, "a kind is missing")
	doc.Add(tomldoc.Path{"item", 0}, "the table is wrong too")
	doc.Add(tomldoc.Path{"item", 0, "on"}, "and so is what is in it")
	want := []string{
		`1:1 unknown key "nmae"; did you mean "name"?`,
		`2:3 the table is wrong too`,
		`3:8 a string is expected here, not the number 1`,
	}
	if diff := cmp.Diff(want, places(doc.Mistakes())); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if !doc.Has(tomldoc.Path{"item"}) || doc.Has(tomldoc.Path{"inner"}) {
		t.Error("Has does not say where the mistakes are")
	}
}

func TestDocumentKnowsWhatItSets(t *testing.T) {
	doc := tomldoc.Read("f.toml", []byte("[[item]]\nkind = \"\"\n"), &shape{})
	if !doc.Sets(tomldoc.Path{"item", 0, "kind"}) || doc.Sets(tomldoc.Path{"item", 1, "kind"}) || doc.Sets(tomldoc.Path{"inner"}) {
		t.Error("Sets does not say what the text has")
	}
	var none tomldoc.Document
	if none.Sets(tomldoc.Path{"item"}) {
		t.Error("a document without text sets something")
	}
}

func TestMistakeShowsLineAndCaret(t *testing.T) {
	doc := tomldoc.Read("dir/f.toml", []byte("[[item]]\n\tkind = 1 # ü\r\n"), &shape{})
	want := "dir/f.toml:2:9: a string is expected here, not the number 1\n    \tkind = 1 # ü\n    \t       ^"
	if got := doc.Mistakes()[0].String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	var none tomldoc.Document
	none.Add(tomldoc.Path{"item", 3, "kind"}, "wrong")
	if got, want := none.Mistakes()[0].String(), "item[3].kind: wrong"; got != want {
		t.Errorf("without a text: got %q, want %q", got, want)
	}
}

func FuzzRead(f *testing.F) {
	f.Add("name = \"a\"\n[[item]]\nkind = 1\nsubs = [{}]\n[props]\n\"a.b\" = 1979-05-27")
	f.Add("inner = { deep = [1, [2]] }\nitem = 5\n\"\" = 1")
	f.Add("[[item]]\n[item.subs]\n[[item.x.y]]\na.b.c = '''\n'''")
	f.Fuzz(func(t *testing.T, text string) {
		doc := tomldoc.Read("f", []byte(text), &shape{})
		lines := strings.Count(text, "\n") + 1
		for _, m := range doc.Mistakes() {
			if m.Line < 1 || m.Line > lines || m.Column < 1 || m.Column > len(m.Text)+2 {
				t.Errorf("mistake at %d:%d of %d lines: %s", m.Line, m.Column, lines, m)
			}
		}
	})
}
