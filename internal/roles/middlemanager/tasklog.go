package middlemanager

import (
	"context"
	"fmt"
	"io"
	"sync"
)

// taskLog is the log of a task, which ends when it cannot be written.
type taskLog struct {
	to  io.Writer
	end context.CancelCauseFunc

	mu  sync.Mutex // guards err
	err error      // the first
}

func (l *taskLog) Write(p []byte) (int, error) {
	n, err := l.to.Write(p)
	if err != nil {
		l.note(fmt.Errorf("task log: %w", err))
	}
	return n, err
}

func (l *taskLog) note(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil {
		l.err = err
		l.end(err)
	}
}

func (l *taskLog) failure() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}
