package cluster_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"oakmoot/cluster"
	"oakmoot/control"
)

func TestEverythingIsThereAgainOnTheSameDirectory(t *testing.T) {
	dir := t.TempDir()
	topo := cluster.Quickstart()
	topo.Streams = nil
	var before string
	for _, run := range []string{"first", "second"} {
		t.Run(run, func(t *testing.T) {
			c := cluster.RunT(t, topo, cluster.DataDir(dir))
			await(t, c, allServed+" and tasks(SUCCESS) == 1 and tasks(*) == 1", 5*time.Minute)
			st, err := c.Status(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var nodes []string
			for _, n := range st.Nodes {
				nodes = append(nodes, n.Name+" "+n.Host)
			}
			if now := strings.Join(nodes, "\n"); before == "" {
				before = now
			} else if now != before {
				t.Errorf("got nodes\n%s\nwant those of the first run\n%s", now, before)
			}
		})
	}
}

func TestDataDirectoryIsTakenByOneAndRefusedWhenNewer(t *testing.T) {
	topo := cluster.Topology{Schema: 1, Name: "tiny", Roles: []cluster.Role{{Kind: "coordinator"}}}
	refused := func(dir, want string) {
		t.Helper()
		c, err := cluster.New(topo, cluster.DataDir(dir))
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Run(t.Context()); !errors.Is(err, cluster.ErrUnavailable) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want a refusal that says %q", err, want)
		}
	}
	dir := t.TempDir()
	cluster.RunT(t, topo, cluster.DataDir(dir))
	refused(dir, "in use")

	newer := t.TempDir()
	if err := os.WriteFile(filepath.Join(newer, "format"), []byte("99\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	refused(newer, "is of format 99")
	if text, err := os.ReadFile(filepath.Join(newer, "format")); err != nil || string(text) != "99\n" {
		t.Errorf("got %q, %v; want the refused directory untouched", text, err)
	}

	for _, content := range []string{"", "x", "\x00\xff"} {
		torn := t.TempDir()
		if err := os.WriteFile(filepath.Join(torn, "format"), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		refused(torn, `its file "format" does not hold the number`)

		torn = t.TempDir()
		if err := os.WriteFile(filepath.Join(torn, "metadata.db"), []byte(strings.Repeat("garbage"+content, 100)), 0o644); err != nil {
			t.Fatal(err)
		}
		refused(torn, filepath.Join(torn, "metadata.db"))
	}

	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	refused(file, "not a directory")
}

func TestTemporaryDirectoryIsGoneAfterwards(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	topo := cluster.Topology{Schema: 1, Name: "tiny", Roles: []cluster.Role{{Kind: "coordinator"}}}
	t.Run("run", func(t *testing.T) {
		cluster.RunT(t, topo)
		if left, err := os.ReadDir(os.TempDir()); err != nil || len(left) != 1 {
			t.Errorf("got %v, %v while it runs, want its directory", left, err)
		}
	})
	if left, err := os.ReadDir(os.TempDir()); err != nil || len(left) != 0 {
		t.Errorf("got %v, %v left behind", left, err)
	}
}

func TestTakenPortIsUnavailable(t *testing.T) {
	one := cluster.RunT(t, cluster.Topology{Schema: 1, Name: "one", Roles: []cluster.Role{{Kind: "coordinator"}}})
	st, err := one.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	taken := st.Nodes[0].Host
	c, err := cluster.New(cluster.Topology{Schema: 1, Name: "two", Roles: []cluster.Role{{Kind: "coordinator"}}},
		control.On(taken, ""))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Run(t.Context()); !errors.Is(err, cluster.ErrUnavailable) || !strings.Contains(err.Error(), taken) {
		t.Errorf("got %v, want the address %s named as unavailable", err, taken)
	}
}
