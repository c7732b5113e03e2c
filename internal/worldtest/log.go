package worldtest

import (
	"bytes"
	"sync"

	"github.com/hashicorp/go-hclog"
)

// Log is a log that may be read while it is written.
type Log struct {
	mu  sync.Mutex // guards buf
	buf bytes.Buffer
}

// NewLog makes a log that is shown when the world fails.
func (w *World) NewLog() *Log {
	l := &Log{}
	w.logs = append(w.logs, l)
	return l
}

// Logger writes to the log, with all details.
func (l *Log) Logger(name string) hclog.Logger {
	return hclog.New(&hclog.LoggerOptions{Name: name, Output: l, Level: hclog.Debug})
}

func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

// String is what was written so far.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}
