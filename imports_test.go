package main_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

// rule says which imports a package may not have.
type rule struct {
	of     func(pkg string) bool
	not    func(imported string) bool
	reason string
}

func under(prefixes ...string) func(string) bool {
	return func(pkg string) bool {
		for _, p := range prefixes {
			if pkg == p || strings.HasPrefix(pkg, p+"/") {
				return true
			}
		}
		return false
	}
}

// floors are the house from the ground up: what stands on a floor imports its own floor
// and those below it. A package is on the floor of the longest prefix that it has.
var floors = []struct {
	name     string
	packages []string
}{
	{"the clock, and the actor that all of them are built on", []string{"oakmoot/internal/run/loop", "oakmoot/internal/run/clock"}},
	{"Druid's words: its JSON, times and segments", []string{"oakmoot/internal/druid"}},
	{"what speaks ZooKeeper", []string{"oakmoot/internal/zk"}},
	{"what carries a run", []string{"oakmoot/internal/run"}},
	{"rows and segments", []string{"oakmoot/internal/rows"}},
	{"the stage", []string{"oakmoot/internal/stage", "oakmoot/topology"}},
	{"the roles and the ZooKeeper server", []string{"oakmoot/internal/roles", "oakmoot/zkembed"}},
	{"the cluster", []string{"oakmoot/cluster"}},
	{"the doors", []string{"oakmoot/control", "oakmoot/internal/door"}},
	{"the command, the examples and the checks against others", []string{"oakmoot", "oakmoot/internal/worldtest"}},
}

// floorOf is the floor that a package stands on, from 0.
func floorOf(pkg string) int {
	floor, longest := -1, -1
	for i, f := range floors {
		for _, p := range f.packages {
			if under(p)(pkg) && len(p) > longest {
				floor, longest = i, len(p)
			}
		}
	}
	return floor
}

// rules are what the floors do not say.
var rules = []rule{
	{under("oakmoot/internal/roles"), under("oakmoot/internal/run/fault", "oakmoot/internal/stage", "oakmoot/topology"), "a role knows nothing of faults or of who watches it"},
	{under("oakmoot/zkembed"), under("oakmoot/internal/druid", "oakmoot/internal/zk/zkpath", "oakmoot/internal/roles", "oakmoot/internal/stage", "oakmoot/topology"), "the ZooKeeper server knows nothing of Druid"},
	{under("oakmoot/internal/roles"), under("oakmoot/zkembed"), "a role knows ZooKeeper by its connection only"},
	{under("oakmoot/internal/run/loop"), func(p string) bool { return under("oakmoot")(p) && p != "oakmoot/internal/run/clock" }, "it knows of the clock only"},
	{under("oakmoot/internal/zk/zkwire", "oakmoot/internal/run/clock", "oakmoot/internal/run/memnet", "oakmoot/internal/run/dirlock", "oakmoot/internal/run/disk"), under("oakmoot"), "the lowest layer imports nothing of ours"},
	{under("oakmoot/internal/run/durable"), func(p string) bool { return under("oakmoot")(p) && p != "oakmoot/internal/run/disk" }, "it knows of files only"},
	{under("oakmoot/internal/roles", "oakmoot/internal/rows", "oakmoot/internal/run/deepstore", "oakmoot/internal/run/durable"), under("os"), "files are reached through a disk.Disk, which can be made to fail"},
	{under("oakmoot"), under("oakmoot/internal/worldtest"), "it is for tests only"},
}

func TestImportsPointDownwards(t *testing.T) {
	for pkg, imports := range packages(t) {
		for _, imported := range imports {
			if !under("oakmoot")(imported) {
				continue
			}
			if floorOf(imported) > floorOf(pkg) {
				t.Errorf("%s imports %s, which stands above it: %s on %s", pkg, imported, floors[floorOf(imported)].name, floors[floorOf(pkg)].name)
			}
		}
	}
}

func TestImportsKeepTheRules(t *testing.T) {
	for pkg, imports := range packages(t) {
		for _, imported := range imports {
			for _, r := range rules {
				if r.of(pkg) && r.not(imported) && !sameFamily(pkg, imported) {
					t.Errorf("%s imports %s: %s", pkg, imported, r.reason)
				}
			}
		}
	}
}

func TestRolesDoNotImportEachOther(t *testing.T) {
	for pkg, imports := range packages(t) {
		role, ok := roleOf(pkg)
		if !ok {
			continue
		}
		for _, imported := range imports {
			if other, ok := roleOf(imported); ok && other != role {
				t.Errorf("%s imports %s: roles speak over the network only", pkg, imported)
			}
		}
	}
}

// light are what importing a package alone must not compile.
var light = []struct {
	pkg    string
	never  func(dep string) bool
	reason string
}{
	{"oakmoot/cluster", under("github.com/prometheus", "github.com/alecthomas/kong", "oakmoot/control", "oakmoot/internal/door"), "a test that runs a cluster needs no metrics and no command line"},
	{"oakmoot/zkembed", under("github.com/prometheus", "github.com/alecthomas/kong", "oakmoot/control", "oakmoot/internal/door"), "a test that runs a ZooKeeper needs no metrics and no command line"},
	{"oakmoot/zkembed", under("database/sql", "modernc.org", "github.com/jackc", "oakmoot/internal/run/metadata"), "a ZooKeeper server keeps nothing in SQL"},
}

func TestImportingAloneStaysLight(t *testing.T) {
	for _, l := range light {
		out, err := exec.Command("go", "list", "-deps", l.pkg).Output()
		if err != nil {
			t.Fatalf("go list -deps %s: %v", l.pkg, err)
		}
		deps := strings.Fields(string(out))
		if len(deps) < 20 {
			t.Fatalf("%s: go list found %d packages, want all that it compiles", l.pkg, len(deps))
		}
		for _, dep := range deps {
			if l.never(dep) {
				t.Errorf("importing %s compiles %s: %s", l.pkg, dep, l.reason)
			}
		}
	}
}

// sameFamily reports whether a package imports its own sub-package, or its parent's.
func sameFamily(a, b string) bool {
	return family(a) == family(b)
}

func family(pkg string) string {
	parts := strings.Split(strings.TrimPrefix(pkg, "oakmoot/"), "/")
	if parts[0] == "internal" {
		return strings.Join(parts[:min(len(parts), 3)], "/")
	}
	return parts[0]
}

func roleOf(pkg string) (string, bool) {
	rest, ok := strings.CutPrefix(pkg, "oakmoot/internal/roles/")
	role, _, _ := strings.Cut(rest, "/")
	return role, ok
}

// packages are the imports of every package of the module, tests left out.
func packages(t *testing.T) map[string][]string {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	all := map[string][]string{}
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p struct {
			ImportPath string
			Imports    []string
		}
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		all[p.ImportPath] = p.Imports
	}
	if len(all) < 20 {
		t.Fatalf("go list found %d packages, want the whole module", len(all))
	}
	return all
}
