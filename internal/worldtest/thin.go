package worldtest

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"oakmoot/topology"
)

// thinOneIn is how many of the built-in rows one is left of.
const thinOneIn = 20

// Thinned has a topology index every twentieth of the built-in rows, unless it counts rows
// somewhere: as many segments for far less work.
func Thinned(t testing.TB, topo topology.Topology) topology.Topology {
	t.Helper()
	if countsRows(topo) {
		return topo
	}
	topo.DataSources = slices.Clone(topo.DataSources)
	for i, ds := range topo.DataSources {
		name, rows := topology.Builtin(ds.Input)
		if name == "" {
			continue
		}
		file := filepath.Join(t.TempDir(), name+".json")
		if err := os.WriteFile(file, everyTwentieth(t, rows), 0o600); err != nil {
			t.Fatal(err)
		}
		topo.DataSources[i].Input = file
	}
	return topo
}

// countsRows reports whether a condition or a query asks a broker.
func countsRows(topo topology.Topology) bool {
	asks := func(text string) bool { return strings.Contains(text, "rows(") || strings.Contains(text, "query(") }
	return slices.ContainsFunc(topo.Expects, func(e topology.Expect) bool { return e.Asks() || asks(e.Always+e.Eventually+e.Never) }) ||
		slices.ContainsFunc(topo.Steps, func(s topology.Step) bool { return asks(s.When + s.Then + s.Until) })
}

func everyTwentieth(t testing.TB, zipped []byte) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(zipped))
	if err != nil {
		t.Fatal(err)
	}
	var kept bytes.Buffer
	lines := bufio.NewScanner(r)
	for n := 0; lines.Scan(); n++ {
		if n%thinOneIn == 0 {
			kept.Write(lines.Bytes())
			kept.WriteByte('\n')
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return kept.Bytes()
}
