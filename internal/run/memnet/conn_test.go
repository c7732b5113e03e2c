package memnet

import (
	"runtime"
	"testing"
)

// The peer must not see the end while its answer to the end could still be read: the operating system leaves no gap
// between the two either.
func TestCloseRefusesBeforeThePeerSeesTheEnd(t *testing.T) {
	c := &conn{in: newStream(), out: newStream()}
	c.in.mu.Lock() // Close cannot refuse
	closed := make(chan struct{})
	go func() { defer close(closed); c.Close() }()
	for range 1000 {
		runtime.Gosched()
		c.out.mu.Lock()
		finished := c.out.finished
		c.out.mu.Unlock()
		if finished {
			t.Fatal("the peer sees the end of a connection that still takes its answer")
		}
	}
	c.in.mu.Unlock()
	<-closed
	if !c.in.refused || !c.out.finished {
		t.Errorf("refused %v, finished %v; want both", c.in.refused, c.out.finished)
	}
}
