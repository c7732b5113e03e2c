package expression

import (
	"bufio"
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"
)

// vector is an expression and what Druid 0.14.0's Parser made of it: an error while
// parsing or evaluating, a syntax error of its grammar, or a value.
type vector struct {
	E         string         `json:"e"`
	B         map[string]any `json:"b"`
	Parse     *string        `json:"parse"`
	Eval      *string        `json:"eval"`
	Complaint string         `json:"complaint"`
	Type      string         `json:"type"`
	Value     any            `json:"value"`
}

// refused are expressions that Druid evaluates and we do not, with the reason.
var refused = map[string]string{
	`regexp_extract('foobar','o(?=b)')`:                "Go's regular expressions do not look ahead",
	`regexp_extract('foobar','(.)\\1')`:                "Go's regular expressions do not refer back",
	`regexp_extract('ab12','\\d++')`:                   "Go's regular expressions have no possessive repetition",
	`regexp_extract('ab12','[a-z&&[^a]]')`:             "Go's regular expressions have no classes in classes",
	`timestamp_format(t,'zzzz','America/Los_Angeles')`: "names of zones in full are not known",
}

// row is the row that the vectors were made with.
var row = map[string]any{
	"x": int64(4), "y": 2.5, "z": int64(-3), "s": "foo", "n": nil, "e": "", "num": "12", "dec": "1.5",
	"t": int64(1525478400000), "iso": "2018-05-05T01:02:03Z", "a b": int64(7), "bool": true, "list": []any{"p", "q"},
	"u": "äß€𝄞z", "pad": "  hey\t ", "yes": "true", "big": int64(math.MaxInt64), "nan": math.NaN(), "one": int64(1),
	"zero": int64(0), "half": 0.5, "__time": int64(1525478400000), "tz": "America/Los_Angeles", "per": "P1D",
}

func TestExpressionsAreWhatDruidMakesOfThem(t *testing.T) {
	for _, v := range append(vectors(t, "testdata/expressions.jsonl"), vectors(t, "testdata/random.jsonl")...) {
		binding := row
		if v.B != nil {
			binding = v.B
		}
		check(t, v, func(name string) any { return binding[name] })
	}
}

func check(t *testing.T, v vector, binding Binding) {
	t.Helper()
	e, err := Parse(v.E)
	switch reason := refused[v.E]; {
	case reason != "" && err == nil:
		t.Errorf("%s: parsed, want it refused: %s", v.E, reason)
		return
	case v.Parse != nil || v.Complaint != "" || reason != "":
		if err == nil {
			t.Errorf("%s: parsed, want it refused as Druid does: %v %s", v.E, v.Parse, v.Complaint)
		}
		return
	case err != nil && v.Eval == nil:
		t.Errorf("%v, want %s %v", err, v.Type, v.Value)
		return
	case err != nil:
		return
	}
	got, err := e.Eval(binding)
	switch {
	case v.Eval != nil && err == nil:
		t.Errorf("%s: got %s %v, want an error: %s", v.E, got.Type(), got.Any(), *v.Eval)
	case v.Eval != nil:
	case err != nil:
		t.Errorf("%s: %v, want %s %v", v.E, err, v.Type, v.Value)
	case got.Type().String() != v.Type || !sameValue(got.Any(), v.Value):
		t.Errorf("%s: got %s %v, want %s %v", v.E, got.Type(), got.Any(), v.Type, v.Value)
	}
}

// sameValue compares with JSON's value. Math libraries may differ in the last digit.
func sameValue(got, want any) bool {
	switch want := want.(type) {
	case json.Number:
		if n, err := want.Int64(); err == nil {
			if got, ok := got.(int64); ok {
				return got == n
			}
		}
		f, err := want.Float64()
		g, ok := got.(float64)
		return ok && (err == nil || math.IsInf(f, 0)) && (g == f || math.Nextafter(g, f) == f)
	case string:
		if rest, ok := strings.CutPrefix(want, "#"); ok {
			f, ok := got.(float64)
			return ok && javaString(f) == rest
		}
	}
	return got == want
}

func vectors(t *testing.T, file string) []vector {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []vector
	for lines := bufio.NewScanner(f); lines.Scan(); {
		d := json.NewDecoder(strings.NewReader(lines.Text()))
		d.UseNumber()
		var v vector
		if err := d.Decode(&v); err != nil {
			t.Fatalf("%s: %v", lines.Text(), err)
		}
		all = append(all, v)
	}
	return all
}

// FuzzParse: no text makes the parser or an evaluation panic, and what was parsed once
// can be parsed again.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"x + 1", "concat(s, 'a')", "-(-x) ^ 2 && !y", "case_simple(x, 1, 'a', 'b')", `"a\u0062" == '\ud83d\ude00'`,
		"timestamp_floor(t, 'P1D', null, 'Asia/Tokyo')", "regexp_extract(s, '(.)', 1)", "substring(u, 1, 2)", "1.5 % 0"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e, err := Parse(text)
		if err != nil {
			return
		}
		_, _ = e.Eval(func(name string) any { return row[name] })
		if _, err := Parse(e.String()); err != nil {
			t.Errorf("%q is parsed once but not twice: %v", text, err)
		}
	})
}

func TestNestingAndLengthAreLimited(t *testing.T) {
	for name, text := range map[string]string{
		"brackets":  strings.Repeat("(", 1_000_000) + "x",
		"signs":     strings.Repeat("-", 60_000) + "x",
		"operators": "x" + strings.Repeat("+x", 30_000),
		"powers":    "x" + strings.Repeat("^x", 30_000),
		"calls":     strings.Repeat("abs(", 10_000) + "x",
	} {
		if _, err := Parse(text); err == nil {
			t.Errorf("%s: parsed, want it refused", name)
		}
	}
}
