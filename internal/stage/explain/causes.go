package explain

import (
	"strings"

	"oakmoot/internal/stage/observe"
	"oakmoot/internal/stage/trace"
)

// Cause is why a step happened.
type Cause struct {
	Seq int64  // the place of the step that brought it about; 0 when the rules know none
	Why string // how that did
}

// Causes finds the cause of each step of a run as it comes. What it remembers is bounded: a cause that lies too far
// back is not found.
type Causes struct {
	last      lasts
	servers   map[string]string // the type of data servers, by their hosts
	names     map[string]string // of nodes, by their hosts
	published []act             // by operators, the latest
}

// act is a step that is looked at again when others come.
type act struct {
	seq  int64
	step trace.Step
}

// New knows nothing yet.
func New() *Causes {
	return &Causes{last: newLasts(), servers: map[string]string{}, names: map[string]string{}}
}

// look is a step whose cause is looked for, among the others of its transaction.
type look struct {
	*Causes
	trace.Step
	first       int64 // place of the first step of the transaction
	transaction []trace.Step
}

// Take takes the steps of one transaction, or one act, of which the first has a place, and returns their causes.
func (c *Causes) Take(first int64, steps []trace.Step) []Cause {
	found := make([]Cause, len(steps))
	for i, s := range steps {
		found[i] = c.cause(look{c, s, first, steps})
		c.remember(first+int64(i), s)
	}
	return found
}

// Again looks anew for the cause of a step that had none, after more has become known of it. What has happened since
// is taken for what had happened before.
func (c *Causes) Again(seq int64, s trace.Step) Cause {
	found := c.cause(look{c, s, seq, []trace.Step{s}})
	if found.Seq >= seq {
		return Cause{}
	}
	return found
}

func (c *Causes) cause(l look) Cause {
	for _, r := range rules {
		if !r.of(l.Step) {
			continue
		}
		seq, why := r.find(l)
		switch {
		case seq > 0 && why == "":
			return Cause{seq, r.why}
		case why != "" && (seq > 0 || r.why == because):
			return Cause{seq, why}
		}
	}
	return Cause{}
}

// Things that are remembered, each under its own keys.
const (
	byPath       = "path"        // path
	byVerb       = "verb"        // verb
	byNode       = "node"        // node, verb
	byOther      = "other"       // verb: the latest of another node than the latest
	byFault      = "fault"       // node, the fault in words
	bySession    = "session"     // session: its beginning
	byRequest    = "request"     // segment, server, of a load queue
	byDrop       = "drop"        // the same, of drop requests
	byAsked      = "asked"       // segment: its latest load request
	byAnnouncer  = "announcer"   // segment, node
	byHolder     = "holder"      // segment: its latest announcement
	byGone       = "gone"        // segment: its latest announcement that went with a session
	byTask       = "task"        // task, what became of it
	classDown    = "goes down"   // of byNode: killed, stopped or paused
	classFault   = "disturbance" // of byNode: a fault begins or ends
	classBegins  = "fault"       // of byNode: a fault begins
	classExpired = "expired"     // of byNode: a session that its client did not end
	classStatus  = "status"      // of byTask: any status
)

// remember notes a step, so that it is found as a cause.
func (c *Causes) remember(seq int64, s trace.Step) {
	if s.Path != "" {
		c.last.put(key{byPath, s.Path, ""}, seq, s.Node)
	}
	verb := key{byVerb, s.Verb, ""}
	if before, there := c.last.get(verb); there && before.node != s.Node {
		c.last.put(key{byOther, s.Verb, ""}, before.seq, before.node)
	}
	c.last.put(verb, seq, s.Node)
	c.rememberOfNode(seq, s)
	switch {
	case s.Op == observe.OpOpenSession:
		c.last.put(key{bySession, s.Session, ""}, seq, s.Node)
	case s.Protocol == observe.Load || s.Verb == "segment announced" || s.Verb == "segment served" || goes(s):
		c.rememberSegments(seq, s)
	case s.Protocol == observe.Task:
		c.last.put(key{byTask, s.Subject, s.Verb}, seq, s.Node)
		if strings.HasPrefix(s.Verb, "task status ") && s.Op != observe.OpDelete {
			c.last.put(key{byTask, s.Subject, classStatus}, seq, s.Node)
		}
	case s.Verb == "server announced":
		c.servers[s.Subject] = firstWord(s.Detail)
	case publishes(s):
		c.published = append(c.published, act{seq, s})
		c.published = c.published[max(0, len(c.published)-publishedKept):]
	}
}

// publishedKept is how many of the operators' publications are remembered.
const publishedKept = 100

func (c *Causes) rememberOfNode(seq int64, s trace.Step) {
	if s.Node == "" {
		return
	}
	ofNode := func(what string) { c.last.put(key{byNode, s.Node, what}, seq, s.Node) }
	ofNode(s.Verb)
	switch {
	case s.Protocol == observe.Disturbance:
		if ofNode(classFault); begins(s) {
			ofNode(classBegins)
			c.last.put(key{byFault, s.Node, s.Verb + " " + s.Subject}, seq, s.Node)
		}
	case s.Protocol == observe.Supervision:
		c.names[s.Subject] = s.Node
		if s.Verb == "is killed" || s.Verb == "is stopped" || s.Verb == "is paused" {
			ofNode(classDown)
		}
	case s.Expired:
		ofNode(classExpired)
	}
}

func (c *Causes) rememberSegments(seq int64, s trace.Step) {
	switch {
	case s.Verb == "load request":
		c.last.put(key{byRequest, s.Subject, s.Peer}, seq, s.Node)
		c.last.put(key{byAsked, s.Subject, ""}, seq, s.Node)
	case s.Verb == "drop request":
		c.last.put(key{byDrop, s.Subject, s.Peer}, seq, s.Node)
	case s.Protocol == observe.Load:
	case goes(s):
		for _, id := range ids(s) {
			if lapsed(s) {
				c.last.put(key{byGone, id, ""}, seq, hostOf(s))
			}
			if last, there := c.last.get(key{byHolder, id, ""}); there && last.node == hostOf(s) {
				c.last.drop(key{byHolder, id, ""})
			}
		}
	default:
		for _, id := range ids(s) {
			c.last.put(key{byAnnouncer, id, s.Node}, seq, s.Node)
			c.last.put(key{byHolder, id, ""}, seq, hostOf(s))
		}
	}
}

// of is the place of what is remembered under a key, or 0.
func (c *Causes) of(what, a, b string) int64 {
	last, _ := c.last.get(key{what, a, b})
	return last.seq
}

// nameAt is the node at a host, or the host itself.
func (c *Causes) nameAt(host string) string {
	if name := c.names[host]; name != "" {
		return name
	}
	return host
}
