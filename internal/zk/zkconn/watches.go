package zkconn

import (
	"slices"
	"sync"

	"github.com/go-zookeeper/zk"
)

// Watch is a one-shot watch. Its event is either taken from the channel or, with Then,
// brought to a function. The zero value never has one.
type Watch struct {
	C <-chan Event

	of *watches // of its session
	on watched
}

// Then has f called once with the event, which may be now. f must return at once, and must
// not use the connection: it is called on the way to whoever else waits for something. A
// watch that is followed so takes no goroutine.
func (w Watch) Then(f func(Event)) { w.of.then(w.on, w.C, f) }

// watched is what is watched: the real client has a list of channels for each.
type watched struct {
	path string
	of   aspect
}

// aspect is what of a node is watched.
type aspect uint8

const (
	ofData     aspect = iota // of a node that exists
	ofChildren               // of a node that exists
	ofExisting               // of one that does not
)

// watches are those of a session that have had no event yet, which the real client sets
// again after a reconnection. It does not say which these are, so they are noted beside
// it, each once it is set: one that fires meanwhile stays on the list until the path has
// another event, and one that is set is never missing from it.
type watches struct {
	mu  sync.Mutex // guards the fields below
	out map[watched][]func(Event)
	now []watched // what the real client hands an event on to, at this moment
}

// note puts a watch on the list.
func (w *watches) note(path string, of aspect, ch <-chan Event) Watch {
	on := watched{path, of}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.out == nil {
		w.out = map[watched][]func(Event){}
	}
	if _, known := w.out[on]; !known {
		w.out[on] = nil
	}
	return Watch{ch, w, on}
}

// then has f called with the event of a channel, when the list has it. The real client
// fills the channel a moment after that: an event in that moment is waited for.
func (w *watches) then(on watched, ch <-chan Event, f func(Event)) {
	w.mu.Lock()
	select {
	case e := <-ch:
		w.mu.Unlock()
		f(e)
		return
	default:
	}
	defer w.mu.Unlock()
	if slices.Contains(w.now, on) {
		go func() { f(<-ch) }()
		return
	}
	w.out[on] = append(w.out[on], f)
}

// fired takes off the list what an event ends: zk.Conn.notifyWatches. It is called before
// the real client does the same.
func (w *watches) fired(e zk.Event) {
	ends := endedBy(e)
	if len(ends) == 0 {
		return
	}
	var due []func(Event)
	w.mu.Lock()
	for _, on := range ends {
		due = append(due, w.out[on]...)
		delete(w.out, on)
	}
	w.now = ends
	w.mu.Unlock()
	for _, f := range due {
		f(e)
	}
}

// handedOn says that the real client has handed on the last event.
func (w *watches) handedOn() {
	w.mu.Lock()
	w.now = nil
	w.mu.Unlock()
}

// endedBy is what an event ends the watches of.
func endedBy(e zk.Event) []watched {
	switch e.Type {
	case zk.EventNodeCreated:
		return []watched{{e.Path, ofExisting}}
	case zk.EventNodeDataChanged:
		return []watched{{e.Path, ofExisting}, {e.Path, ofData}}
	case zk.EventNodeChildrenChanged:
		return []watched{{e.Path, ofChildren}}
	case zk.EventNodeDeleted, zk.EventNotWatching:
		return []watched{{e.Path, ofExisting}, {e.Path, ofData}, {e.Path, ofChildren}}
	}
	return nil
}

// any reports whether a watch is outstanding.
func (w *watches) any() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.out) > 0
}
