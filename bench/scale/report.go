package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// results are the points of each measurement, by its name.
type results map[string][]point

const resultsFile = "results.json"

// load reads what was measured before, so that a part can be measured anew.
func load(out string) (results, error) {
	r := results{}
	if out == "" {
		return r, nil
	}
	text, err := os.ReadFile(filepath.Join(out, "scale", resultsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err != nil {
		return nil, err
	}
	return r, json.Unmarshal(text, &r)
}

// write writes the points, the curves and the table.
func (r results) write(out string) error {
	dir := filepath.Join(out, "scale")
	text, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, resultsFile), append(text, '\n'), 0o644); err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, intro, time.Now().UTC().Format(time.DateOnly), runtime.NumCPU(), runtime.Version())
	for _, m := range measurements {
		if points := r[m.name]; len(points) > 0 {
			if err := section(&b, dir, m, points); err != nil {
				return err
			}
		}
	}
	notes, err := os.ReadFile(filepath.Join(dir, "NOTES.md"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	b.Write(notes)
	return os.WriteFile(filepath.Join(out, "scale.md"), []byte(b.String()), 0o644)
}

const intro = `# How the cluster grows

Written by ` + "`cd bench/scale && go run -tags interop . -out ..`" + ` (last part measured %s, %d cores, %s). Every point is a process of its own. The
segments are generated: they have no rows and no files, and everything else about them is as with others. Druid's own limits on
replicas are lifted (` + "`replicationThrottleLimit`" + `), otherwise they would be what is measured. Data directories are where ` + "`TMPDIR`" + ` says.
`

func section(b *strings.Builder, dir string, m measurement, points []point) error {
	fmt.Fprintf(b, "\n## %s\n\n", m.what)
	if m.wanted != "" {
		fmt.Fprintf(b, "Wanted: %s.\n\n", m.wanted)
	}
	var columns []figure
	for _, f := range figures {
		for _, p := range points {
			if _, has := p.Values[f.name]; has {
				columns = append(columns, f)
				break
			}
		}
	}
	fmt.Fprintf(b, "| %s |", m.by)
	for _, f := range columns {
		fmt.Fprintf(b, " %s, %s |", f.name, f.unit)
	}
	fmt.Fprintf(b, "\n|%s\n", strings.Repeat("---:|", len(columns)+1))
	for _, p := range points {
		fmt.Fprintf(b, "| %s |", number(float64(p.Size)))
		for _, f := range columns {
			if v, has := p.Values[f.name]; has {
				fmt.Fprintf(b, " %s |", number(v))
			} else {
				fmt.Fprint(b, " – |")
			}
		}
		if p.Failed != "" {
			fmt.Fprintf(b, " %s |", p.Failed)
		}
		fmt.Fprintln(b)
	}
	file, err := curves(dir, m, points)
	if file != "" {
		fmt.Fprintf(b, "\n![%s](scale/%s)\n", m.what, file)
	}
	return err
}

// number is a figure with three digits that count.
func number(v float64) string {
	if v >= 100 || v == float64(int64(v)) {
		return grouped(int64(v + 0.5))
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}

func grouped(n int64) string {
	text := strconv.FormatInt(n, 10)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
