package explain

import (
	"strings"

	"oakmoot/internal/druid"
	"oakmoot/internal/stage/observe"
	"oakmoot/internal/stage/trace"
)

// rule is a kind of cause: a row of the table.
type rule struct {
	of   func(trace.Step) bool
	why  string // how its cause brings the step about
	find func(s *story, at int) int
}

// rules are tried in order; the first that finds a cause counts.
var rules = []rule{
	// LeaderLatch: a candidate leads when its node is the first of the latch.
	{verbEnds(" leads"), "the candidate before it left the latch", func(s *story, at int) int {
		kind := firstWord(s.steps[at].Verb)
		since := s.before(at, func(e trace.Step) bool { return e.Verb == kind+" leads" })
		left := s.before(at, func(e trace.Step) bool { return e.Verb == kind+" leaves the election" && e.Node != s.steps[at].Node })
		if left < since {
			return -1
		}
		return left
	}},
	{verbEnds(" leads"), "its node is the first of the latch", sameNode(func(effect, e trace.Step) bool {
		return e.Verb == firstWord(effect.Verb)+" joins the election"
	})},

	// ZooKeeper: ephemerals go with the session that owns them.
	{lapsed, "ephemerals go with their session", func(s *story, at int) int { return s.sameTransaction(at, ended) }},
	{ended, "its node had gone silent or said goodbye", sameNode(func(_, e trace.Step) bool {
		return e.Protocol == observe.Supervision && (e.Verb == "is killed" || e.Verb == "is stopped" || e.Verb == "is paused")
	})},
	{ended, "a fault held up its node", sameNode(func(_, e trace.Step) bool { return begins(e) })},

	// The supervisor does what a fault asks for.
	{ofProtocol(observe.Disturbance, observe.FaultEnds), "it had begun", sameNode(func(effect, e trace.Step) bool {
		return begins(e) && e.Subject == effect.Subject && e.Verb+observe.FaultEnds == effect.Verb
	})},
	{verb("is up", "goes on"), "it was started", sameNode(func(_, e trace.Step) bool { return e.Verb == "starts" })},
	{ofProtocol(observe.Supervision, ""), "a fault began or ended", sameNode(func(_, e trace.Step) bool { return e.Protocol == observe.Disturbance })},

	// BatchDataSegmentAnnouncer, ZkCoordinator: a server announces what it has loaded, and then deletes the request.
	{verb("load request done"), "the server announced the segment", func(s *story, at int) int {
		return s.before(at, func(e trace.Step) bool { return announces(e, s.steps[at].Subject) && e.Node == s.steps[at].Node })
	}},
	{verbEnds(" request done"), "it was asked for", samePath},
	{verb("segment announced", "segment served"), "its load queue asked for it", func(s *story, at int) int {
		return s.before(at, func(e trace.Step) bool {
			return e.Verb == "load request" && announces(s.steps[at], e.Subject) && strings.Contains(s.steps[at].Detail, "on "+e.Peer)
		})
	}},
	{verb("segment unannounced", "segment no longer served"), "its load queue asked to drop it", func(s *story, at int) int {
		return s.before(at, func(e trace.Step) bool {
			return e.Verb == "drop request" && strings.Contains(s.steps[at].Subject, e.Subject) && strings.Contains(s.steps[at].Detail, "on "+e.Peer)
		})
	}},
	{verb("load request"), "the segment had been published", func(s *story, at int) int {
		return s.before(at, func(e trace.Step) bool {
			_, err := druid.ParseSegmentID(firstWord(e.Subject), s.steps[at].Subject)
			return publishes(e) && err == nil && s.before(at, func(r trace.Step) bool { return r.Verb == "load request" && r.Subject == s.steps[at].Subject }) < 0
		})
	}},
	{verb("load request", "drop request"), "the leading coordinator assigns segments", sameNode(func(_, e trace.Step) bool { return e.Verb == "coordinator leads" })},

	// RemoteTaskRunner, WorkerTaskMonitor: assigned, running, taken, ended.
	{verbBegins("task status SUCCESS", "task status FAILED"), "the task ran", sameTask("task status RUNNING")},
	{verbBegins("task status RUNNING", "task taken"), "it was assigned to the worker", sameTask("task assigned")},
	{verbBegins("task status removed"), "the task had ended", sameTask("task status ")},
	{verb("task assigned"), "the leading overlord assigns tasks", sameNode(func(_, e trace.Step) bool { return e.Verb == "overlord leads" })},

	// What a process announces it announces in its session.
	{announced, "its process opened a session", func(s *story, at int) int {
		return s.before(at, func(e trace.Step) bool {
			return e.Op == observe.OpOpenSession && e.Session == s.steps[at].Session && e.Session != ""
		})
	}},
	{func(e trace.Step) bool { return e.Op == observe.OpOpenSession }, "its node started", sameNode(func(_, e trace.Step) bool { return e.Verb == "starts" })},
	{func(e trace.Step) bool { return e.Op == observe.OpOpenSession }, "the session before it had expired", sameNode(func(_, e trace.Step) bool { return e.Expired })},
	{func(e trace.Step) bool { return e.Op == observe.OpDelete || e.Op == observe.OpSet }, "it was there", samePath},
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

// announces reports whether a step announces a segment.
func announces(e trace.Step, segment string) bool {
	return (e.Verb == "segment announced" || e.Verb == "segment served") && strings.Contains(" "+e.Subject+" ", " "+segment+" ")
}

// sameNode finds the latest step of the same node that matches.
func sameNode(match func(effect, e trace.Step) bool) func(*story, int) int {
	return func(s *story, at int) int {
		if s.steps[at].Node == "" {
			return -1
		}
		return s.before(at, func(e trace.Step) bool { return e.Node == s.steps[at].Node && match(s.steps[at], e) })
	}
}

// samePath finds the latest step of the same znode.
func samePath(s *story, at int) int {
	return s.before(at, func(e trace.Step) bool { return e.Path == s.steps[at].Path })
}

func sameTask(verb string) func(*story, int) int {
	return func(s *story, at int) int {
		return s.before(at, func(e trace.Step) bool { return e.Subject == s.steps[at].Subject && strings.HasPrefix(e.Verb, verb) })
	}
}

func firstWord(text string) string {
	word, _, _ := strings.Cut(text, " ")
	return word
}
