package fault

import (
	"sync"
	"time"
)

// chunk is bytes on their way, or what comes instead of more bytes: the end that the
// peer has made, or a break that a fault makes.
type chunk struct {
	data   []byte
	at     time.Time // when they set out
	late   []late
	end    error    // of what the peer sends
	breaks breaking // of the connection
}

// late is how long a fault delays a chunk: until then, or until the fault is gone.
type late struct {
	of *Armed
	by time.Duration
}

// due is when a chunk arrives, as things stand.
func (c *chunk) due() time.Time {
	due := c.at
	for _, l := range c.late {
		if !l.of.over.Load() {
			due = due.Add(l.by)
		}
	}
	return due
}

// queueLimit is how many bytes of one direction of a connection are on their way at
// once; then the writer waits.
const queueLimit = 4 << 20

// line is what is on its way in one direction of a connection, first in, first out.
type line struct {
	mu     sync.Mutex // guards the fields below
	chunks []chunk
	bytes  int
	moved  chan struct{} // closed when any of them changes
}

func newLine() *line { return &line{moved: make(chan struct{})} }

// stir tells those who wait that something has changed; the caller holds mu.
func (l *line) stir() {
	close(l.moved)
	l.moved = make(chan struct{})
}

func (l *line) add(c chunk) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.chunks = append(l.chunks, c)
	l.bytes += len(c.data)
	l.stir()
}

// first is the chunk that goes next; false when there is none. moved is what to watch
// for another.
func (l *line) first() (c chunk, ok bool, moved <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.chunks) == 0 {
		return chunk{}, false, l.moved
	}
	return l.chunks[0], true, l.moved
}

// shift takes some bytes off the first chunk, and the chunk when nothing is left of it.
func (l *line) shift(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	first := &l.chunks[0]
	first.data = first.data[n:]
	l.bytes -= n
	if len(first.data) == 0 {
		l.chunks[0] = chunk{}
		l.chunks = l.chunks[1:]
	}
	l.stir()
}

// full reports whether the line takes no more, and what to watch until it does.
func (l *line) full() (bool, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.bytes >= queueLimit, l.moved
}

// room waits until the line takes more; false when the connection is gone.
func (l *line) room(gone <-chan struct{}) bool {
	for {
		full, moved := l.full()
		if !full {
			return true
		}
		select {
		case <-moved:
		case <-gone:
			return false
		}
	}
}
