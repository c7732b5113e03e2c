package main_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// A type with more methods or fields than these says in its doc comment why, in a sentence
// that begins with because.
const (
	methodsAtMost = 25
	fieldsAtMost  = 12
	because       = "It is wide because "
)

// stillWide are the types that are wide and do not say why, which is not to stay so.
var stillWide = map[string]string{
	"internal/stage/playbook.Playbook": "it grows with the language of steps, which is not whole yet",
	"internal/stage/observe.Model":     "it grows with the language of steps, which is not whole yet",
	"topology.checker":                 "it grows with the language of steps, which is not whole yet",
	"zkembed.Server":                   "its state is being divided among types of its own",
	"zkembed.conn":                     "its reason is not in the words that the test looks for",
	"zkembed.lifetime":                 "its reason is not in the words that the test looks for",
	"zkembed.metrics":                  "its reason is not in the words that the test looks for",
	"zkembed.Options":                  "its reason is not in the words that the test looks for",
	"zkembed.Connection":               "its reason is not in the words that the test looks for",
}

// width is what is counted of a type.
type width struct {
	doc             string
	methods, fields int
}

func (w width) wide() bool { return w.methods > methodsAtMost || w.fields > fieldsAtMost }

func TestWideTypesSayWhy(t *testing.T) {
	all := widths(t, ".")
	if len(all) < 300 {
		t.Fatalf("found %d types, want all of the module", len(all))
	}
	for name, w := range all {
		says := strings.Contains(w.doc, because)
		switch _, known := stillWide[name]; {
		case w.wide() && !says && !known:
			t.Errorf("%s has %d methods and %d fields: divide it, or say %q in its doc comment", name, w.methods, w.fields, because+"…")
		case !w.wide() && says:
			t.Errorf("%s says why it is wide, and has %d methods and %d fields", name, w.methods, w.fields)
		case known && (says || !w.wide()):
			t.Errorf("%s needs no exception any more", name)
		}
	}
	for name := range stillWide {
		if _, found := all[name]; !found {
			t.Errorf("%s is an exception, and there is no such type", name)
		}
	}
}

func TestWidthsAreCounted(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "", `package p
		// A is a type.
		// It is wide
		// because it is one.
		type A[T any] struct { embedded; a, b int; _ struct{ c, d int } }
		func (A[T]) One() {}
		func (a *A[T]) two() {}
		type (
			// B is an interface.
			B interface { X(); Y(); fmt.Stringer }
			C func()
		)
		func (C) Only() {}
		func none() { type inner struct{ a, b int } }`, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]width{}
	count(file, "p", all)
	want := map[string]width{
		"p.A": {"A is a type. It is wide because it is one.", 2, 4},
		"p.B": {"B is an interface.", 2, 0},
		"p.C": {"", 1, 0},
	}
	for name, w := range want {
		if all[name] != w {
			t.Errorf("%s: got %+v, want %+v", name, all[name], w)
		}
	}
	if len(all) != len(want) {
		t.Errorf("got %d types, want %d: %+v", len(all), len(want), all)
	}
}

// widths are all types of the module's packages by folder and name, tests left out.
func widths(t *testing.T, root string) map[string]width {
	t.Helper()
	all := map[string]width{}
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir() && path != root && (e.Name() == "testdata" || strings.HasPrefix(e.Name(), ".")):
			return filepath.SkipDir
		case e.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		count(file, filepath.ToSlash(filepath.Dir(path)), all)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// count adds the types and methods of a file.
func count(file *ast.File, folder string, all map[string]width) {
	for _, decl := range file.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if name := receiver(d); name != "" {
				w := all[folder+"."+name]
				w.methods++
				all[folder+"."+name] = w
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				if s, ok := spec.(*ast.TypeSpec); ok {
					w := all[folder+"."+s.Name.Name]
					w.declare(d, s)
					all[folder+"."+s.Name.Name] = w
				}
			}
		}
	}
}

// receiver is the name of the type whose method a function is, "" of none.
func receiver(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return ""
	}
	of := d.Recv.List[0].Type
	for {
		switch x := of.(type) {
		case *ast.StarExpr:
			of = x.X
		case *ast.IndexExpr:
			of = x.X
		case *ast.IndexListExpr:
			of = x.X
		case *ast.Ident:
			return x.Name
		default:
			return ""
		}
	}
}

// declare takes in what a type's own declaration says.
func (w *width) declare(d *ast.GenDecl, s *ast.TypeSpec) {
	doc := s.Doc
	if doc == nil && !d.Lparen.IsValid() {
		doc = d.Doc
	}
	w.doc = strings.Join(strings.Fields(doc.Text()), " ")
	switch x := s.Type.(type) {
	case *ast.StructType:
		for _, f := range x.Fields.List {
			w.fields += max(1, len(f.Names)) // one that is embedded has no name
		}
	case *ast.InterfaceType:
		for _, m := range x.Methods.List {
			w.methods += len(m.Names)
		}
	}
}
