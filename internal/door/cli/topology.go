package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/alecthomas/kong"

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
	return topo, &badInput{err}
}

// loadFirstWord is loadTopology for what can be meant as a command: the word behind oakmoot, if it is none.
func loadFirstWord(word string) (cluster.Topology, error) {
	topo, err := loadTopology(word)
	if name := filepath.Base(word); errors.Is(err, fs.ErrNotExist) && !strings.Contains(name, ".") {
		return topo, &badInput{noCommand(name)}
	}
	return topo, err
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
func commandNames() []string { return namesBelow(newParser(&commands{}).Model.Node) }

// namesBelow are the next words of the commands that begin like this one.
func namesBelow(node *kong.Node) (names []string) {
	for _, command := range node.Children {
		if !command.Hidden {
			names = append(names, command.Name)
		}
	}
	return names
}
