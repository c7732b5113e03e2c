package cluster

import (
	"io"
	"log"
	"sync/atomic"

	"github.com/hashicorp/go-hclog"
)

// incarnationLog is the logger of one incarnation. Once that is dead it says nothing: a
// process that was killed writes no more, though ours still has to end its goroutines.
type incarnationLog struct {
	hclog.Logger
	dead *atomic.Bool
}

func (m incarnationLog) Log(level hclog.Level, msg string, args ...any) {
	if !m.dead.Load() {
		m.Logger.Log(level, msg, args...)
	}
}

func (m incarnationLog) Trace(msg string, args ...any) { m.Log(hclog.Trace, msg, args...) }
func (m incarnationLog) Debug(msg string, args ...any) { m.Log(hclog.Debug, msg, args...) }
func (m incarnationLog) Info(msg string, args ...any)  { m.Log(hclog.Info, msg, args...) }
func (m incarnationLog) Warn(msg string, args ...any)  { m.Log(hclog.Warn, msg, args...) }
func (m incarnationLog) Error(msg string, args ...any) { m.Log(hclog.Error, msg, args...) }

func (m incarnationLog) With(args ...any) hclog.Logger {
	return incarnationLog{m.Logger.With(args...), m.dead}
}
func (m incarnationLog) Named(name string) hclog.Logger {
	return incarnationLog{m.Logger.Named(name), m.dead}
}
func (m incarnationLog) ResetNamed(name string) hclog.Logger {
	return incarnationLog{m.Logger.ResetNamed(name), m.dead}
}
func (m incarnationLog) StandardLogger(o *hclog.StandardLoggerOptions) *log.Logger {
	return log.New(m.StandardWriter(o), "", 0)
}

func (m incarnationLog) StandardWriter(o *hclog.StandardLoggerOptions) io.Writer {
	return incarnationWriter{m.Logger.StandardWriter(o), m.dead}
}

// incarnationWriter is what the text of a standard logger goes to.
type incarnationWriter struct {
	io.Writer
	dead *atomic.Bool
}

func (w incarnationWriter) Write(p []byte) (int, error) {
	if w.dead.Load() {
		return len(p), nil
	}
	return w.Writer.Write(p)
}
