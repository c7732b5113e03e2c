package cluster

import (
	"io"
	"log"
	"sync/atomic"

	"github.com/hashicorp/go-hclog"
)

// mortal is the logger of one incarnation. Once that is dead it says nothing: a process
// that was killed writes no more, though ours has still to end its goroutines.
type mortal struct {
	hclog.Logger
	dead *atomic.Bool
}

func (m mortal) Log(level hclog.Level, msg string, args ...any) {
	if !m.dead.Load() {
		m.Logger.Log(level, msg, args...)
	}
}

func (m mortal) Trace(msg string, args ...any) { m.Log(hclog.Trace, msg, args...) }
func (m mortal) Debug(msg string, args ...any) { m.Log(hclog.Debug, msg, args...) }
func (m mortal) Info(msg string, args ...any)  { m.Log(hclog.Info, msg, args...) }
func (m mortal) Warn(msg string, args ...any)  { m.Log(hclog.Warn, msg, args...) }
func (m mortal) Error(msg string, args ...any) { m.Log(hclog.Error, msg, args...) }

func (m mortal) With(args ...any) hclog.Logger  { return mortal{m.Logger.With(args...), m.dead} }
func (m mortal) Named(name string) hclog.Logger { return mortal{m.Logger.Named(name), m.dead} }
func (m mortal) ResetNamed(name string) hclog.Logger {
	return mortal{m.Logger.ResetNamed(name), m.dead}
}
func (m mortal) StandardLogger(o *hclog.StandardLoggerOptions) *log.Logger {
	return log.New(m.StandardWriter(o), "", 0)
}

func (m mortal) StandardWriter(o *hclog.StandardLoggerOptions) io.Writer {
	return mortalWriter{m.Logger.StandardWriter(o), m.dead}
}

// mortalWriter is what a mortal's text goes to.
type mortalWriter struct {
	io.Writer
	dead *atomic.Bool
}

func (w mortalWriter) Write(p []byte) (int, error) {
	if w.dead.Load() {
		return len(p), nil
	}
	return w.Writer.Write(p)
}
