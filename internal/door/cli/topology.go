package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"oakmoot/cluster"
	"oakmoot/internal/stage/scenario"
)

// loadTopology reads a topology file named by the caller.
func loadTopology(file string) (cluster.Topology, error) {
	topo, err := cluster.LoadFile(file)
	var path *fs.PathError
	if errors.Is(err, cluster.ErrTopologyTooLong) {
		return topo, &badInput{err}
	}
	if !errors.As(err, &path) {
		return topo, err
	}
	if name := filepath.Base(file); errors.Is(err, fs.ErrNotExist) && !strings.Contains(name, ".") {
		return topo, &badInput{noCommand(name)}
	}
	return topo, &badInput{err}
}

// noCommand is the error for a word that is neither a command nor a file.
func noCommand(word string) error {
	names := commandNames()
	if near := scenario.Nearest(word, names); near != "" {
		return fmt.Errorf("%q is neither a command nor a topology file; did you mean %q?", word, near)
	}
	return fmt.Errorf("%q is neither a command nor a topology file; the commands are %s", word, strings.Join(names, ", "))
}

// commandNames are the commands' first words.
func commandNames() []string {
	var names []string
	for _, command := range newParser(&commands{}).Model.Children {
		if command.Hidden {
			continue
		}
		names = append(names, command.Name)
	}
	return names
}
