package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func TestCommandLinesAreCompleted(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, file := range []string{"one.toml", "two.json", ".hidden.toml", filepath.Join("dir", "three.toml")} {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	all := samples{fstest.MapFS{"tiers.toml": {}, "museum/x.toml": {}}}
	for line, want := range map[string]string{
		"st":              "status stop",
		"che":             "check",
		"task ":           "submit list status log shutdown",
		"up ":             "one.toml dir/",
		"up d":            "dir/",
		"up dir/":         "dir/three.toml",
		"query ":          "one.toml two.json dir/",
		"check one.toml ": "one.toml dir/",
		"up one.toml ":    "",
		"up --run":        "--run-for",
		"up --run-for ":   "",
		"up --data ":      "one.toml two.json dir/",
		"up --json on":    "one.toml",
		"--color ":        "auto always never",

		"status --color=ne":         "--color=never",
		"up --report ":              "junit= json= html=",
		"up --report junit=on":      "junit=one.toml",
		"up --report=json=tw":       "--report=json=two.json",
		"up --log-level info,x=d":   "info,x=debug",
		"completion ":               "bash zsh fish",
		"init f":                    "failover",
		"examples ":                 "list show run",
		"examples show ":            "museum/x tiers",
		"help exa":                  "examples",
		"help examples ":            "list show run",
		"verbs par":                 "partition",
		"fault par":                 "partition",
		"fault kill coordinator@":   "coordinator@leader",
		"fault kill coordinator f":  "for",
		"status --wait fail":        "failovers( failover(",
		"status --wait leaders":     "leaders(coordinator) leaders(overlord)",
		"status --wait tasks(R":     "tasks(RUNNING)",
		"status --wait queu":        "queued()",
		"status --wait use":         "used(",
		"nosuch nosuch ":            "",
		"judge r.jsonl o":           "one.toml",
		"zk --fsync ":               "always interval never",
		"status --timeout 5s --wid": "--wide",
	} {
		words := strings.Split(line, " ")
		c := newCompleter(t.Context(), all, "127.0.0.1:1", "")
		var got []string
		for _, w := range c.complete(words) {
			got = append(got, w.text)
		}
		expected := strings.Fields(want)
		slices.Sort(got)
		slices.Sort(expected)
		if !slices.Equal(got, expected) {
			t.Errorf("%q: got %q, want %q", line, got, expected)
		}
	}
}

// TestEveryArgumentIsCompletedInAKnownWay finds a tag that is misspelled.
func TestEveryArgumentIsCompletedInAKnownWay(t *testing.T) {
	ways := []string{"topology", "file", "example", "command", "verb", "fault", "condition", "node", "cluster", "report", "levels"}
	for _, leaf := range newParser(&commands{}).Model.Leaves(false) {
		values := slices.Clone(leaf.Positional)
		for _, flag := range leaf.Flags {
			values = append(values, flag.Value)
		}
		for _, v := range values {
			if way := v.Tag.Get("complete"); way != "" && !slices.Contains(ways, way) {
				t.Errorf("%s: %s is completed by %q, which is not known", leaf.FullPath(), v.Name, way)
			}
		}
	}
}
