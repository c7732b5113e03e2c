package main_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"iter"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestPublicPackagesShowNoInternalType walks what an importer of this module can see:
// every exported function, variable and constant, every exported type with its exported
// fields and methods. Each type there has to be one that the importer can name. An alias of
// an internal type does not help: the documentation shows the internal one.
func TestPublicPackagesShowNoInternalType(t *testing.T) {
	public := publicPackages(t)
	for _, path := range []string{"oakmoot/cluster", "oakmoot/control", "oakmoot/zkembed", "oakmoot/zkembed/admin"} {
		if public[path] == nil {
			t.Errorf("%s is not among the public packages", path)
		}
	}
	for obj := range exported(public) {
		for _, shown := range internalTypes(obj) {
			t.Errorf("%s: an importer cannot name %s", shown.where, shown.what)
		}
	}
}

// exported yields the exported objects of packages.
func exported(packages map[string]*types.Package) iter.Seq[types.Object] {
	return func(yield func(types.Object) bool) {
		for _, pkg := range packages {
			for _, name := range pkg.Scope().Names() {
				if obj := pkg.Scope().Lookup(name); obj.Exported() && !yield(obj) {
					return
				}
			}
		}
	}
}

// publicPackages are the module's packages that others can import, with their types as
// the compiler exports them.
func publicPackages(t *testing.T) map[string]*types.Package {
	t.Helper()
	out, err := exec.Command("go", "list", "-export", "-deps", "-json=ImportPath,Name,Export", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	exports := map[string]string{}
	var public []string
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p struct{ ImportPath, Name, Export string }
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		exports[p.ImportPath] = p.Export
		if under("oakmoot")(p.ImportPath) && !isInternal(p.ImportPath) && p.Name != "main" && p.Export != "" {
			public = append(public, p.ImportPath)
		}
	}
	imp := importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
	all := map[string]*types.Package{}
	for _, path := range public {
		if all[path], err = imp.Import(path); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
	}
	return all
}

func isInternal(path string) bool { return slices.Contains(strings.Split(path, "/"), "internal") }

// shownType is a type of an internal package, and where it is to be seen.
type shownType struct{ where, what string }

// internalTypes are the types of internal packages that an exported object shows.
func internalTypes(obj types.Object) []shownType {
	w := &shownWalk{seen: map[types.Type]bool{}}
	where := obj.Pkg().Path() + "." + obj.Name()
	named, declared := types.Unalias(obj.Type()).(*types.Named)
	if _, isType := obj.(*types.TypeName); !isType || !declared {
		w.visit(where, obj.Type())
		return w.found
	}
	w.visit(where, named.Underlying())
	methods := types.NewMethodSet(types.NewPointer(named))
	for i := range methods.Len() {
		if m := methods.At(i).Obj(); m.Exported() {
			w.visit(where+"."+m.Name(), m.Type())
		}
	}
	return w.found
}

// shownWalk collects the types of internal packages below a type. What a named type is
// made of is its own object's business.
type shownWalk struct {
	seen  map[types.Type]bool
	found []shownType
}

func (w *shownWalk) visit(where string, typ types.Type) {
	if typ == nil || w.seen[typ] {
		return
	}
	w.seen[typ] = true
	switch typ := typ.(type) {
	case *types.Alias:
		w.visit(where, typ.Rhs())
	case *types.Named:
		if pkg := typ.Obj().Pkg(); pkg != nil && under("oakmoot")(pkg.Path()) && isInternal(pkg.Path()) {
			w.found = append(w.found, shownType{where, typ.String()})
		}
		for arg := range typ.TypeArgs().Types() {
			w.visit(where, arg)
		}
	case *types.Signature:
		w.visit(where, typ.Params())
		w.visit(where, typ.Results())
	case *types.Tuple:
		for v := range typ.Variables() {
			w.visit(where, v.Type())
		}
	case *types.Struct:
		for field := range typ.Fields() {
			if field.Exported() {
				w.visit(where+"."+field.Name(), field.Type())
			}
		}
	case *types.Interface:
		for m := range typ.Methods() {
			w.visit(where+"."+m.Name(), m.Type())
		}
	case *types.Map:
		w.visit(where, typ.Key())
		w.visit(where, typ.Elem())
	case interface{ Elem() types.Type }: // pointer, slice, array, channel
		w.visit(where, typ.Elem())
	}
}

// TestTheWalkFindsInternalTypes has the walk look where they are for certain.
func TestTheWalkFindsInternalTypes(t *testing.T) {
	internal := types.NewPackage("oakmoot/internal/a", "a")
	hidden := types.NewNamed(types.NewTypeName(token.NoPos, internal, "T", nil), types.NewStruct(nil, nil), nil)
	public := types.NewPackage("oakmoot/b", "b")
	field := func(name string, typ types.Type) *types.Var {
		return types.NewField(token.NoPos, public, name, typ, false)
	}
	yields := types.NewSignatureType(nil, nil, nil, types.NewTuple(field("", types.NewSlice(hidden))), nil, false)
	shows := func(typ types.Type) string {
		return fmt.Sprint(internalTypes(types.NewVar(token.NoPos, public, "V", typ)))
	}
	for want, typ := range map[string]types.Type{
		"[{oakmoot/b.V oakmoot/internal/a.T}]":   types.NewPointer(yields),
		"[{oakmoot/b.V.F oakmoot/internal/a.T}]": types.NewStruct([]*types.Var{field("F", types.NewMap(types.Typ[types.Int], hidden))}, nil),
		"[]":                                     types.NewStruct([]*types.Var{field("f", hidden)}, nil),
	} {
		if got := shows(typ); got != want {
			t.Errorf("%s: got %s, want %s", typ, got, want)
		}
	}
}
