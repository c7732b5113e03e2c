package observe

import "oakmoot/internal/zk/zkpath"

// Listener is told of what a model takes, as it takes it and after it has decoded it, so
// that nobody else has to decode it again. It must not ask the model.
type Listener interface {
	// Changed is a commit. What it does to the model's znodes follows.
	Changed(c Change)
	// Turned is a znode of the layout that has come or gone.
	Turned(t Turn)
	// Heard is a new word of a node's supervisor.
	Heard(before, after Node)
	// Faulted is the beginning or the end of a fault.
	Faulted(f Fault, begins bool)
	// Relisted says that the model holds what a listing has found: what happened
	// before that is not known.
	Relisted()
}

// Turn is a znode that has come, or gone. A changed one goes and comes again.
type Turn struct {
	zkpath.Parsed
	Cause Change // zero when a listing found it
	Comes bool
	Owner int64
	Mzxid int64
	Host  string // of the process that announces itself with it, or ""
	Says  any    // its content, decoded; nil when it is not what the path promises
}

// Changes reports whether the znode was there before and is there afterwards.
func (t Turn) Changes() bool { return t.Cause.Op == OpSet }

// Listen has a listener told of everything from now on. A model has one at most.
func (m *Model) Listen(l Listener) { m.listener = l }

// turned tells the listener of a znode that has come or gone.
func (m *Model) turned(e *entry, comes bool) {
	m.stamps.turned(e.Kind)
	if m.listener != nil {
		m.listener.Turned(Turn{Parsed: e.Parsed, Cause: m.cause, Comes: comes, Owner: e.owner, Mzxid: e.mzxid, Host: e.host, Says: e.says})
	}
}

// changed tells the listener of a commit, which is the cause of what follows.
func (m *Model) changed(c Change) {
	if m.cause = c; m.listener != nil {
		m.listener.Changed(c)
	}
}
