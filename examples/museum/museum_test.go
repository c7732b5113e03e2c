// Package museum runs every scenario in this folder twice: with its old bug, and without.
package museum

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"oakmoot/cluster"
	exhibits "oakmoot/internal/run/museum"
	"oakmoot/internal/worldtest"
)

func TestEachExhibitFailsWithItsBugAndHoldsWithout(t *testing.T) {
	for _, e := range exhibits.Exhibits {
		file := string(e.Switch) + ".toml"
		t.Run(string(e.Switch)+"/with", func(t *testing.T) {
			err := play(t, load(t, file))
			if !errors.Is(err, cluster.ErrBroken) || !strings.Contains(err.Error(), e.Breaks) {
				t.Errorf("got %v, want it broken: %s", err, e.Breaks)
			}
		})
		t.Run(string(e.Switch)+"/without", func(t *testing.T) {
			if err := play(t, load(t, file).Mended()); err != nil {
				t.Errorf("got %v, want all to hold", err)
			}
		})
	}
}

// play runs a topology in memory and in virtual time.
func play(t *testing.T, topo cluster.Topology) (err error) {
	t.Helper()
	topo = worldtest.Thinned(t, topo)
	synctest.Test(t, func(t *testing.T) {
		c, newErr := cluster.New(topo, cluster.InMemory())
		if newErr != nil {
			t.Fatal(newErr)
		}
		err = c.Run(t.Context())
	})
	return err
}

func TestEachScenarioIsAnExhibit(t *testing.T) {
	files, err := filepath.Glob("*.toml")
	if err != nil || len(files) != len(exhibits.Exhibits) {
		t.Errorf("got %d scenarios and %v, want one for each of %d exhibits", len(files), err, len(exhibits.Exhibits))
	}
	for _, file := range files {
		name := strings.TrimSuffix(file, ".toml")
		topo := load(t, file)
		on := 0
		for _, r := range topo.Roles {
			if len(r.Museum) == 1 && r.Museum[0] == name {
				on++
			} else if len(r.Museum) != 0 {
				t.Errorf("%s: got %q, want only the bug that it is named after", file, r.Museum)
			}
		}
		if _, known := exhibits.Find(name); !known || on == 0 || topo.Name != name {
			t.Errorf("%s: its name, its switch and the exhibit are not the same", file)
		}
	}
}

func load(t *testing.T, file string) cluster.Topology {
	t.Helper()
	topo, err := cluster.LoadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return topo
}
