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

var rules = []rule{
	{under("oakmoot/roles"), under("oakmoot/internal/fault", "oakmoot/internal/scenario", "oakmoot/zkembed", "oakmoot/cluster", "oakmoot/internal/control"), "a role knows nothing of faults, of the server or of its supervisor"},
	{under("oakmoot/zkembed"), under("oakmoot/internal/druid", "oakmoot/internal/zkpath", "oakmoot/roles", "oakmoot/cluster"), "the ZooKeeper server knows nothing of Druid"},
	{under("oakmoot/internal"), under("oakmoot/roles", "oakmoot/zkembed"), "internal packages do not import upwards"},
	{func(pkg string) bool { return under("oakmoot/internal")(pkg) && !under("oakmoot/internal/cli")(pkg) }, under("oakmoot/cluster"), "only the commands stand above the cluster"},
	{under("oakmoot/internal/druid"), under("oakmoot"), "the JSON types import nothing of ours"},
	{under("oakmoot/internal/zkwire", "oakmoot/internal/memnet", "oakmoot/internal/dirlock", "oakmoot/internal/durable"), under("oakmoot"), "the lowest layer imports nothing of ours"},
	{under("oakmoot"), under("oakmoot/internal/worldtest"), "it is for tests only"},
}

// allowed are the exceptions, each with its reason.
var allowed = map[[2]string]string{
	{"oakmoot/internal/cli", "oakmoot/zkembed"}:       "the zk command runs the server alone",
	{"oakmoot/internal/cli", "oakmoot/zkembed/admin"}: "likewise",
	{"oakmoot/internal/worldtest", "oakmoot/zkembed"}: "tests need a server",
}

func TestImportsPointInwards(t *testing.T) {
	for pkg, imports := range packages(t) {
		for _, imported := range imports {
			for _, r := range rules {
				if r.of(pkg) && r.not(imported) && !sameFamily(pkg, imported) && allowed[[2]string{pkg, imported}] == "" {
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

// sameFamily tells a package importing its own sub-package, or its parent's.
func sameFamily(a, b string) bool {
	return family(a) == family(b)
}

func family(pkg string) string {
	parts := strings.SplitN(strings.TrimPrefix(pkg, "oakmoot/"), "/", 3)
	if len(parts) > 2 {
		parts = parts[:2]
	}
	return strings.Join(parts, "/")
}

func roleOf(pkg string) (string, bool) {
	rest, ok := strings.CutPrefix(pkg, "oakmoot/roles/")
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
