package zkconn

import (
	"sync"

	"github.com/go-zookeeper/zk"
)

// watches are those of a session that have had no event yet, which the real client sets
// again after a reconnection. It does not say which these are, so they are counted beside
// it. A watch is noted once it is set: one that fires meanwhile stays on the list until the
// path has another event, and one that is set is never missing from it.
type watches struct {
	mu  sync.Mutex // guards out
	out map[watched]struct{}
}

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

func (w *watches) note(path string, of aspect) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.out == nil {
		w.out = map[watched]struct{}{}
	}
	w.out[watched{path, of}] = struct{}{}
}

// fired takes off the list what an event ends: zk.Conn.notifyWatches.
func (w *watches) fired(e zk.Event) {
	var ends []aspect
	switch e.Type {
	case zk.EventNodeCreated:
		ends = []aspect{ofExisting}
	case zk.EventNodeDataChanged:
		ends = []aspect{ofExisting, ofData}
	case zk.EventNodeChildrenChanged:
		ends = []aspect{ofChildren}
	case zk.EventNodeDeleted, zk.EventNotWatching:
		ends = []aspect{ofExisting, ofData, ofChildren}
	default:
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, of := range ends {
		delete(w.out, watched{e.Path, of})
	}
}

// any reports whether a watch is outstanding.
func (w *watches) any() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.out) > 0
}
