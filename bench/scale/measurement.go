package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"time"
)

// measurement is something that is measured at several sizes.
type measurement struct {
	name   string
	what   string // the row's first words
	by     string // what the size counts
	wanted string // the aim of the largest size
	sizes  []int
	limit  time.Duration // for one point
	point  func(ctx context.Context, size int) (point, error)
}

// point is what one size costs.
type point struct {
	Size   int                `json:"size"`
	Values map[string]float64 `json:"values"` // by figure
	Failed string             `json:"failed,omitempty"`
}

// figure is one of the things that a measurement measures. Their order is that of the
// columns.
type figure struct {
	name string
	unit string
}

var figures = []figure{
	{"ready", "s"}, {"assigned", "s"}, {"time", "s"}, {"publish", "s"}, {"rate", "segments/s"}, {"first", "s"}, {"next", "s"},
	{"cpu", "CPU s"}, {"idle", "% of a core"}, {"rss", "MiB"}, {"node", "KiB a node"}, {"status", "ms"}, {"trace", "ms"}, {"condition", "ms"}, {"page", "ms"},
	{"query", "ms"}, {"java time", "s"}, {"java cpu", "CPU s"}, {"java rss", "MiB"},
}

func names() (all []string) {
	for _, m := range measurements {
		all = append(all, m.name)
	}
	return all
}

func find(name string) (measurement, bool) {
	i := slices.IndexFunc(measurements, func(m measurement) bool { return m.name == name })
	if i < 0 {
		return measurement{}, false
	}
	return measurements[i], true
}

// sizes are those that are to be measured.
type sizes struct {
	least int
	most  int // 0 is no limit
}

func (s sizes) has(size int) bool { return size >= s.least && (s.most == 0 || size <= s.most) }

// merged are the points that were there before, and those of a run in the places of the same
// sizes.
func merged(before, now []point) []point {
	all := slices.Clone(now)
	for _, p := range before {
		if !slices.ContainsFunc(now, func(other point) bool { return other.Size == p.Size }) {
			all = append(all, p)
		}
	}
	slices.SortFunc(all, func(a, b point) int { return cmp.Compare(a.Size, b.Size) })
	return all
}

// measure measures the sizes, each in a process of its own, so that none inherits the
// memory of another. A point that fails ends the curve, and is in the table.
func (m measurement) measure(ctx context.Context, which sizes) (points []point, err error) {
	for _, size := range m.sizes {
		if !which.has(size) {
			continue
		}
		p, err := m.elsewhere(ctx, size)
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s %d: %v\n", m.name, size, err)
			return append(points, point{Size: size, Failed: err.Error()}), fmt.Errorf("%s %d: %w", m.name, size, err)
		}
		fmt.Fprintf(os.Stderr, "%s %d: %v\n", m.name, size, p.Values)
		points = append(points, p)
	}
	return points, nil
}

func (m measurement) elsewhere(ctx context.Context, size int) (p point, err error) {
	ctx, cancel := context.WithTimeout(ctx, m.limit)
	defer cancel()
	self, err := os.Executable()
	if err != nil {
		return p, err
	}
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(ctx, self, "-measure", m.name, strconv.Itoa(size))
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 20 * time.Second
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			err = fmt.Errorf("not done after %v", m.limit)
		}
		return p, fmt.Errorf("%w: %s", err, lastLine(errs.Bytes()))
	}
	return p, json.Unmarshal(out.Bytes(), &p)
}

func lastLine(text []byte) string {
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	return string(lines[len(lines)-1])
}
