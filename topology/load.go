package topology

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

// maxBytes bounds how long a topology file may be.
const maxBytes = 1 << 20

// ErrTooLong is in the chain of the error for a longer one.
var ErrTooLong = fmt.Errorf("a topology file may have %d bytes at most", maxBytes)

// Load reads a topology in TOML. What is wrong in it is an *Error. Relative
// inputs are taken from the working directory.
func Load(r io.Reader) (Topology, error) { return load(r, "topology", "") }

// LoadFile reads a topology file. What is wrong in it is an *Error; a file
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
	data, err := io.ReadAll(io.LimitReader(r, maxBytes+1))
	if err != nil {
		return Topology{}, fmt.Errorf("topology: %w", err)
	}
	if len(data) > maxBytes {
		return Topology{}, fmt.Errorf("read %s: %w", name, ErrTooLong)
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff")) // the mark that editors of Windows write
	var topo Topology
	doc := tomldoc.Read(name, data, &topo)
	topo.resolveInputs(dir)
	if doc.Readable() {
		check(doc, topo)
	}
	if err := mistakesOf(doc); err != nil {
		return Topology{}, err
	}
	return topo, nil
}

// resolveInputs takes relative files from dir.
func (t *Topology) resolveInputs(dir string) {
	resolve := func(input *string) {
		if *input != "" && !strings.HasPrefix(*input, builtinPrefix) && !filepath.IsAbs(*input) {
			*input = filepath.Join(dir, *input)
		}
	}
	for i := range t.DataSources {
		resolve(&t.DataSources[i].Input)
	}
	for i := range t.Roles {
		resolve(&t.Roles[i].PIDFile)
	}
	for i := range t.Streams {
		resolve(&t.Streams[i].Input)
	}
	for i := range t.Expects {
		resolve(&t.Expects[i].QueryFile)
		resolve(&t.Expects[i].AnswerFile)
	}
}

// Check finds every mistake of a topology; the error is an *Error. Load has
// done it already for what it returns.
func (t Topology) Check() error {
	var doc tomldoc.Document
	check(&doc, t)
	return mistakesOf(&doc)
}

//go:embed quickstart.toml
var quickstart string

// Quickstart is the topology that runs when no file is given: two coordinators, two
// overlords, two historicals, two middlemanagers, a realtime node and a broker, with
// rows to index and rows to stream. It is also examples/quickstart.toml.
func Quickstart() Topology {
	topo, err := Load(strings.NewReader(quickstart))
	if err != nil {
		panic("topology: quickstart: " + err.Error())
	}
	return topo
}
