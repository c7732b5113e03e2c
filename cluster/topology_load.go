package cluster

import (
	"bytes"
	_ "embed"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"oakmoot/internal/stage/tomldoc"
)

// Mistake is something wrong in a topology, with its place in the file.
type Mistake = tomldoc.Mistake

// TopologyError is every mistake of a topology, in the order of the file.
type TopologyError struct{ Mistakes []Mistake }

func (e *TopologyError) Error() string {
	lines := []string{"the topology has a mistake"}
	if n := len(e.Mistakes); n > 1 {
		lines[0] = fmt.Sprintf("the topology has %d mistakes", n)
	}
	for _, m := range e.Mistakes {
		lines = append(lines, m.String())
	}
	return strings.Join(lines, "\n")
}

// maxTopologyBytes bounds how long a topology file may be.
const maxTopologyBytes = 1 << 20

// ErrTopologyTooLong is in the chain of the error for a longer one.
var ErrTopologyTooLong = fmt.Errorf("a topology file may have %d bytes at most", maxTopologyBytes)

// Load reads a topology in TOML. What is wrong in it is a *TopologyError. Relative
// inputs are taken from the working directory.
func Load(r io.Reader) (Topology, error) { return load(r, "topology", "") }

// LoadFile reads a topology file. What is wrong in it is a *TopologyError; a file
// that cannot be read has the system's reason in its chain. Relative
// inputs are taken from the file's directory.
func LoadFile(path string) (Topology, error) {
	f, err := os.Open(path)
	if err != nil {
		return Topology{}, fmt.Errorf("topology: %w", err)
	}
	defer f.Close()
	return load(f, path, filepath.Dir(path))
}

func load(r io.Reader, name, dir string) (Topology, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxTopologyBytes+1))
	if err != nil {
		return Topology{}, fmt.Errorf("topology: %w", err)
	}
	if len(data) > maxTopologyBytes {
		return Topology{}, fmt.Errorf("read %s: %w", name, ErrTopologyTooLong)
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff")) // the mark that editors of Windows write
	var topo Topology
	doc := tomldoc.Read(name, data, &topo)
	topo.resolveInputs(dir)
	if doc.Readable() {
		checkTopology(doc, topo)
	}
	if mistakes := doc.Mistakes(); len(mistakes) > 0 {
		return Topology{}, &TopologyError{mistakes}
	}
	return topo, nil
}

// resolveInputs takes relative inputs from dir.
func (t *Topology) resolveInputs(dir string) {
	resolve := func(input *string) {
		if *input != "" && !strings.HasPrefix(*input, builtinPrefix) && !filepath.IsAbs(*input) {
			*input = filepath.Join(dir, *input)
		}
	}
	for i := range t.DataSources {
		resolve(&t.DataSources[i].Input)
	}
	for i := range t.Streams {
		resolve(&t.Streams[i].Input)
	}
}

// Check finds every mistake of a topology; the error is a *TopologyError. Load has
// done it already for what it returns.
func (t Topology) Check() error {
	var doc tomldoc.Document
	checkTopology(&doc, t)
	if mistakes := doc.Mistakes(); len(mistakes) > 0 {
		return &TopologyError{mistakes}
	}
	return nil
}

//go:embed quickstart.toml
var quickstart string

// Quickstart is the topology that runs when no file is given: two coordinators, two
// overlords, two historicals, two middlemanagers, a realtime node and a broker, with
// rows to index and rows to stream. It is also examples/quickstart.toml.
func Quickstart() Topology {
	topo, err := Load(strings.NewReader(quickstart))
	if err != nil {
		panic("cluster: quickstart: " + err.Error())
	}
	return topo
}
