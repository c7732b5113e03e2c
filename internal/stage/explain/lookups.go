package explain

import (
	"fmt"
	"strings"

	"oakmoot/internal/druid"
	"oakmoot/internal/stage/trace"
)

// ofNode is the latest step of the same node that is remembered as something, or 0.
func (l look) ofNode(what string) int64 {
	if l.Node == "" {
		return 0
	}
	return l.Causes.of(byNode, l.Node, what)
}

// opened is the beginning of the step's session.
func (l look) opened() int64 {
	if l.Session == "" {
		return 0
	}
	return l.Causes.of(bySession, l.Session, "")
}

// sameNode finds the latest step of the same node that is remembered as something.
func sameNode(what string) func(look) (int64, string) {
	return func(l look) (int64, string) { return l.ofNode(what), "" }
}

// samePath finds the latest step of the same znode.
func samePath(l look) (int64, string) { return l.Causes.of(byPath, l.Path, ""), "" }

func sameTask(what string) func(look) (int64, string) {
	return func(l look) (int64, string) { return l.Causes.of(byTask, l.Subject, what), "" }
}

// leftBefore finds the candidate that was before a new leader, and has left since the one before began to lead.
func leftBefore(l look) (int64, string) {
	kind := firstWord(l.Verb)
	leaves := kind + " leaves the election"
	left, _ := l.last.get(key{byVerb, leaves, ""})
	if left.node == l.Node {
		left, _ = l.last.get(key{byOther, leaves, ""})
	}
	if left.seq < l.Causes.of(byVerb, kind+" leads", "") {
		return 0, ""
	}
	return left.seq, ""
}

// sessionsEnd finds the end of a session in the same transaction.
func sessionsEnd(l look) (int64, string) {
	for i, e := range l.transaction {
		if ended(e) {
			return l.first + int64(i), ""
		}
	}
	return 0, ""
}

// asked finds the request of a load queue for one of the step's segments on its server.
func asked(what string) func(look) (int64, string) {
	return func(l look) (seq int64, _ string) {
		host := hostOf(l.Step)
		for _, id := range ids(l.Step) {
			seq = max(seq, l.Causes.of(what, id, host))
		}
		if seq < l.opened() {
			return 0, "" // it asked an earlier session
		}
		return seq, ""
	}
}

// ownSegment finds why a server announces what no load queue has asked for.
func ownSegment(l look) (int64, string) {
	if l.ofNode("starts") < l.ofNode(classExpired) {
		return l.opened(), "in its new session the server announces again what it has"
	}
	switch l.servers[hostOf(l.Step)] {
	case druid.TypeHistorical:
		return l.opened(), "it had the segment on its disk when it started"
	case druid.TypeRealtime:
		return l.opened(), "it takes rows of that interval itself"
	}
	return 0, ""
}

// servedElsewhere finds the announcement of a server that took over, as a historical does of a realtime node.
func servedElsewhere(l look) (int64, string) {
	if l.servers[hostOf(l.Step)] != druid.TypeRealtime {
		return 0, ""
	}
	for _, id := range ids(l.Step) {
		if by, there := l.last.get(key{byHolder, id, ""}); there && by.node != hostOf(l.Step) {
			return by.seq, "handed off: " + l.nameAt(by.node) + " serves it now"
		}
	}
	return 0, ""
}

// firstAfterPublication finds the operator who published a segment that is asked for the first time.
func firstAfterPublication(l look) (int64, string) {
	if l.Causes.of(byAsked, l.Subject, "") > 0 {
		return 0, ""
	}
	for i := len(l.published) - 1; i >= 0; i-- {
		if _, err := druid.ParseSegmentID(firstWord(l.published[i].step.Subject), l.Subject); err == nil {
			return l.published[i].seq, ""
		}
	}
	return 0, ""
}

// lost finds the end of a server that had the segment, since it was asked for last.
func lost(l look) (int64, string) {
	gone, there := l.last.get(key{byGone, l.Subject, ""})
	if !there || gone.seq < l.Causes.of(byAsked, l.Subject, "") {
		return 0, ""
	}
	return gone.seq, l.nameAt(gone.node) + ", which had it, is gone"
}

// wanted says what the leading coordinator wants a segment for, as far as the announcements say.
func wanted(l look) (int64, string) {
	leads := l.ofNode("coordinator leads")
	holder, held := l.last.get(key{byHolder, l.Subject, ""})
	switch {
	case leads == 0:
		return 0, ""
	case held && l.servers[holder.node] == druid.TypeRealtime:
		return holder.seq, "handoff: so far only " + l.nameAt(holder.node) + " has it"
	case held:
		return leads, fmt.Sprintf("%s has it, and the leading coordinator wants it on %s too, as a replica or for balance", l.nameAt(holder.node), l.nameAt(l.Peer))
	case l.Causes.of(byAsked, l.Subject, "") > 0:
		return leads, "the leading coordinator wants it on one more server"
	}
	return leads, "it is used, and no server has it"
}

// stepOrPerson says who asked for a fault.
func stepOrPerson(l look) (int64, string) {
	if step, is := strings.CutPrefix(l.Detail, "step "); is {
		return 0, "the topology's step " + step
	}
	return 0, "the topology or somebody at the control address asked for it"
}

// withTheRun says that a node has been there from the beginning.
func withTheRun(l look) (int64, string) {
	if l.ofNode("starts") > 0 || l.ofNode(classExpired) > 0 {
		return 0, ""
	}
	return 0, "its node started with the run"
}

// goodbye finds what told a node to stop that takes back what it had announced.
func goodbye(l look) (int64, string) {
	told := max(l.ofNode("stop"), l.ofNode("restart"))
	if told < l.ofNode("starts") {
		return 0, ""
	}
	return told, ""
}

// ids are the segments of an announcement.
func ids(s trace.Step) []string { return strings.Fields(s.Subject) }

// hostOf is the server of an announcement.
func hostOf(s trace.Step) string {
	_, rest, _ := strings.Cut(s.Detail, "on ")
	host, _, _ := strings.Cut(rest, ",")
	return firstWord(host)
}
