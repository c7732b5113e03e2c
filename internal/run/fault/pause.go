package fault

import "time"

// pause is a process that is stopped in its tracks, as by SIGSTOP: nothing moves
// either way until it goes on, and then nothing is lost. The node may still believe
// what it believed; its session times out meanwhile.
type pause struct{ _ byte }

func (*pause) rule(Peer, Direction) (bool, time.Duration) { return true, 0 }

// Pause arms a pause.
func (l *Link) Pause() (undo func()) { return l.arm(&pause{}) }

// Resume takes every pause away.
func (l *Link) Resume() {
	l.mu.Lock()
	defer l.mu.Unlock()
	kept := l.faults[:0:0]
	for _, f := range l.faults {
		if _, is := f.(*pause); !is {
			kept = append(kept, f)
		}
	}
	l.faults = kept
	l.notify()
}

// Paused reports whether a pause is armed.
func (l *Link) Paused() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, f := range l.faults {
		if _, is := f.(*pause); is {
			return true
		}
	}
	return false
}
