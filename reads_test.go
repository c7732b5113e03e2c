package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/run/node"
)

// sources are the files below a directory that are no tests.
func sources(t *testing.T, dir string) map[string]*ast.File {
	t.Helper()
	files := map[string]*ast.File{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		files[path], err = parser.ParseFile(token.NewFileSet(), path, nil, 0)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// property is the name of one of Druid's properties that an expression spells, "" for
// anything else.
func property(e ast.Expr) string {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return ""
	}
	name, err := strconv.Unquote(lit.Value)
	if err != nil || !strings.HasPrefix(name, "druid.") {
		return ""
	}
	return name
}

// readers are the methods of node.Properties.
var readers = []string{"String", "Int", "Int64", "Float", "Bool", "Duration", "Every"}

// A property that is documented, or taken without a warning, is read; and one that is
// read is known.
func TestKnownPropertiesAreThoseThatAreRead(t *testing.T) {
	read := map[string]bool{}
	for _, dir := range []string{"internal", "cluster"} {
		for path, file := range sources(t, dir) {
			ast.Inspect(file, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.CallExpr:
					if sel, ok := n.Fun.(*ast.SelectorExpr); ok && len(n.Args) == 2 && slices.Contains(readers, sel.Sel.Name) {
						read[property(n.Args[0])] = true
					}
				case *ast.IndexExpr:
					if _, assigned := n.X.(*ast.Ident); dir != "cluster" || !assigned {
						read[property(n.Index)] = true
					}
				case *ast.BasicLit:
					if filepath.Base(path) == "zkpath.go" {
						read[property(n)] = true
					}
				}
				return true
			})
		}
	}
	delete(read, "")
	for _, name := range node.Known() {
		if !read[name] {
			t.Errorf("%s is known and nobody reads it", name)
		}
		delete(read, name)
	}
	for name := range read {
		t.Errorf("%s is read and not known", name)
	}
}

// unread are fields of configurations that need no reader, each with its reason.
var unread = map[string]string{}

// Every field of what a role, and what a node, is given is looked at.
func TestConfigurationsAreRead(t *testing.T) {
	var idle []string
	packages, err := filepath.Glob("internal/roles/*")
	if err != nil || len(packages) == 0 {
		t.Fatalf("roles: %v %v", packages, err)
	}
	for _, dir := range append(packages, "internal/rows/peon") {
		files := sources(t, dir)
		for field := range fieldsOf(files, "Config") {
			if !selected(files, field) && unread[dir+"."+field] == "" {
				idle = append(idle, dir+".Config."+field)
			}
		}
	}
	all := sources(t, ".")
	for field := range fieldsOf(sources(t, "internal/run/node"), "Env") {
		if !selected(all, field) {
			idle = append(idle, "node.Env."+field)
		}
	}
	if diff := cmp.Diff([]string(nil), idle); diff != "" {
		t.Errorf("fields that nobody reads (-want +got):\n%s", diff)
	}
}

// fieldsOf are the named fields of a struct.
func fieldsOf(files map[string]*ast.File, structure string) map[string]bool {
	fields := map[string]bool{}
	for _, file := range files {
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok || spec.Name.Name != structure {
				return true
			}
			if s, ok := spec.Type.(*ast.StructType); ok {
				for _, f := range s.Fields.List {
					for _, name := range f.Names {
						fields[name.Name] = true
					}
				}
			}
			return false
		})
	}
	return fields
}

// selected tells whether a field is looked at: x.Field, but for being assigned to.
func selected(files map[string]*ast.File, field string) bool {
	found := false
	for _, file := range files {
		assigned := map[ast.Expr]bool{}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.AssignStmt:
				for _, left := range n.Lhs {
					assigned[left] = true
				}
			case *ast.SelectorExpr:
				found = found || n.Sel.Name == field && !assigned[n]
			}
			return true
		})
	}
	return found
}
