package scenario

import (
	"context"
	"runtime"
	"slices"
	"strings"
	"time"
)

// Verb is something that can be done to a cluster: one row that holds its grammar, its
// help and what carries it out. It is wide because it is a row of a table, whose columns
// are its fields.
type Verb struct {
	Name     string
	On       TargetKind
	Clauses  []string // that may follow its target, by their words; one with "for" lasts until it is undone
	Needs    []string // those of them that may not be left out
	eitherOr []string // clauses of which one must be there
	Known    bool     // its datasource must be one that the topology fills
	Prompt   bool     // waits for nobody's answer, so that it can be done while ZooKeeper waits for it
	Once     bool     // without times and for it meets one request
	Embedded bool     // takes the embedded ZooKeeper
	Of       string   // the kind whose nodes it means something to; "" is any
	Signal   string   // that does it to a process of its own; "" when none does
	Reach    Reach    // what must be ours of each node that it is done to
	Does     string   // one line for people
	Do       Doer
}

// TargetKind is what a verb is done to.
type TargetKind int

// Target kinds.
const (
	OnNodes      TargetKind = iota // a selector of nodes, which must be given
	OnAny                          // a selector of nodes, a fault's id, or nothing: everything
	OnKind                         // a kind of nodes
	OnDataSource                   // a datasource
	OnNothing                      // nothing: the verb means the cluster, or its ZooKeeper
)

func (k TargetKind) String() string {
	switch k {
	case OnKind:
		return "kind"
	case OnDataSource:
		return "datasource"
	}
	return "target"
}

// Reach is what must be ours of a node for a verb to be done to it. A process in an
// external seat has only its session, and that only in the embedded ZooKeeper, and takes
// signals.
type Reach int

// Reaches.
const (
	ReachNothing Reach = iota // the verb is about faults or about the cluster
	ReachLife                 // our supervisor starts and ends the node
	ReachTraffic              // the node's connections pass through our link
	ReachSession              // ZooKeeper ends the node's session or connection
	ReachDisk                 // the node's files are ours
	ReachClock                // the node's clock is ours
)

// Outsider is a process of its own in an external seat, and what it can be reached by.
type Outsider struct {
	ExternalZooKeeper bool // its sessions are not ours to end
	Signalled         bool // its number is known: it can be sent signals
}

// NotStarted says why a process of its own is not brought back from its end.
const NotStarted = "once it has ended, it is not started again from here"

// Outlasts reports whether undoing the verb takes starting a node again.
func (v Verb) Outlasts() bool { return v.Reach == ReachLife && v.Signal != "" }

// Refuses says why the verb cannot be done to a process of its own, or "".
func (v Verb) Refuses(o Outsider) string {
	switch {
	case v.Signal == "":
		return v.beyond(o)
	case runtime.GOOS == "windows":
		return v.beyond(o) + "; " + v.Signal + " would do it, which Windows does not have"
	case !o.Signalled:
		return v.beyond(o) + "; with pid_file in its [[role]], " + v.Name + " would send it " + v.Signal
	}
	return ""
}

// beyond says why the verb's own way does not lead to a process of its own, or "".
func (v Verb) beyond(o Outsider) string {
	switch v.Reach {
	case ReachLife:
		return "it is neither started nor ended from here"
	case ReachDisk:
		return "its files are not opened through here"
	case ReachClock:
		return "its clock is its machine's, which is not set from here"
	case ReachTraffic:
		return "its traffic does not pass through here; what can be done to it is " + strings.Join(throughZooKeeper(), ", ")
	case ReachSession:
		if o.ExternalZooKeeper {
			return "only the embedded ZooKeeper can end its session or connection"
		}
	}
	return ""
}

// throughZooKeeper are the verbs that the embedded ZooKeeper carries out on the session
// of any process.
func throughZooKeeper() (verbs []string) {
	for _, v := range Verbs {
		if v.Reach == ReachSession {
			verbs = append(verbs, v.Name)
		}
	}
	return verbs
}

// Doer carries out an action on the nodes that its target means now.
type Doer func(ctx context.Context, s Stage, a Action, nodes []Actor) (Done, error)

// Done is what came of an action.
type Done struct {
	Undo    func(context.Context) error // nil for a single shot
	Spent   <-chan struct{}             // closed once the fault has met all that it was to meet; nil when it has no such end
	Lag     time.Duration               // how long after Spent the fault is still at work
	Touched func() Touched              // what the fault has met so far; nil when that is not counted
	Healed  []string                    // of a verb that ends faults: the nodes that had them
	Made    string                      // what a play made, such as a task's id
}

// Touched is what a fault has met.
type Touched struct {
	Requests    int64    // ZooKeeper requests, HTTP exchanges, file operations, loads or tasks
	Connections int64    // that it broke or refused
	Bytes       int64    // of traffic that it lost, delayed or slowed down
	Readings    int64    // of a clock, and what the clock timed
	Missed      int64    // what it meant, and could do nothing to
	Last        []string // the latest of them, such as "create /druid/loadQueue/…"
}

// touchedLast is how many of the latest are kept.
const touchedLast = 5

func (t *Touched) add(o Touched) {
	t.Requests += o.Requests
	t.Connections += o.Connections
	t.Bytes += o.Bytes
	t.Readings += o.Readings
	t.Missed += o.Missed
	t.Last = append(t.Last, o.Last...)
	t.Last = t.Last[max(0, len(t.Last)-touchedLast):]
}

// Takes reports whether a clause may follow the verb.
func (v Verb) Takes(clause string) bool { return slices.Contains(v.Clauses, clause) }

// needs reports whether the verb may not stand without a clause.
func (v Verb) needs(clause string) bool { return slices.Contains(v.Needs, clause) }

// Clauses that several verbs take.
var (
	lasting  = []string{"for"}
	toPeers  = []string{"from", "direction", "for"}
	requests = []string{"op", "path", "skip", "times", "share", "for"}                          // of ZooKeeper
	calls    = []string{"from", "direction", "method", "path", "skip", "times", "share", "for"} // of HTTP
	files    = []string{"path", "skip", "times", "share", "for"}
)

func with(clauses []string, more ...string) []string { return slices.Concat(more, clauses) }

// Verbs is every verb of the language, in the order in which the help shows them.
var Verbs = slices.Concat(lifeVerbs, linkVerbs, requestVerbs, httpVerbs, zooKeeperVerbs, diskVerbs, clockVerbs, workVerbs, playVerbs, sessionVerbs)

// FindVerb is the verb of a name.
func FindVerb(name string) (Verb, bool) {
	for _, v := range Verbs {
		if v.Name == name {
			return v, true
		}
	}
	return Verb{}, false
}

// VerbNames are the names of all verbs.
func VerbNames() []string {
	names := make([]string, len(Verbs))
	for i, v := range Verbs {
		names[i] = v.Name
	}
	return names
}
