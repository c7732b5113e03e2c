package main

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"testing"

	"oakmoot/internal/run/node"
	"oakmoot/internal/stage/invariant"
)

// sourcesOf are the files of a package, without its tests, by name.
func sourcesOf(t *testing.T, dir string) []*ast.File {
	t.Helper()
	all, err := parser.ParseDir(token.NewFileSet(), dir, func(f fs.FileInfo) bool { return !strings.HasSuffix(f.Name(), "_test.go") }, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var files []*ast.File
	for _, pkg := range all {
		var names []string
		for name := range pkg.Files {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			files = append(files, pkg.Files[name])
		}
	}
	return files
}

// says are the doc comments of a package's types, functions and methods, in one line, by name.
func says(files []*ast.File) map[string]string {
	docs := map[string]string{}
	for _, file := range files {
		for _, decl := range file.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				docs[d.Name.Name] = oneLine(d.Doc.Text())
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if s, ok := spec.(*ast.TypeSpec); ok {
						docs[s.Name.Name] = oneLine(d.Doc.Text())
					}
				}
			}
		}
	}
	return docs
}

// firstSentence is a text up to its first full stop.
func firstSentence(text string) string {
	sentence, _, _ := strings.Cut(text, ". ")
	return strings.TrimSuffix(sentence, ".")
}

// invariantsReference is every invariant with what its type says of it.
func invariantsReference(t *testing.T, _ string) string {
	files := sourcesOf(t, "internal/stage/invariant")
	docs, types, names := says(files), map[string]string{}, map[string]string{}
	for _, file := range files {
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ValueSpec:
				if lit, ok := first(n.Values).(*ast.BasicLit); ok && lit.Kind == token.STRING {
					names[n.Names[0].Name], _ = strconv.Unquote(lit.Value)
				}
			case *ast.CompositeLit:
				if of, ok := n.Type.(*ast.Ident); ok {
					if name := nameOfFinding(n); name != "" {
						types[name] = of.Name
					}
				}
			}
			return true
		})
	}
	of := map[string]string{}
	for ident, typ := range types {
		of[names[ident]] = typ
	}
	tab := newTable("invariant", "checks that")
	for _, name := range invariant.Names() {
		_, what, found := strings.Cut(firstSentence(docs[of[name]]), " checks ")
		if !found {
			t.Errorf("the invariant %s: the doc comment of its type does not begin with what it checks", name)
		}
		tab.row(code(name), strings.TrimPrefix(what, "that "))
	}
	return tab.String()
}

// nameOfFinding is the constant in T{finding: finding{name: CONSTANT}}; "" of another literal.
func nameOfFinding(lit *ast.CompositeLit) string {
	for _, elt := range lit.Elts {
		kv, ok := elt.(*ast.KeyValueExpr)
		if !ok || fmt.Sprint(kv.Key) != "finding" {
			continue
		}
		inner, ok := kv.Value.(*ast.CompositeLit)
		if !ok {
			continue
		}
		for _, elt := range inner.Elts {
			if kv, ok := elt.(*ast.KeyValueExpr); ok && fmt.Sprint(kv.Key) == "name" {
				return fmt.Sprint(kv.Value)
			}
		}
	}
	return ""
}

// controlReference is every request of the control address, with the doc comment of what
// answers it.
func controlReference(t *testing.T, _ string) string {
	files := sourcesOf(t, "control")
	docs := says(files)
	tab := newTable("request", "answer")
	for _, row := range rowsOf(t, files, "api") {
		answerer := docs[row.handler]
		_, what, found := strings.Cut(answerer, " ")
		if !found || !strings.HasPrefix(answerer, row.handler+" ") {
			t.Errorf("control: %s has no doc comment that says what %s answers", row.handler, row.pattern)
		}
		tab.row(code(row.pattern), what)
	}
	for _, row := range rowsOf(t, files, "lists") {
		tab.row(code("GET "+row.pattern), "a list page by page: `?limit=N&after=KEY`")
	}
	return tab.String()
}

// answered is a row of a table of the control address: a pattern, and what answers it.
type answered struct{ pattern, handler string }

// rowsOf are the rows of a table of the control address.
func rowsOf(t *testing.T, files []*ast.File, table string) []answered {
	t.Helper()
	var rows []answered
	for _, file := range files {
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || spec.Names[0].Name != table || len(spec.Values) != 1 {
				return true
			}
			for _, elt := range spec.Values[0].(*ast.CompositeLit).Elts {
				row := elt.(*ast.CompositeLit).Elts
				pattern, _ := strconv.Unquote(row[0].(*ast.BasicLit).Value)
				r := answered{pattern: pattern}
				if sel, ok := row[1].(*ast.SelectorExpr); ok {
					r.handler = sel.Sel.Name
				}
				rows = append(rows, r)
			}
			return false
		})
	}
	if len(rows) == 0 {
		t.Fatalf("control has no table %s", table)
	}
	return rows
}

// metricKinds are the functions that declare a metric, and what kind of metric that is.
var metricKinds = map[string]string{"gaugeRow": "gauge", "counterRow": "counter"}

// metricsReference is every metric of the control address's own.
func metricsReference(t *testing.T, _ string) string {
	tab := newTable("metric", "kind", "labels", "is")
	rows := 0
	for _, file := range sourcesOf(t, "control") {
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) < 2 {
				return true
			}
			kind := ""
			if f, ok := call.Fun.(*ast.Ident); ok {
				kind = metricKinds[f.Name]
			}
			if kind == "" {
				return true
			}
			var labels []string
			for _, label := range call.Args[2:] {
				labels = append(labels, code(unquoted(label)))
			}
			tab.row(code(unquoted(call.Args[0])), kind, list(labels), unquoted(call.Args[1]))
			rows++
			return true
		})
	}
	if rows < 20 {
		t.Fatalf("found %d metrics, want all of them", rows)
	}
	return tab.String()
}

