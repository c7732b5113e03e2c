package main

import (
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var updateDocs = flag.Bool("update", false, "write the generated parts of README.md and docs/; commit that only when you can explain it")

// page is a page of the documentation.
type page struct {
	path string // with slashes, from the module's root
	text string
}

// docPages are README.md and the pages of docs/, in the order in which their samples are done.
func docPages(t *testing.T) []page {
	t.Helper()
	paths := []string{"README.md", "docs/tutorial.md"}
	err := filepath.WalkDir("docs", func(path string, d fs.DirEntry, err error) error {
		path = filepath.ToSlash(path)
		if err == nil && filepath.Ext(path) == ".md" && !slices.Contains(paths, path) {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var pages []page
	for _, path := range paths {
		pages = append(pages, readPage(t, path))
	}
	return pages
}

func readPage(t *testing.T, path string) page {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return page{path, strings.ReplaceAll(string(text), "\r\n", "\n")}
}

// block is a part of a page that is written by a program: between a line that names it and
// one that ends it.
var block = regexp.MustCompile(`(?s)(<!-- generated: (\S+)(?: ([^>]*?))?; by go test \. -run Reference -update -->\n)(.*?)(<!-- until here -->)`)

// TestReference compares the generated parts of the pages with what the code says today.
func TestReference(t *testing.T) {
	unused := map[string]bool{}
	for name := range generated {
		unused[name] = true
	}
	for _, p := range docPages(t) {
		written := block.ReplaceAllStringFunc(p.text, func(old string) string {
			m := block.FindStringSubmatch(old)
			write := generated[m[2]]
			if write == nil {
				t.Errorf("%s: nothing writes %q", p.path, m[2])
				return old
			}
			delete(unused, m[2])
			return m[1] + "\n" + strings.Trim(write(t, m[3]), "\n") + "\n\n" + m[5]
		})
		switch {
		case strings.Count(p.text, "<!-- generated:") != len(block.FindAllString(p.text, -1)):
			t.Errorf("%s: a generated part has no end, or does not say how it is generated", p.path)
		case written == p.text:
		case *updateDocs:
			if err := os.WriteFile(p.path, []byte(written), 0o644); err != nil {
				t.Fatal(err)
			}
		default:
			t.Errorf("%s is not what the code says; it is written by: go test . -run Reference -update\nfirst difference: %s", p.path, firstDifference(p.text, written))
		}
	}
	for name := range unused {
		t.Errorf("no page shows %q", name)
	}
}

// firstDifference is the first line in which a page differs, as it is and as it should be.
func firstDifference(is, should string) string {
	a, b := strings.Split(is, "\n"), strings.Split(should, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return "\n  is:        " + a[i] + "\n  should be: " + b[i]
		}
	}
	return "its length"
}

// generated is what writes each generated part, from the words behind its name.
var generated = map[string]func(t *testing.T, words string) string{
	"topology":   topologyReference,
	"commands":   commandsReference,
	"exit-codes": exitCodesReference,
	"selectors":  selectorsReference,
	"verbs":      verbsReference,
	"clauses":    clausesReference,
	"events":     eventsReference,
	"functions":  functionsReference,
	"control":    controlReference,
	"metrics":    metricsReference,
	"properties": propertiesReference,
	"periods":    periodsReference,
	"invariants": invariantsReference,
	"museum":     museumReference,
	"code":       codeReference,
	"ladder":     ladderReference,
}

// table is a table of a page.
type table struct{ strings.Builder }

func newTable(heads ...string) *table {
	tab := &table{}
	tab.row(heads...)
	tab.WriteString(strings.Repeat("|---", len(heads)) + "|\n")
	return tab
}

func (tab *table) row(cells ...string) {
	for _, cell := range cells {
		tab.WriteString("| " + strings.ReplaceAll(strings.TrimSpace(cell), "|", "\\|") + " ")
	}
	tab.WriteString("|\n")
}

func code(text string) string {
	if text == "" {
		return ""
	}
	return "`" + text + "`"
}
