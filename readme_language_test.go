package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"oakmoot/internal/stage/scenario"
)

var updateReadme = flag.Bool("update", false, "write the fault language into the README; commit that only when you can explain it")

// What stands around the part of the README that is written from the language's own rows.
const (
	languageBegins = "<!-- generated: go test . -run ReadmeLanguage -update -->\n"
	languageEnds   = "<!-- until here -->"
)

// TestReadmeLanguage compares the README's reference of the fault language with the language.
func TestReadmeLanguage(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), languageBegins)
	shown, after, ended := strings.Cut(rest, languageEnds)
	if !found || !ended {
		t.Fatalf("the README has no part between %q and %q", languageBegins, languageEnds)
	}
	want := languageReference()
	if *updateReadme {
		if err := os.WriteFile("README.md", []byte(before+languageBegins+want+languageEnds+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if shown != want {
		t.Errorf("the README's reference of the language is not that of the code; it is written by: go test . -run ReadmeLanguage -update\ngot:\n%s\nwant:\n%s", shown, want)
	}
}

// languageReference is every word of the language in tables.
func languageReference() string {
	var b strings.Builder
	table := func(head string, rows func(row func(usage, does string))) {
		fmt.Fprintf(&b, "\n| %s | |\n|---|---|\n", head)
		rows(func(usage, does string) {
			fmt.Fprintf(&b, "| `%s` | %s |\n", strings.ReplaceAll(usage, "|", "\\|"), strings.ReplaceAll(does, "|", "\\|"))
		})
	}
	table("verb", func(row func(usage, does string)) {
		for _, v := range scenario.Verbs {
			row(v.Usage(), v.Does)
		}
	})
	table("clause", func(row func(usage, does string)) {
		for _, c := range scenario.Clauses {
			row(c.Usage(), c.Does)
		}
	})
	table("event", func(row func(usage, does string)) {
		for _, s := range scenario.Triggers {
			row(s.Usage(), s.Does)
		}
	})
	table("function of conditions", func(row func(usage, does string)) {
		for _, f := range scenario.Functions {
			row(f.Usage(), f.Does)
		}
	})
	return b.String() + "\n"
}
