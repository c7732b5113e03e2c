package cluster

import (
	"fmt"
	"sync"
)

// owners remembers whose every session was, so that a step of a node's previous
// session is still told under the node's name.
type owners struct {
	mu    sync.Mutex // guards names
	names map[int64]string
}

// owner names the node that a session belongs to, or the session itself.
func (c *Cluster) owner(session int64) string {
	if session == 0 {
		return ""
	}
	if name := c.nodeOf(session); name != "" {
		return name
	}
	return fmt.Sprintf("0x%x", session)
}

// nodeOf is the name of the node that has, or had, the session; "" for a session of
// somebody else.
func (c *Cluster) nodeOf(session int64) string {
	o := &c.owners
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.names == nil {
		o.names = map[int64]string{}
	}
	for _, n := range c.nodes {
		if id := n.sessionID(); id != 0 {
			o.names[id] = n.name
		}
	}
	return o.names[session]
}
