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
	gaveUp  func() // called when a suspension becomes a loss

	mu        sync.Mutex // guards the fields below
	forget    bool       // the session is given up, but the real client does not know yet
	now       State
	changed   chan struct{} // closed when a session next comes or goes
	listeners map[chan State]struct{}
	losing    *time.Timer // turns a long suspension into a loss
	closed    bool
}

// listenerBuffer is how many changes a listener may lag behind; beyond that the oldest
// are dropped, since only the latest state matters.
const listenerBuffer = 64

// observe is the real client's callback; it must not block.
func (s *states) observe(e zk.Event) {
	if e.Type != zk.EventSession {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch e.State {
	case zk.StateHasSession:
		s.stopLosing()
		s.forget = false
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
		s.forget = false
		if s.now != Lost && s.now != 0 {
			s.become(Lost)
		}
	}
}

// lose reports a loss when a suspension has lasted as long as a session does: whatever
// the server would say, the session is as good as gone, and a new one is begun.
func (s *states) lose() {
	s.mu.Lock()
	lost := s.now == Suspended && !s.closed
	if lost {
		s.forget = true
		s.become(Lost)
	}
	s.mu.Unlock()
	if lost {
		s.gaveUp()
	}
}

// forgets reports whether the real client must forget its session before it reconnects.
func (s *states) forgets() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.forget
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
