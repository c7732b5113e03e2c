package ingest

import (
	"bufio"
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"
)

// flattened is a field and what JSONPathParser of Druid 0.14.0 made of it: its text as
// Java writes it, nothing for null, or a failure.
type flattened struct {
	Docs    []string // of the first line
	Type    string
	Expr    string
	Doc     int
	Refused *string // when the parser is made
	Error   *string // when the row is read
	Text    *string
}

func TestFieldsAreFlattenedAsDruidDoes(t *testing.T) {
	lines := readFlattened(t)
	docs := lines[0].Docs
	for _, want := range lines[1:] {
		got, err := extractOne(want.Type, want.Expr, docs[want.Doc])
		if err == nil && want.Refused == nil && want.Error == nil && got == shown(want.Text) {
			continue
		}
		failed := want.Refused != nil || want.Error != nil
		switch why, refused := difference(want); {
		case failed && err != nil:
		case failed && want.Type == "jq": // gojq supports more; in Druid such a task fails
		case why != "" && (err != nil) == refused:
		default:
			t.Errorf("%s %s over %.60s: got %s (%v), want %s (may differ: %s)", want.Type, want.Expr, docs[want.Doc], got, err, shown(want.Text), why)
		}
	}
	if len(lines) < 900 {
		t.Errorf("%d vectors, want at least 900", len(lines))
	}
}

func extractOne(kind, expr, doc string) (string, error) {
	name := "f"
	f, err := newFlattener(&flattenSpec{Fields: []flattenField{{Type: kind, Name: &name, Expr: &expr}}})
	if err != nil {
		return "", err
	}
	tree, err := (&jsonText{s: doc}).value()
	if err != nil {
		return "", err
	}
	_, event, err := f.flatten(tree)
	if err != nil || event["f"] == nil {
		return shown(nil), err
	}
	text := javaText(event["f"])
	return shown(&text), nil
}

func shown(text *string) string {
	if text == nil {
		return "null"
	}
	return `"` + *text + `"`
}

func readFlattened(t *testing.T) []flattened {
	t.Helper()
	f, err := os.Open("testdata/flatten.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []flattened
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var v flattened
		if err := json.NewDecoder(strings.NewReader(lines.Text())).Decode(&v); err != nil {
			t.Fatalf("%s: %v", lines.Text(), err)
		}
		all = append(all, v)
	}
	return all
}

// otherwise are the kinds of accepted differences. What is refused is refused when the
// task starts; the other kinds give another text.
var otherwise = []struct {
	kind    string
	of      *regexp.Regexp // type and expression
	refused bool
	why     string
}{
	{"functions of paths", regexp.MustCompile(`^path .*[a-z]\(`), true,
		"on a definite path 0.14.0 fails with a ClassCastException, in lists most give nothing"},
	{"operators of filters", regexp.MustCompile(`^path .* (contains|size|empty|all|type|matches|exists) `), true,
		"0.14.0 reads them, and they hold for the wrong values"},
	{"objects in filters", regexp.MustCompile(`^path .*== \{`), true, "0.14.0 compares them with nothing"},
	{"brackets that are never closed", regexp.MustCompile(`^path .*\[$`), true, "0.14.0 leaves them out without a word"},
	{"paths and formats for rows of jq", regexp.MustCompile(`^jq .*(paths|@csv|@tsv)`), true, "gojq and jackson-jq count and write nulls differently"},

	{"jq's order of an object's keys", regexp.MustCompile(`^jq .*(\.\.|to_entries|with_entries|map_values|tojson|@json|@text|\.b\[\]|\+ \{|\* \{|\{t, f\}|=)`), false,
		"gojq's objects have no order: they are walked through and made in order of their keys' names"},
	{"jq's text of whole doubles", regexp.MustCompile(`^jq .*(tostring|join|tojson|@html|@sh|\.d\[2\]\])`), false, "gojq writes 1000 where jackson-jq writes 1000.0"},
	{"jq's whole numbers beyond a long", regexp.MustCompile(`^jq .*(1000000000000|9223372036854775807)`), false, "jackson-jq wraps around, gojq goes on"},
	{"jq's corner cases", regexp.MustCompile(`^jq ("x" \* 0|\[\(1,2\) \+ \(10,20\)\])$`), false, "gojq does as jq 1.7"},
}

// difference says why a vector may differ, if it may.
func difference(v flattened) (why string, refused bool) {
	for _, o := range otherwise {
		if o.of.MatchString(v.Type + " " + v.Expr) {
			return o.kind + ": " + o.why, o.refused
		}
	}
	return "", false
}