func unquoted(e ast.Expr) string {
	lit, ok := e.(*ast.BasicLit)
	if !ok {
		return ""
	}
	text, _ := strconv.Unquote(lit.Value)
	return text
}

// propertiesReference is every property that a node reads, and Druid's default.
func propertiesReference(t *testing.T, _ string) string {
	defaults, who := propertyReads(t)
	here := localPeriods(t)
	tab := newTable("property", "read by", "Druid's default", "here")
	for _, name := range node.Known() {
		tab.row(code(name), cmp.Or(list(who[name]), "every node"), code(defaults[name]), code(here[name].value))
	}
	return tab.String()
}

// propertyReads are the defaults with which properties are read, where they are written down
// in one place, and the packages that read them.
func propertyReads(t *testing.T) (defaults map[string]string, who map[string][]string) {
	defaults, who = map[string]string{}, map[string][]string{}
	for path, file := range sources(t, "internal") {
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) != 2 {
				return true
			}
			sel, ok := call.Fun.(*ast.SelectorExpr)
			name := property(call.Args[0])
			if !ok || name == "" || !slices.Contains(readers, sel.Sel.Name) {
				return true
			}
			if value := written(call.Args[1]); value != "" {
				defaults[name] = value
			}
			if role := readerOf(path); !slices.Contains(who[name], role) {
				who[name] = append(who[name], role)
			}
			return true
		})
	}
	for _, roles := range who {
		slices.Sort(roles)
	}
	return defaults, who
}

// readerOf is the package of a file in words.
func readerOf(path string) string {
	parts := strings.Split(strings.ReplaceAll(path, "\\", "/"), "/")
	switch who := parts[len(parts)-2]; who {
	case "dataserver":
		return "historical, realtime"
	case "peon":
		return "tasks"
	default:
		return who
	}
}

// written is an expression as a property's value is written; "" of one that is computed.
func written(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		if text, err := strconv.Unquote(e.Value); err == nil {
			return text
		}
		return strings.ReplaceAll(e.Value, "_", "")
	case *ast.Ident:
		if e.Name == "true" || e.Name == "false" {
			return e.Name
		}
	case *ast.SelectorExpr, *ast.BinaryExpr, *ast.UnaryExpr:
		if ms, ok := milliseconds(e); ok {
			return period(ms)
		}
	}
	return ""
}

// milliseconds is a duration such as 15*time.Minute.
func milliseconds(e ast.Expr) (int64, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		n, err := strconv.ParseInt(e.Value, 10, 64)
		return n, err == nil
	case *ast.SelectorExpr:
		n := map[string]int64{"Millisecond": 1, "Second": 1000, "Minute": 60_000, "Hour": 3_600_000}[e.Sel.Name]
		return n, n > 0
	case *ast.UnaryExpr:
		n, ok := milliseconds(e.X)
		return -n, ok && e.Op == token.SUB
	case *ast.BinaryExpr:
		a, ok := milliseconds(e.X)
		b, also := milliseconds(e.Y)
		return a * b, ok && also && e.Op == token.MUL
	}
	return 0, false
}

// period is a duration as Druid's properties have it.
func period(ms int64) string {
	switch {
	case ms < 0:
		return "PT-" + period(-ms)[2:]
	case ms%86_400_000 == 0 && ms > 0:
		return fmt.Sprintf("P%dD", ms/86_400_000)
	case ms%3_600_000 == 0 && ms > 0:
		return fmt.Sprintf("PT%dH", ms/3_600_000)
	case ms%60_000 == 0 && ms > 0:
		return fmt.Sprintf("PT%dM", ms/60_000)
	}
	return "PT" + strconv.FormatFloat(float64(ms)/1000, 'f', -1, 64) + "S"
}

// local is a property as our nodes have it unless a topology says otherwise.
type local struct{ value, druids string }

// localPeriods are the properties in which our nodes differ from Druid's defaults.
func localPeriods(t *testing.T) map[string]local {
	comments := map[int]string{}
	set, file := parsed(t, "cluster/local_properties.go")
	for _, group := range file.Comments {
		comments[set.Position(group.Pos()).Line] = oneLine(group.Text())
	}
	all := map[string]local{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || spec.Names[0].Name != "localProperties" {
			return true
		}
		for _, elt := range spec.Values[0].(*ast.CompositeLit).Elts {
			kv := elt.(*ast.KeyValueExpr)
			all[unquoted(kv.Key)] = local{unquoted(kv.Value), strings.TrimSuffix(comments[set.Position(kv.Pos()).Line], " in Druid")}
		}
		return false
	})
	if len(all) < 5 {
		t.Fatalf("found %d properties, want all that differ", len(all))
	}
	return all
}

// periodsReference is what differs from Druid's defaults.
func periodsReference(t *testing.T, _ string) string {
	defaults, _ := propertyReads(t)
	here := localPeriods(t)
	tab := newTable("property", "here", "in Druid")
	for name := range here {
		if !slices.Contains(node.Known(), name) {
			t.Errorf("%s differs from Druid's default, and no node reads it", name)
		}
	}
	for _, name := range node.Known() {
		if l, ok := here[name]; ok && l.druids != "" {
			if defaults[name] == "" {
				t.Errorf("%s: no node says what Druid's default is", name)
			}
			tab.row(code(name), code(l.value), code(defaults[name]))
		}
	}
	return tab.String()
}
