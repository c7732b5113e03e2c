package history

// owners are whose sessions are whose. A session is opened before anybody knows whose it is.
type owners struct {
	names   map[string]string  // of nodes, by their sessions
	unnamed map[string][]int64 // steps of sessions whose node is not known
}

// unnamedKept bounds the sessions, and the steps of each, that wait for a name; sessions of others never get one.
const unnamedKept = 1000

func newOwners() *owners { return &owners{map[string]string{}, map[string][]int64{}} }

// of is the node of a session; while that is not known, the step is remembered.
func (o *owners) of(session string, seq int64) string {
	if session == "" {
		return ""
	}
	name, known := o.names[session]
	if waiting := o.unnamed[session]; !known && len(waiting) < unnamedKept && (waiting != nil || len(o.unnamed) < unnamedKept) {
		o.unnamed[session] = append(waiting, seq)
	}
	return name
}

// found notes whose a session is, and returns the steps that waited for that.
func (o *owners) found(session, node string) []int64 {
	if session == "" {
		return nil
	}
	o.names[session] = node
	waiting := o.unnamed[session]
	delete(o.unnamed, session)
	return waiting
}
