package cluster

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"oakmoot/topology"
)

// realtimeSpec is the druid.realtime.specFile of a realtime node: a fire
// department for each stream that it reads.
func (c *Cluster) realtimeSpec(n *node) ([]byte, error) {
	departments := []map[string]any{}
	for _, s := range c.topo.Streams {
		if s.Node != n.name {
			continue
		}
		input := ""
		if s.Source == "replay" {
			var err error
			if input, err = c.dir.inputFile(s.Input); err != nil {
				return nil, err
			}
		}
		departments = append(departments, s.FireDepartment(input))
	}
	return json.Marshal(departments)
}

// inputFile is the file of rows behind an input: a path, or one of the built-in
// data sets, which is written to the data directory first.
func (d *dataDir) inputFile(input string) (string, error) {
	name, rows := topology.Builtin(input)
	if name == "" {
		return filepath.Abs(input)
	}
	if rows == nil {
		return "", fmt.Errorf("no built-in data set %q", name)
	}
	file := d.file("input", name+".json.gz")
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return "", err
	}
	return file, os.WriteFile(file, rows, 0o644)
}
