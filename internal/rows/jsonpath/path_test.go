package jsonpath

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
)

const library = `{"z":{"v":1},"a":[{"v":2,"k":"x"},{"v":[{"v":3}],"k":"y"}],"n":null}`

func FuzzCompile(f *testing.F) {
	for _, seed := range []string{"$.a[0].v", "$..v", "$['z','a']", "$.a[?(@.v > 1 && !(@.k == 'y') || @.k =~ /x+/i)].v", "$.a[-1:]", "$.a[0,1]..v", "$..[?(@.v in [2, 'x'])]", "a[*].*"} {
		f.Add(seed)
	}
	doc, err := decode(library)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if p, err := Compile(text); err == nil {
			p.Read(doc) // must not panic
		}
	})
}

func TestPathsAreLimited(t *testing.T) {
	for name, text := range map[string]string{
		"steps":    "$" + strings.Repeat(".a", 10_000),
		"brackets": "$[?(" + strings.Repeat("(", 10_000),
		"nots":     "$[?(" + strings.Repeat("!", 10_000),
		"lists":    "$[?(@ in " + strings.Repeat("[", 100_000),
		"filters":  strings.Repeat("$[?(@", 1_000),
	} {
		if _, err := Compile(text); err == nil {
			t.Errorf("%s: compiled, want it refused", name)
		}
	}
}

// A path may be used concurrently, and does not change the document.
func TestReadingChangesNothing(t *testing.T) {
	doc, err := decode(library)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"$.*", "$..*", "$['z','n']", "$.a[*]['v','k']"} {
		p, err := Compile(text)
		if err != nil {
			t.Fatal(err)
		}
		p.Read(doc)
	}
	if again, _ := decode(library); !equalTrees(doc, again) {
		t.Errorf("the document became %v", doc)
	}
}

// decode reads a document, with its keys in order of name.
func decode(text string) (any, error) {
	var v any
	err := json.Unmarshal([]byte(text), &v)
	return ordered(v), err
}

func ordered(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = ordered(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = ordered(v[k])
		}
		return &merged{slices.Sorted(maps.Keys(v)), v}
	}
	return v
}
