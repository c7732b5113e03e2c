package observe

import (
	"slices"
	"time"
)

// nodeVerbs say what a node's new state means.
var nodeVerbs = map[State]string{
	Starting: "starts", Up: "is up", Paused: "is paused", Stopped: "is stopped", Killed: "is killed", Absent: "seat is empty", Present: "seat is taken",
}

// TellNode puts a supervisor's report into words; told is false if it says nothing new about the node's life, as the
// first one about each node does.
func TellNode(before, n Node, now time.Time) (e Event, told bool) {
	if before.Name == "" || before.State == n.State {
		return e, false
	}
	e = Event{Time: now, Node: n.Name, Protocol: Supervision, Verb: nodeVerbs[n.State], Subject: n.Host, Detail: n.Kind}
	if before.State == Paused && n.State == Up {
		e.Verb = "goes on"
	}
	return e, true
}

// StateOf is the state that an event of TellNode says a node has come into.
func StateOf(verb string) (state State, known bool) {
	if verb == "goes on" {
		return Up, true
	}
	for state, word := range nodeVerbs {
		if word == verb {
			return state, true
		}
	}
	return "", false
}

// Words behind a verb of the fault language, in events about faults.
const (
	FaultEnds   = " ends"
	FaultFailed = " failed"
)

// TellFault puts a fault into words: an event for each node that it met. One that means no node names ZooKeeperItself or
// Outside instead. The verb is that of the fault language, with FaultEnds or FaultFailed behind it, or nothing when the
// fault begins.
func TellFault(verb, subject, detail string, nodes []string, now time.Time) []Event {
	events := make([]Event, len(nodes))
	for i, name := range slices.Sorted(slices.Values(nodes)) {
		events[i] = Event{Time: now, Node: name, Protocol: Disturbance, Verb: verb, Subject: subject, Detail: detail}
	}
	return events
}

// SessionExpired is the verb of a session's end that its client did not ask for.
const SessionExpired = "session expired"

// ZooKeeperItself is the name under which events speak of the server: it did what no client asked for.
const ZooKeeperItself = "ZooKeeper"

// Outside is the name under which events speak of what people and other programs do to the cluster as a whole, such as
// submitting a task.
const Outside = "outside"
