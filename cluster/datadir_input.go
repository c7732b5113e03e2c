package cluster

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"oakmoot/topology"
)

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

// writeRows writes rows as a task reads them: a JSON object a line.
func (d *dataDir) writeRows(rows []any) (file string, err error) {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	for _, row := range rows {
		if err := enc.Encode(row); err != nil {
			return "", err
		}
	}
	dir := d.file("input")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	f, err := os.CreateTemp(dir, "rows-*.json")
	if err != nil {
		return "", err
	}
	if _, err := f.Write(text.Bytes()); err != nil {
		_ = f.Close()
		return "", err
	}
	return filepath.Clean(f.Name()), f.Close()
}
