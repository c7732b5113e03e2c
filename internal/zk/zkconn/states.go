package zkconn

import (
	"sync"
	"time"

	"github.com/go-zookeeper/zk"
)

// states turns the real client's events into Curator's connection states and passes
// them to listeners: ConnectionStateManager of Curator.
type states struct {
	timeout time.Duration
	gaveUp  func(*session) // called when a suspension has become a loss

	mu        sync.Mutex // guards the fields below
	of        *session   // whose events count; nil once it is over
	now       State
	changed   chan struct{} // closed when a session next comes or goes
	listeners map[chan State]struct{}
	losing    *time.Timer // turns a long suspension into a loss
	closed    bool
}

// listenerBuffer is how many changes a listener may lag behind; beyond that the oldest
// are dropped, since only the latest state matters.
const listenerBuffer = 64

// follow makes the events of a new session count, and no others.
func (s *states) follow(of *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.of = of
}

// observe handles an event of a session; it must not block. It reports whether the
// session is over, which it does once.
func (s *states) observe(of *session, e zk.Event) (over bool) {
	if e.Type != zk.EventSession {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if of != s.of {
		return false
	}
	switch e.State {
	case zk.StateHasSession:
		s.stopLosing()
		if s.now == 0 {
			s.become(Connected)
		} else {
			s.become(Reconnected)
		}
	case zk.StateDisconnected:
		if s.now == Connected || s.now == Reconnected {
			s.become(Suspended)
			s.losing = time.AfterFunc(s.timeout, s.lose)
		}
	case zk.StateExpired:
		s.stopLosing()
		if s.now != Lost && s.now != 0 {
			s.become(Lost)
		}
		s.of = nil
	}
	return s.of == nil
}

// lose reports a loss when a suspension has lasted as long as a session does: whatever
// the server would say, the session is as good as gone, and a new one is begun.
func (s *states) lose() {
	s.mu.Lock()
	of, lost := s.of, s.now == Suspended && !s.closed
	if lost {
		s.of = nil
		s.become(Lost)
	}
	s.mu.Unlock()
	if lost {
		s.gaveUp(of)
	}
}

func (s *states) stopLosing() {
	if s.losing != nil {
		s.losing.Stop()
		s.losing = nil
	}
}

// become notifies the listeners; the caller holds mu.
func (s *states) become(state State) {
	s.now = state
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
	for l := range s.listeners {
		for {
			select {
			case l <- state:
			default:
				select {
				case <-l:
				default:
				}
				continue
			}
			break
		}
	}
}

func (s *states) connected() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now == Connected || s.now == Reconnected
}

// up returns a channel that is closed once there is a session, which may be now.
func (s *states) up() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now == Connected || s.now == Reconnected {
		done := make(chan struct{})
		close(done)
		return done
	}
	return s.next()
}

// next returns a channel that is closed at the next change; the caller holds mu.
func (s *states) next() <-chan struct{} {
	if s.changed == nil {
		s.changed = make(chan struct{})
	}
	return s.changed
}

func (s *states) listen() (<-chan State, func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := make(chan State, listenerBuffer)
	if s.closed {
		close(l)
		return l, func() {}
	}
	if s.listeners == nil {
		s.listeners = map[chan State]struct{}{}
	}
	s.listeners[l] = struct{}{}
	return l, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if _, ok := s.listeners[l]; ok {
			delete(s.listeners, l)
			close(l)
		}
	}
}

func (s *states) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.stopLosing()
	for l := range s.listeners {
		close(l)
	}
	s.listeners = nil
}
