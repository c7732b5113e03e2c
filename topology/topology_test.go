package topology_test

import (
	"bytes"
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"oakmoot/topology"
)

var rewriteTopologies = flag.Bool("rewrite-topologies", false, "write what is said of each wrong topology into its .txt; commit that only when you can explain it")

func TestWrongTopologiesAreExplained(t *testing.T) {
	files, err := filepath.Glob("testdata/topologies/wrong/*.toml")
	if err != nil || len(files) < 140 {
		t.Fatalf("%d wrong topologies, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".toml"), func(t *testing.T) {
			_, err := topology.LoadFile(file)
			var wrong *topology.Error
			if !errors.As(err, &wrong) {
				t.Fatalf("got error %v, want a topology.Error", err)
			}
			got := filepath.ToSlash(err.Error()) + "\n"
			golden := strings.TrimSuffix(file, ".toml") + ".txt"
			if *rewriteTopologies {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestEveryMistakeHasItsPlace(t *testing.T) {
	files, _ := filepath.Glob("testdata/topologies/wrong/*.toml")
	for _, file := range files {
		_, err := topology.LoadFile(file)
		var wrong *topology.Error
		if !errors.As(err, &wrong) {
			t.Fatalf("%s: got error %v, want a topology.Error", file, err)
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(string(text), "\n")
		for _, m := range wrong.Mistakes {
			if m.Line < 1 || m.Line > len(lines) || m.Text != lines[m.Line-1] || m.Column < 1 || m.Column > len([]rune(m.Text))+1 {
				t.Errorf("%s: mistake at %d:%d of %q: %s", file, m.Line, m.Column, m.Text, m.Message)
			}
		}
	}
}

func TestExamplesAreGood(t *testing.T) {
	files, err := filepath.Glob("../examples/*.toml")
	if err != nil || len(files) == 0 {
		t.Fatalf("examples %v, %v", files, err)
	}
	for _, file := range files {
		topo, err := topology.LoadFile(file)
		if err != nil {
			t.Errorf("%s: %v", file, err)
		}
		if want := strings.TrimSuffix(filepath.Base(file), ".toml"); topo.Name != want {
			t.Errorf("%s: got name %q, want %q", file, topo.Name, want)
		}
	}
}

func TestQuickstartIsTheExample(t *testing.T) {
	embedded, err := os.ReadFile("quickstart.toml")
	if err != nil {
		t.Fatal(err)
	}
	example, err := os.ReadFile("../examples/quickstart.toml")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(embedded, example) {
		t.Error("examples/quickstart.toml differs from topology/quickstart.toml")
	}
	count := map[string]int{}
	for _, r := range topology.Quickstart().Roles {
		count[r.Kind] += max(r.Count, 1)
	}
	want := map[string]int{"coordinator": 2, "overlord": 2, "historical": 2, "middlemanager": 2, "realtime": 1, "broker": 1}
	if diff := cmp.Diff(want, count); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestTopologyBuiltInGoIsCheckedByPath(t *testing.T) {
	topo := topology.Quickstart()
	topo.Roles[2].Count = -1
	topo.DataSources[0].Rules[0].TieredReplicants = map[string]int{"hot": 1}
	topo.Steps = []topology.Step{{Do: "kil"}}
	err := topo.Check()
	want := `the topology has 4 mistakes
role[2].count: -1 is not between 1 and 1000000
datasource[0].rules[0].tieredReplicants.hot: no historical is in the tier "hot"
step[0].at: when does it happen? A step needs at, every or when
step[0].do: unknown value "kil"; did you mean "kill"?`
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

func TestLoadKeepsWhatIsWritten(t *testing.T) {
	topo, err := topology.Load(strings.NewReader(`
seed = 42
run_for = "1m30s"
[zookeeper]
session_timeout = "6s"
[[role]]
kind = "historical"
name = ["hot-1"]
max_size = "1.5KiB"
[role.properties]
"druid.server.priority" = "1"
[[step]]
at = "0s"
do = "partition"
between = ["historical", "zookeeper"]
for = "1.5x session_timeout"
`))
	if err != nil {
		t.Fatal(err)
	}
	if topo.Seed == nil || *topo.Seed != 42 {
		t.Errorf("got seed %v, want 42", topo.Seed)
	}
	if got := topo.Roles[0].MaxSize.Bytes; got != 1536 {
		t.Errorf("got max_size %d, want 1536", got)
	}
	if got := topo.Steps[0].For.In(topo.ZooKeeper.SessionTimeout.Duration).String(); got != "9s" {
		t.Errorf("got for %s, want 9s", got)
	}
	if !topo.Steps[0].At.Set {
		t.Error("at = \"0s\" is taken for absent")
	}
	if diff := cmp.Diff(map[string]string{"druid.server.priority": "1"}, topo.Roles[0].Properties); diff != "" {
		t.Errorf("properties: -want +got:\n%s", diff)
	}
}

func TestInputsAreRelativeToTheFile(t *testing.T) {
	dir := t.TempDir()
	rows := filepath.Join(dir, "rows.json")
	if err := os.WriteFile(rows, []byte("{}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "topo.toml")
	text := strings.Replace(quickstartText(t), `"builtin:flights"`, `"rows.json"`, 1)
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	topo, err := topology.LoadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got := topo.DataSources[0].Input; got != rows {
		t.Errorf("got input %q, want %q", got, rows)
	}
}

func TestTooLongTopologyIsRefused(t *testing.T) {
	_, err := topology.Load(strings.NewReader(strings.Repeat("# nothing\n", 200_000)))
	if err == nil || !strings.Contains(err.Error(), "bytes at most") {
		t.Errorf("got error %v, want one about the length", err)
	}
}

func TestMissingTopologyFileIsNamed(t *testing.T) {
	name := filepath.Join(t.TempDir(), "none.toml")
	if _, err := topology.LoadFile(name); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), name) {
		t.Errorf("got error %v, want that %s does not exist", err, name)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(quickstartText(f))
	files, _ := filepath.Glob("testdata/topologies/wrong/*.toml")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		topo, err := topology.Load(strings.NewReader(text))
		var wrong *topology.Error
		switch {
		case errors.As(err, &wrong) && len(wrong.Mistakes) == 0:
			t.Error("an error without mistakes")
		case err == nil && topo.Check() != nil:
			t.Errorf("loaded, but Check says %v", topo.Check())
		}
		if err != nil {
			_ = err.Error() // must not panic
		}
	})
}

func quickstartText(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile("quickstart.toml")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
