package testrun

import (
	"bytes"
	"strings"
	"sync"
)

// Lines remembers the last lines written to it.
type Lines struct {
	limit int

	mu   sync.Mutex // guards last
	last []string
}

// lineLimit bounds the length of a remembered line.
const lineLimit = 500

// NewLines remembers up to n lines.
func NewLines(limit int) *Lines { return &Lines{limit: limit} }

// Write takes whole lines, as a logger writes them.
func (l *Lines) Write(p []byte) (int, error) {
	for line := range bytes.Lines(p) {
		l.Add(strings.TrimRight(string(line[:min(len(line), lineLimit)]), "\n"))
	}
	return len(p), nil
}

// Add adds a line.
func (l *Lines) Add(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.last) == l.limit {
		l.last = append(l.last[:0], l.last[1:]...)
	}
	l.last = append(l.last, line)
}

// String is the remembered lines, each indented, or "".
func (l *Lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var b strings.Builder
	for _, line := range l.last {
		b.WriteString("\n    " + line)
	}
	return b.String()
}
