package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"oakmoot/cluster"
)

// checkCommand checks topology files.
type checkCommand struct {
	Files []string `arg:"" name:"file" complete:"topology" help:"Topology files, directories with some in them, or - for standard input."`
	JSON  bool     `help:"Print a JSON object per line for each mistake and warning, and nothing else."`
}

// finding is a mistake or a warning for programs.
type finding struct {
	File    string `json:"file"`
	Line    int    `json:"line"`   // from 1; 0 for the whole file
	Column  int    `json:"column"` // in characters from 1; 0 for the whole line
	Level   string `json:"level"`  // "error" or "warning"
	Message string `json:"message"`
}

// Run says of each topology what it is, or lists every mistake in it.
func (c *checkCommand) Run(s streams) error {
	files, err := topologyFiles(c.Files)
	if err != nil {
		return err
	}
	var wrong []error
	for _, file := range files {
		topo, err := c.load(file, s)
		if c.JSON {
			for _, f := range findings(file, topo, err) {
				if err := json.NewEncoder(s.out).Encode(f); err != nil {
					return err
				}
			}
		} else if err == nil {
			c.tell(file, topo, s)
		}
		if err != nil {
			wrong = append(wrong, err)
		}
	}
	if err := errors.Join(wrong...); err != nil {
		if !c.JSON {
			if len(files) > 1 {
				return fmt.Errorf("%d of %d topologies are not good\n%w", len(wrong), len(files), err)
			}
			return err
		}
		return &toldError{err}
	}
	return nil
}

// load reads a topology; what is wrong in one from standard input is in the file "-".
func (c *checkCommand) load(file string, s streams) (cluster.Topology, error) {
	if file != "-" {
		return loadTopology(file)
	}
	text, err := readInput(file, s.in)
	if err != nil {
		return cluster.Topology{}, err
	}
	topo, err := cluster.Load(bytes.NewReader(text))
	if wrong := (*cluster.TopologyError)(nil); errors.As(err, &wrong) {
		for i := range wrong.Mistakes {
			wrong.Mistakes[i].File = file
		}
	}
	if errors.Is(err, cluster.ErrTopologyTooLong) {
		err = &badInput{err}
	}
	return topo, err
}

func (c *checkCommand) tell(file string, topo cluster.Topology, s streams) {
	for _, warning := range topo.Warnings() {
		fmt.Fprintf(s.out, "%s: warning: %s\n", file, warning)
	}
	if topo.Name == "" {
		fmt.Fprintf(s.out, "%s: the topology is good; it has no name\n", file)
		return
	}
	fmt.Fprintf(s.out, "%s: topology %q is good\n", file, topo.Name)
}

// findings are what there is to say of a topology.
func findings(file string, topo cluster.Topology, err error) (all []finding) {
	var wrong *cluster.TopologyError
	switch {
	case errors.As(err, &wrong):
		for _, m := range wrong.Mistakes {
			message := m.Message
			if m.Line == 0 && m.Path != "" {
				message = m.Path + ": " + message
			}
			all = append(all, finding{file, m.Line, m.Column, "error", message})
		}
	case err != nil:
		all = append(all, finding{file, 0, 0, "error", err.Error()})
	default:
		for _, warning := range topo.Warnings() {
			all = append(all, finding{file, 0, 0, "warning", warning})
		}
	}
	return all
}

// topologyFiles are the files that names mean: of a directory, those at any depth that end in .toml.
func topologyFiles(names []string) (files []string, err error) {
	for _, name := range names {
		if info, err := os.Stat(name); err != nil || !info.IsDir() {
			files = append(files, name) // what is not there is told of where it is read
			continue
		}
		before := len(files)
		err := filepath.WalkDir(name, func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && strings.HasSuffix(path, topologyExt) {
				files = append(files, path)
			}
			return err
		})
		if err != nil {
			return nil, &badInput{err}
		}
		if len(files) == before {
			return nil, &badInput{fmt.Errorf("%s is a directory without a file whose name ends in %s", name, topologyExt)}
		}
	}
	return files, nil
}
