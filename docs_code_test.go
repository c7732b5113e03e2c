package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"oakmoot/internal/stage/scenario"
)

// parsed is a source file with its comments.
func parsed(t *testing.T, path string) (*token.FileSet, *ast.File) {
	t.Helper()
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, path, nil, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	return set, file
}

// constant is a constant with the comment beside it.
type constant struct{ name, value, comment string }

// constants are those of a file whose names begin with a prefix.
func constants(t *testing.T, path, prefix string) []constant {
	t.Helper()
	_, file := parsed(t, path)
	var all []constant
	for _, decl := range file.Decls {
		d, ok := decl.(*ast.GenDecl)
		if !ok || d.Tok != token.CONST {
			continue
		}
		for _, spec := range d.Specs {
			s := spec.(*ast.ValueSpec)
			lit, ok := first(s.Values).(*ast.BasicLit)
			if !ok || !strings.HasPrefix(s.Names[0].Name, prefix) {
				continue
			}
			value := lit.Value
			if text, err := strconv.Unquote(value); err == nil {
				value = text
			}
			all = append(all, constant{s.Names[0].Name, value, oneLine(s.Comment.Text())})
		}
	}
	if len(all) == 0 {
		t.Fatalf("%s has no constant that begins with %q", path, prefix)
	}
	for _, c := range all {
		if c.comment == "" {
			t.Errorf("%s: %s has no comment beside it that says what it means", path, c.name)
		}
	}
	return all
}

func first(list []ast.Expr) ast.Expr {
	if len(list) == 0 {
		return nil
	}
	return list[0]
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

func list(words []string) string { return strings.Join(words, ", ") }

var (
	keyTag     = regexp.MustCompile("toml:\"([A-Za-z_]+)\"")
	whenAbsent = regexp.MustCompile(`; (\S+) when absent`)
	wideReason = regexp.MustCompile(`\s*It is wide because .*`)
)

// key is a key of a topology file, or one of its tables.
type key struct {
	name, kind, def, means string
	table                  string // the struct that a table's keys are in
	many                   bool
}

// topologyTables are the structs of the topology file, by their names, and what they say.
func topologyTables(t *testing.T) (keys map[string][]key, says map[string]string) {
	t.Helper()
	_, file := parsed(t, "topology/topology.go")
	keys, says = map[string][]key{}, map[string]string{}
	for _, decl := range file.Decls {
		d, ok := decl.(*ast.GenDecl)
		if !ok || d.Tok != token.TYPE {
			continue
		}
		for _, spec := range d.Specs {
			s := spec.(*ast.TypeSpec)
			structure, ok := s.Type.(*ast.StructType)
			if !ok {
				continue
			}
			says[s.Name.Name] = wideReason.ReplaceAllString(oneLine(d.Doc.Text()), "")
			for _, f := range structure.Fields.List {
				keys[s.Name.Name] = append(keys[s.Name.Name], keyOf(f))
			}
		}
	}
	return keys, says
}

// keyOf is a field as a key of the file.
func keyOf(f *ast.Field) key {
	k := key{name: keyTag.FindStringSubmatch(f.Tag.Value)[1], means: oneLine(f.Comment.Text())}
	typ := f.Type
	if array, ok := typ.(*ast.ArrayType); ok {
		typ, k.many = array.Elt, true
	}
	if star, ok := typ.(*ast.StarExpr); ok {
		typ = star.X
	}
	switch typ := typ.(type) {
	case *ast.Ident:
		k.kind = kindsOfKeys[typ.Name]
		if k.kind == "" {
			k.table = typ.Name
		}
	case *ast.MapType:
		k.kind = "table"
	}
	if k.many && k.table == "" {
		k.kind = "list of " + k.kind + "s"
	}
	if m := whenAbsent.FindStringSubmatch(k.means); m != nil {
		k.def, k.means = m[1], strings.Replace(k.means, m[0], "", 1)
	}
	if c, ok := scenario.FindClause(k.name); ok && k.means == "" {
		k.means = c.Does
	}
	return k
}

// kindsOfKeys are the types of keys in words.
var kindsOfKeys = map[string]string{
	"string": "text", "int": "whole number", "int64": "whole number", "float64": "number", "bool": "true or false",
	"Duration": "duration", "Span": "span", "Size": "size", "any": "any",
}

// topologyReference is every table of a topology file with its keys.
func topologyReference(t *testing.T, _ string) string {
	keys, says := topologyTables(t)
	var b strings.Builder
	var tables []key
	write := func(heading, doc string, all []key) {
		fmt.Fprintf(&b, "### %s\n\n%s\n\n", heading, doc)
		tab := newTable("key", "type", "default", "meaning")
		for _, k := range all {
			if k.means == "" && k.table == "" {
				t.Errorf("topology.go: nothing says what the key %q means", k.name)
			}
			if k.table != "" && heading == "Keys of the file itself" {
				tables = append(tables, k)
				continue
			}
			kind := k.kind
			if k.table != "" {
				kind = "[" + k.table + "](#" + strings.ToLower(k.table) + ")"
			}
			tab.row(code(k.name), kind, code(k.def), k.means)
		}
		b.WriteString(tab.String() + "\n")
	}
	write("Keys of the file itself", says["Topology"], keys["Topology"])
	below := []string{}
	for _, k := range tables {
		heading := "`[" + k.name + "]`"
		if k.many {
			heading = "`[[" + k.name + "]]`"
		}
		write(heading, says[k.table], keys[k.table])
		for _, inner := range keys[k.table] {
			if inner.table != "" && !contains(below, inner.table) {
				below = append(below, inner.table)
			}
		}
	}
	for _, name := range below {
		write(name, says[name], keys[name])
	}
	return b.String()
}

func contains(all []string, one string) bool {
	for _, s := range all {
		if s == one {
			return true
		}
	}
	return false
}

// codeReference is a function of a Go file: "examples/failover/failover_test.go TestFailover".
func codeReference(t *testing.T, words string) string {
	path, name, _ := strings.Cut(words, " ")
	set, file := parsed(t, path)
	for _, decl := range file.Decls {
		d, ok := decl.(*ast.FuncDecl)
		if !ok || d.Name.Name != name {
			continue
		}
		var b bytes.Buffer
		d.Doc = nil
		err := (&printer.Config{Mode: printer.UseSpaces | printer.TabIndent, Tabwidth: 8}).Fprint(&b, set, &printer.CommentedNode{Node: d, Comments: file.Comments})
		if err != nil {
			t.Fatal(err)
		}
		return "```go\n" + b.String() + "\n```\n"
	}
	t.Fatalf("%s has no function %s", filepath.ToSlash(path), name)
	return ""
}
