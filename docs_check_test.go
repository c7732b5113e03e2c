package main

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"oakmoot/internal/door/cli"
	"oakmoot/internal/stage/scenario"
	"oakmoot/topology"
)

// TestDocsNameWhatThereIs looks for the examples, the commands and the keys of a topology.
func TestDocsNameWhatThereIs(t *testing.T) {
	examples, err := filepath.Glob("examples/*")
	if err != nil {
		t.Fatal(err)
	}
	listed := readPage(t, "docs/examples.md").text
	for _, file := range examples {
		if !strings.HasSuffix(file, ".go") && !strings.Contains(listed, "(../"+filepath.ToSlash(file)) {
			t.Errorf("%s is not in docs/examples.md", file)
		}
	}
	commands := readPage(t, "docs/reference/commands.md").text
	for _, c := range cli.Model().Leaves(true) {
		if !strings.Contains(commands, "### `"+c.FullPath()) {
			t.Errorf("the command %q is not in docs/reference/commands.md", c.FullPath())
		}
	}
	keys := readPage(t, "docs/reference/topology.md").text
	tables, _ := topologyTables(t)
	if len(tables) < 10 {
		t.Fatalf("found %d tables of a topology, want all of them", len(tables))
	}
	for _, table := range tables {
		for _, k := range table {
			if !strings.Contains(keys, "`"+k.name+"`") && !strings.Contains(keys, "["+k.name+"]") {
				t.Errorf("the topology's key %q is not in docs/reference/topology.md", k.name)
			}
		}
	}
}

// TestClusterDocNamesTheLanguage looks for each function and selector in what "go doc
// oakmoot/cluster" prints.
func TestClusterDocNamesTheLanguage(t *testing.T) {
	_, file := parsed(t, "cluster/doc.go")
	doc := file.Doc.Text()
	for _, f := range scenario.Functions {
		if !strings.Contains(doc, "\t"+f.Name+"(") {
			t.Errorf("the function %s is not in the doc comment of package cluster", f.Name)
		}
	}
	for _, form := range scenario.SelectorForms {
		if !strings.Contains(doc, "\t"+form[0]+" ") {
			t.Errorf("the selector %s is not in the doc comment of package cluster", form[0])
		}
	}
}

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
	fenced  = regexp.MustCompile("(?s)```(\\w*)\n(.*?)```")
)

// TestDocsLinksLead follows each link of a page within the repository.
func TestDocsLinksLead(t *testing.T) {
	pages := docPages(t)
	for _, more := range []string{"CONTRIBUTING.md", "CHANGELOG.md", "zkembed/README.md", "interop/README.md", "examples/museum/README.md"} {
		pages = append(pages, readPage(t, more))
	}
	followed := 0
	for _, p := range pages {
		for _, m := range link.FindAllStringSubmatch(fenced.ReplaceAllString(p.text, ""), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			file, anchor, _ := strings.Cut(m[1], "#")
			to := p.path
			if file != "" {
				to = path.Join(path.Dir(p.path), file)
			}
			followed++
			if _, err := os.Stat(to); err != nil {
				t.Errorf("%s: the link %s leads nowhere", p.path, m[1])
				continue
			}
			if anchor != "" && !anchors(readPage(t, to).text)[anchor] {
				t.Errorf("%s: %s has no heading for the link %s", p.path, to, m[1])
			}
		}
	}
	if followed < 50 {
		t.Fatalf("followed %d links, the pages have more", followed)
	}
}

var notInAnchor = regexp.MustCompile(`[^\p{L}\p{N}\- _]`)

// anchors are the places of a page that a link can name, as GitHub names them.
func anchors(text string) map[string]bool {
	all := map[string]bool{}
	for _, m := range heading.FindAllStringSubmatch(text, -1) {
		name := notInAnchor.ReplaceAllString(strings.ToLower(m[1]), "")
		all[strings.ReplaceAll(strings.TrimSpace(name), " ", "-")] = true
	}
	return all
}

// fragment is what a part of a topology is put behind, so that it is a whole one.
const fragment = `schema = 1
[[role]]
kind = "coordinator"
count = 2
[[role]]
kind = "overlord"
[[role]]
kind = "historical"
count = 3
[[role]]
kind = "middlemanager"
[[role]]
kind = "realtime"
[[role]]
kind = "broker"
[[datasource]]
name = "flights"
input = "builtin:flights"
timestamp = "date"
timestamp_format = "yyyy/MM/dd HH:mm"
`

// TestDocsTopologiesAreRight checks each topology of the pages, and each part of one as if
// it stood in one.
func TestDocsTopologiesAreRight(t *testing.T) {
	checked := 0
	for _, p := range docPages(t) {
		for _, m := range fenced.FindAllStringSubmatch(p.text, -1) {
			text := m[2]
			if m[1] != "toml" || strings.Contains(text, "coordinater") { // that one is there for its mistakes
				continue
			}
			if !strings.Contains(text, "schema = 1") {
				text = fragment + text
			}
			checked++
			if _, err := topology.Load(strings.NewReader(text)); err != nil {
				t.Errorf("%s: %v\n%s", p.path, err, text)
			}
		}
	}
	if checked < 4 {
		t.Fatalf("checked %d topologies, the pages have more", checked)
	}
}

var (
	inlineCommand = regexp.MustCompile("`((?:oakmoot|go run \\.) [^`]*)`")
	blockCommand  = regexp.MustCompile(`(?m)^    (?:\$ )?((?:oakmoot|go run \.) .*)$`)
	variable      = regexp.MustCompile(`\b(COMMAND|NAME|…)`)
)

// TestDocsCommandsAreRight reads each command of the pages as oakmoot itself does.
func TestDocsCommandsAreRight(t *testing.T) {
	pages := append(docPages(t), readPage(t, "zkembed/README.md"), readPage(t, "examples/museum/README.md"))
	named := map[string]bool{"oakmoot is ready": true} // what is no command line: a command that is spoken of, or how one is written
	for _, c := range cli.Model().Leaves(true) {
		named[c.FullPath()], named[usage(c)] = true, true
	}
	read := 0
	for _, p := range pages {
		found := append(inlineCommand.FindAllStringSubmatch(p.text, -1), blockCommand.FindAllStringSubmatch(p.text, -1)...)
		for _, m := range found {
			if variable.MatchString(m[1]) || named[m[1]] {
				continue
			}
			read++
			if err := parseCommand(m[1]); err != nil {
				t.Errorf("%s: %s: %v", p.path, m[1], err)
			}
		}
	}
	if read < 30 {
		t.Fatalf("read %d commands, the pages have more", read)
	}
}

// parseCommand reads a line that begins with oakmoot, or with go run.
func parseCommand(line string) error {
	return cli.Parse(words(strings.TrimPrefix(strings.TrimPrefix(line, "go run ."), "oakmoot")))
}

// words are the arguments of a command as a shell reads them: quotes hold words together,
// and a comment, a pipe and a redirection end them.
func words(line string) []string {
	var all []string
	var word strings.Builder
	open, quote := false, rune(0)
	end := func() {
		if open {
			all = append(all, word.String())
		}
		word.Reset()
		open = false
	}
	for _, r := range line {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			quote, open = r, true
		case r == ' ':
			end()
		case !open && (r == '#' || r == '|' || r == '>' || r == '&' || r == ';'):
			return all
		default:
			word.WriteRune(r)
			open = true
		}
	}
	end()
	return all
}
