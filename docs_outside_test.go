package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// outsider is a test of somebody else's module.
const outsider = `package mine

import (
	"testing"

	"oakmoot/cluster"
	"oakmoot/zkembed"
)

func TestMine(t *testing.T) {
	_ = cluster.RunT(t, cluster.Small(), cluster.InMemory())
	_ = zkembed.RunT(t)
}
`

// outsideLight is one that needs ZooKeeper only.
const outsideLight = "package mine\n\nimport _ \"oakmoot/zkembed\"\n"

// TestFromAnotherModule does what the pages say about other modules, in fresh ones, without
// a network: what oakmoot needs is in the module cache already.
func TestFromAnotherModule(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the lines are a POSIX shell's")
	}
	embed := linesOf(t, "docs/howto/embed.md", "With a `replace`", "With a workspace", "With a copy")
	readme := linesOf(t, "README.md", "From another module")
	replaced, workspace, copied := embed[0], embed[1], embed[2]
	if !slices.Equal(readme[0], replaced) {
		t.Errorf("README.md says %q, docs/howto/embed.md %q", readme[0], replaced)
	}
	t.Run("replace", func(t *testing.T) { outside(t, outsider, replaced) })
	t.Run("workspace", func(t *testing.T) { outside(t, outsider, workspace) })
	t.Run("vendor", func(t *testing.T) {
		outside(t, outsideLight, slices.Concat(replaced[:1], []string{"go get oakmoot/zkembed"}, copied))
	})
}

var commandBlock = regexp.MustCompile(`(?m)(?:^    .*\n)+`)

// linesOf are the commands of the blocks behind some words of a page.
func linesOf(t *testing.T, path string, behind ...string) [][]string {
	t.Helper()
	text := readPage(t, path).text
	var all [][]string
	for _, words := range behind {
		_, rest, found := strings.Cut(text, words)
		block := strings.TrimSpace(commandBlock.FindString(rest))
		if !found || block == "" {
			t.Fatalf("%s has no commands behind %q", path, words)
		}
		lines := strings.Split(block, "\n")
		for i := range lines {
			lines[i] = strings.TrimSpace(lines[i])
		}
		all = append(all, lines)
	}
	return all
}

// outside does some lines in a fresh module that has one file.
func outside(t *testing.T, file string, lines []string) {
	t.Helper()
	clone, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "mine_test.go"), []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, line := range append([]string{"go mod init example.com/mine"}, lines...) {
		run := exec.Command("sh", "-c", strings.ReplaceAll(line, "../oakmoot", "'"+clone+"'"))
		run.Dir = dir
		run.Env = append(os.Environ(), "PWD="+dir, "GOFLAGS=", "GOPROXY=off", "GOWORK=")
		if out, err := run.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", line, err, out)
		}
	}
}

// lightDeps are the modules that a program may link which imports oakmoot/zkembed alone:
// the system's calls, and the logger that Options take.
var lightDeps = []string{
	"golang.org/x/sys",
	"github.com/hashicorp/go-hclog", "github.com/fatih/color", "github.com/mattn/go-colorable", "github.com/mattn/go-isatty",
}

// TestZKEmbedAloneIsLight looks at the modules that come with a ZooKeeper.
func TestZKEmbedAloneIsLight(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}{{end}}{{end}}", "./zkembed").Output()
	if err != nil {
		t.Fatal(err)
	}
	modules := strings.Fields(string(out))
	slices.Sort(modules)
	for _, module := range slices.Compact(modules) {
		if !slices.Contains(lightDeps, module) {
			t.Errorf("importing oakmoot/zkembed alone links %s", module)
		}
	}
}
