package explain

import (
	"slices"
	"strings"

	"oakmoot/internal/stage/observe"
	"oakmoot/internal/stage/trace"
)

// rule is a kind of cause: a row of the table.
type rule struct {
	of   func(trace.Step) bool
	why  string                               // how its cause brings the step about, unless find says it itself
	find func(l look) (seq int64, why string) // 0 when there is none
}

// because stands for a row whose find says why, even without a step that is the cause.
const because = "because"

// rules are tried in order; the first that finds a cause counts.
var rules = []rule{
	// LeaderLatch: a candidate leads when its node is the first of the latch.
	{verbEnds(" leads"), "the candidate before it left the latch", leftBefore},
	{verbEnds(" leads"), "its node is the first of the latch", func(l look) (int64, string) {
		return l.ofNode(firstWord(l.Verb) + " joins the election"), ""
	}},

	// ZooKeeper: ephemerals go with the session that owns them.
	{lapsed, "ephemerals go with their session", sessionsEnd},
	{ended, "its node had gone silent or said goodbye", sameNode(classDown)},
	{ended, "a fault held up its node", sameNode(classBegins)},

	// The supervisor does what a fault asks for.
	{ofProtocol(observe.Disturbance, observe.FaultEnds), "it had begun", func(l look) (int64, string) {
		return l.Causes.of(byFault, l.Node, strings.TrimSuffix(l.Verb, observe.FaultEnds)+" "+l.Subject), ""
	}},
	{begins, because, stepOrPerson},
	{verb("is up", "goes on"), "it was started", sameNode("starts")},
	{ofProtocol(observe.Supervision, ""), "a fault acts on it", sameNode(classFault)},

	// BatchDataSegmentAnnouncer, ZkCoordinator: a server announces what it has loaded, and then deletes the request.
	{verb("load request done"), "the server announced the segment", func(l look) (int64, string) {
		return l.Causes.of(byAnnouncer, l.Subject, l.Node), ""
	}},
	{verbEnds(" request done"), "it was asked for", samePath},
	{verb("segment announced", "segment served"), "its load queue asked for it", asked(byRequest)},
	{verb("segment announced", "segment served"), "", ownSegment},
	{goes, "its load queue asked to drop it", asked(byDrop)},
	{goes, "", servedElsewhere},
	{verb("load request"), "the segment had been published", firstAfterPublication},
	{verb("load request"), "", lost},
	{verb("load request"), "", wanted},
	{verb("load request", "drop request"), "the leading coordinator assigns segments", sameNode("coordinator leads")},

	// RemoteTaskRunner, WorkerTaskMonitor: assigned, running, taken, ended.
	{verbBegins("task status SUCCESS", "task status FAILED"), "the task ran", sameTask("task status RUNNING")},
	{verbBegins("task status RUNNING", "task taken"), "it was assigned to the worker", sameTask("task assigned")},
	{verbBegins("task status removed"), "the task had ended", sameTask(classStatus)},
	{verb("task assigned"), "the leading overlord assigns tasks", sameNode("overlord leads")},

	// What a process announces it announces in its session.
	{announced, "its process opened a session", func(l look) (int64, string) { return l.opened(), "" }},
	{directory, "a process that joins makes the directories that it needs", func(l look) (int64, string) { return l.opened(), "" }},
	{opens, "its node started", sameNode("starts")},
	{opens, "the session before it had expired", sameNode(classExpired)},
	{func(e trace.Step) bool { return (opens(e) || e.Verb == "is up") && e.Node != "" }, because, withTheRun},
	{ofOp(observe.OpDelete), "its node was told to stop, and says goodbye", goodbye},
	{ofOp(observe.OpDelete, observe.OpSet), "it was there", samePath},
}

func verb(words ...string) func(trace.Step) bool {
	return func(e trace.Step) bool {
		for _, w := range words {
			if e.Verb == w {
				return true
			}
		}
		return false
	}
}

func verbBegins(words ...string) func(trace.Step) bool {
	return func(e trace.Step) bool {
		for _, w := range words {
			if strings.HasPrefix(e.Verb, w) {
				return true
			}
		}
		return false
	}
}

func verbEnds(end string) func(trace.Step) bool {
	return func(e trace.Step) bool {
		return e.Protocol == observe.Election && strings.HasSuffix(e.Verb, end) && !strings.HasSuffix(e.Verb, " no longer"+end) ||
			e.Protocol == observe.Load && strings.HasSuffix(e.Verb, end)
	}
}

func ofProtocol(p observe.Protocol, end string) func(trace.Step) bool {
	return func(e trace.Step) bool { return e.Protocol == p && strings.HasSuffix(e.Verb, end) }
}

// lapsed reports whether a step is the end of an ephemeral whose session ended. Older records have it in words only.
func lapsed(e trace.Step) bool { return e.Lapsed || strings.Contains(e.Detail, "(its session ended)") }

// announced reports whether a step creates an ephemeral.
func announced(e trace.Step) bool { return e.Op == observe.OpCreate && e.Owner != "" }

// begins reports whether a step is the beginning of a fault.
func begins(e trace.Step) bool {
	return e.Protocol == observe.Disturbance && !strings.HasSuffix(e.Verb, observe.FaultEnds) && !strings.HasSuffix(e.Verb, observe.FaultFailed)
}

// directory reports whether a step creates a znode that stays.
func directory(e trace.Step) bool {
	return e.Protocol == observe.Layout && e.Op == observe.OpCreate && e.Owner == ""
}

func opens(e trace.Step) bool { return e.Op == observe.OpOpenSession }

// goes reports whether a segment is announced no longer.
func goes(e trace.Step) bool {
	return e.Verb == "segment unannounced" || e.Verb == "segment no longer served"
}

func ofOp(ops ...observe.Op) func(trace.Step) bool {
	return func(e trace.Step) bool { return slices.Contains(ops, e.Op) }
}

func firstWord(text string) string {
	word, _, _ := strings.Cut(text, " ")
	return word
}
