package cli

import "sync"

// leftovers is what has to be cleaned up if a command is abandoned.
type leftovers struct {
	mu    sync.Mutex // guards clear
	clear []func()
}

// add has f called if the command is abandoned.
func (l *leftovers) add(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.clear = append(l.clear, f)
}

func (l *leftovers) remove() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, f := range l.clear {
		f()
	}
}
